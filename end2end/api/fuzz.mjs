#!/usr/bin/env node
// The JSON API against its own description: Schemathesis reads /api/openapi.json and sends what it says
// is right, and much that it says is wrong, to a server of its own with a tenant and a database.
//
// Usage: node end2end/api/fuzz.mjs [options of `schemathesis run`]
//
// PORTICO_BIN names the server, SCHEMATHESIS the program (default: schemathesis).

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from '../../benches/support/children.mjs';
import { startPortico } from '../../benches/support/portico.mjs';
import { signIn } from '../../benches/support/sign-in.mjs';

const folder = mkdtempSync(join(tmpdir(), 'portico-fuzz-'));
let code = 1;
try {
  const { address, origin, tenant } = await startPortico(folder);
  const cookie = await signIn(origin, 'administrator');
  const run = [
    '--config-file', join(import.meta.dirname, 'schemathesis.toml'),
    'run', `${address}/api/openapi.json`, '--url', address,
    '--header', `Cookie: ${cookie}`,
    // As one of our own pages would send it: others are refused before they reach the API.
    '--header', 'Sec-Fetch-Site: same-origin',
    '--request-timeout', '20',
    ...process.argv.slice(2),
  ];
  code = await new Promise((resolve) => {
    spawn(process.env.SCHEMATHESIS ?? 'schemathesis', run, { stdio: 'inherit', cwd: folder }).on('exit', resolve);
  });
  await tenant.close();
} catch (error) {
  console.error(error.message);
} finally {
  stopAll();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);
