// The people: one a case, and each looks as Auth0 would bring them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { People } from '../people.mjs';
import { decodeJwt, tenantFor } from './support/app.mjs';

const NAMESPACE = 'https://portico.example/';

async function claimsOf(app, person) {
  return decodeJwt((await app.signIn(person)).tokens.id_token);
}

test('each role of the seed has its person', () => {
  const people = new People();
  const ids = people.people.map(({ user_id: id }) => id.replace('auth0|', ''));
  assert.deepEqual(ids, ['administrator', 'manager', 'user', 'viewer', 'unverified', 'norole', 'nested', 'hostile']);
  const permissions = Object.fromEntries(people.roles.map((role) => [role.name, people.permissionsOf([role])]));
  assert.deepEqual(permissions, {
    admin: ['read', 'write', 'delete', 'admin'],
    manager: ['read', 'write', 'manage_team'],
    user: ['read', 'write_own'],
    viewer: ['read'],
  });
});

test('everything that can be shown has a description, and every name leads somewhere', () => {
  const people = new People();
  for (const entry of [...people.roles, ...people.groups, ...people.permissions]) assert.ok(entry.description, entry.name);
  for (const role of people.roles) assert.equal(people.permissionsOf([role]).length, role.permissions.length, role.name);
  for (const person of people.people) {
    assert.equal(people.rolesOf(person).length, person.roles.length);
    assert.equal(people.groupsOf(person).length, person.groups.length);
  }
  for (const group of people.groups) for (const name of [...group.nested]) assert.ok(people.group(name));
  const ids = [...people.roles, ...people.groups, ...people.permissions].map(({ _id: id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test('the legacy rule brings the same groups three times, parents included', async (t) => {
  const app = await tenantFor(t);
  const claims = await claimsOf(app, 'nested');
  const groups = ['Platform', 'Engineering', 'Everyone'];
  assert.deepEqual(claims.groups, groups);
  assert.deepEqual(claims.authorization.groups, groups);
  assert.deepEqual(claims.app_metadata.authorization.groups, groups);
  assert.deepEqual(claims[`${NAMESPACE}groups`], groups);
  assert.equal(claims.app_metadata.on_call, true);
  assert.deepEqual(claims[`${NAMESPACE}roles`], ['viewer']);
  assert.deepEqual(claims.authorization.roles, ['viewer', 'user'], 'a parent group brings a role');
});

test('somebody without roles has none, whatever they wrote into their own metadata', async (t) => {
  const app = await tenantFor(t);
  const claims = await claimsOf(app, 'norole');
  assert.deepEqual(claims[`${NAMESPACE}roles`], []);
  assert.equal(claims.groups, undefined);
  assert.equal(claims.authorization, undefined);
  assert.equal(claims.app_metadata.authorization, undefined);
  assert.deepEqual(claims.user_metadata.roles, ['admin']);
});

test('the unverified one is unverified', async (t) => {
  const app = await tenantFor(t);
  assert.equal((await claimsOf(app, 'unverified')).email_verified, false);
});

test('the hostile one comes through whole', async (t) => {
  const app = await tenantFor(t);
  const { tokens } = await app.signIn('hostile');
  const { payload: claims } = await app.verify(tokens.id_token, {});
  assert.ok(claims.name.startsWith("<script>alert('name')</script>"));
  assert.match(claims.name, /\u202e/, 'turns the reading direction');
  assert.equal(claims.nickname.length, 4096);
  assert.match(claims.picture, /"><script>/);
  assert.ok(claims[`${NAMESPACE}groups`].includes(7));
  assert.equal(claims.updated_at, 'not a date');
  const { claims: again } = await app.userinfo(tokens.access_token);
  assert.deepEqual(again.user_metadata, claims.user_metadata);
  assert.ok(tokens.id_token.length < 14_000, `an ID token of ${tokens.id_token.length} bytes fits into an address`);
});
