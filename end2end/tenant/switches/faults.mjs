// What can be made to go wrong, for each of the tenant's three parts: the sign-in endpoints (`oidc`), the
// Management API (`management`) and the Authorization Extension API (`extension`).

import { setTimeout as wait } from 'node:timers/promises';
import { sendJson } from '../http/body.mjs';

export const TARGETS = ['oidc', 'management', 'extension'];
export const MODES = ['none', 'down', 'slow', '429', 'malformed'];

const MALFORMED = '{"this is": not JSON';

export class Faults {
  #byTarget = new Map();

  /**
   * @param {string} target one of `TARGETS`
   * @param {{mode: string, ms?: number, path?: string, times?: number}} fault `ms`: delay of `slow`, and what 429 says
   *   to wait, in milliseconds; `path`: only this path; `times`: only so many requests, then none
   */
  set(target, fault) {
    this.#byTarget.set(target, { times: Infinity, ms: 1000, ...fault });
  }

  clear() {
    this.#byTarget.clear();
  }

  /** @returns {Promise<boolean>} whether the request has been answered, with a fault */
  async meet(target, path, response) {
    const fault = this.#byTarget.get(target);
    if (!fault || fault.times <= 0 || (fault.path && fault.path !== path)) return false;
    fault.times -= 1;
    switch (fault.mode) {
      case 'down':
        sendJson(response, 503, { statusCode: 503, error: 'Service Unavailable', message: 'Service Unavailable' });
        return true;
      case '429':
        tooManyRequests(response, fault.ms);
        return true;
      case 'malformed':
        response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
        response.end(MALFORMED);
        return true;
      case 'slow':
        return !(await stillThereAfter(fault.ms, response));
      default:
        return false;
    }
  }
}

/** Waits, but not for a caller who has left meanwhile. */
async function stillThereAfter(ms, response) {
  const left = new AbortController();
  const leave = () => left.abort();
  response.once('close', leave);
  try {
    await wait(ms, undefined, { signal: left.signal });
    return true;
  } catch (error) {
    if (error.name === 'AbortError') return false;
    throw error;
  } finally {
    response.off('close', leave);
  }
}

function tooManyRequests(response, ms) {
  const seconds = Math.ceil(ms / 1000);
  sendJson(response, 429, { statusCode: 429, error: 'Too Many Requests', message: 'Global limit has been reached', errorCode: 'too_many_requests' }, {
    'retry-after': String(seconds),
    'x-ratelimit-limit': '2',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + seconds),
  });
}
