#!/usr/bin/env node
// What a request costs: the signed-in profile page and /api/profile of a release build under load,
// beside a plain Axum route that returns the same bytes, in one run. Printed, never asserted.
//
// The server has one processor core, the load tool (wrk) another one. Processor time is the server's
// own, as the system counts it, divided by the requests answered: it says the same on a busy machine.
// The latencies are those under full load, so they are mostly the time spent waiting in the queue.

import { spawnSync } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './support/arguments.mjs';
import { canPin, freePort, output, pinned, ready, start } from './support/children.mjs';
import { program, startPortico } from './support/portico.mjs';
import { processorTime, residentMemory } from './support/processes.mjs';
import { run, scratch } from './support/run.mjs';
import { signIn } from './support/sign-in.mjs';
import { table, whole } from './support/table.mjs';

const USAGE = `Usage: node benches/load.mjs [options]

  --seconds N       length of each measurement, at most 60 (default: 10)
  --connections N   requests under way at once (default: 32)
  --person ROLE     who is signed in (default: administrator)
  --url URL --pid PID
                    a Portico that runs here already, with the local tenant, instead of a new one

PORTICO_BIN names the server (default: the release build), PLAIN_BIN the plain route beside it
(default: examples/plain beside the server).
`;

const SERVER_CORE = 0;
const LOAD_CORE = 1;
/** Seconds of load before each measurement, which are not counted. */
const WARM_UP = 2;
const REPORT = fileURLToPath(new URL('support/report.lua', import.meta.url));

/** What is asked for. Browsers ask for the page compressed; the numbers without are there to compare. */
const CASES = [
  { name: 'profile page', path: '/profile', headers: { accept: 'text/html' } },
  { name: 'profile page, brotli', path: '/profile', headers: { accept: 'text/html', 'accept-encoding': 'br' } },
  { name: '/api/profile', path: '/api/profile', headers: { accept: 'application/json' } },
];

const { options } = readArguments(USAGE, {
  seconds: 10, connections: 32, person: 'administrator', url: undefined, pid: undefined,
}, (given) => {
  if (!(Number.isInteger(given.seconds) && given.seconds >= 1 && given.seconds <= 60)) return '--seconds must be a whole number from 1 to 60.';
  if (!(Number.isInteger(given.connections) && given.connections >= 1)) return '--connections must be a whole number, and at least 1.';
  if (!given.url !== !given.pid) return '--url and --pid go together.';
  return undefined;
});
const { seconds, connections } = options;

await run('load', async () => {
  requireWrk();
  await measure();
});

async function measure() {
  const plainProgram = findPlain();
  const portico = await server();
  const cookie = await signIn(portico.origin, options.person);
  for (const each of CASES) {
    each.headers.cookie = cookie;
    each.body = await bodyOf(portico.address + each.path, each.headers);
  }
  const plain = await plainRoutes(plainProgram, CASES.map(({ body }) => body));
  const resting = residentMemory(portico.pid);
  describe();
  const rows = [];
  for (const [index, each] of CASES.entries()) {
    const reference = await load(plain.pid, `${plain.address}/${index}`, each);
    const measured = await load(portico.pid, portico.address + each.path, each);
    rows.push(row(`plain route, ${whole(each.body.length)} bytes`, reference), row(each.name, measured, reference));
  }
  process.stdout.write(`${table(['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs/request', 'CPU x plain', 'MB resident'], rows)}\n
Resident before the load: ${megabytes(resting)} MB.\n`);
}

/** The server to measure: a new one, or the one that runs. */
async function server() {
  if (options.url) {
    const { origin } = new URL(options.url);
    return { origin, address: origin.replace('//localhost:', '//127.0.0.1:'), pid: Number(options.pid) };
  }
  const portico = await startPortico({ core: SERVER_CORE });
  return { ...portico, pid: portico.child.pid };
}

function findPlain() {
  const binary = process.env.PLAIN_BIN ?? join(dirname(program()), 'examples', 'plain');
  if (existsSync(binary)) return binary;
  throw new Error(`There is no ${binary}: build it with "cargo build --release --features ssr --example plain", or name another one with PLAIN_BIN.`);
}

/** Serves each body at /0, /1 and so on, from the same core. */
async function plainRoutes(binary, bodies) {
  const files = bodies.map((body, index) => {
    const file = join(scratch(), `body-${index}`);
    writeFileSync(file, body);
    return file;
  });
  const port = await freePort();
  const child = start(pinned(SERVER_CORE, [binary, `127.0.0.1:${port}`, ...files]), { log: openSync(join(scratch(), 'plain.log'), 'a') });
  const address = `http://127.0.0.1:${port}`;
  await ready(child, `${address}/0`, 10);
  return { address, pid: child.pid };
}

/** The body of an answer as it comes over the line: fetch would decompress it. */
function bodyOf(url, headers) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, async (response) => {
      try {
        const chunks = await response.toArray();
        if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode} before the load.`);
        resolve(Buffer.concat(chunks));
      } catch (error) {
        reject(error);
      }
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** Loads one address and takes the server's numbers. */
async function load(pid, url, { headers, body, name }) {
  await wrk(url, headers, WARM_UP);
  const before = processorTime(pid);
  const report = await wrk(url, headers, seconds);
  const used = processorTime(pid) - before;
  const { requests, refused, broken, bytes } = report;
  if (requests === 0 || refused > 0 || broken > 0) throw new Error(`${name}: of ${requests} requests ${refused} were refused and ${broken} broken.`);
  // A redirect to the sign-in counts as an answer for wrk, but is far smaller.
  if (bytes < requests * body.length) throw new Error(`${name}: the answers are smaller than the page; the session may have ended.`);
  return { ...report, microseconds: used / requests, perSecond: requests / (report.microseconds / 1e6), resident: residentMemory(pid) };
}

async function wrk(url, headers, length) {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const printed = await output(pinned(LOAD_CORE, ['wrk', '-t1', `-c${connections}`, `-d${length}s`, '--timeout', '10s', '-s', REPORT, ...given, url]));
  const report = printed.split('\n').findLast((line) => line.startsWith('{'));
  if (!report) throw new Error(`wrk gave no numbers:\n${printed}`);
  return JSON.parse(report);
}

function row(name, measured, reference) {
  const milliseconds = (of) => (of / 1000).toFixed(2);
  return [
    name,
    whole(measured.perSecond),
    milliseconds(measured.p50),
    milliseconds(measured.p99),
    measured.microseconds.toFixed(1),
    reference ? (measured.microseconds / reference.microseconds).toFixed(1) : '1',
    megabytes(measured.resident),
  ];
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

function describe() {
  process.stdout.write(`${seconds} s each after ${WARM_UP} s of warming up, ${connections} connections, on ${cpus()[0].model}. ${placed()}\n\n`);
}

function placed() {
  if (!canPin) return 'Neither server nor load is kept on one core: this system has no taskset, or one core only.';
  if (options.url) return `The server runs already, wherever it likes; the load is on core ${LOAD_CORE}.`;
  return `Server on core ${SERVER_CORE}, load on core ${LOAD_CORE}.`;
}

/** Installs wrk where that is possible without asking; else says how. */
function requireWrk() {
  const there = () => !spawnSync('wrk', ['-v']).error;
  if (there()) return;
  if (process.getuid?.() === 0 && !spawnSync('apt-get', ['--version']).error) {
    process.stdout.write('==> Installing wrk  (a few seconds)\n');
    const installed = spawnSync('apt-get', ['install', '-y', '-qq', 'wrk'], { stdio: ['ignore', 'ignore', 'inherit'] });
    if (installed.status === 0 && there()) return;
  }
  throw new Error('The load tool wrk is missing. On Debian and Ubuntu: apt-get install wrk; on macOS: brew install wrk.');
}
