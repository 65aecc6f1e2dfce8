// Programs that a measurement starts: on a processor core of their own where that is possible, and
// stopped again however the measurement ends.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';

const running = new Set();
/** How long a program may take to stop, in milliseconds. Portico lets requests under way end for 10 s. */
const STOP_LIMIT = 15_000;

/** Whether programs can be kept on one core here, and there are two to choose from: macOS has no way to. */
export const canPin = process.platform === 'linux' && availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** The command that keeps a program on `core`, else the command itself. */
export const pinned = (core, command) => (canPin ? ['taskset', '-c', String(core), ...command] : command);

/**
 * Starts a program. What it writes goes to `log`, an open file.
 * @param {string[]} command
 * @param {{env?: object, cwd?: string, log: number}} options
 */
export function start([program, ...args], { env = process.env, cwd, log }) {
  return own(spawn(program, args, { env, cwd, stdio: ['ignore', log, log] }));
}

/** Runs a program to its end, and returns what it writes to standard output. */
export async function output([program, ...args]) {
  const child = own(spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  return Buffer.concat(await child.stdout.toArray()).toString();
}

function own(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Waits until `url` answers 200 to a program that is starting. */
export async function ready(child, url, seconds) {
  let fault;
  child.once('error', (error) => { fault = error.message; });
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    if (fault || child.exitCode !== null || child.signalCode !== null) throw new Error(`${child.spawnargs.join(' ')} did not start: ${fault ?? 'it ended'}`);
    try {
      const response = await fetch(url);
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Nobody listens yet. What goes wrong for good ends at the limit.
    }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error(`${url} does not answer after ${seconds} s.`);
}

/** Stops one program and waits until it is gone. */
export async function stop(child) {
  if (!running.has(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const hurry = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
  await gone;
  clearTimeout(hurry);
}

/** Stops all that still run. */
export const stopAll = () => Promise.all([...running].map(stop));

/** A port of 127.0.0.1 that nobody uses. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
