// Turns the provider's errors at /oauth/token into Auth0's: other status codes and words, same meaning.

const UNAUTHORIZED = { error: 'access_denied', error_description: 'Unauthorized' };

/** Koa middleware. Must stand before the provider's own routes. */
export function auth0Answers() {
  return async (ctx, next) => {
    await next();
    if (ctx.path !== '/oauth/token' || !ctx.body?.error) return;
    const { error } = ctx.body;
    if (error === 'invalid_client') {
      ctx.body = UNAUTHORIZED;
    } else if (error === 'access_denied') {
      ctx.status = 403;
    } else if (error === 'invalid_grant') {
      ctx.body = { error, error_description: describe(ctx) };
      ctx.status = 403;
    }
  };
}

function describe(ctx) {
  const { grant_type: grantType } = ctx.oidc.params;
  if (grantType === 'refresh_token') return 'Unknown or invalid refresh token.';
  if (ctx.state.grantError.error_detail?.startsWith('code_verifier')) return 'Failed to verify code verifier';
  return 'Invalid authorization code';
}
