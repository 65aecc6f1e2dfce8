// The Management API v2 as far as Portico calls it, over the same people who sign in.
// https://auth0.com/docs/api/management/v2

import { ApiError } from '../http/api-error.mjs';
import { serveApi } from '../http/api.mjs';
import { Router } from '../http/router.mjs';
import { readMachineToken, TokenRefused } from '../machine-token.mjs';
import { managementAudience } from '../registrations.mjs';
import { roleRoutes } from './roles.mjs';
import { sessionRoutes } from './sessions.mjs';
import { userRoutes } from './users.mjs';

export const MANAGEMENT_BASE = '/api/v2';

export function managementApi(tenant) {
  const router = new Router();
  for (const [route, handler] of Object.entries({ ...userRoutes, ...roleRoutes, ...sessionRoutes })) router.on(route, handler);
  return serveApi(tenant, { target: 'management', base: MANAGEMENT_BASE, router, authenticate, authorize });
}

async function authenticate(tenant, header) {
  try {
    return await readMachineToken(tenant, header, managementAudience(tenant.issuer));
  } catch (error) {
    if (error instanceof TokenRefused) throw refusal(error);
    throw error;
  }
}

function refusal({ reason, audience }) {
  switch (reason) {
    case 'missing':
      return new ApiError(401, 'Missing authentication');
    case 'opaque':
      return new ApiError(400, 'Bad HTTP authentication header format', { errorCode: 'Bearer' });
    case 'expired':
      return unauthorized('Expired token received for JSON Web Token validation');
    case 'audience':
      return unauthorized(`Bad audience: ${audience}`);
    default:
      return unauthorized('Invalid token');
  }
}

function unauthorized(message) {
  return new ApiError(401, message, { attributes: { error: message } });
}

/** Any one of the scopes is enough. */
function authorize(held, scopes) {
  if (scopes.some((scope) => held.includes(scope))) return;
  throw new ApiError(403, `Insufficient scope, expected any of: ${scopes.join(',')}`, { errorCode: 'insufficient_scope' });
}
