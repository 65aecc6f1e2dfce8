// The tenant as a whole: one HTTP server on loopback in front of the provider, the two directory APIs and the switches.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { EXTENSION_BASE, extensionApi } from './extension/api.mjs';
import { BodyTooLong, asForm, sendJson } from './http/body.mjs';
import { SigningKeys } from './keys.mjs';
import { Log } from './log.mjs';
import { MANAGEMENT_BASE, managementApi } from './management/api.mjs';
import { buildProvider } from './oidc/provider.mjs';
import { People } from './people.mjs';
import { apis, clientGrants } from './registrations.mjs';
import { Store } from './store.mjs';
import { Calls } from './switches/calls.mjs';
import { Faults } from './switches/faults.mjs';
import { RateLimits } from './switches/rate-limits.mjs';
import { answerSwitch } from './switches/routes.mjs';

/** An ID token of 10 kB travels in the address of /oidc/logout, so requests may be longer than Node's 16 kB. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Endpoints that take JSON as well as a form, as Auth0's do. */
const JSON_ENDPOINTS = new Set(['/oauth/token', '/oauth/revoke']);

/**
 * Starts a tenant and resolves once it listens.
 * @param {ReturnType<import('./settings.mjs').readSettings>} settings
 * @param {SigningKeys} keys new ones unless given
 */
export async function startTenant(settings, keys = undefined) {
  const tenant = new Tenant(settings, keys ?? (await SigningKeys.generate()));
  await tenant.listen();
  return tenant;
}

class Tenant {
  store = new Store();
  people = new People();
  faults = new Faults();
  rateLimits = new RateLimits();
  calls = new Calls();
  log = new Log();
  /** Organization each grant was given for, by the grant's id. */
  organizations = new Map();
  disabledApis = new Set();
  /** Seconds every access token lives; undefined: as long as its API says. */
  accessTokenLifetime = undefined;
  cookieKeys = [randomBytes(32).toString('hex')];
  #server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => this.#answer(request, response));

  constructor(settings, keys) {
    this.settings = settings;
    this.keys = keys;
    this.issuer = settings.issuer;
    this.userinfoAudience = `${settings.issuer}userinfo`;
    this.apis = apis(settings.issuer, this.people.permissions.map(({ name }) => name));
    this.clientGrants = clientGrants(settings.issuer);
    this.#useProvider();
    this.answerManagement = managementApi(this);
    this.answerExtension = extensionApi(this);
  }

  listen() {
    const { port, host } = this.settings;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
  }

  /** Stops at once: open connections are cut. */
  close() {
    return new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  /** Everything back to how it was at the start, except the keys: everybody is signed out. */
  reset() {
    this.store.clear();
    this.people.reset();
    this.faults.clear();
    this.rateLimits.clear();
    this.calls.clear();
    this.log.clear();
    this.organizations.clear();
    this.disabledApis.clear();
    this.accessTokenLifetime = undefined;
  }

  /** @param {'next' | 'revoke'} mode */
  async changeKeys(mode) {
    await (mode === 'revoke' ? this.keys.revoke() : this.keys.rotate());
    this.#useProvider();
  }

  /** Living sessions of a person at the tenant. */
  sessionsOf(userId) {
    return this.store.all('Session')
      .filter(({ accountId }) => accountId === userId)
      .map((payload) => this.provider.Session.instantiate(payload));
  }

  #useProvider() {
    this.provider = buildProvider(this);
    this.log.attach(this, this.provider);
    this.answerOidc = this.provider.callback();
  }

  async #answer(request, response) {
    if (!URL.canParse(request.url, this.issuer)) return sendJson(response, 400, { error: 'invalid_request', error_description: 'The address makes no sense.' });
    try {
      await this.#route(request, response, new URL(request.url, this.issuer));
    } catch (error) {
      if (error instanceof BodyTooLong) return sendJson(response, 413, { error: 'invalid_request', error_description: error.message });
      console.error(error);
      if (response.headersSent) return response.destroy();
      return sendJson(response, 500, { statusCode: 500, error: 'Internal Server Error', message: 'Internal Server Error' });
    }
    return undefined;
  }

  async #route(request, response, url) {
    const path = url.pathname;
    if (this.settings.testSwitches && path.startsWith('/__test/')) return answerSwitch(this, request, response, url);
    if (path.startsWith(`${MANAGEMENT_BASE}/`)) return this.answerManagement(request, response, url);
    if (path.startsWith(`${EXTENSION_BASE}/`)) return this.answerExtension(request, response, url);
    this.calls.count(request.method, endpointOf(path));
    if (await this.faults.meet('oidc', path, response)) return undefined;
    if (!JSON_ENDPOINTS.has(path) || !/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
      return this.answerOidc(request, response);
    }
    try {
      return this.answerOidc(await asForm(request), response);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
      return sendJson(response, 400, { error: 'invalid_request', error_description: 'The body is not a JSON object.' });
    }
  }
}

/** Attempts have an address of their own, `/authorize/<id>`: they count as one endpoint. */
function endpointOf(path) {
  return path.startsWith('/authorize/') ? '/authorize/:id' : path;
}
