// Signing out of the tenant: `/oidc/logout` (OpenID Connect RP-Initiated Logout 1.0) and Auth0's older `/v2/logout`.
// Both end the tenant's session and tell every app signed in with it (OpenID Connect Back-Channel Logout 1.0).

import { consentToSignOutPage, errorPage } from './pages.mjs';

/**
 * Ends a session: tells its clients, revokes the grants that were to end with it, and forgets it.
 * Refresh tokens asked for with `offline_access` live on, as at Auth0.
 */
export async function endSession(provider, session) {
  const { accountId, authorizations = {} } = session;
  await Promise.all(Object.entries(authorizations).map(async ([clientId, { sid, grantId, persistsLogout }]) => {
    const client = await provider.Client.find(clientId);
    if (client?.backchannelLogoutUri) await tell(provider, client, accountId, sid);
    if (grantId && !persistsLogout) await revokeGrant(provider, grantId);
  }));
  await session.destroy();
}

/** Revokes a grant with all tokens that came from it. */
export async function revokeGrant(provider, grantId) {
  const models = [provider.AccessToken, provider.RefreshToken, provider.AuthorizationCode];
  await Promise.all(models.map((model) => model.revokeByGrantId(grantId)));
  await (await provider.Grant.find(grantId))?.destroy();
}

async function tell(provider, client, accountId, sid) {
  try {
    await client.backchannelLogout(accountId, sid);
  } catch (error) {
    sayUntold(client, error);
  }
}

/** An app that cannot be told must not keep anybody signed in here, so this is said and nothing more. */
export function sayUntold(client, error) {
  console.error(`back-channel logout of ${client.clientId} failed: ${error.cause?.message ?? error.message}`);
}

/** The provider's `logoutSource`: with an ID token of the person signed in nobody is asked, otherwise they are. */
export async function signOutWithoutAsking(ctx, form) {
  const { session, entities, provider } = ctx.oidc;
  if (entities.IdTokenHint?.payload.sub !== session.accountId) {
    ctx.body = consentToSignOutPage(form);
    return;
  }
  const { state } = session;
  await endSession(provider, session);
  ctx.cookies.set(provider.cookieName('session'), null, { httpOnly: true, sameSite: 'lax' });
  leave(ctx, state);
}

/** Koa middleware: `/v2/logout`, and `/oidc/logout` of somebody who is not signed in. */
export function logoutRoutes(provider) {
  return async (ctx, next) => {
    if (ctx.path === '/v2/logout' && ctx.method === 'GET') return legacyLogout(provider, ctx);
    await next();
    const { session } = ctx.oidc ?? {};
    const nobody = ctx.oidc?.route === 'end_session' && ctx.status === 200 && !session.accountId && !session.destroyed;
    // The provider would answer with a form that sends itself, which needs JavaScript.
    if (nobody) leave(ctx, session.state);
    return undefined;
  };
}

function leave(ctx, { postLogoutRedirectUri, state }) {
  const target = new URL(postLogoutRedirectUri ?? ctx.oidc.urlFor('end_session_success'));
  if (postLogoutRedirectUri && state !== undefined) target.searchParams.set('state', state);
  ctx.status = 303;
  ctx.redirect(target.href);
}

/** https://auth0.com/docs/api/authentication/logout/auth-0-logout */
async function legacyLogout(provider, ctx) {
  const { client_id: clientId, returnTo } = ctx.query;
  const client = await provider.Client.find(clientId);
  if (clientId !== undefined && !client) return refuse(ctx, `Unknown client: ${clientId}`);
  if (returnTo !== undefined && !client?.postLogoutRedirectUriAllowed(returnTo)) {
    return refuse(ctx, `The "returnTo" querystring parameter "${returnTo}" is not defined as a valid URL in "Allowed Logout URLs".`);
  }
  const session = await provider.Session.get(ctx);
  if (session.accountId) await endSession(provider, session);
  ctx.cookies.set(provider.cookieName('session'), null, { httpOnly: true, sameSite: 'lax' });
  const target = returnTo ?? client?.postLogoutRedirectUris[0];
  if (target) return ctx.redirect(target);
  ctx.type = 'html';
  ctx.body = errorPage('Signed out', 'You are signed out of the local tenant.');
  return undefined;
}

function refuse(ctx, reason) {
  ctx.status = 400;
  ctx.type = 'html';
  ctx.body = errorPage('Oops, something went wrong', `invalid_request: ${reason}`);
}
