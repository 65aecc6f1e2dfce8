// What the system says of a process: processor time and memory.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LINUX = process.platform === 'linux';
/** Ticks a second of /proc/PID/stat. */
const TICKS = LINUX ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : undefined;

/** Processor time the process has used so far, user and system, all threads, in microseconds. */
export function processorTime(pid) {
  if (LINUX) {
    // Fields 14 and 15. The second one, the name, may hold spaces: counted from its end.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6;
  }
  // macOS: minutes, seconds and hundredths, such as 1:02.34.
  const parts = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }).trim().split(':');
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0) * 1e6;
}

/** Resident memory in bytes. */
export function residentMemory(pid) {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}
