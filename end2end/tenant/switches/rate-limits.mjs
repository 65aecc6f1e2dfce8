// The rate limits of the directory APIs: off until switched on, then so many requests in each second of the clock.
// https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy

import { ApiError } from '../http/api-error.mjs';

export class RateLimits {
  #limits = new Map();

  /** @param {number} perSecond 0 switches it off */
  set(target, perSecond) {
    if (perSecond === 0) this.#limits.delete(target);
    else this.#limits.set(target, { perSecond, second: 0, used: 0 });
  }

  clear() {
    this.#limits.clear();
  }

  /**
   * Takes one request from what is left of this second.
   * @returns {Record<string, string>} headers for the answer, none when there is no limit
   * @throws {ApiError} 429 when nothing is left. It has no Retry-After, as Auth0's mostly has none
   */
  take(target) {
    const limit = this.#limits.get(target);
    if (!limit) return {};
    const second = Math.floor(Date.now() / 1000);
    if (limit.second !== second) Object.assign(limit, { second, used: 0 });
    limit.used += 1;
    const headers = {
      'x-ratelimit-limit': String(limit.perSecond),
      'x-ratelimit-remaining': String(Math.max(0, limit.perSecond - limit.used)),
      'x-ratelimit-reset': String(second + 1),
    };
    if (limit.used > limit.perSecond) {
      throw new ApiError(429, 'Global limit has been reached', { errorCode: 'too_many_requests' }, headers);
    }
    return headers;
  }
}
