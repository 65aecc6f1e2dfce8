// The people of the tenant with their roles, groups and permissions. Read once from people.json, changed at
// runtime by the test switches and the Management API, and set back by a reset.

import { readFileSync } from 'node:fs';

const FILE = new URL('./people.json', import.meta.url);

/** `{"$repeat": text, "length": n}` stands for a long string, so that the file stays readable. */
function expand(key, value) {
  if (value && typeof value === 'object' && '$repeat' in value) {
    return value.$repeat.repeat(Math.ceil(value.length / value.$repeat.length)).slice(0, value.length).toWellFormed();
  }
  return value;
}

/** Asked for a role or group that does not exist. */
export class UnknownName extends Error {}

export class People {
  #text = readFileSync(FILE, 'utf8');

  constructor() {
    this.reset();
  }

  /** Back to what the file says. */
  reset() {
    Object.assign(this, JSON.parse(this.#text, expand));
  }

  /** @returns the person with this `user_id`, or undefined */
  find(userId) {
    return this.people.find((person) => person.user_id === userId);
  }

  role(name) {
    return named(this.roles, name, 'role');
  }

  group(name) {
    return named(this.groups, name, 'group');
  }

  /** Replaces roles, groups or other fields of a person. Names have to exist. */
  change(person, changes) {
    for (const name of changes.roles ?? []) this.role(name);
    for (const name of changes.groups ?? []) this.group(name);
    Object.assign(person, changes, { updated_at: new Date().toISOString() });
  }

  rolesOf(person) {
    return person.roles.map((name) => this.role(name));
  }

  groupsOf(person) {
    return person.groups.map((name) => this.group(name));
  }

  /** The person's groups and all the groups these are nested in, nearest first. */
  allGroupsOf(person) {
    const found = this.groupsOf(person);
    for (const group of found) {
      const parents = this.groups.filter((candidate) => candidate.nested.includes(group.name));
      found.push(...parents.filter((parent) => !found.includes(parent)));
    }
    return found;
  }

  /** The person's own roles and those their groups bring along. */
  allRolesOf(person) {
    const names = [...person.roles, ...this.allGroupsOf(person).flatMap((group) => group.roles)];
    return [...new Set(names)].map((name) => this.role(name));
  }

  /** Names of the permissions the given roles hold, each once, in the order of the file. */
  permissionsOf(roles) {
    const held = new Set(roles.flatMap((role) => role.permissions));
    return this.permissions.map(({ name }) => name).filter((name) => held.has(name));
  }

  organizationsOf(person) {
    return this.organizations.filter(({ members }) => members.includes(person.user_id));
  }

  /** An organization by id or, as Auth0 allows, by name. */
  organization(idOrName) {
    return this.organizations.find(({ id, name }) => id === idOrName || name === idOrName);
  }
}

function named(list, name, kind) {
  const found = list.find((entry) => entry.name === name);
  if (!found) throw new UnknownName(`There is no ${kind} named "${name}".`);
  return found;
}
