// Starts the local tenant and stops it at once when asked to. `npm run tenant`.

import { readSettings, SettingsError } from './settings.mjs';
import { startTenant } from './tenant.mjs';

function giveUp(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

try {
  const tenant = await startTenant(readSettings(process.env));
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => tenant.close().then(() => process.exit(0)));
  }
  process.stdout.write(`tenant ready at ${tenant.issuer}\n`);
} catch (error) {
  if (error instanceof SettingsError) giveUp(error.message);
  if (error.code === 'EADDRINUSE') giveUp(`Port ${error.port} is taken: stop what uses it, or choose another with TENANT_PORT.`);
  throw error;
}
