// Signing out of the tenant, and telling the app about it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_AUDIENCE, APP_CLIENT, Browser, decodeJwt, logoutListener, tenantFor } from './support/app.mjs';

function logoutUrl(app, path, query) {
  return `${app.at(path)}?${new URLSearchParams(query)}`;
}

async function assertSignedOut(app, browser) {
  const { address } = await app.open(browser, app.attempt());
  assert.equal(address.pathname, '/u/login', 'the login page comes again');
}

async function assertStillSignedIn(app, browser) {
  const { address } = await app.open(browser, app.attempt());
  assert.ok(address.searchParams.get('code'), 'the session still signs in silently');
}

test('/oidc/logout with the ID token signs out without asking, and returns with the state', async (t) => {
  const app = await tenantFor(t);
  const { browser, tokens } = await app.signIn('administrator');
  const response = await browser.request(logoutUrl(app, '/oidc/logout', {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: `${app.origin}/`, state: 'there and back',
  }));
  assert.equal(response.status, 303);
  assert.equal(response.headers.get('location'), `${app.origin}/?state=there+and+back`);
  await assertSignedOut(app, browser);
});

test('/oidc/logout of somebody already signed out returns as well', async (t) => {
  const app = await tenantFor(t);
  const { tokens } = await app.signIn('administrator');
  const response = await new Browser().request(logoutUrl(app, '/oidc/logout', {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: app.origin,
  }));
  assert.equal(response.status, 303);
  assert.equal(response.headers.get('location'), `${app.origin}/`);
});

test('/oidc/logout without an ID token, or with somebody else\'s, asks first', async (t) => {
  const app = await tenantFor(t);
  const { browser } = await app.signIn('administrator');
  const { tokens: foreign } = await app.signIn('user');
  for (const hint of [{ client_id: APP_CLIENT }, { id_token_hint: foreign.id_token }]) {
    const url = logoutUrl(app, '/oidc/logout', { post_logout_redirect_uri: `${app.origin}/`, ...hint });
    const response = await browser.request(url);
    assert.equal(response.status, 200);
    assert.match(await response.text(), /Do you want to sign out\?/);
    await assertStillSignedIn(app, browser);
  }
  const page = await (await browser.request(logoutUrl(app, '/oidc/logout', { client_id: APP_CLIENT, post_logout_redirect_uri: `${app.origin}/` }))).text();
  const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(page);
  const [, action] = /action="([^"]+)"/.exec(page);
  const answer = await browser.request(action, { method: 'POST', form: { xsrf, logout: 'yes' } });
  assert.equal(answer.headers.get('location'), `${app.origin}/`);
  await assertSignedOut(app, browser);
});

test('/oidc/logout refuses an unregistered address and an ID token that is not ours', async (t) => {
  const app = await tenantFor(t);
  const other = await tenantFor(t, {}, { ownKeys: true });
  const { browser, tokens } = await app.signIn('user');
  const { tokens: foreign } = await other.signIn('user');
  const cases = [
    { id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://evil.example/' },
    { id_token_hint: foreign.id_token, post_logout_redirect_uri: `${app.origin}/` },
  ];
  for (const query of cases) {
    const response = await browser.request(logoutUrl(app, '/oidc/logout', query));
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('location'), null);
  }
  await assertStillSignedIn(app, browser);
});

test('/v2/logout signs out and returns to a registered address only', async (t) => {
  const app = await tenantFor(t);
  const { browser } = await app.signIn('user');
  const refused = [
    { client_id: APP_CLIENT, returnTo: 'https://evil.example/' },
    { client_id: APP_CLIENT, returnTo: `${app.origin}.evil.example/` },
    { client_id: APP_CLIENT, returnTo: `${app.origin}/callback` },
    { returnTo: `${app.origin}/` },
    { client_id: 'nobody', returnTo: `${app.origin}/` },
  ];
  for (const query of refused) {
    const response = await browser.request(logoutUrl(app, '/v2/logout', query));
    assert.equal(response.status, 400, JSON.stringify(query));
    assert.equal(response.headers.get('location'), null);
  }
  await assertStillSignedIn(app, browser);
  const response = await browser.request(logoutUrl(app, '/v2/logout', { client_id: APP_CLIENT, returnTo: app.origin }));
  assert.equal(response.status, 302);
  assert.equal(new URL(response.headers.get('location')).origin, app.origin);
  await assertSignedOut(app, browser);
});

test('/v2/logout without an address returns to the first registered one, without a client it shows a page', async (t) => {
  const app = await tenantFor(t);
  const { headers } = await new Browser().request(logoutUrl(app, '/v2/logout', { client_id: APP_CLIENT }));
  assert.equal(new URL(headers.get('location')).origin, app.origin);
  const page = await new Browser().request(app.at('/v2/logout'));
  assert.equal(page.status, 200);
  assert.match(await page.text(), /You are signed out/);
});

test('the app is told by a signed logout token, whichever way one signs out', async (t) => {
  const listener = await logoutListener(t);
  const app = await tenantFor(t, { TENANT_APP_ORIGIN: listener.origin });
  const ways = [
    ({ browser, tokens }) => browser.request(logoutUrl(app, '/oidc/logout', { id_token_hint: tokens.id_token, post_logout_redirect_uri: `${app.origin}/` })),
    ({ browser }) => browser.request(logoutUrl(app, '/v2/logout', { client_id: APP_CLIENT, returnTo: `${app.origin}/` })),
    () => app.flip('sign-out?user=auth0|manager'),
    ({ browser }) => app.signIn('user', { browser, prompt: 'login' }),
  ];
  for (const signOut of ways) {
    const signedIn = await app.signIn('manager');
    await signOut(signedIn);
    const { method, path, token } = await listener.next();
    assert.equal(`${method} ${path}`, 'POST /backchannel-logout');
    const { payload } = await app.verify(token, { audience: APP_CLIENT, typ: 'logout+jwt' });
    assert.equal(payload.sub, 'auth0|manager');
    assert.equal(payload.sid, decodeJwt(signedIn.tokens.id_token).sid);
    assert.equal(payload.exp - payload.iat, 120);
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.equal(typeof payload.jti, 'string');
    assert.equal(payload.nonce, undefined);
  }
});

test('an app that cannot be reached keeps nobody signed in', async (t) => {
  const app = await tenantFor(t);
  const { browser } = await app.signIn('user');
  const response = await browser.request(logoutUrl(app, '/v2/logout', { client_id: APP_CLIENT, returnTo: `${app.origin}/` }));
  assert.equal(response.status, 302);
  await assertSignedOut(app, browser);
});

test('signing out ends tokens that were to end with the session, and leaves offline access', async (t) => {
  const app = await tenantFor(t);
  const { browser, tokens } = await app.signIn('user', { scope: 'openid profile' });
  const { tokens: offline, browser: other } = await app.signIn('viewer', { audience: API_AUDIENCE });
  for (const one of [browser, other]) {
    await one.request(logoutUrl(app, '/v2/logout', { client_id: APP_CLIENT, returnTo: `${app.origin}/` }));
  }
  assert.equal((await app.userinfo(tokens.access_token)).status, 401);
  assert.equal((await app.refresh(offline.refresh_token)).status, 200);
});
