// The tenant as a process: what it needs to start, what it says, and how it stops.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { readSettings, SettingsError } from '../settings.mjs';
import { tenantFor } from './support/app.mjs';

const MAIN = fileURLToPath(new URL('../main.mjs', import.meta.url));

function start(t, environment) {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, TENANT_CLIENT_SECRET: 'a secret', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  child.output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => { child.output[name] += chunk; });
  return child;
}

/** Listens on a port of the system's choice and closes again, or keeps listening. */
async function aPort(t, { keep = false } = {}) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  if (keep) t.after(() => server.close());
  else await new Promise((resolve) => { server.close(resolve); });
  return String(port);
}

/** What the tenant said, without the provider's warning about older Node versions. */
const said = ({ output }) => output.stderr.replace(/^oidc-provider WARNING: Unsupported runtime.*\n/, '');

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`says when it is ready, listens on loopback only, and stops at once on ${signal}`, async (t) => {
    const port = await aPort(t);
    const child = start(t, { TENANT_PORT: port });
    await once(child.stdout, 'data');
    assert.equal(child.output.stdout, `tenant ready at http://127.0.0.1:${port}/\n`);
    const socket = connect(Number(port), '127.0.0.1'); // an open connection must not hold it up
    await once(socket, 'connect');
    socket.on('error', () => {});
    const elsewhere = connect(Number(port), '127.0.0.2');
    const [error] = await once(elsewhere, 'error');
    assert.equal(error.code, 'ECONNREFUSED');
    const asked = performance.now();
    child.kill(signal);
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    assert.ok(performance.now() - asked < 5000, 'even on a busy machine');
    assert.equal(said(child), '');
  });
}

test('a taken port is one plain sentence', async (t) => {
  const port = await aPort(t, { keep: true });
  const child = start(t, { TENANT_PORT: port });
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.equal(said(child), `Port ${port} is taken: stop what uses it, or choose another with TENANT_PORT.\n`);
  assert.equal(child.output.stdout, '');
});

test('without a secret it refuses to start, and names every problem at once', async (t) => {
  const child = start(t, { TENANT_CLIENT_SECRET: '', TENANT_PORT: 'http', TENANT_APP_ORIGIN: 'localhost' });
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(said(child), /TENANT_CLIENT_SECRET is not set/);
  assert.match(said(child), /TENANT_PORT must be a number/);
  assert.match(said(child), /TENANT_APP_ORIGIN must be an origin/);
  assert.equal(said(child).trim().split('\n').length, 3);
});

test('an address that makes no sense, and a body without end, are refused', async (t) => {
  const app = await tenantFor(t);
  const socket = connect(new URL(app.issuer).port, '127.0.0.1');
  socket.end('GET //[ HTTP/1.1\r\nHost: tenant\r\nConnection: close\r\n\r\n');
  const [answer] = await once(socket, 'data');
  assert.match(answer.toString(), /^HTTP\/1\.1 400 /);
  const long = await fetch(app.at('/oauth/token'), { method: 'POST', body: JSON.stringify({ code: 'x'.repeat(1_100_000) }), headers: { 'content-type': 'application/json' } });
  assert.equal(long.status, 413);
});

test('defaults, several origins, and no machine client without its secret', () => {
  const settings = readSettings({ TENANT_CLIENT_SECRET: 'a secret' });
  assert.equal(settings.issuer, 'http://127.0.0.1:4400/');
  assert.deepEqual(settings.appOrigins, ['http://localhost:8080']);
  assert.equal(settings.machineSecret, undefined);
  assert.equal(settings.testSwitches, false);
  const two = readSettings({ TENANT_CLIENT_SECRET: 'a secret', TENANT_APP_ORIGIN: 'http://localhost:8080/, http://localhost:8081' });
  assert.deepEqual(two.appOrigins, ['http://localhost:8080', 'http://localhost:8081']);
  assert.throws(() => readSettings({ TENANT_CLIENT_SECRET: 'a secret', TENANT_APP_ORIGIN: 'http://localhost:8080/app' }), SettingsError);
});
