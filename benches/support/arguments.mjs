// The command line of a measurement.

import { parseArgs } from 'node:util';

/**
 * Reads the command line: each option's value as a number where its default is one, else as text. Ends
 * the program with the usage when it is asked for (0), or when something cannot be used (2).
 * @param {string} usage
 * @param {Record<string, string | number | undefined>} defaults by option; undefined where there is none
 * @param {(options: object, positionals: string[]) => string | undefined} fault what cannot be used, if anything
 * @param {{positionals?: boolean}} [allowed]
 */
export function readArguments(usage, defaults, fault, { positionals: allowPositionals = false } = {}) {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }]));
  let given;
  try {
    given = parseArgs({ allowPositionals, options: { ...options, help: { type: 'boolean', short: 'h' } } });
  } catch (error) {
    refuse(error.message, usage);
  }
  const { values: { help, ...values }, positionals } = given;
  if (help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const read = Object.fromEntries(Object.entries(defaults).map(([name, usual]) => {
    const value = values[name] ?? usual;
    return [name, typeof usual === 'number' ? Number(value) : value];
  }));
  const wrong = fault(read, positionals);
  if (wrong) refuse(wrong, usage);
  return { options: read, positionals };
}

function refuse(fault, usage) {
  process.stderr.write(`${fault}\n\n${usage}`);
  process.exit(2);
}
