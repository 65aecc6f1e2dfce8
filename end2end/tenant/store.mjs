// Where the provider keeps sessions, codes, grants and tokens: in memory, and outside the provider,
// because a new set of keys needs a new provider and must not sign anybody out.

/**
 * Auth0 does not repeat `amr` and `acr` after a refresh, so a refresh token does not remember them.
 * https://auth0.com/docs/secure/multi-factor-authentication/step-up-authentication
 */
const FORGOTTEN = { RefreshToken: ['acr', 'amr'] };

const SWEEP_EVERY = 1000;

export class Store {
  #entries = new Map();
  #writes = 0;

  /** The adapter `oidc-provider` asks for, one for each model, all over this store. */
  adapter = (model) => new ModelAdapter(this, model);

  put(key, payload, expiresIn) {
    this.#writes += 1;
    if (this.#writes % SWEEP_EVERY === 0) this.#sweep();
    const expires = expiresIn ? Date.now() + expiresIn * 1000 : Infinity;
    this.#entries.set(key, { payload, expires });
  }

  get(key) {
    const entry = this.#entries.get(key);
    return entry && entry.expires > Date.now() ? entry.payload : undefined;
  }

  delete(key) {
    this.#entries.delete(key);
  }

  clear() {
    this.#entries.clear();
  }

  /** Living payloads of one model, such as `Session`. */
  all(model) {
    const prefix = `${model}:`;
    return [...this.#entries.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => this.get(key))
      .filter((payload) => payload !== undefined);
  }

  #sweep() {
    const now = Date.now();
    for (const [key, { expires }] of this.#entries) {
      if (expires <= now) this.#entries.delete(key);
    }
  }
}

class ModelAdapter {
  constructor(store, model) {
    this.store = store;
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const kept = { ...payload };
    for (const name of FORGOTTEN[this.model] ?? []) delete kept[name];
    this.store.put(this.key(id), kept, expiresIn);
    if (payload.uid) this.store.put(`uid ${payload.uid}`, id, expiresIn);
  }

  async find(id) {
    return this.store.get(this.key(id));
  }

  async findByUid(uid) {
    const id = this.store.get(`uid ${uid}`);
    return id === undefined ? undefined : this.find(id);
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    const payload = await this.find(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    this.store.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const payload of this.store.all(this.model)) {
      if (payload.grantId === grantId) this.store.delete(this.key(payload.jti));
    }
  }
}
