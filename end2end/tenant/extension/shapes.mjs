// How the extension writes groups, roles and permissions down. Each of them belongs to an application.

import { APP_CLIENT } from '../registrations.mjs';

export function shortGroup({ _id: id, name, description }) {
  return { _id: id, name, description };
}

/** A group with its members, and with roles and nested groups only if it has any. */
export function fullGroup(people, group) {
  const members = people.people.filter(({ groups }) => groups.includes(group.name)).map(({ user_id: id }) => id);
  return {
    ...shortGroup(group),
    members,
    ...(group.roles.length > 0 && { roles: group.roles.map((name) => people.role(name)._id) }),
    ...(group.nested.length > 0 && { nested: group.nested.map((name) => people.group(name)._id) }),
    mappings: [],
  };
}

export function shortRole({ _id: id, name, description, applicationId = APP_CLIENT }) {
  return { _id: id, name, applicationId, description };
}

export function fullRole(people, role) {
  return {
    _id: role._id,
    name: role.name,
    description: role.description,
    applicationType: 'client',
    applicationId: role.applicationId ?? APP_CLIENT,
    permissions: permissionsOf(people, role).map(({ _id: id }) => id),
    users: role.users ?? people.people.filter(({ roles }) => roles.includes(role.name)).map(({ user_id: id }) => id),
  };
}

export function permission({ _id: id, name, description }) {
  return { name, description, applicationType: 'client', applicationId: APP_CLIENT, _id: id };
}

export function permissionsOf(people, role) {
  return people.permissions.filter(({ name }) => role.permissions.includes(name));
}
