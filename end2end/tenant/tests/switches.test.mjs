// The test switches: keys, faults, people, counts, and that all of it is off unless asked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APP_CLIENT, Browser, decodeJwt, decodeProtectedHeader, tenantFor } from './support/app.mjs';

const DISCOVERY = '/.well-known/openid-configuration';

test('there are no switches unless TENANT_TEST_SWITCHES=1', async (t) => {
  const app = await tenantFor(t, { TENANT_TEST_SWITCHES: undefined });
  const response = await fetch(app.at('/__test/calls'));
  assert.equal(response.status, 404);
  await fetch(app.at('/__test/fault?mode=down'), { method: 'POST' });
  assert.equal((await fetch(app.at(DISCOVERY))).status, 200);
});

test('a switch that is not there, or used wrongly, says so', async (t) => {
  const app = await tenantFor(t);
  assert.equal((await app.flip('lights')).status, 404);
  for (const path of ['fault?mode=on', 'fault?target=moon&mode=down', 'rotate?mode=back', 'fault?mode=slow&ms=soon', 'person?user=nobody']) {
    const { status, body } = await app.flip(path);
    assert.equal(status, 400, path);
    assert.ok(body.error, path);
  }
});

test('rotating signs with the next key, keeps the old one published and nobody is signed out', async (t) => {
  const app = await tenantFor(t);
  const { tokens, browser } = await app.signIn('user');
  const before = (await (await fetch(app.at('/.well-known/jwks.json'))).json()).keys.map(({ kid }) => kid);
  const { body } = await app.flip('rotate');
  const after = body.keys.map(({ kid }) => kid);
  assert.equal(after[0], before[1]);
  assert.ok(after.includes(before[0]));
  await app.verify(tokens.id_token, { audience: APP_CLIENT });
  const attempt = app.attempt();
  const { address } = await app.open(browser, attempt);
  const { tokens: again } = await app.exchange(address, attempt);
  assert.equal(decodeProtectedHeader(again.id_token).kid, after[0]);
});

test('revoking the keys makes older tokens worthless', async (t) => {
  const app = await tenantFor(t);
  const { tokens } = await app.signIn('user');
  await app.flip('rotate?mode=revoke');
  await assert.rejects(app.verify(tokens.id_token, { audience: APP_CLIENT }), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
  const { tokens: again } = await app.signIn('user');
  await app.verify(again.id_token, { audience: APP_CLIENT });
});

test('down, 429 and malformed, for all paths or one, for ever or so many times', async (t) => {
  const app = await tenantFor(t);
  await app.flip('fault?mode=down');
  assert.equal((await fetch(app.at(DISCOVERY))).status, 503);
  assert.equal((await fetch(app.at('/userinfo'))).status, 503);
  await app.flip('fault?mode=none');
  assert.equal((await fetch(app.at(DISCOVERY))).status, 200);

  await app.flip(`fault?mode=429&ms=3000&path=${DISCOVERY}`);
  const limited = await fetch(app.at(DISCOVERY));
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get('retry-after'), '3');
  assert.equal(limited.headers.get('x-ratelimit-remaining'), '0');
  const reset = Number(limited.headers.get('x-ratelimit-reset')) - Math.floor(Date.now() / 1000);
  assert.ok(reset >= 2 && reset <= 3, `resets in ${reset} s`);
  assert.equal((await fetch(app.at('/.well-known/jwks.json'))).status, 200);

  await app.flip('fault?mode=malformed&times=1');
  const broken = await fetch(app.at(DISCOVERY));
  assert.equal(broken.status, 200);
  await assert.rejects(broken.json(), SyntaxError);
  assert.equal((await fetch(app.at(DISCOVERY))).status, 200, 'once only');
});

test('slow delays the answer, and a caller that leaves is let go', async (t) => {
  const app = await tenantFor(t);
  await app.flip('fault?mode=slow&ms=60000');
  await assert.rejects(fetch(app.at(DISCOVERY), { signal: AbortSignal.timeout(200) }), { name: 'TimeoutError' });
  await app.flip('fault?mode=slow&ms=150');
  const started = performance.now();
  assert.equal((await fetch(app.at(DISCOVERY))).status, 200);
  assert.ok(performance.now() - started >= 149);
});

test('a person changes at runtime, and a reset brings everything back', async (t) => {
  const app = await tenantFor(t);
  const { status } = await app.flip('person?user=auth0|user', { roles: ['manager'], groups: ['Platform'], email_verified: false });
  assert.equal(status, 200);
  const claims = decodeJwt((await app.signIn('user')).tokens.id_token);
  assert.deepEqual(claims['https://portico.example/roles'], ['manager']);
  assert.deepEqual(claims.groups, ['Platform', 'Engineering', 'Everyone']);
  assert.equal(claims.email_verified, false);
  assert.equal((await app.flip('person?user=auth0|user', { roles: ['emperor'] })).status, 400);
  assert.equal((await app.flip('person?user=auth0|user', { user_id: 'auth0|other' })).status, 400);
  const { browser } = await app.signIn('user');
  await app.flip('fault?mode=down');
  await app.flip('reset');
  assert.deepEqual(await app.calls(), {});
  const { address } = await app.open(browser, app.attempt());
  assert.equal(address.pathname, '/u/login', 'sessions are gone');
  assert.deepEqual(decodeJwt((await app.signIn('user')).tokens.id_token)['https://portico.example/roles'], ['user']);
});

test('a blocked person does not get in', async (t) => {
  const app = await tenantFor(t);
  await app.flip('person?user=auth0|user', { blocked: true });
  const { callback } = await app.signIn('user');
  assert.equal(callback.searchParams.get('error'), 'access_denied');
  assert.equal(callback.searchParams.get('error_description'), 'user is blocked');
});

test('calls are counted by endpoint', async (t) => {
  const app = await tenantFor(t);
  const { tokens } = await app.signIn('user');
  await app.userinfo(tokens.access_token);
  await app.userinfo(tokens.access_token);
  assert.deepEqual(await app.calls(), {
    'GET /authorize': 1, 'GET /authorize/:id': 1, 'GET /userinfo': 2,
    'GET /u/login': 1, 'POST /oauth/token': 1, 'POST /u/login': 1,
  });
});

test('access tokens can be made short-lived', async (t) => {
  const app = await tenantFor(t);
  await app.flip('lifetime?seconds=7');
  assert.equal((await app.signIn('user')).tokens.expires_in, 7);
  await app.flip('lifetime');
  assert.equal((await app.signIn('user')).tokens.expires_in, 86_400);
});

test('the extension API can be switched off', async (t) => {
  const app = await tenantFor(t);
  await app.flip('extension-api?enabled=false');
  const { status, tokens } = await app.machineToken({ audience: 'urn:auth0-authz-api' });
  assert.equal(status, 403);
  assert.equal(tokens.error_description, 'Service not found: urn:auth0-authz-api');
});

test('a sign-in may say that it was some time ago, with the switches only', async (t) => {
  for (const [switches, ago] of [['1', 7200], [undefined, 0]]) {
    const app = await tenantFor(t, { TENANT_TEST_SWITCHES: switches });
    const browser = new Browser();
    const attempt = app.attempt({ max_age: '86400' });
    const page = await app.open(browser, attempt);
    const callback = await app.choose(browser, page, { person: 'auth0|manager', mfa: '1', seconds_ago: '7200' });
    const { tokens } = await app.exchange(callback, attempt);
    const { auth_time: authTime, iat, amr } = decodeJwt(tokens.id_token);
    assert.deepEqual(amr, ['mfa']);
    assert.ok(Math.abs(iat - authTime - ago) < 60, `${iat - authTime} s ago`);
  }
});
