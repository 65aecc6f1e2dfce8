// Users: find, read and change them, their roles, permissions, organizations and logs.

import { ApiError } from '../http/api-error.mjs';
import { Answer } from '../http/api.mjs';
import { API_AUDIENCE } from '../registrations.mjs';
import { paged } from './paging.mjs';
import { roleSummary } from './roles.mjs';
import { search } from './search.mjs';

/** What PATCH may change, with the type each has to have. */
const CHANGEABLE = {
  blocked: 'boolean', email: 'string', email_verified: 'boolean', family_name: 'string', given_name: 'string',
  name: 'string', nickname: 'string', picture: 'string', app_metadata: 'object', user_metadata: 'object',
};
const METADATA = ['app_metadata', 'user_metadata'];

export const userRoutes = {
  'GET /users': {
    scopes: ['read:users'],
    run: ({ tenant: { people }, query }) => {
      const found = search(people.people.map(publicUser), query);
      return paged(query, 'users', found.map((user) => pickFields(user, query)), { withLength: true });
    },
  },

  'GET /users/:id': {
    scopes: ['read:users', 'read:current_user'],
    run: ({ tenant, id, query }) => pickFields(publicUser(existing(tenant, id)), query),
  },

  'PATCH /users/:id': {
    scopes: ['update:users', 'update:users_app_metadata'],
    run: ({ tenant, id, body, token }) => {
      const person = existing(tenant, id);
      checkChanges(body);
      const onlyMetadata = Object.keys(body).every((name) => name === 'app_metadata');
      if (!onlyMetadata && !token.scope.split(' ').includes('update:users')) {
        throw new ApiError(403, 'Insufficient scope, expected any of: update:users', { errorCode: 'insufficient_scope' });
      }
      const changes = Object.entries(body).map(([name, value]) => {
        if (METADATA.includes(name)) return [name, mergeMetadata(person[name], value ?? {})];
        return [name, value ?? undefined]; // null removes
      });
      tenant.people.change(person, Object.fromEntries(changes));
      return publicUser(person);
    },
  },

  'GET /users/:id/roles': {
    scopes: ['read:users', 'read:roles', 'read:role_members'],
    run: ({ tenant: { people }, id, query }) => {
      const person = people.find(id);
      return paged(query, 'roles', person ? people.rolesOf(person).map(roleSummary) : []);
    },
  },

  'POST /users/:id/roles': {
    scopes: ['update:users', 'create:role_members'],
    run: ({ tenant: { people }, id, body }) => {
      const person = assignable(people, id);
      const names = roleNames(people, body);
      people.change(person, { roles: [...new Set([...person.roles, ...names])] });
      return new Answer(204);
    },
  },

  'DELETE /users/:id/roles': {
    scopes: ['update:users', 'delete:role_members'],
    run: ({ tenant: { people }, id, body }) => {
      const person = assignable(people, id);
      const names = roleNames(people, body);
      people.change(person, { roles: person.roles.filter((name) => !names.includes(name)) });
      return new Answer(204);
    },
  },

  'GET /users/:id/permissions': {
    scopes: ['read:users'],
    run: ({ tenant, id, query }) => paged(query, 'permissions', permissionsWithSources(tenant, existing(tenant, id))),
  },

  'GET /users/:id/organizations': {
    scopes: ['read:organizations'],
    run: ({ tenant: { people }, id, query }) => {
      const person = people.find(id);
      const organizations = person ? people.organizationsOf(person) : [];
      return paged(query, 'organizations', organizations.map(({ id: key, name, display_name: shown }) => ({ id: key, name, display_name: shown })));
    },
  },

  'GET /users/:id/logs': {
    scopes: ['read:logs', 'read:logs_users'],
    run: ({ tenant, id, query }) => paged(query, 'logs', tenant.log.of(id), { withLength: true }),
  },
};

/** The person, or Auth0's answer that there is none. */
export function existing({ people }, id) {
  const person = people.find(id);
  if (!person) throw new ApiError(404, 'The user does not exist.', { errorCode: 'inexistent_user' });
  return person;
}

function publicUser(person) {
  const { roles, groups, extra_claims: extraClaims, ...user } = person;
  const [provider, userId] = person.user_id.split('|');
  return {
    ...user,
    identities: [{ connection: 'Username-Password-Authentication', provider, user_id: userId, isSocial: false }],
  };
}

/** `fields=a,b` keeps those, with `include_fields=false` it leaves them out. */
function pickFields(user, query) {
  const fields = query.get('fields')?.split(',');
  if (!fields) return user;
  const keep = query.get('include_fields') !== 'false';
  return Object.fromEntries(Object.entries(user).filter(([name]) => fields.includes(name) === keep));
}

function checkChanges(body) {
  const invalid = (what) => new ApiError(400, `Payload validation error: '${what}'`, { errorCode: 'invalid_body' });
  if (Object.keys(body).length === 0) throw invalid('Too few properties defined (0), minimum 1');
  for (const [name, value] of Object.entries(body)) {
    const type = CHANGEABLE[name];
    if (!type) throw invalid(`Additional properties not allowed: ${name}`);
    const plain = type !== 'object' || !Array.isArray(value);
    if (value === null ? type === 'boolean' : !(typeof value === type && plain)) {
      throw invalid(`Expected type ${type} but found type ${value === null ? 'null' : typeof value}' on property '${name}`);
    }
  }
}

/**
 * Top-level properties are merged and deeper ones replaced, null removes a property, and an empty object removes all.
 * https://auth0.com/docs/manage-users/user-accounts/metadata/manage-metadata-api
 */
function mergeMetadata(current, change) {
  if (Object.keys(change).length === 0) return {};
  return Object.fromEntries(Object.entries({ ...current, ...change }).filter(([, value]) => value !== null));
}

function assignable(people, id) {
  const person = people.find(id);
  if (!person) throw new ApiError(400, 'The user does not exist.', { errorCode: 'inexistent_user' });
  return person;
}

function roleNames(people, { roles }) {
  if (!Array.isArray(roles) || roles.length === 0) {
    throw new ApiError(400, "Payload validation error: 'Expected a list of at least one role' on property roles.", { errorCode: 'invalid_body' });
  }
  return roles.map((id) => {
    const role = people.roles.find((candidate) => candidate.id === id);
    if (!role) throw new ApiError(400, `The role does not exist: ${id}`, { errorCode: 'inexistent_role' });
    return role.name;
  });
}

function permissionsWithSources({ people, apis }, person) {
  const roles = people.rolesOf(person);
  const held = people.permissionsOf(roles);
  return people.permissions.filter(({ name }) => held.includes(name)).map(({ name, description }) => ({
    permission_name: name,
    description,
    resource_server_identifier: API_AUDIENCE,
    resource_server_name: apis.get(API_AUDIENCE).name,
    sources: roles
      .filter((role) => role.permissions.includes(name))
      .map((role) => ({ source_id: role.id, source_name: role.name, source_type: 'ROLE' })),
  }));
}
