// Reads the access tokens machines bring. People cannot have one for these audiences (see oidc/audience.mjs).
// What a broken one is answered with differs between the two APIs.

import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose';

/** Why a token is refused: `missing`, `opaque`, `expired`, `audience` or `signature`. */
export class TokenRefused extends Error {
  constructor(reason, audience) {
    super(reason);
    this.reason = reason;
    this.audience = audience;
  }
}

/**
 * @param {object} tenant
 * @param {string | undefined} header the Authorization header
 * @param {string} audience what the token has to be for
 * @returns {Promise<object>} the claims
 * @throws {TokenRefused}
 */
export async function readMachineToken(tenant, header, audience) {
  const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
  if (!token) throw new TokenRefused('missing');
  if (token.split('.').length !== 3) throw new TokenRefused('opaque');
  const { issuer, keys } = tenant;
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys.publicSet), { issuer, audience, algorithms: ['RS256'] });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new TokenRefused('expired');
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
      throw new TokenRefused('audience', decodeJwt(token).aud);
    }
    if (error instanceof errors.JOSEError) throw new TokenRefused('signature');
    throw error;
  }
}
