// Signing in: the authorization code flow with PKCE, its refusals, and what the tokens say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_AUDIENCE, APP_CLIENT, Browser, SECRET, decodeJwt, decodeProtectedHeader, tenantFor } from './support/app.mjs';

const ROLES = 'https://portico.example/roles';
const GROUPS = 'https://portico.example/groups';

test('discovery describes the tenant', async (t) => {
  const app = await tenantFor(t);
  const metadata = await (await fetch(app.at('/.well-known/openid-configuration'))).json();
  assert.equal(metadata.issuer, app.issuer);
  assert.match(metadata.issuer, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const expected = {
    authorization_endpoint: '/authorize', token_endpoint: '/oauth/token', userinfo_endpoint: '/userinfo',
    jwks_uri: '/.well-known/jwks.json', end_session_endpoint: '/oidc/logout', revocation_endpoint: '/oauth/revoke',
  };
  for (const [name, path] of Object.entries(expected)) assert.equal(metadata[name], app.at(path), name);
  assert.deepEqual(metadata.id_token_signing_alg_values_supported, ['RS256']);
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  assert.equal(metadata.backchannel_logout_supported, true);
  const { keys } = await (await fetch(metadata.jwks_uri)).json();
  assert.equal(keys.length, 2);
  for (const key of keys) assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
});

test('code and verifier become tokens, and the profile is in the ID token and at /userinfo', async (t) => {
  const app = await tenantFor(t);
  const { status, tokens, attempt, callback } = await app.signIn('administrator');
  assert.equal(status, 200);
  assert.equal(callback.searchParams.get('state'), attempt.state);
  assert.equal(callback.searchParams.get('iss'), app.issuer);
  assert.equal(tokens.token_type, 'Bearer');
  const { payload, protectedHeader } = await app.verify(tokens.id_token, { audience: APP_CLIENT });
  assert.equal(protectedHeader.alg, 'RS256');
  assert.equal(payload.sub, 'auth0|administrator');
  assert.equal(payload.nonce, attempt.nonce);
  assert.equal(payload.name, 'Ada Moreau');
  assert.equal(payload.email, 'ada.admin@portico.example');
  assert.equal(payload.email_verified, true);
  assert.equal(typeof payload.sid, 'string');
  assert.deepEqual(payload[ROLES], ['admin']);
  assert.equal(payload.amr, undefined);
  assert.equal(payload.acr, undefined);
  assert.equal(payload.auth_time, undefined);
  const { claims } = await app.userinfo(tokens.access_token);
  for (const name of ['sub', 'name', 'email', 'picture', 'updated_at', ROLES, GROUPS, 'app_metadata', 'user_metadata']) {
    assert.deepEqual(claims[name], payload[name], name);
  }
});

test('scopes decide which claims are told', async (t) => {
  const app = await tenantFor(t);
  const { tokens } = await app.signIn('manager', { scope: 'openid email' });
  const claims = decodeJwt(tokens.id_token);
  assert.equal(claims.email, 'marcus.manager@portico.example');
  assert.equal(claims.name, undefined);
  assert.equal(tokens.refresh_token, undefined);
});

test('without an audience the access token is opaque, with one it is a JWT for that API', async (t) => {
  const app = await tenantFor(t);
  const opaque = (await app.signIn('manager')).tokens.access_token;
  assert.doesNotMatch(opaque, /\./);
  const { tokens } = await app.signIn('manager', { audience: API_AUDIENCE, scope: 'openid profile email offline_access read delete' });
  const { payload, protectedHeader } = await app.verify(tokens.access_token, { audience: API_AUDIENCE });
  assert.equal(protectedHeader.typ, 'JWT');
  assert.deepEqual(payload.aud, [API_AUDIENCE, app.at('/userinfo')]);
  assert.equal(payload.azp, APP_CLIENT);
  assert.equal(payload.sub, 'auth0|manager');
  assert.deepEqual(payload.permissions, ['read', 'write', 'manage_team']);
  assert.deepEqual(payload.scope.split(' ').sort(), ['email', 'offline_access', 'openid', 'profile', 'read']);
  const { status, claims } = await app.userinfo(tokens.access_token);
  assert.equal(status, 200);
  assert.equal(claims.name, 'Marcus Lindqvist');
});

test('/userinfo refuses unknown and foreign tokens', async (t) => {
  const app = await tenantFor(t);
  const other = await tenantFor(t, {}, { ownKeys: true });
  const { tokens } = await other.signIn('user', { audience: API_AUDIENCE });
  assert.equal((await app.userinfo(tokens.access_token)).status, 401);
  assert.equal((await app.userinfo('nobody-gave-this-out')).status, 401);
  const { tokens: withoutOpenid } = await app.signIn('user', { audience: API_AUDIENCE, scope: 'read', nonce: undefined });
  assert.equal(decodeJwt(withoutOpenid.access_token).aud, API_AUDIENCE);
  assert.equal((await app.userinfo(withoutOpenid.access_token)).status, 401, 'not meant for /userinfo');
});

test('an unknown audience is refused in Auth0\'s words', async (t) => {
  const app = await tenantFor(t);
  const { address } = await app.open(new Browser(), app.attempt({ audience: 'https://nowhere.example/' }));
  assert.equal(address.searchParams.get('error'), 'access_denied');
  assert.equal(address.searchParams.get('error_description'), 'Service not found: https://nowhere.example/');
});

test('the token endpoint takes JSON, and HTTP Basic', async (t) => {
  const app = await tenantFor(t);
  const browser = new Browser();
  const attempt = app.attempt();
  const callback = await app.choose(browser, await app.open(browser, attempt), { person: 'auth0|user' });
  const fields = {
    grant_type: 'authorization_code', client_id: APP_CLIENT, client_secret: SECRET,
    redirect_uri: app.callback, code: callback.searchParams.get('code'), code_verifier: attempt.verifier,
  };
  const json = await fetch(app.at('/oauth/token'), {
    method: 'POST', body: JSON.stringify(fields), headers: { 'content-type': 'application/json' },
  });
  assert.equal(json.status, 200);
  const { refresh_token: refreshToken } = await json.json();
  const basic = await app.token(
    { grant_type: 'refresh_token', refresh_token: refreshToken },
    { authorization: `Basic ${btoa(`${APP_CLIENT}:${encodeURIComponent(SECRET)}`)}` },
  );
  assert.equal(basic.status, 200);
  for (const body of ['[1', '7', 'null']) {
    const broken = await fetch(app.at('/oauth/token'), { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    assert.equal(broken.status, 400, body);
    assert.equal((await broken.json()).error, 'invalid_request', body);
  }
});

test('PKCE with S256 is required of everybody', async (t) => {
  const app = await tenantFor(t);
  const none = app.attempt({ code_challenge: undefined, code_challenge_method: undefined });
  const plain = app.attempt({ code_challenge_method: 'plain' });
  for (const attempt of [none, plain]) {
    const { address } = await app.open(new Browser(), attempt);
    assert.equal(address.searchParams.get('error'), 'invalid_request');
    assert.equal(address.searchParams.get('code'), null);
  }
});

test('a wrong secret, a wrong verifier, a missing verifier and another redirect address are refused', async (t) => {
  const app = await tenantFor(t);
  const cases = [
    [{ client_secret: 'guessed' }, 401, 'access_denied', 'Unauthorized'],
    [{ client_id: 'nobody' }, 401, 'access_denied', 'Unauthorized'],
    [{ code_verifier: 'x'.repeat(43) }, 403, 'invalid_grant', 'Failed to verify code verifier'],
    [{ code_verifier: '' }, 403, 'invalid_grant', 'Failed to verify code verifier'],
    [{ redirect_uri: `${app.callback}/other` }, 403, 'invalid_grant', 'Invalid authorization code'],
    [{ code: 'made-up' }, 403, 'invalid_grant', 'Invalid authorization code'],
  ];
  for (const [changes, status, error, description] of cases) {
    const browser = new Browser();
    const attempt = app.attempt();
    const callback = await app.choose(browser, await app.open(browser, attempt), { person: 'auth0|user' });
    const answer = await app.exchange(callback, attempt, changes);
    assert.equal(answer.status, status, JSON.stringify(changes));
    assert.deepEqual(answer.tokens, { error, error_description: description });
  }
});

test('a code works once, and using it again revokes what it gave', async (t) => {
  const app = await tenantFor(t);
  const { callback, attempt, tokens } = await app.signIn('user');
  const again = await app.exchange(callback, attempt);
  assert.equal(again.status, 403);
  assert.equal(again.tokens.error, 'invalid_grant');
  assert.equal((await app.refresh(tokens.refresh_token)).status, 403);
  assert.equal((await app.userinfo(tokens.access_token)).status, 401);
});

test('an unregistered redirect address gets a page, never a redirect', async (t) => {
  const app = await tenantFor(t);
  const response = await new Browser().request(app.attempt({ redirect_uri: 'https://evil.example/callback' }).url);
  assert.equal(response.status, 400);
  assert.equal(response.headers.get('location'), null);
  assert.match(await response.text(), /invalid_redirect_uri/);
});

test('refresh tokens rotate, and reuse revokes the family but no other sign-in', async (t) => {
  const app = await tenantFor(t);
  const { tokens: first, browser } = await app.signIn('user');
  const silent = app.attempt();
  const { address } = await app.open(browser, silent);
  const { tokens: elsewhere } = await app.exchange(address, silent);
  const second = await app.refresh(first.refresh_token);
  assert.equal(second.status, 200);
  assert.notEqual(second.tokens.refresh_token, first.refresh_token);
  const reuse = await app.refresh(first.refresh_token);
  assert.equal(reuse.status, 403);
  assert.deepEqual(reuse.tokens, { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' });
  assert.equal((await app.refresh(second.tokens.refresh_token)).status, 403, 'the whole family is revoked');
  assert.equal((await app.refresh(elsewhere.refresh_token)).status, 200, 'another sign-in of the same session lives on');
});

test('a revoked refresh token no longer works, revoked by form or by JSON', async (t) => {
  const app = await tenantFor(t);
  for (const asJson of [false, true]) {
    const { tokens } = await app.signIn('user');
    const fields = { client_id: APP_CLIENT, client_secret: SECRET, token: tokens.refresh_token };
    const response = await fetch(app.at('/oauth/revoke'), asJson
      ? { method: 'POST', body: JSON.stringify(fields), headers: { 'content-type': 'application/json' } }
      : { method: 'POST', body: new URLSearchParams(fields) });
    assert.equal(response.status, 200);
    assert.equal((await app.refresh(tokens.refresh_token)).status, 403);
  }
});

test('refusing goes back with access_denied', async (t) => {
  const app = await tenantFor(t);
  const browser = new Browser();
  const attempt = app.attempt();
  const callback = await app.choose(browser, await app.open(browser, attempt), { refuse: '1' });
  assert.equal(callback.searchParams.get('error'), 'access_denied');
  assert.equal(callback.searchParams.get('state'), attempt.state);
  assert.equal(callback.searchParams.get('iss'), app.issuer);
  assert.equal(callback.searchParams.get('code'), null);
});

test('the second factor is told once: not after a refresh, not at a silent sign-in', async (t) => {
  const app = await tenantFor(t);
  const acr = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
  const { tokens, browser } = await app.signIn('administrator', { mfa: true });
  const claims = decodeJwt(tokens.id_token);
  assert.deepEqual(claims.amr, ['mfa']);
  assert.equal(claims.acr, acr);
  const refreshed = decodeJwt((await app.refresh(tokens.refresh_token)).tokens.id_token);
  assert.equal(refreshed.sub, 'auth0|administrator');
  assert.equal(refreshed.amr, undefined);
  const silent = app.attempt();
  const { address } = await app.open(browser, silent);
  const { tokens: again } = await app.exchange(address, silent);
  assert.equal(decodeJwt(again.id_token).amr, undefined);
});

test('step-up asks again although signed in, says so, and takes no for an answer', async (t) => {
  const app = await tenantFor(t);
  const acr = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
  const { browser } = await app.signIn('manager');
  for (const [mfa, amr] of [['1', ['mfa']], ['0', undefined]]) {
    const attempt = app.attempt({ acr_values: acr });
    const page = await app.open(browser, attempt);
    assert.match(await page.response.text(), /asks for a second factor/);
    const callback = await app.choose(browser, page, { person: 'auth0|manager', mfa });
    const { tokens } = await app.exchange(callback, attempt);
    assert.deepEqual(decodeJwt(tokens.id_token).amr, amr);
  }
});

test('a living session signs in silently, except with prompt=login or a max_age gone by', async (t) => {
  const app = await tenantFor(t);
  const { browser } = await app.signIn('viewer');
  const { address } = await app.open(browser, app.attempt());
  assert.ok(address.searchParams.get('code'), 'no page in between');
  const none = await app.open(browser, app.attempt({ prompt: 'none' }));
  assert.ok(none.address.searchParams.get('code'));
  for (const extra of [{ prompt: 'login' }, { max_age: '0' }]) {
    const { address: page } = await app.open(browser, app.attempt(extra));
    assert.equal(page.pathname, '/u/login', JSON.stringify(extra));
  }
  const stranger = await app.open(new Browser(), app.attempt({ prompt: 'none' }));
  assert.equal(stranger.address.searchParams.get('error'), 'login_required');
});

test('max_age brings auth_time', async (t) => {
  const app = await tenantFor(t);
  const { tokens } = await app.signIn('viewer', { max_age: '300' });
  const { auth_time: authTime, iat } = decodeJwt(tokens.id_token);
  assert.ok(Number.isInteger(authTime) && authTime <= iat && iat - authTime < 60);
});

test('two tabs can sign in at once', async (t) => {
  const app = await tenantFor(t);
  const browser = new Browser();
  const attempts = [app.attempt(), app.attempt()];
  const pages = [await app.open(browser, attempts[0]), await app.open(browser, attempts[1])];
  for (const at of [0, 1]) {
    const callback = await app.choose(browser, pages[at], { person: 'auth0|user' });
    assert.equal(callback.searchParams.get('state'), attempts[at].state);
    assert.equal((await app.exchange(callback, attempts[at])).status, 200);
  }
});

test('an attempt started in another browser cannot be finished in this one', async (t) => {
  const app = await tenantFor(t);
  const page = await app.open(new Browser(), app.attempt());
  const { address, response } = await new Browser().follow(page.address, { method: 'POST', form: { person: 'auth0|user' } }, app.callback);
  assert.notEqual(address.origin, new URL(app.callback).origin);
  assert.equal(response.status, 400);
});

test('another person may sign in over a living session', async (t) => {
  const app = await tenantFor(t);
  const { browser } = await app.signIn('user');
  const { tokens } = await app.signIn('viewer', { browser, prompt: 'login' });
  assert.equal(decodeJwt(tokens.id_token).sub, 'auth0|viewer');
});

test('sign-up, connection and organization are shown, and members only get in', async (t) => {
  const app = await tenantFor(t);
  const browser = new Browser();
  const attempt = app.attempt({ screen_hint: 'signup', connection: 'google-oauth2', organization: 'org_PorticoNorth0001' });
  const page = await app.open(browser, attempt);
  const html = await page.response.text();
  assert.match(html, /<h1>Sign up<\/h1>/);
  assert.match(html, /google-oauth2/);
  assert.match(html, /Portico North/);
  const callback = await app.choose(browser, page, { person: 'auth0|manager' });
  const { tokens } = await app.exchange(callback, attempt);
  const claims = decodeJwt(tokens.id_token);
  assert.equal(claims.org_id, 'org_PorticoNorth0001');
  assert.equal(claims.org_name, 'portico-north');
  const { callback: outsider } = await app.signIn('viewer', { organization: 'org_PorticoNorth0001' });
  assert.equal(outsider.searchParams.get('error'), 'access_denied');
  assert.match(outsider.searchParams.get('error_description'), /not part of the org_PorticoNorth0001 organization/);
});

test('the login page is usable without a script and shows hostile names as text', async (t) => {
  const app = await tenantFor(t);
  const { response } = await app.open(new Browser(), app.attempt());
  const html = await response.text();
  assert.doesNotMatch(html, /<script/i);
  assert.match(response.headers.get('content-security-policy'), /default-src 'none'/);
  assert.match(html, /<button name="person" value="auth0\|hostile"[^>]*><bdi>&#60;script&#62;/);
});

test('an expired or made-up attempt gets a page', async (t) => {
  const app = await tenantFor(t);
  const response = await new Browser().request(app.at('/u/login?state=made-up'));
  assert.equal(response.status, 400);
  assert.match(await response.text(), /expired/);
});

test('client_credentials: granted scopes, an unknown API, an API not granted, no API', async (t) => {
  const app = await tenantFor(t);
  const management = app.at('/api/v2/');
  const all = await app.machineToken({ audience: management });
  assert.equal(all.status, 200);
  const { payload } = await app.verify(all.tokens.access_token, { audience: management });
  assert.equal(payload.sub, 'portico-machine@clients');
  assert.equal(payload.gty, 'client-credentials');
  assert.ok(payload.scope.split(' ').includes('read:roles'));
  assert.equal(payload.permissions, undefined);
  const one = await app.machineToken({ audience: management, scope: 'read:users' });
  assert.equal(decodeJwt(one.tokens.access_token).scope, 'read:users');
  const extension = await app.machineToken({ audience: 'urn:auth0-authz-api' });
  assert.equal(decodeJwt(extension.tokens.access_token).aud, 'urn:auth0-authz-api');
  const refusals = [
    [{ audience: 'https://nowhere.example/' }, /^Service not found: https:\/\/nowhere\.example\/$/],
    [{ audience: 'urn:auth0-authz-api', client_id: 'portico-machine-limited' }, /^Client is not authorized to access "urn:auth0-authz-api"/],
    [{}, /^No audience parameter was provided/],
  ];
  for (const [changes, description] of refusals) {
    const { status, tokens } = await app.machineToken(changes);
    assert.equal(status, 403);
    assert.equal(tokens.error, 'access_denied');
    assert.match(tokens.error_description, description);
  }
});

test('people cannot have a token for the machines\' APIs', async (t) => {
  const app = await tenantFor(t);
  const { address } = await app.open(new Browser(), app.attempt({ audience: 'urn:auth0-authz-api' }));
  assert.equal(address.searchParams.get('error'), 'access_denied');
});

test('access tokens are signed by the current key', async (t) => {
  const app = await tenantFor(t);
  const { tokens } = await app.signIn('user', { audience: API_AUDIENCE });
  const { keys } = await (await fetch(app.at('/.well-known/jwks.json'))).json();
  assert.equal(decodeProtectedHeader(tokens.access_token).kid, keys[0].kid);
  assert.equal(decodeProtectedHeader(tokens.id_token).kid, keys[0].kid);
});
