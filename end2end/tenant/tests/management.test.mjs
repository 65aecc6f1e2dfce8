// The Management API: what it answers, to whom, in pages, and how it refuses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_AUDIENCE, APP_CLIENT, decodeJwt, logoutListener, tenantFor } from './support/app.mjs';

/** A client of the API with a machine token. @returns `call(method and path, body?)` */
async function management(app, token = {}) {
  const { tokens } = await app.machineToken({ audience: app.at('/api/v2/'), ...token });
  const call = async (what, body) => {
    const [method, path] = what.split(' ');
    const response = await fetch(app.at(`/api/v2${path}`), {
      method,
      headers: { authorization: `Bearer ${tokens.access_token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return call;
}

async function start(t, environment) {
  const app = await tenantFor(t, environment);
  return { app, call: await management(app) };
}

const USER = '/users/auth0%7Cuser';

test('users: list, totals, pages, search, sort and fields', async (t) => {
  const { call } = await start(t);
  const all = await call('GET /users');
  assert.equal(all.status, 200);
  assert.equal(all.body.length, 8);
  const page = await call('GET /users?page=1&per_page=3&include_totals=true');
  assert.deepEqual({ ...page.body, users: page.body.users.map(({ user_id: id }) => id) }, {
    start: 3, limit: 3, length: 3, total: 8, users: ['auth0|viewer', 'auth0|unverified', 'auth0|norole'],
  });
  const searches = {
    'email:"uma.user@portico.example"': ['auth0|user'],
    'email:m*': ['auth0|manager', 'auth0|hostile'],
    'email_verified:false': ['auth0|unverified'],
    lindqvist: [],
    'lindq*': ['auth0|manager'],
    'name:"Ada Moreau" AND email_verified:true': ['auth0|administrator'],
    'app_metadata.cost_centre:2000': ['auth0|manager', 'auth0|user'],
  };
  for (const [q, ids] of Object.entries(searches)) {
    const { body } = await call(`GET /users?search_engine=v3&q=${encodeURIComponent(q)}`);
    assert.deepEqual(body.map(({ user_id: id }) => id), ids, q);
  }
  const sorted = await call('GET /users?sort=email:-1&per_page=1&fields=email');
  assert.deepEqual(sorted.body, [{ email: 'viktor.viewer@portico.example' }]);
});

test('a user by percent-encoded id, without what only the tenant knows', async (t) => {
  const { call } = await start(t);
  const { status, body } = await call(`GET ${USER}`);
  assert.equal(status, 200);
  assert.equal(body.user_id, 'auth0|user');
  assert.equal(body.email, 'uma.user@portico.example');
  assert.deepEqual(body.app_metadata, { cost_centre: '2000' });
  assert.deepEqual(body.identities, [{ connection: 'Username-Password-Authentication', provider: 'auth0', user_id: 'user', isSocial: false }]);
  for (const name of ['roles', 'groups', 'extra_claims']) assert.equal(body[name], undefined, name);
  assert.deepEqual((await call(`GET ${USER}?fields=email,name`)).body, { email: body.email, name: body.name });
  const without = (await call(`GET ${USER}?fields=email&include_fields=false`)).body;
  assert.equal(without.email, undefined);
  assert.equal(without.name, body.name);
  const nobody = await call('GET /users/auth0%7Cnobody');
  assert.equal(nobody.status, 404);
  assert.deepEqual(nobody.body, { statusCode: 404, error: 'Not Found', message: 'The user does not exist.', errorCode: 'inexistent_user' });
  assert.equal((await call('GET /users/auth0%7')).status, 400);
});

test('metadata is merged at the top, replaced below, removed by null, emptied by an empty object', async (t) => {
  const { app, call } = await start(t);
  const patch = async (body) => {
    const answer = await call(`PATCH ${USER}`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  await patch({ user_metadata: { addresses: { home: 'A', work: 'B' } } });
  const merged = await patch({ user_metadata: { addresses: { home: 'C' } }, app_metadata: { plan: 'pro' } });
  assert.deepEqual(merged.user_metadata, { favourite_colour: 'green', addresses: { home: 'C' } });
  assert.deepEqual(merged.app_metadata, { cost_centre: '2000', plan: 'pro' });
  assert.deepEqual((await patch({ user_metadata: { favourite_colour: null } })).user_metadata, { addresses: { home: 'C' } });
  assert.deepEqual((await patch({ user_metadata: {} })).user_metadata, {});
  assert.equal((await patch({ name: 'Uma C.', nickname: null })).nickname, undefined);
  const claims = decodeJwt((await app.signIn('user')).tokens.id_token);
  assert.equal(claims.name, 'Uma C.');
  assert.equal(claims.nickname, undefined);
  assert.equal(claims.app_metadata.plan, 'pro', 'the next sign-in tells it');
});

test('a PATCH that makes no sense changes nothing', async (t) => {
  const { call } = await start(t);
  const before = (await call(`GET ${USER}`)).body;
  const wrong = [{}, { roles: ['admin'] }, { user_id: 'auth0|other' }, { email: 7 }, { blocked: null }, { blocked: 'yes' }, { user_metadata: [] }, { user_metadata: 'x' }];
  for (const body of wrong) {
    const answer = await call(`PATCH ${USER}`, body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.equal(answer.body.errorCode, 'invalid_body');
    assert.match(answer.body.message, /^Payload validation error: /);
  }
  assert.equal((await call(`PATCH ${USER}`, [1])).status, 400);
  assert.deepEqual((await call(`GET ${USER}`)).body, before);
});

test('roles with descriptions: list, one, filter, permissions, users', async (t) => {
  const { call } = await start(t);
  const { body: roles } = await call('GET /roles');
  assert.deepEqual(roles.map(({ name }) => name), ['admin', 'manager', 'user', 'viewer']);
  assert.deepEqual(Object.keys(roles[0]), ['id', 'name', 'description']);
  const totals = (await call('GET /roles?include_totals=true&per_page=2')).body;
  assert.deepEqual({ ...totals, roles: totals.roles.length }, { start: 0, limit: 2, total: 4, roles: 2 });
  assert.deepEqual((await call('GET /roles?name_filter=MAN')).body, [roles[1]]);
  assert.deepEqual((await call(`GET /roles/${roles[1].id}`)).body, roles[1]);
  const { body: permissions } = await call(`GET /roles/${roles[2].id}/permissions`);
  assert.deepEqual(permissions, [
    { permission_name: 'read', description: 'Read records', resource_server_identifier: API_AUDIENCE, resource_server_name: 'Portico API' },
    { permission_name: 'write_own', description: 'Create records and change your own', resource_server_identifier: API_AUDIENCE, resource_server_name: 'Portico API' },
  ]);
  const { body: users } = await call(`GET /roles/${roles[0].id}/users`);
  assert.equal(users.length, 1);
  assert.equal(users[0].user_id, 'auth0|administrator');
  const first = (await call(`GET /roles/${roles[2].id}/users?take=2`)).body;
  const second = (await call(`GET /roles/${roles[2].id}/users?take=2&from=${encodeURIComponent(first.next)}`)).body;
  assert.deepEqual([...first.users, ...second.users].map(({ user_id: id }) => id), ['auth0|user', 'auth0|unverified', 'auth0|hostile']);
  assert.equal(second.next, undefined);
  assert.equal((await call('GET /roles/rol_nothing')).status, 404);
});

test('a user\'s roles and permissions follow what is assigned and removed, and so does the next sign-in', async (t) => {
  const { app, call } = await start(t);
  const { body: roles } = await call('GET /roles');
  const id = (name) => roles.find((role) => role.name === name).id;
  assert.deepEqual((await call(`GET ${USER}/roles`)).body, [roles[2]]);
  const assigned = await call(`POST ${USER}/roles`, { roles: [id('manager'), id('user')] });
  assert.equal(assigned.status, 204);
  assert.equal(assigned.body, undefined);
  assert.deepEqual((await call(`GET ${USER}/roles`)).body.map(({ name }) => name), ['user', 'manager']);
  const { body: permissions } = await call(`GET ${USER}/permissions`);
  assert.deepEqual(permissions.map((entry) => entry.permission_name), ['read', 'write', 'write_own', 'manage_team']);
  assert.deepEqual(permissions[0].sources.map((source) => source.source_name), ['user', 'manager']);
  assert.equal((await call(`DELETE ${USER}/roles`, { roles: [id('user')] })).status, 204);
  const { tokens } = await app.signIn('user', { audience: API_AUDIENCE });
  assert.deepEqual(decodeJwt(tokens.access_token).permissions, ['read', 'write', 'manage_team']);
  for (const body of [{}, { roles: [] }, { roles: ['rol_nothing'] }, { roles: 'admin' }]) {
    assert.equal((await call(`POST ${USER}/roles`, body)).status, 400, JSON.stringify(body));
  }
});

test('organizations of a user', async (t) => {
  const { call } = await start(t);
  const { body } = await call(`GET ${USER}/organizations`);
  assert.deepEqual(body, [{ id: 'org_PorticoSouth0001', name: 'portico-south', display_name: 'Portico South' }]);
  assert.deepEqual((await call('GET /users/auth0%7Cviewer/organizations?include_totals=true')).body, { start: 0, limit: 50, total: 0, organizations: [] });
});

test('logs tell of sign-ins, newest first, and the person remembers the last', async (t) => {
  const { app, call } = await start(t);
  const { browser } = await app.signIn('user');
  await app.open(browser, app.attempt());
  const { body } = await call(`GET ${USER}/logs?include_totals=true`);
  assert.equal(body.total, 2);
  assert.deepEqual(body.logs.map(({ type }) => type), ['ssa', 's']);
  assert.equal(body.logs[0].user_id, 'auth0|user');
  assert.equal(body.logs[0].client_id, APP_CLIENT);
  const user = (await call(`GET ${USER}`)).body;
  assert.equal(user.logins_count, 1);
  assert.equal(user.last_login, body.logs[1].date);
  assert.deepEqual((await call('GET /users/auth0%7Cviewer/logs')).body, []);
});

test('sessions carry the sid of the ID token and can be ended from afar; the app is told', async (t) => {
  const listener = await logoutListener(t);
  const { app, call } = await start(t, { TENANT_APP_ORIGIN: listener.origin });
  const first = await app.signIn('user');
  const second = await app.signIn('user');
  const sid = decodeJwt(first.tokens.id_token).sid;
  const { body } = await call(`GET ${USER}/sessions`);
  assert.equal(body.sessions.length, 2);
  const mine = body.sessions.find(({ id }) => id === sid);
  assert.equal(mine.user_id, 'auth0|user');
  assert.deepEqual(mine.clients, [{ client_id: APP_CLIENT }]);
  assert.ok(Date.parse(mine.expires_at) > Date.now());
  assert.deepEqual((await call(`GET /sessions/${sid}`)).body, mine);

  assert.equal((await call(`POST /sessions/${sid}/revoke`)).status, 202);
  assert.equal(decodeJwt((await listener.next()).token).sid, sid);
  assert.equal((await call(`GET /sessions/${sid}`)).status, 404);
  assert.equal((await app.refresh(first.tokens.refresh_token)).status, 403);
  const still = await app.refresh(second.tokens.refresh_token);
  assert.equal(still.status, 200);

  assert.equal((await call(`DELETE ${USER}/sessions`)).status, 202);
  assert.equal(decodeJwt((await listener.next()).token).sid, decodeJwt(second.tokens.id_token).sid);
  const kept = await app.refresh(still.tokens.refresh_token);
  assert.equal(kept.status, 200, 'refresh tokens live on');
  assert.equal((await call(`POST ${USER}/revoke-access`)).status, 202);
  assert.equal((await app.refresh(kept.tokens.refresh_token)).status, 403);
  assert.deepEqual((await call(`GET ${USER}/sessions`)).body, { sessions: [] });
  assert.equal((await call('GET /users/auth0%7Cnobody/sessions')).status, 404);
  assert.equal(listener.received.length, 0, 'nobody is told twice');
});

test('one session ends by DELETE, and one that is gone already is fine', async (t) => {
  const { app, call } = await start(t);
  const { tokens, browser } = await app.signIn('user');
  const { sid } = decodeJwt(tokens.id_token);
  assert.equal((await call(`DELETE /sessions/${sid}`)).status, 202);
  assert.equal((await call(`DELETE /sessions/${sid}`)).status, 202);
  assert.equal((await app.open(browser, app.attempt())).address.pathname, '/u/login');
});

test('scopes are enforced in Auth0\'s shape', async (t) => {
  const app = await tenantFor(t);
  const call = await management(app, { scope: 'read:users' });
  assert.equal((await call(`GET ${USER}`)).status, 200);
  const expected = {
    'GET /roles': 'read:roles',
    [`PATCH ${USER}`]: 'update:users,update:users_app_metadata',
    [`POST ${USER}/roles`]: 'update:users,create:role_members',
    [`DELETE ${USER}/roles`]: 'update:users,delete:role_members',
    [`GET ${USER}/organizations`]: 'read:organizations',
    [`GET ${USER}/sessions`]: 'read:sessions',
    [`GET ${USER}/logs`]: 'read:logs,read:logs_users',
  };
  for (const [what, scopes] of Object.entries(expected)) {
    const { status, body } = await call(what);
    assert.equal(status, 403, what);
    assert.deepEqual(body, { statusCode: 403, error: 'Forbidden', message: `Insufficient scope, expected any of: ${scopes}`, errorCode: 'insufficient_scope' });
  }
  const metadataOnly = await management(app, { scope: 'update:users_app_metadata' });
  assert.equal((await metadataOnly(`PATCH ${USER}`, { app_metadata: { plan: 'pro' } })).status, 200);
  assert.equal((await metadataOnly(`PATCH ${USER}`, { blocked: true })).status, 403);
});

test('no token, an opaque one, a person\'s, another audience\'s, a broken and an expired one are told apart', async (t) => {
  const app = await tenantFor(t);
  const ask = async (authorization) => {
    const response = await fetch(app.at('/api/v2/roles'), { headers: authorization ? { authorization } : {} });
    return { status: response.status, body: await response.json() };
  };
  const opaque = (await app.signIn('administrator')).tokens.access_token;
  const persons = (await app.signIn('administrator', { audience: API_AUDIENCE })).tokens.access_token;
  const extension = (await app.machineToken({ audience: 'urn:auth0-authz-api' })).tokens.access_token;
  await app.flip('lifetime?seconds=1');
  const expired = (await app.machineToken({ audience: app.at('/api/v2/') })).tokens.access_token;
  const good = (await (async () => { await app.flip('lifetime'); return app.machineToken({ audience: app.at('/api/v2/') }); })()).tokens.access_token;
  const cases = [
    [undefined, 401, 'Missing authentication'],
    ['Basic abc', 401, 'Missing authentication'],
    [`Bearer ${opaque}`, 400, 'Bad HTTP authentication header format'],
    [`Bearer ${persons}`, 401, `Bad audience: ${API_AUDIENCE},${app.at('/userinfo')}`],
    [`Bearer ${extension}`, 401, 'Bad audience: urn:auth0-authz-api'],
    [`Bearer ${good.slice(0, -8)}AAAAAAAA`, 401, 'Invalid token'],
    ['Bearer a.b.c', 401, 'Invalid token'],
  ];
  for (const [header, status, message] of cases) {
    const answer = await ask(header);
    assert.equal(answer.status, status, message);
    assert.equal(answer.body.message, message);
    assert.equal(answer.body.statusCode, status);
  }
  while (decodeJwt(expired).exp * 1000 > Date.now()) await new Promise((resolve) => { setImmediate(resolve); });
  const late = await ask(`Bearer ${expired}`);
  assert.equal(late.status, 401);
  assert.equal(late.body.message, 'Expired token received for JSON Web Token validation');
});

test('pages out of range are refused', async (t) => {
  const { call } = await start(t);
  for (const query of ['per_page=101', 'per_page=0', 'page=-1', 'page=one', 'per_page=100&page=10']) {
    const { status, body } = await call(`GET /users?${query}`);
    assert.equal(status, 400, query);
    assert.equal(body.error, 'Bad Request');
  }
  assert.deepEqual((await call('GET /users?per_page=100&page=9')).body, []);
});

test('unknown paths and methods are not found', async (t) => {
  const { call } = await start(t);
  assert.equal((await call('GET /nothing')).status, 404);
  assert.equal((await call('POST /roles', {})).status, 404);
});

test('faults of the Management API leave sign-in alone', async (t) => {
  const { app, call } = await start(t);
  await app.flip('fault?target=management&mode=down');
  assert.equal((await call('GET /roles')).status, 503);
  assert.equal((await app.signIn('user')).status, 200);
  await app.flip('fault?target=management&mode=429&ms=2000&times=1');
  const limited = await call('GET /roles');
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get('retry-after'), '2');
  assert.equal(limited.body.errorCode, 'too_many_requests');
  assert.equal((await call('GET /roles')).status, 200);
  await app.flip('fault?target=management&mode=malformed');
  await assert.rejects(call('GET /roles'), SyntaxError);
});

test('the rate limit counts down, refuses, says when it resets, and lets in again', async (t) => {
  const { app, call } = await start(t);
  assert.equal((await call('GET /roles')).headers.get('x-ratelimit-limit'), null);
  await app.flip('rate-limit?target=management&per_second=2');
  const answers = [];
  // A second may turn in between: five requests cannot all fall into different ones at this speed.
  for (let n = 0; n < 5; n += 1) answers.push(await call('GET /roles'));
  const limited = answers.find(({ status }) => status === 429);
  assert.ok(limited, 'five at once are too many');
  assert.equal(limited.headers.get('x-ratelimit-limit'), '2');
  assert.equal(limited.headers.get('x-ratelimit-remaining'), '0');
  assert.equal(limited.headers.get('retry-after'), null);
  assert.equal(limited.body.errorCode, 'too_many_requests');
  const reset = Number(limited.headers.get('x-ratelimit-reset')) * 1000;
  while (Date.now() < reset) await new Promise((resolve) => { setImmediate(resolve); });
  assert.equal((await call('GET /roles')).status, 200);
  await app.flip('rate-limit?target=management');
  for (let n = 0; n < 5; n += 1) assert.equal((await call('GET /roles')).status, 200);
});

test('calls are counted by endpoint, whoever they are about', async (t) => {
  const { app, call } = await start(t);
  await call(`GET ${USER}/roles`);
  await call('GET /users/auth0%7Cviewer/roles');
  const calls = await app.calls();
  assert.equal(calls['GET /api/v2/users/:id/roles'], 2);
});
