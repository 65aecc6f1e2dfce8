// The OpenID provider itself: `oidc-provider`, which is certified, made to speak Auth0's dialect.
// Everything that only Auth0 does is in the neighbouring files; here is what a setting can say.

import Provider from 'oidc-provider';
import { CLAIMS_BY_SCOPE, claimsOf } from '../claims.mjs';
import { OIDC_SCOPES, OPAQUE_TOKEN_LIFETIME, clients } from '../registrations.mjs';
import { resourceIndicators } from './audience.mjs';
import { auth0Answers } from './dialect.mjs';
import { grantFor } from './grants.mjs';
import { loginRoutes } from './login.mjs';
import { logoutRoutes, sayUntold, signOutWithoutAsking } from './logout.mjs';
import { errorPage } from './pages.mjs';
import { MFA_ACR, promptPolicy } from './step-up.mjs';
import { userinfoForApiTokens } from './userinfo.mjs';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Builds the provider over the tenant's keys, people and store. The keys cannot be changed later: after a
 * rotation a new provider is built over the same store.
 * @param {object} tenant see tenant.mjs
 * @returns {Provider} a Koa application
 */
export function buildProvider(tenant) {
  const provider = new Provider(tenant.issuer, configuration(tenant));
  provider.use(auth0Answers());
  provider.use(userinfoForApiTokens(tenant));
  provider.use(loginRoutes(tenant, provider));
  provider.use(logoutRoutes(provider));
  provider.on('grant.error', (ctx, error) => { ctx.state.grantError = error; });
  provider.on('server_error', (_ctx, error) => console.error(error));
  provider.on('backchannel.error', (_ctx, error, client) => sayUntold(client, error));
  return provider;
}

function configuration(tenant) {
  const { people, organizations } = tenant;
  const organizationOf = (grantId) => people.organization(organizations.get(grantId));
  return {
    adapter: tenant.store.adapter,
    clients: clients(tenant.settings),
    jwks: tenant.keys.privateSet,
    cookies: { keys: tenant.cookieKeys },
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      userinfo: '/userinfo',
      jwks: '/.well-known/jwks.json',
      revocation: '/oauth/revoke',
      end_session: '/oidc/logout',
    },
    responseTypes: ['code'],
    scopes: OIDC_SCOPES,
    claims: { ...CLAIMS_BY_SCOPE, auth_time: null, sid: null, iss: null },
    conformIdTokenClaims: false, // Auth0 puts the profile into the ID token as well
    acrValues: [MFA_ACR],
    enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
    clientAuthMethods: ['client_secret_post', 'client_secret_basic'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    extraParams: {
      audience: restoreOfflineAccess,
      connection: null,
      organization: null,
      screen_hint: null,
      invitation: null,
    },
    ttl: {
      AccessToken: (_ctx, token) => tenant.accessTokenLifetime ?? token.resourceServer?.accessTokenTTL ?? OPAQUE_TOKEN_LIFETIME,
      ClientCredentials: (_ctx, token) => tenant.accessTokenLifetime ?? token.resourceServer.accessTokenTTL,
      AuthorizationCode: MINUTE,
      IdToken: 10 * HOUR,
      Interaction: HOUR,
      Session: 7 * DAY,
      Grant: 30 * DAY,
      RefreshToken: 30 * DAY,
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: signOutWithoutAsking,
        postLogoutSuccessSource: (ctx) => { ctx.body = errorPage('Signed out', 'You are signed out of the local tenant.'); },
      },
      resourceIndicators: resourceIndicators(tenant),
    },
    formats: { customizers: { jwt: (_ctx, token, jwt) => asAuth0AccessToken(tenant, token, jwt) } },
    extraTokenClaims: (_ctx, token) => {
      const person = token.accountId && people.find(token.accountId);
      if (!person) return undefined;
      const organization = organizationOf(token.grantId);
      return { permissions: people.permissionsOf(people.rolesOf(person)), ...(organization && { org_id: organization.id }) };
    },
    findAccount: (_ctx, sub, token) => {
      const person = people.find(sub);
      return person && { accountId: sub, claims: () => claimsOf(people, person, organizationOf(token?.grantId)) };
    },
    loadExistingGrant: (ctx) => grantFor(tenant, ctx),
    interactions: { policy: promptPolicy(), url: (_ctx, interaction) => `/u/login?state=${interaction.uid}` },
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'html';
      ctx.body = errorPage('Oops, something went wrong', `${error}: ${description}`);
    },
    // The provider's own fetch refuses loopback addresses, and the app listens on one.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  };
}

/**
 * OpenID Connect Core 11 lets a provider ignore `offline_access` without `prompt=consent`; Auth0 does not ask for it.
 * This runs after the provider has dropped the scope, and puts it back.
 */
function restoreOfflineAccess(ctx) {
  const { oidc } = ctx;
  const asked = ctx.method === 'POST' ? oidc.body.scope : ctx.query.scope;
  if (asked?.split(' ').includes('offline_access')) {
    oidc.params.scope = [...oidc.requestParamScopes.add('offline_access')].join(' ');
  }
}

function asAuth0AccessToken(tenant, token, jwt) {
  const { client_id: clientId, ...payload } = jwt.payload;
  payload.azp = clientId;
  if (token.kind === 'ClientCredentials') {
    payload.sub = `${clientId}@clients`;
    payload.gty = 'client-credentials';
  } else if (payload.scope?.split(' ').includes('openid')) {
    payload.aud = [payload.aud, tenant.userinfoAudience];
  }
  jwt.payload = payload;
  jwt.header = { typ: 'JWT' };
}
