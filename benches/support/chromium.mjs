// The browser that measures: Debian's Chromium where there is one, else Playwright's own.

import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

const { chromium } = createRequire(new URL('../../end2end/package.json', import.meta.url))('@playwright/test');

/** Nothing that a browser does on its own may share the line or the processor with the page. */
const QUIET = [
  '--disable-background-networking', '--disable-component-update', '--disable-gpu', '--disable-quic', '--disable-sync', '--no-first-run',
];

/** A new browser with an empty cache. */
export function launch() {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath: executable(), args: isRoot ? [...QUIET, '--no-sandbox'] : QUIET });
}

/** `CHROMIUM`, else the one in PATH; undefined leaves the choice to Playwright. */
function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const candidates = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => [join(folder, 'chromium'), join(folder, 'chromium-browser')]);
  return candidates.find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not ours to run: look further
  }
}
