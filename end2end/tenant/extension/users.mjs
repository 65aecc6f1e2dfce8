// What a user has: groups and roles given to them, and with `/calculate` those that come through groups as well.
// Nobody knows an unknown user, so they have nothing: the extension answers with an empty list.

import { permission, permissionsOf, shortGroup, shortRole } from './shapes.mjs';

export const userRoutes = {
  'GET /users/:id/groups': {
    scopes: ['read:groups'],
    run: ({ tenant: { people }, id, query }) => groupsOf(people, query, people.find(id), (person) => people.groupsOf(person)),
  },

  'GET /users/:id/groups/calculate': {
    scopes: ['read:groups'],
    run: ({ tenant: { people }, id, query }) => groupsOf(people, query, people.find(id), (person) => people.allGroupsOf(person)),
  },

  'GET /users/:id/roles': {
    scopes: ['read:roles'],
    run: ({ tenant: { people }, id }) => rolesOf(people, id, (person) => people.rolesOf(person)),
  },

  'GET /users/:id/roles/calculate': {
    scopes: ['read:roles'],
    run: ({ tenant: { people }, id }) => rolesOf(people, id, (person) => people.allRolesOf(person)),
  },
};

function groupsOf(people, query, person, choose) {
  const groups = person ? choose(person) : [];
  const short = groups.map(shortGroup);
  if (!query.has('expand') || query.get('expand') === 'false') return short;
  const names = [...new Set(groups.flatMap(({ roles }) => roles))];
  const roles = names.map((name) => people.role(name)).map((role) => ({
    ...shortRole(role), permissions: permissionsOf(people, role).map(permission),
  }));
  return { groups: short, roles };
}

function rolesOf(people, id, choose) {
  const person = people.find(id);
  const elsewhere = people.other_application_roles.filter(({ users }) => users.includes(id));
  return person ? [...choose(person), ...elsewhere].map(shortRole) : [];
}
