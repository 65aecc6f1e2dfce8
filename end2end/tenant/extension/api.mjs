// The Authorization Extension API, whose groups have descriptions and nest. Shapes as captured from Auth0's own
// extension 2.13. https://auth0.com/docs/customize/extensions/authorization-extension

import { ApiError } from '../http/api-error.mjs';
import { serveApi } from '../http/api.mjs';
import { Router } from '../http/router.mjs';
import { readMachineToken, TokenRefused } from '../machine-token.mjs';
import { EXTENSION_AUDIENCE } from '../registrations.mjs';
import { groupRoutes } from './groups.mjs';
import { roleRoutes } from './roles.mjs';
import { userRoutes } from './users.mjs';

export const EXTENSION_BASE = '/authz/api';

const REFUSALS = {
  opaque: 'Invalid token format',
  expired: 'Expired token received for JSON Web Token validation',
  audience: 'Invalid signature received for JSON Web Token validation',
  signature: 'Invalid signature received for JSON Web Token validation',
};

export function extensionApi(tenant) {
  const router = new Router();
  for (const [route, handler] of Object.entries({ ...groupRoutes, ...roleRoutes, ...userRoutes })) router.on(route, handler);
  return serveApi(tenant, { target: 'extension', base: EXTENSION_BASE, router, authenticate, authorize });
}

async function authenticate(tenant, header) {
  try {
    return await readMachineToken(tenant, header, EXTENSION_AUDIENCE);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    if (error.reason === 'missing') throw new ApiError(401, 'Missing authentication');
    const message = REFUSALS[error.reason];
    throw new ApiError(401, message, { attributes: { error: message } }, { 'www-authenticate': `Token error="${message}"` });
  }
}

function authorize(held, scopes) {
  if (!scopes.some((scope) => held.includes(scope))) throw new ApiError(403, 'Insufficient scope');
}
