// Numbers as a table, aligned for a terminal and readable as Markdown.

/**
 * @param {string[]} head names of the columns; the first is text, all others are numbers
 * @param {string[][]} rows
 */
export function table(head, rows) {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** The middle value; of an even number of them the mean of the two in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A number with thousands separated: `1,480`. */
export const whole = (number) => Math.round(number).toLocaleString('en-GB');

/** Bytes as kB of 1,000 bytes, one decimal. */
export const kilobytes = (bytes) => (bytes / 1000).toFixed(1);
