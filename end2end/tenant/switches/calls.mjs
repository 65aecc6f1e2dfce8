// Counts requests by method and endpoint, so that a test can say how often the app has called.

export class Calls {
  #counts = new Map();

  count(method, endpoint) {
    const key = `${method} ${endpoint}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  clear() {
    this.#counts.clear();
  }

  /** Such as `{"POST /oauth/token": 2}`. */
  report() {
    return Object.fromEntries([...this.#counts].sort());
  }
}
