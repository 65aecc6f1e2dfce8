// Serves one of the two directory APIs: faults and rate limit first, then the route, the token, the scope, the handler.

import { ApiError } from './api-error.mjs';
import { readBody, sendJson } from './body.mjs';

/** What a handler returns when the status is not 200. */
export class Answer {
  constructor(status, body) {
    this.status = status;
    this.body = body;
  }
}

/**
 * @param {object} tenant
 * @param {{target: string, base: string, router: import('./router.mjs').Router,
 *   authenticate: Function, authorize: Function}} api
 */
export function serveApi(tenant, { target, base, router, authenticate, authorize }) {
  return async (request, response, url) => {
    try {
      const path = url.pathname.slice(base.length);
      const route = matchRoute(router, request.method, path);
      tenant.calls.count(request.method, base + (route?.pattern ?? path));
      if (await tenant.faults.meet(target, url.pathname, response)) return;
      for (const [name, value] of Object.entries(tenant.rateLimits.take(target))) response.setHeader(name, value);
      if (!route) throw new ApiError(404, 'Not Found');
      const { scopes, run } = route.handler;
      const token = await authenticate(tenant, request.headers.authorization);
      authorize(token.scope?.split(' ') ?? [], scopes);
      const body = request.method === 'GET' ? undefined : await readJson(request);
      const answer = await run({ tenant, token, body, query: url.searchParams, ...route.parameters });
      if (answer instanceof Answer) sendJson(response, answer.status, answer.body);
      else sendJson(response, 200, answer);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      sendJson(response, error.status, error.body, error.headers);
    }
  };
}

function matchRoute(router, method, path) {
  try {
    return router.match(method, path);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new ApiError(400, 'Bad Request');
  }
}

async function readJson(request) {
  const text = await readBody(request);
  if (text === '') return {};
  try {
    const body = JSON.parse(text);
    if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ApiError(400, 'Invalid request payload JSON format');
  }
  throw new ApiError(400, 'Payload validation error: Expected type object.', { errorCode: 'invalid_body' });
}
