// A tenant of its own for each test, and an app that signs in at it: authorization code with PKCE, as RFC 7636 says.

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { SigningKeys } from '../../keys.mjs';
import { API_AUDIENCE, APP_CLIENT, MACHINE_CLIENT } from '../../registrations.mjs';
import { readSettings } from '../../settings.mjs';
import { startTenant } from '../../tenant.mjs';
import { Browser } from './browser.mjs';

export const SECRET = 'secret of the tests only';
export const MACHINE_SECRET = 'machine secret of the tests only';
export { API_AUDIENCE, APP_CLIENT, Browser, decodeJwt, decodeProtectedHeader };

const random = () => randomBytes(32).toString('base64url');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// Making RSA keys is what takes longest, so the tenants of one test file start with the same ones.
const sharedKeys = await SigningKeys.generate();

/** Starts a tenant on a free port and stops it when the test `t` ends. `ownKeys`: not the keys others have. */
export async function tenantFor(t, environment = {}, { ownKeys = false } = {}) {
  const settings = readSettings({
    TENANT_PORT: String(await freePort()),
    TENANT_APP_ORIGIN: `http://127.0.0.1:${await freePort()}`, // nobody listens, so sign-outs reach no app that happens to run
    TENANT_CLIENT_SECRET: SECRET,
    TENANT_MACHINE_SECRET: MACHINE_SECRET,
    TENANT_TEST_SWITCHES: '1',
    ...environment,
  });
  const tenant = await startTenant(settings, ownKeys ? undefined : sharedKeys.copy());
  t.after(() => tenant.close());
  return new App(tenant);
}

/** Listens for back-channel logout as the app would. Resolves `next()` with each logout token that comes. */
export async function logoutListener(t) {
  const tokens = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const call = { method: request.method, path: request.url, token: new URLSearchParams(body).get('logout_token') };
    if (waiting.length > 0) waiting.shift()(call);
    else tokens.push(call);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    received: tokens,
    next: () => (tokens.length > 0 ? Promise.resolve(tokens.shift()) : new Promise((resolve) => { waiting.push(resolve); })),
  };
}

class App {
  constructor(tenant) {
    this.tenant = tenant;
    this.issuer = tenant.issuer;
    this.origin = tenant.settings.appOrigins[0];
    this.callback = `${this.origin}/callback`;
  }

  at(path) {
    return new URL(path, this.issuer).href;
  }

  /** An authorization request. @returns {{url: string, state: string, nonce: string, verifier: string}} */
  attempt(extra = {}) {
    const [state, nonce, verifier] = [random(), random(), random()];
    const query = {
      client_id: APP_CLIENT,
      response_type: 'code',
      redirect_uri: this.callback,
      scope: 'openid profile email offline_access',
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...extra,
    };
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    return { url: `${this.at('/authorize')}?${new URLSearchParams(given)}`, state, nonce, verifier };
  }

  /** Opens the login page, or returns to the app at once when nobody has to be asked. */
  open(browser, attempt) {
    return browser.follow(attempt.url, {}, this.callback);
  }

  /** Sends the login form. @returns {Promise<URL>} the callback with its parameters */
  async choose(browser, page, form) {
    const { address } = await browser.follow(page.address, { method: 'POST', form }, this.callback);
    return address;
  }

  /** The whole way to tokens. `person` is a role such as `administrator`. */
  async signIn(person, { browser = new Browser(), mfa = false, ...extra } = {}) {
    const attempt = this.attempt(extra);
    const page = await this.open(browser, attempt);
    const callback = await this.choose(browser, page, { person: `auth0|${person}`, ...(mfa && { mfa: '1' }) });
    const answer = await this.exchange(callback, attempt);
    return { browser, attempt, callback, ...answer };
  }

  exchange(callback, { verifier }, changes = {}) {
    return this.token({
      grant_type: 'authorization_code',
      client_id: APP_CLIENT,
      client_secret: SECRET,
      redirect_uri: this.callback,
      code: callback.searchParams.get('code'),
      code_verifier: verifier,
      ...changes,
    });
  }

  refresh(refreshToken) {
    return this.token({ grant_type: 'refresh_token', client_id: APP_CLIENT, client_secret: SECRET, refresh_token: refreshToken });
  }

  machineToken(changes) {
    return this.token({ grant_type: 'client_credentials', client_id: MACHINE_CLIENT, client_secret: MACHINE_SECRET, ...changes });
  }

  async token(fields, headers = {}) {
    const response = await fetch(this.at('/oauth/token'), { method: 'POST', body: new URLSearchParams(fields), headers });
    return { status: response.status, tokens: await response.json() };
  }

  async userinfo(accessToken) {
    const response = await fetch(this.at('/userinfo'), { headers: { authorization: `Bearer ${accessToken}` } });
    return { status: response.status, claims: await response.json() };
  }

  /** Verifies a token's signature with the published keys. */
  verify(token, options) {
    const keys = createRemoteJWKSet(new URL(this.at('/.well-known/jwks.json')));
    return jwtVerify(token, keys, { issuer: this.issuer, algorithms: ['RS256'], ...options });
  }

  async flip(path, body) {
    const response = await fetch(this.at(`/__test/${path}`), { method: 'POST', body: body && JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  }

  async calls() {
    return (await fetch(this.at('/__test/calls'))).json();
  }
}
