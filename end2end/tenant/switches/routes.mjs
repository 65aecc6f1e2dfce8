// The test switches under /__test/, there only when TENANT_TEST_SWITCHES=1. Answers are JSON.

import { readBody, sendJson } from '../http/body.mjs';
import { EXTENSION_AUDIENCE } from '../registrations.mjs';
import { endSession } from '../oidc/logout.mjs';
import { UnknownName } from '../people.mjs';
import { MODES, TARGETS } from './faults.mjs';

/** The switch was asked for something it does not do. */
class BadSwitch extends Error {}

const PERSON_FIELDS = ['roles', 'groups', 'email_verified', 'blocked', 'name', 'email', 'app_metadata', 'user_metadata'];

/** Every switch by method and path. Each takes the tenant, the query and the parsed body, and returns the answer. */
const SWITCHES = {
  'GET /__test/calls': (tenant) => tenant.calls.report(),

  'POST /__test/reset': (tenant) => tenant.reset(),

  'POST /__test/rotate': async (tenant, query) => {
    const mode = choice(query, 'mode', ['next', 'revoke'], 'next');
    await tenant.changeKeys(mode);
    return tenant.keys.publicSet;
  },

  'POST /__test/fault': (tenant, query) => {
    const target = choice(query, 'target', [...TARGETS, 'all'], 'oidc');
    const mode = choice(query, 'mode', MODES);
    const fault = { mode, ...number(query, 'ms'), ...number(query, 'times'), ...(query.has('path') && { path: query.get('path') }) };
    for (const name of target === 'all' ? TARGETS : [target]) tenant.faults.set(name, fault);
    return { target, ...fault };
  },

  'POST /__test/rate-limit': (tenant, query) => {
    const target = choice(query, 'target', ['management', 'extension'], 'management');
    const { per_second: perSecond = 0 } = number(query, 'per_second');
    tenant.rateLimits.set(target, perSecond);
    return { target, per_second: perSecond };
  },

  'POST /__test/person': (tenant, query, body) => {
    const person = find(tenant, query);
    const unknown = Object.keys(body).find((name) => !PERSON_FIELDS.includes(name));
    if (unknown) throw new BadSwitch(`A person's ${unknown} cannot be switched. Known: ${PERSON_FIELDS.join(', ')}.`);
    tenant.people.change(person, body);
    return person;
  },

  'POST /__test/sign-out': async (tenant, query) => {
    const person = find(tenant, query);
    const ended = tenant.sessionsOf(person.user_id);
    for (const session of ended) await endSession(tenant.provider, session);
    return { ended: ended.length };
  },

  'POST /__test/lifetime': (tenant, query) => {
    tenant.accessTokenLifetime = number(query, 'seconds').seconds;
    return { seconds: tenant.accessTokenLifetime ?? null };
  },

  'POST /__test/extension-api': (tenant, query) => {
    const enabled = choice(query, 'enabled', ['true', 'false']) === 'true';
    if (enabled) tenant.disabledApis.delete(EXTENSION_AUDIENCE);
    else tenant.disabledApis.add(EXTENSION_AUDIENCE);
    return { enabled };
  },
};

/** Answers a request to a switch. */
export async function answerSwitch(tenant, request, response, url) {
  const action = SWITCHES[`${request.method} ${url.pathname}`];
  if (!action) {
    sendJson(response, 404, { error: 'no such switch', switches: Object.keys(SWITCHES) });
    return;
  }
  try {
    const text = await readBody(request);
    const answer = await action(tenant, url.searchParams, text === '' ? {} : JSON.parse(text));
    sendJson(response, 200, answer ?? {});
  } catch (error) {
    if (!(error instanceof BadSwitch || error instanceof UnknownName || error instanceof SyntaxError)) throw error;
    sendJson(response, 400, { error: error.message });
  }
}

function choice(query, name, allowed, fallback) {
  const value = query.get(name) ?? fallback;
  if (!allowed.includes(value)) throw new BadSwitch(`${name} must be one of ${allowed.join(', ')}.`);
  return value;
}

function number(query, name) {
  if (!query.has(name)) return {};
  const value = Number(query.get(name));
  if (!Number.isInteger(value) || value < 0) throw new BadSwitch(`${name} must be a whole number.`);
  return { [name]: value };
}

function find(tenant, query) {
  const person = tenant.people.find(query.get('user'));
  if (!person) throw new BadSwitch(`user must be the id of a person, such as ${tenant.people.people[0].user_id}.`);
  return person;
}
