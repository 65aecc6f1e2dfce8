// A Portico to measure: a release server with a tenant, secrets and a database of its own.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings } from '../../end2end/tenant/settings.mjs';
import { startTenant } from '../../end2end/tenant/tenant.mjs';
import { API_AUDIENCE, APP_CLIENT } from '../../end2end/tenant/registrations.mjs';
import { freePort, pinned, ready, start } from './children.mjs';
import { closeAtEnd, scratch } from './run.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** How long Portico may take to start, in seconds: a debug build makes its database slowly. */
const START_LIMIT = 120;

/** The program: `PORTICO_BIN`, else the release build in cargo's target folder. */
export function program() {
  const path = process.env.PORTICO_BIN ?? join(targetFolder(), 'release', 'portico');
  if (!existsSync(path)) throw new Error(`There is no ${path}: build it with "cargo leptos build --release --precompress", or name another one with PORTICO_BIN.`);
  return path;
}

function targetFolder() {
  if (process.env.CARGO_TARGET_DIR) return process.env.CARGO_TARGET_DIR;
  const metadata = execFileSync('cargo', ['metadata', '--format-version', '1', '--no-deps'], { cwd: ROOT, maxBuffer: 1 << 26 });
  return JSON.parse(metadata).target_directory;
}

/**
 * Starts a tenant in this process and Portico as another one, and waits until it can be used.
 * @param {{core?: number}} options the processor core to keep it on
 */
export async function startPortico({ core } = {}) {
  const folder = scratch();
  const binary = program();
  const [port, tenantPort] = [await freePort(), await freePort()];
  const origin = `http://localhost:${port}`;
  const address = `http://127.0.0.1:${port}`;
  const clientSecret = secret();
  const tenant = await startTenant(readSettings({ TENANT_PORT: String(tenantPort), TENANT_APP_ORIGIN: origin, TENANT_CLIENT_SECRET: clientSecret }));
  closeAtEnd(() => tenant.close());
  const log = join(folder, 'portico.log');
  const child = start(core === undefined ? [binary] : pinned(core, [binary]), {
    // A folder without an .env, and no setting but these.
    cwd: folder,
    log: openSync(log, 'a'),
    env: {
      PATH: process.env.PATH,
      OIDC_ISSUER: tenant.issuer,
      AUTH0_CLIENT_ID: APP_CLIENT,
      AUTH0_CLIENT_SECRET: clientSecret,
      AUTH0_AUDIENCE: API_AUDIENCE,
      AUTH0_CALLBACK_URL: `${origin}/callback`,
      SURREALDB_URL: process.env.SURREALDB_URL ?? `surrealkv://${join(folder, 'data')}`,
      SURREALDB_NS: 'portico',
      SURREALDB_DB: 'portico',
      SURREALDB_USER: process.env.SURREALDB_USER ?? 'portico',
      SURREALDB_PASSWORD: process.env.SURREALDB_PASSWORD ?? secret(),
      PORTICO_SECRET: secret(),
      PORTICO_LISTEN: `127.0.0.1:${port}`,
      // All that is measured comes from one address.
      PORTICO_RATE_LIMIT_PER_MINUTE: '1000000',
      LEPTOS_SITE_ROOT: siteRoot(binary),
    },
  });
  try {
    await ready(child, `${address}/readyz`, START_LIMIT);
  } catch (error) {
    throw new Error(`${error.message}\n${readFileSync(log, 'utf8').slice(-2000)}`);
  }
  return { address, origin, binary, child };
}

/** As Portico itself looks for it, but from another working folder. */
function siteRoot(binary) {
  const beside = join(dirname(binary), 'site');
  return process.env.LEPTOS_SITE_ROOT ?? (existsSync(beside) ? beside : join(ROOT, 'target', 'site'));
}

const secret = () => randomBytes(32).toString('base64');
