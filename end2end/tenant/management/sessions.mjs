// Sessions at the tenant: see them, and end them from afar. The id of a session is the `sid` of its ID tokens.

import { ApiError } from '../http/api-error.mjs';
import { Answer } from '../http/api.mjs';
import { endSession, revokeGrant } from '../oidc/logout.mjs';
import { fromCheckpoint } from './paging.mjs';
import { existing } from './users.mjs';

export const sessionRoutes = {
  'GET /users/:id/sessions': {
    scopes: ['read:sessions'],
    run: ({ tenant, id, query }) => {
      existing(tenant, id);
      return fromCheckpoint(query, 'sessions', tenant.sessionsOf(id).map(describe), (session) => session.id);
    },
  },

  'DELETE /users/:id/sessions': {
    scopes: ['delete:sessions'],
    run: async ({ tenant, id }) => {
      existing(tenant, id);
      for (const session of tenant.sessionsOf(id)) await endSession(tenant.provider, session);
      return new Answer(202);
    },
  },

  'POST /users/:id/revoke-access': {
    scopes: ['delete:sessions', 'delete:refresh_tokens'],
    run: async ({ tenant, id, body }) => {
      existing(tenant, id);
      const only = body.session_id;
      for (const session of tenant.sessionsOf(id)) {
        if (only === undefined || only === session.uid) await endSession(tenant.provider, session);
      }
      if (body.preserve_refresh_tokens !== true) {
        await revokeRefreshTokens(tenant, (token) => token.accountId === id && (only === undefined || token.sessionUid === only));
      }
      return new Answer(202);
    },
  },

  'GET /sessions/:id': {
    scopes: ['read:sessions'],
    run: async ({ tenant, id }) => describe(await existingSession(tenant, id)),
  },

  'DELETE /sessions/:id': {
    scopes: ['delete:sessions'],
    run: async ({ tenant, id }) => {
      const session = await tenant.provider.Session.findByUid(id);
      if (session) await endSession(tenant.provider, session);
      return new Answer(202);
    },
  },

  'POST /sessions/:id/revoke': {
    scopes: ['delete:sessions', 'delete:refresh_tokens'],
    run: async ({ tenant, id }) => {
      await endSession(tenant.provider, await existingSession(tenant, id));
      await revokeRefreshTokens(tenant, ({ sessionUid }) => sessionUid === id);
      return new Answer(202);
    },
  },
};

async function existingSession(tenant, id) {
  const session = await tenant.provider.Session.findByUid(id);
  if (!session) throw new ApiError(404, 'The session does not exist.', { errorCode: 'inexistent_session' });
  return session;
}

async function revokeRefreshTokens(tenant, chosen) {
  const tokens = tenant.store.all('RefreshToken').filter(chosen);
  for (const grantId of new Set(tokens.map(({ grantId: id }) => id))) await revokeGrant(tenant.provider, grantId);
}

function describe({ uid, accountId, loginTs, iat, exp, authorizations = {} }) {
  const time = (seconds) => new Date(seconds * 1000).toISOString();
  return {
    id: uid,
    user_id: accountId,
    created_at: time(loginTs),
    updated_at: time(iat ?? loginTs),
    authenticated_at: time(loginTs),
    expires_at: time(exp),
    clients: Object.keys(authorizations).map((id) => ({ client_id: id })),
    authentication: { methods: [{ name: 'pwd', timestamp: time(loginTs) }] },
  };
}
