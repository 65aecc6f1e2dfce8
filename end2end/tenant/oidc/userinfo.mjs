// /userinfo for access tokens that are meant for an API: the provider takes only opaque ones, Auth0 takes both.

import { createLocalJWKSet, jwtVerify } from 'jose';
import { claimsForScopes, claimsOf } from '../claims.mjs';

const JWT = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** Koa middleware. Opaque tokens are left to the provider. */
export function userinfoForApiTokens(tenant) {
  return async (ctx, next) => {
    const token = ctx.path === '/userinfo' && JWT.exec(ctx.get('authorization'))?.[1];
    if (!token) return next();
    ctx.set('cache-control', 'no-store');
    const claims = await claimsOfBearer(tenant, token);
    if (claims) {
      ctx.body = claims;
    } else {
      ctx.status = 401;
      ctx.set('www-authenticate', `Bearer realm="${tenant.issuer}", error="invalid_token"`);
      ctx.body = { error: 'invalid_token', error_description: 'invalid token provided' };
    }
    return undefined;
  };
}

async function claimsOfBearer(tenant, token) {
  const { people, issuer, userinfoAudience: audience } = tenant;
  let payload;
  try {
    ({ payload } = await jwtVerify(token, createLocalJWKSet(tenant.keys.publicSet), { issuer, audience, algorithms: ['RS256'] }));
  } catch {
    return undefined; // whatever is wrong with it, the answer is the same 401
  }
  const person = people.find(payload.sub);
  return person && claimsForScopes(claimsOf(people, person, people.organization(payload.org_id)), payload.scope.split(' '));
}
