// Browser tests: Chromium, the built server, and the local tenant, each on a port of its own.
//
// `make test` builds the server and says in the environment where everything is:
//   E2E_SERVER, E2E_SITE_ROOT       the built server and the built site, absolute paths
//   E2E_APP_PORT, E2E_TENANT_PORT   free ports
//   CHROMIUM_PATH                   the browser; empty: Playwright's own
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { defineConfig, devices } from '@playwright/test';

const here = import.meta.dirname;
const server = process.env.E2E_SERVER ?? path.resolve(here, '../target/debug/portico');
const siteRoot = process.env.E2E_SITE_ROOT ?? path.resolve(here, '../target/site');
const appPort = Number(process.env.E2E_APP_PORT ?? 8180);
const tenantPort = Number(process.env.E2E_TENANT_PORT ?? 4500);
const app = `http://localhost:${appPort}`;
const tenant = `http://127.0.0.1:${tenantPort}/`;
process.env.E2E_TENANT = tenant;

// Made anew for each run: nothing here is worth keeping.
const secret = () => randomBytes(32).toString('base64');
const clientSecret = randomBytes(24).toString('hex');
const machineSecret = randomBytes(24).toString('hex');

const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  // A test that passes only when it is run again is broken.
  retries: 0,
  workers: 2,
  // Nothing here is about time: these only end what hangs, also on a machine that is busy with something else.
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['./tests/support/causes.ts']],
  use: {
    baseURL: app,
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH || undefined,
      args: [
        ...(asRoot ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    // Before anything is in the database.
    { name: 'empty', use: devices['Desktop Chrome'], testMatch: /empty\.spec\.ts/ },
    // Stories that must work either way are told twice: with the WASM, and with no JavaScript at all.
    { name: 'hydrated', use: devices['Desktop Chrome'], testIgnore: /(faults|sessions|people|check-again|empty)\.spec\.ts/, dependencies: ['empty'] },
    {
      name: 'no-javascript',
      use: { ...devices['Desktop Chrome'], javaScriptEnabled: false },
      testMatch: /(sign-in|sign-out|profile|problems|access|second-factor|data|data-roles|data-editing|data-second-factor)\.spec\.ts/,
      grepInvert: /@script/,
      dependencies: ['empty'],
    },
    // These sign a person out everywhere, also where another story has them signed in, or change their roles.
    {
      name: 'sessions',
      use: devices['Desktop Chrome'],
      testMatch: /(sessions|people|check-again)\.spec\.ts/,
      dependencies: ['hydrated', 'no-javascript'],
      workers: 1,
    },
    {
      name: 'sessions-no-javascript',
      use: { ...devices['Desktop Chrome'], javaScriptEnabled: false },
      testMatch: /[/\\]sessions\.spec\.ts/,
      grepInvert: /@script/,
      dependencies: ['sessions'],
      workers: 1,
    },
    // These break the tenant for everybody, so they come last and one at a time.
    {
      name: 'faults',
      use: devices['Desktop Chrome'],
      testMatch: /faults\.spec\.ts/,
      dependencies: ['hydrated', 'no-javascript', 'sessions', 'sessions-no-javascript'],
      // Files run side by side otherwise, whatever fullyParallel says.
      workers: 1,
    },
  ],
  webServer: [
    {
      name: 'tenant',
      command: 'node tenant/main.mjs',
      url: `${tenant}.well-known/openid-configuration`,
      reuseExistingServer: false,
      gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
      env: {
        TENANT_PORT: String(tenantPort),
        TENANT_APP_ORIGIN: app,
        TENANT_CLIENT_SECRET: clientSecret,
        TENANT_MACHINE_SECRET: machineSecret,
        TENANT_TEST_SWITCHES: '1',
      },
    },
    {
      name: 'portico',
      command: JSON.stringify(server),
      url: `${app}/healthz`,
      reuseExistingServer: false,
      timeout: 120_000,
      gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
      env: {
        LEPTOS_SITE_ROOT: siteRoot,
        PORTICO_LISTEN: `127.0.0.1:${appPort}`,
        OIDC_ISSUER: tenant,
        AUTH0_CLIENT_ID: 'portico-local',
        AUTH0_CLIENT_SECRET: clientSecret,
        AUTH0_AUDIENCE: 'https://api.portico.example/',
        AUTH0_CALLBACK_URL: `${app}/callback`,
        PORTICO_DIRECTORY: 'authorization_extension',
        AUTHZ_EXTENSION_URL: `${tenant}authz/api`,
        AUTH0_MANAGEMENT_CLIENT_ID: 'portico-machine',
        AUTH0_MANAGEMENT_CLIENT_SECRET: machineSecret,
        SURREALDB_URL: 'mem://',
        SURREALDB_NS: 'portico',
        SURREALDB_DB: 'portico',
        SURREALDB_USER: 'portico',
        SURREALDB_PASSWORD: secret(),
        PORTICO_SECRET: secret(),
        // All people of these tests come from one address.
        PORTICO_RATE_LIMIT_PER_MINUTE: '100000',
        PORTICO_LOG: 'warn,surrealdb::core::perms=error',
      },
    },
  ],
});
