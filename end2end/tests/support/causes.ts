// The last lines of a run that failed say which tests did and why, one line each: a log that is cut off keeps its end.
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

const LONGEST = 400;

export default class Causes implements Reporter {
  private readonly causes: string[] = [];

  printsToStdio() {
    return false;
  }

  onTestEnd(test: TestCase, { status, duration, errors }: TestResult) {
    if (status === 'passed' || status === 'skipped') return;
    const said = errors.map(({ message = '' }) => plain(message)).join(' | ');
    const seconds = Math.round(duration / 1000);
    this.causes.push(`${test.titlePath().filter(Boolean).join(' > ')}: ${status} after ${seconds} s: ${said.slice(0, LONGEST)}`);
  }

  onEnd() {
    for (const cause of this.causes) process.stdout.write(`  Failed: ${cause}\n`);
  }
}

/** Without colours, on one line. */
function plain(text: string) {
  return text.replace(/\u001b\[[0-9;]*m/g, '').replace(/\s+/g, ' ').trim();
}
