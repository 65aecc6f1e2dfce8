// A table of routes: method and pattern to a handler. `:name` in a pattern is one segment, percent-decoded, so
// that ids such as `auth0%7Cuser` arrive as they were meant.

export class Router {
  #routes = [];

  /** @param {string} route such as `GET /users/:id` */
  on(route, handler) {
    const [method, pattern] = route.split(' ');
    this.#routes.push({ method, pattern, segments: pattern.split('/'), handler });
    return this;
  }

  /**
   * @returns {{pattern: string, handler: Function, parameters: Record<string, string>} | undefined}
   * @throws {URIError} when a segment is not valid percent-encoding
   */
  match(method, path) {
    const segments = path.split('/');
    for (const route of this.#routes) {
      if (route.method !== method || route.segments.length !== segments.length) continue;
      const parameters = capture(route.segments, segments);
      if (parameters) return { pattern: route.pattern, handler: route.handler, parameters };
    }
    return undefined;
  }
}

function capture(wanted, given) {
  const parameters = {};
  for (const [at, segment] of wanted.entries()) {
    if (segment.startsWith(':') && given[at] !== '') parameters[segment.slice(1)] = decodeURIComponent(given[at]);
    else if (segment !== given[at]) return undefined;
  }
  return parameters;
}
