// The tenant's signing keys: as at Auth0 two are published, the current one and the next.

import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

async function newKey() {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  const kid = randomBytes(12).toString('base64url');
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

/** The keys, oldest choice first: the first one signs, all of them are published. */
export class SigningKeys {
  #keys;

  constructor(keys) {
    this.#keys = keys;
  }

  static async generate() {
    return new SigningKeys(await Promise.all([newKey(), newKey()]));
  }

  /** Keys that start out the same and are rotated on their own. */
  copy() {
    return new SigningKeys([...this.#keys]);
  }

  /** The next key becomes the current one. The previous one stays published, so older tokens still verify. */
  async rotate() {
    const [previous, next] = this.#keys;
    this.#keys = [next, await newKey(), previous];
  }

  /** Every key is replaced: whatever was signed before no longer verifies. */
  async revoke() {
    this.#keys = await Promise.all([newKey(), newKey()]);
  }

  /** Private keys as a JSON Web Key Set (RFC 7517), for the provider only. */
  get privateSet() {
    return { keys: this.#keys.map((key) => ({ ...key })) };
  }

  /** Public halves as a JSON Web Key Set. */
  get publicSet() {
    return { keys: this.#keys.map(({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg })) };
  }
}
