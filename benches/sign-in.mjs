#!/usr/bin/env node
// What people who sign in cost: the server's processor time of one sign-in, beside that of a profile page,
// and the memory that live sessions take, in one run. Printed, never asserted.
//
// Each sign-in is a whole one, over HTTP, one after the other: /login, the tenant, /callback with the code
// exchange, the verification and the database, and the profile at its end. The tenant works in this process,
// so its work is not in the numbers. Afterwards each session is used once, so that all of them are known.

import { cpus } from 'node:os';
import { readArguments } from './support/arguments.mjs';
import { startPortico } from './support/portico.mjs';
import { processorTime, residentMemory } from './support/processes.mjs';
import { run } from './support/run.mjs';
import { signIn } from './support/sign-in.mjs';
import { table, whole } from './support/table.mjs';

const USAGE = `Usage: node benches/sign-in.mjs [options]

  --sign-ins N    how many are measured, and live at the end (default: 1000)
  --person ROLE   who signs in (default: administrator)

PORTICO_BIN names the server (default: the release build). Its database is embedded, in a folder of its own, unless
SURREALDB_URL, SURREALDB_USER and SURREALDB_PASSWORD name a server: then its memory is not in the numbers.
`;

/** Sign-ins, and then pages, that are not counted. */
const WARM_UP = 50;

const { options } = readArguments(USAGE, { 'sign-ins': 1000, person: 'administrator' }, (given) => (
  Number.isInteger(given['sign-ins']) && given['sign-ins'] >= 1 ? undefined : '--sign-ins must be a whole number, and at least 1.'
));
const { 'sign-ins': count, person } = options;

await run('sign-in', measure);

async function measure() {
  const portico = await startPortico();
  const { pid } = portico.child;
  const cookies = [];
  const enter = async () => { cookies.push(await signIn(portico.origin, person)); };
  const open = (path, cookie) => get(portico.address + path, cookie);

  await repeat(WARM_UP, enter);
  await repeat(WARM_UP, () => open('/profile', cookies[0]));
  const before = residentMemory(pid);
  const signInTime = await timed(pid, count, enter);
  const after = residentMemory(pid);
  const pageTime = await timed(pid, count, () => open('/profile', cookies[0]));
  await timed(pid, cookies.length, (turn) => open('/api/profile', cookies[turn]));
  const used = residentMemory(pid);

  process.stdout.write(`${count} sign-ins after ${WARM_UP} that are not counted, on ${cpus()[0].model}.\n\n`);
  process.stdout.write(`${table(['one after the other', 'CPU µs', 'x page'], [
    ['profile page', whole(pageTime), '1'],
    ['sign-in, with the page at its end', whole(signInTime), (signInTime / pageTime).toFixed(1)],
  ])}\n\n`);
  process.stdout.write(`${table(['live sessions', 'MB resident', 'more'], [
    [`${WARM_UP}`, megabytes(before), ''],
    [whole(cookies.length), megabytes(after), megabytes(after - before)],
    [`${whole(cookies.length)}, each used once`, megabytes(used), megabytes(used - before)],
  ])}\n`);
}

async function repeat(times, work) {
  for (let turn = 0; turn < times; turn += 1) await work(turn);
}

/** Does the work so often, one after the other. Answers the server's microseconds for each. */
async function timed(pid, times, work) {
  const before = processorTime(pid);
  await repeat(times, work);
  return (processorTime(pid) - before) / times;
}

async function get(url, cookie) {
  const response = await fetch(url, { headers: { accept: 'text/html, application/json', cookie }, redirect: 'manual' });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: the session has ended, or something is wrong.`);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}
