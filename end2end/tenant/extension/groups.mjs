// Groups: all of them, one, its roles, its members and the groups nested in it.

import { ApiError } from '../http/api-error.mjs';
import { fullGroup, shortGroup, shortRole } from './shapes.mjs';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const READ = ['read:groups'];

export const groupRoutes = {
  'GET /groups': {
    scopes: READ,
    run: ({ tenant: { people } }) => ({ groups: people.groups.map((group) => fullGroup(people, group)), total: people.groups.length }),
  },

  'GET /groups/:id': { scopes: READ, run: ({ tenant: { people }, id }) => shortGroup(find(people, id)) },

  'GET /groups/:id/roles': {
    scopes: READ,
    run: ({ tenant: { people }, id }) => find(people, id).roles.map((name) => shortRole(people.role(name))),
  },

  'GET /groups/:id/members': {
    scopes: READ,
    run: ({ tenant: { people }, id }) => {
      const { name: group } = find(people, id);
      const users = people.people.filter(({ groups }) => groups.includes(group)).map(({ user_id: userId, name, email }) => ({
        user_id: userId, name, email, identities: [{ connection: 'Username-Password-Authentication' }],
      }));
      return { total: users.length, users };
    },
  },

  'GET /groups/:id/nested': {
    scopes: READ,
    run: ({ tenant: { people }, id }) => find(people, id).nested.map((name) => shortGroup(people.group(name))),
  },
};

function find(people, id) {
  if (!GUID.test(id)) throw new ApiError(400, '"id" must be a valid GUID', { validation: { source: 'params', keys: ['id'] } });
  const group = people.groups.find(({ _id: candidate }) => candidate === id);
  if (!group) throw new ApiError(404, `The record ${id} in groups does not exist.`);
  return group;
}
