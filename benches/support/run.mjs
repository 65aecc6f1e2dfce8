// What every measurement begins and ends with: an empty folder, and nothing left behind.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from './children.mjs';

let folder;
const closing = [];

/** The measurement's own folder, gone with it. */
export const scratch = () => folder;

/** Closes this as well when the measurement ends, however it ends. */
export const closeAtEnd = (close) => { closing.push(close); };

/** Measures. What goes wrong is said in one line, and the program ends with 1. */
export async function run(name, measure) {
  folder = mkdtempSync(join(tmpdir(), `portico-${name}-`));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => cleanUp().then(() => process.exit(130)));
  try {
    await measure();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } finally {
    await cleanUp();
  }
}

async function cleanUp() {
  await stopAll();
  await Promise.all(closing.splice(0).map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
}
