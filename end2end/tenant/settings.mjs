// Reads the tenant's settings from the environment, all of them at once, and says plainly what is wrong.

/** A setting is missing or makes no sense. The message is meant for the person who started the tenant. */
export class SettingsError extends Error {}

const LOOPBACK = '127.0.0.1';

/**
 * @param {Record<string, string | undefined>} environment usually `process.env`
 * @returns {{host: string, port: number, issuer: string, appOrigins: string[], clientSecret: string,
 *   machineSecret: string | undefined, testSwitches: boolean}}
 * @throws {SettingsError} naming every problem, one sentence each
 */
export function readSettings(environment) {
  const problems = [];
  const port = readPort(environment.TENANT_PORT ?? '4400', problems);
  const appOrigins = readOrigins(environment.TENANT_APP_ORIGIN ?? 'http://localhost:8080', problems);
  const clientSecret = environment.TENANT_CLIENT_SECRET ?? '';
  if (clientSecret === '') {
    problems.push('TENANT_CLIENT_SECRET is not set: give the app and the tenant the same secret.');
  }
  if (problems.length > 0) throw new SettingsError(problems.join('\n'));
  return {
    host: LOOPBACK,
    port,
    issuer: `http://${LOOPBACK}:${port}/`,
    appOrigins,
    clientSecret,
    machineSecret: environment.TENANT_MACHINE_SECRET || undefined,
    testSwitches: environment.TENANT_TEST_SWITCHES === '1',
  };
}

function readPort(text, problems) {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65535) return port;
  problems.push(`TENANT_PORT must be a number from 1 to 65535, not "${text}".`);
  return 0;
}

/** One origin, or several separated by commas. The first is the one told about sign-outs. */
function readOrigins(text, problems) {
  const origins = text.split(',').map((part) => part.trim().replace(/\/$/, ''));
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      problems.push(`TENANT_APP_ORIGIN must be an origin such as http://localhost:8080, not "${origin}".`);
    }
  }
  return origins;
}
