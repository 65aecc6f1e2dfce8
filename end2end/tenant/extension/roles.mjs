// Roles and permissions of all applications that use the extension, not of Portico alone.

import { fullRole, permission } from './shapes.mjs';

export const roleRoutes = {
  'GET /roles': {
    scopes: ['read:roles'],
    run: ({ tenant: { people } }) => {
      const roles = [...people.roles, ...people.other_application_roles].map((role) => fullRole(people, role));
      return { roles, total: roles.length };
    },
  },

  'GET /permissions': {
    scopes: ['read:permissions'],
    run: ({ tenant: { people } }) => ({ permissions: people.permissions.map(permission), total: people.permissions.length }),
  },
};
