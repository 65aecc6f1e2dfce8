// The Authorization Extension API, in the shapes captured from the real one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_AUDIENCE, decodeJwt, tenantFor } from './support/app.mjs';

async function ask(app, path, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(app.at(`/authz/api${path}`), { headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function start(t, scope) {
  const app = await tenantFor(t);
  const { tokens } = await app.machineToken({ audience: 'urn:auth0-authz-api', ...(scope && { scope }) });
  return { app, get: (path) => ask(app, path, tokens.access_token) };
}

const names = (list) => list.map(({ name }) => name);

test('groups: all with members, roles and nested groups as far as there are any', async (t) => {
  const { get } = await start(t);
  const { status, body } = await get('/groups');
  assert.equal(status, 200);
  assert.equal(body.total, 6);
  assert.deepEqual(names(body.groups), ['Everyone', 'Engineering', 'Platform', 'Leadership', 'Finance', 'Support desk']);
  const [everyone, engineering, platform] = body.groups;
  assert.deepEqual(Object.keys(platform), ['_id', 'name', 'description', 'members', 'mappings']);
  assert.deepEqual(platform.members, ['auth0|nested']);
  assert.deepEqual(everyone.nested, [engineering._id]);
  assert.deepEqual(engineering.nested, [platform._id]);
  const { body: roles } = await get('/roles');
  assert.deepEqual(engineering.roles, [roles.roles.find(({ name }) => name === 'user')._id]);
});

test('one group, its roles, members and nested groups', async (t) => {
  const { get } = await start(t);
  const [, engineering, platform, , finance] = (await get('/groups')).body.groups;
  assert.deepEqual((await get(`/groups/${finance._id}`)).body, { _id: finance._id, name: 'Finance', description: 'Pays the bills and keeps the books' });
  assert.deepEqual((await get(`/groups/${finance._id}/roles`)).body, []);
  assert.deepEqual(names((await get(`/groups/${engineering._id}/roles`)).body), ['user']);
  const members = (await get(`/groups/${finance._id}/members`)).body;
  assert.equal(members.total, 2);
  assert.deepEqual(members.users[0], {
    user_id: 'auth0|manager', name: 'Marcus Lindqvist', email: 'marcus.manager@portico.example',
    identities: [{ connection: 'Username-Password-Authentication' }],
  });
  assert.deepEqual((await get(`/groups/${engineering._id}/nested`)).body, [{ _id: platform._id, name: 'Platform', description: 'Looks after servers and databases' }]);
  const wrong = await get('/groups/nope');
  assert.equal(wrong.status, 400);
  assert.deepEqual(wrong.body, { statusCode: 400, error: 'Bad Request', message: '"id" must be a valid GUID', validation: { source: 'params', keys: ['id'] } });
  assert.equal((await get('/groups/00000000-0000-4000-8000-000000000000')).status, 404);
});

test('roles and permissions, of every application', async (t) => {
  const { get } = await start(t);
  const { body: roles } = await get('/roles');
  assert.equal(roles.total, 5);
  const [admin] = roles.roles;
  assert.deepEqual(Object.keys(admin), ['_id', 'name', 'description', 'applicationType', 'applicationId', 'permissions', 'users']);
  assert.equal(admin.applicationId, 'portico-local');
  assert.deepEqual(admin.users, ['auth0|administrator']);
  assert.equal(roles.roles.at(-1).applicationId, 'billing-portal');
  const { body: permissions } = await get('/permissions');
  assert.equal(permissions.total, 6);
  assert.deepEqual(permissions.permissions[0], {
    name: 'read', description: 'Read records', applicationType: 'client', applicationId: 'portico-local', _id: permissions.permissions[0]._id,
  });
  assert.equal(admin.permissions[0], permissions.permissions[0]._id);
});

test('a user\'s groups, and with /calculate the groups these are nested in', async (t) => {
  const { get } = await start(t);
  const { status, body } = await get('/users/auth0%7Cnested/groups');
  assert.equal(status, 200);
  assert.deepEqual(body.map((group) => Object.keys(group)), [['_id', 'name', 'description']]);
  assert.deepEqual(names(body), ['Platform']);
  assert.deepEqual(names((await get('/users/auth0%7Cnested/groups/calculate')).body), ['Platform', 'Engineering', 'Everyone']);
  const expanded = (await get('/users/auth0%7Cnested/groups/calculate?expand=true')).body;
  assert.deepEqual(names(expanded.groups), ['Platform', 'Engineering', 'Everyone']);
  assert.deepEqual(names(expanded.roles), ['user']);
  assert.deepEqual(names(expanded.roles[0].permissions), ['read', 'write_own']);
  for (const path of ['groups', 'groups/calculate', 'roles', 'roles/calculate']) {
    assert.deepEqual((await get(`/users/auth0%7Cnobody/${path}`)).body, [], path);
  }
});

test('a user\'s roles, and with /calculate those of their groups', async (t) => {
  const { get } = await start(t);
  const { body } = await get('/users/auth0%7Cnested/roles');
  assert.deepEqual(body, [{ _id: body[0]._id, name: 'viewer', applicationId: 'portico-local', description: 'Reads, and changes nothing' }]);
  assert.deepEqual(names((await get('/users/auth0%7Cnested/roles/calculate')).body), ['viewer', 'user']);
  const manager = (await get('/users/auth0%7Cmanager/roles')).body;
  assert.deepEqual(manager.map((role) => `${role.applicationId} ${role.name}`), ['portico-local manager', 'billing-portal auditor']);
});

test('a person\'s token gets the seed\'s 401, and so do others that are not a machine\'s for this API', async (t) => {
  const { app } = await start(t);
  const opaque = (await app.signIn('administrator')).tokens.access_token;
  const refused = await ask(app, '/groups', opaque);
  assert.equal(refused.status, 401);
  assert.deepEqual(refused.body, { statusCode: 401, error: 'Unauthorized', message: 'Invalid token format', attributes: { error: 'Invalid token format' } });
  assert.equal(refused.headers.get('www-authenticate'), 'Token error="Invalid token format"');
  const persons = (await app.signIn('administrator', { audience: API_AUDIENCE })).tokens.access_token;
  const management = (await app.machineToken({ audience: app.at('/api/v2/') })).tokens.access_token;
  for (const token of [persons, management, undefined, 'a.b.c']) {
    assert.equal((await ask(app, '/groups', token)).status, 401);
  }
});

test('scopes are enforced', async (t) => {
  const { get } = await start(t, 'read:groups');
  assert.equal((await get('/groups')).status, 200);
  for (const path of ['/roles', '/permissions', '/users/auth0%7Cuser/roles']) {
    const { status, body } = await get(path);
    assert.equal(status, 403, path);
    assert.deepEqual(body, { statusCode: 403, error: 'Forbidden', message: 'Insufficient scope' });
  }
});

test('groups follow the switches, in the directory as in the next ID token', async (t) => {
  const { app, get } = await start(t);
  await app.flip('person?user=auth0|viewer', { groups: ['Engineering'], roles: ['viewer'] });
  assert.deepEqual(names((await get('/users/auth0%7Cviewer/groups/calculate')).body), ['Engineering', 'Everyone']);
  assert.deepEqual(decodeJwt((await app.signIn('viewer')).tokens.id_token).groups, ['Engineering', 'Everyone']);
});

test('faults and rate limits of this API leave the other alone', async (t) => {
  const { app, get } = await start(t);
  await app.flip('fault?target=extension&mode=down');
  assert.equal((await get('/groups')).status, 503);
  const { tokens } = await app.machineToken({ audience: app.at('/api/v2/') });
  const roles = await fetch(app.at('/api/v2/roles'), { headers: { authorization: `Bearer ${tokens.access_token}` } });
  assert.equal(roles.status, 200);
  await app.flip('fault?target=extension&mode=none');
  await app.flip('rate-limit?target=extension&per_second=1');
  const statuses = [];
  for (let n = 0; n < 4; n += 1) statuses.push((await get('/groups')).status);
  assert.ok(statuses.includes(429) && statuses.includes(200), statuses.join());
  await app.flip('reset');
  assert.equal((await get('/groups')).headers.get('x-ratelimit-limit'), null);
});
