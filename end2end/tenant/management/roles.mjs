// Roles with their descriptions, the permissions they hold, and the users who hold them.

import { ApiError } from '../http/api-error.mjs';
import { API_AUDIENCE } from '../registrations.mjs';
import { fromCheckpoint, paged } from './paging.mjs';

export const roleRoutes = {
  'GET /roles': {
    scopes: ['read:roles'],
    run: ({ tenant: { people }, query }) => {
      const filter = query.get('name_filter')?.toLowerCase() ?? '';
      return paged(query, 'roles', people.roles.filter(({ name }) => name.toLowerCase().includes(filter)).map(roleSummary));
    },
  },

  'GET /roles/:id': {
    scopes: ['read:roles'],
    run: ({ tenant, id }) => roleSummary(existingRole(tenant, id)),
  },

  'GET /roles/:id/permissions': {
    scopes: ['read:roles'],
    run: ({ tenant, id, query }) => {
      const role = existingRole(tenant, id);
      const held = tenant.people.permissions.filter(({ name }) => role.permissions.includes(name));
      return paged(query, 'permissions', held.map(({ name, description }) => ({
        permission_name: name,
        description,
        resource_server_identifier: API_AUDIENCE,
        resource_server_name: tenant.apis.get(API_AUDIENCE).name,
      })));
    },
  },

  'GET /roles/:id/users': {
    scopes: ['read:users', 'read:roles', 'read:role_members'],
    run: ({ tenant, id, query }) => {
      const role = existingRole(tenant, id);
      const users = tenant.people.people
        .filter(({ roles }) => roles.includes(role.name))
        .map(({ user_id: userId, email, name, picture }) => ({ user_id: userId, email, name, picture }));
      if (query.has('take') || query.has('from')) return fromCheckpoint(query, 'users', users, ({ user_id: userId }) => userId);
      return paged(query, 'users', users);
    },
  },
};

export function roleSummary({ id, name, description }) {
  return { id, name, description };
}

function existingRole({ people }, id) {
  const role = people.roles.find((candidate) => candidate.id === id);
  if (!role) throw new ApiError(404, 'The role does not exist.', { errorCode: 'inexistent_role' });
  return role;
}
