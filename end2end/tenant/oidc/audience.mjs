// Auth0's `audience` parameter: which API an access token is for, and who may have one.

import { errors } from 'oidc-provider';
import { OIDC_SCOPES } from '../registrations.mjs';

/** Configuration of oidc-provider's resource indicators (RFC 8707), which is what `audience` becomes. */
export function resourceIndicators(tenant) {
  return {
    enabled: true,
    useGrantedResource: () => true,
    defaultResource: (ctx, client, oneOf) => (oneOf ? oneOf[0] : requestedAudience(tenant, ctx, client)),
    getResourceServerInfo: (ctx, audience, client) => resourceServer(tenant, ctx, audience, client),
  };
}

function requestedAudience(tenant, ctx, client) {
  const audience = ctx.oidc.params?.audience ?? ctx.oidc.body?.audience;
  if (!isMachine(client)) return audience;
  if (!audience) {
    throw new errors.AccessDenied('No audience parameter was provided, and no default audience has been configured');
  }
  // A machine that names no scope gets all it has been granted.
  ctx.oidc.params.scope ??= tenant.clientGrants[client.clientId]?.[audience]?.join(' ');
  return audience;
}

function resourceServer(tenant, _ctx, audience, client) {
  const api = tenant.apis.get(audience);
  if (!api || tenant.disabledApis.has(audience)) throw new errors.AccessDenied(`Service not found: ${audience}`);
  const scopes = isMachine(client) ? tenant.clientGrants[client.clientId]?.[audience] : api.forPeople && [...OIDC_SCOPES, ...api.scopes];
  if (!scopes) {
    throw new errors.AccessDenied(`Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`);
  }
  return {
    scope: scopes.join(' '),
    audience,
    accessTokenTTL: api.lifetime,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  };
}

function isMachine(client) {
  return client.grantTypeAllowed('client_credentials');
}
