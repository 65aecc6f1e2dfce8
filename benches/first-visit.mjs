#!/usr/bin/env node
// What a first visit costs, on a slow telephone: the bytes on the wire by kind, and the time from the
// start of the navigation until a button answers. Printed, never asserted.
//
// The line and the processor are those of Lighthouse's mobile test: 1.6 Mbit/s down, 750 kbit/s up,
// 150 ms added to each answer, and a processor slowed 4 times, all by the browser itself. Each visit has
// a browser of its own, so its caches are empty. Bytes are those of `Network.loadingFinished`: the
// answers as they are encoded, with their headers. The median of the visits is shown.

import { readArguments } from './support/arguments.mjs';
import { launch } from './support/chromium.mjs';
import { probe } from './support/probe.mjs';
import { run } from './support/run.mjs';
import { kilobytes, median, table, whole } from './support/table.mjs';

const USAGE = `Usage: node benches/first-visit.mjs [options] [[NAME=]URL ...]

Without an address: starts a release build of Portico with a tenant of its own (PORTICO_BIN names the
program), and visits the start page signed out and the profile signed in. With addresses, such as
http://localhost:8080/profile: visits those.

  --person ROLE      sign in there as this person of the local tenant first (such as administrator)
  --button SELECTOR  what is clicked; of several that match, each in turn (default: input[name=theme])
  --runs N           visits to each address (default: 5)
  --latency MS, --down KBITS, --up KBITS, --cpu TIMES
                     another line or processor (default: 150, 1600, 750, 4)

CHROMIUM names the browser, else the one in PATH is taken.
`;

const KINDS = ['HTML', 'CSS', 'JS', 'WASM', 'other'];
/** When a visit is given up, in milliseconds. */
const LIMIT = 60_000;
/** Nothing loaded for so long means that all is loaded, in milliseconds. */
const QUIET = 500;

const { options, positionals } = readArguments(USAGE, {
  person: undefined, button: 'input[name=theme]', runs: 5, latency: 150, down: 1600, up: 750, cpu: 4,
}, (values, addresses) => {
  if (addresses.map(readPage).includes(undefined)) return 'What is visited must be an address, or NAME= and an address.';
  const least = { runs: 1, latency: 0, down: 1, up: 1, cpu: 1 };
  const wrong = Object.keys(least).find((name) => !(values[name] >= least[name]));
  return wrong && `--${wrong} must be a number, and at least ${least[wrong]}.`;
}, { positionals: true });
const pages = positionals.map(readPage);
const { runs, latency, down, up, cpu } = options;

await run('first-visit', async () => measure(pages.length > 0 ? await given() : await own()));

/** The addresses of the command line, all of them signed in or all signed out. */
async function given() {
  const session = options.person && (await signIn(pages[0].url, options.person));
  return pages.map((page) => ({ ...page, session }));
}

/** The two pages of a Portico of our own. */
async function own() {
  const { startPortico } = await import('./support/portico.mjs');
  const portico = await startPortico();
  const [home, profile] = [new URL('/', portico.origin), new URL('/profile', portico.origin)];
  return [
    { name: 'start page, signed out', url: home },
    { name: 'profile, signed in', url: profile, session: await signIn(profile, options.person ?? 'administrator') },
  ];
}

async function measure(targets) {
  const visits = new Map(targets.map((target) => [target, []]));
  // Round by round rather than page by page: what else the machine does falls on all of them alike.
  for (let run = 0; run < runs; run += 1) {
    for (const target of targets) visits.get(target).push(await visit(target));
  }
  process.stdout.write(`A first visit: ${down} kbit/s down, ${latency} ms, processor slowed ${cpu} times; median of ${runs}.
kB of 1,000 bytes on the wire. Painted: the first content. Answers: ${options.button}; in brackets the fastest and the slowest.

${table(
    ['page', ...KINDS.map((kind) => `${kind} kB`), 'total kB', 'requests', 'painted ms', 'answers ms', '(from - to)'],
    targets.map((target) => row(target.name, visits.get(target))),
  )}\n`);
}

/** `NAME=URL` or `URL`; undefined if it is neither. */
function readPage(text) {
  const [, name, address] = /^(?:([^=:/]+)=)?(.*)$/.exec(text);
  if (!URL.canParse(address)) return undefined;
  return { name: name ?? address, url: new URL(address) };
}

function row(name, results) {
  const middle = (of) => median(results.map(of));
  const times = results.map(({ answered }) => answered);
  return [
    name,
    ...KINDS.map((kind) => kilobytes(middle(({ bytes }) => bytes[kind]))),
    kilobytes(middle(({ bytes }) => KINDS.reduce((sum, kind) => sum + bytes[kind], 0))),
    whole(middle(({ requests }) => requests)),
    whole(middle(({ painted }) => painted)),
    whole(median(times)),
    `(${whole(Math.min(...times))} - ${whole(Math.max(...times))})`,
  ];
}

/** Signs in through the tenant's own page, at full speed. Returns the browser's cookies. */
async function signIn({ origin, pathname }, person) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${origin}/login?${new URLSearchParams({ returnTo: pathname })}`);
    // With a second factor, or an installation that wants one of this person would ask again.
    await page.locator('input[name=mfa]').check();
    await page.locator(`button[name=person][value="auth0|${person}"]`).click();
    await page.waitForURL((url) => url.origin === origin && url.pathname === pathname);
    return await page.context().storageState();
  } finally {
    await browser.close();
  }
}

/** One visit with empty caches. */
async function visit({ url, session }) {
  const browser = await launch();
  try {
    const context = await browser.newContext({ storageState: session });
    const page = await context.newPage();
    const failures = [];
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
    await page.addInitScript(probe, { button: options.button, limit: LIMIT });
    const devtools = await context.newCDPSession(page);
    const traffic = await watch(devtools);
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false, latency, downloadThroughput: (down * 1000) / 8, uploadThroughput: (up * 1000) / 8,
    });
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: cpu });
    const response = await page.goto(url.href, { waitUntil: 'commit' });
    if (!response.ok() || new URL(page.url()).pathname !== url.pathname) {
      throw new Error(`${url.href} answered ${response.status()} at ${page.url()}: not the page that was asked for.`);
    }
    const answered = await page.evaluate(() => window.__firstVisit).catch((error) => {
      throw new Error([`${url.href}: ${error.message}`, ...failures].join('\n'));
    });
    await traffic.quiet();
    const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
    if (failures.length > 0) process.stderr.write(`${url.href}: the page reports: ${failures.join('; ')}\n`);
    return { ...traffic.summary(), painted, answered };
  } finally {
    await browser.close();
  }
}

/** Counts what comes over the line, by kind. */
async function watch(devtools) {
  const bytes = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
  const kinds = new Map();
  const open = new Set();
  let requests = 0;
  let changed = performance.now();
  const over = (id) => {
    open.delete(id);
    changed = performance.now();
  };
  devtools.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
    // A stream of events is open for as long as the page is: it is none of what a visit loads.
    if (/^https?:/.test(request.url) && type !== 'EventSource') open.add(requestId);
  });
  devtools.on('Network.responseReceived', ({ requestId, response }) => kinds.set(requestId, kindOf(response)));
  devtools.on('Network.loadingFailed', ({ requestId }) => over(requestId));
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (open.has(requestId)) {
      bytes[kinds.get(requestId) ?? 'other'] += encodedDataLength;
      requests += 1;
    }
    over(requestId);
  });
  await devtools.send('Network.enable');
  return {
    summary: () => ({ bytes, requests }),
    async quiet() {
      const end = performance.now() + LIMIT;
      while (open.size > 0 || performance.now() - changed < QUIET) {
        if (performance.now() > end) throw new Error(`Still loading after ${LIMIT} ms.`);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
    },
  };
}

function kindOf({ mimeType }) {
  if (mimeType === 'text/html') return 'HTML';
  if (mimeType === 'text/css') return 'CSS';
  if (mimeType === 'application/wasm') return 'WASM';
  return /javascript$/.test(mimeType) ? 'JS' : 'other';
}
