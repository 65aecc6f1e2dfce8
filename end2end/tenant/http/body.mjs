// Reading request bodies, and answering in JSON.

import { IncomingMessage } from 'node:http';

const LIMIT = 1024 * 1024;

/** The body is longer than the tenant cares to read. */
export class BodyTooLong extends Error {}

export async function readBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LIMIT) throw new BodyTooLong(`The body is longer than ${LIMIT} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @returns {Promise<URLSearchParams>} */
export async function readForm(request) {
  return new URLSearchParams(await readBody(request));
}

export function sendJson(response, status, body, headers = {}) {
  const text = body === undefined ? '' : JSON.stringify(body);
  if (body !== undefined) response.setHeader('content-type', 'application/json; charset=utf-8');
  response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

/**
 * Auth0 takes JSON where the standards want a form. The provider takes forms only, so the same request is
 * made again as a form.
 * @throws {SyntaxError} when the body is not JSON
 */
export async function asForm(request) {
  const fields = Object.entries(JSON.parse(await readBody(request))).filter(([, value]) => value !== null);
  const form = Buffer.from(new URLSearchParams(fields.map(([name, value]) => [name, String(value)])).toString());
  const again = new IncomingMessage(request.socket);
  const { method, url, headers } = request;
  Object.assign(again, { method, url, httpVersion: request.httpVersion, complete: true });
  again.headers = { ...headers, 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(form.length) };
  again.push(form);
  again.push(null);
  return again;
}
