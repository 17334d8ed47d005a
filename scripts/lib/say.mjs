// What a person sees on the terminal: short lines, colour only where it is one.

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : String(text));

export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const cyan = paint('36');

/** One line of progress. */
export function say(text = '') {
  process.stdout.write(`${text}\n`);
}

/** A failure a person can act on: printed as one sentence, without a stack. */
export class Failure extends Error {}

/** Runs a script's main function; a Failure becomes one sentence and exit code 1. */
export async function main(run) {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`${red('error:')} ${error.message}\n`);
    process.exitCode = 1;
  }
}

const plain = (cell) => String(cell).replace(/\u001b\[\d+m/g, '');
const GAP = '  ';

const widths = (header, rows) =>
  header.map((name, column) => Math.max(plain(name).length, ...rows.map((row) => plain(row[column]).length)));

/** How wide a table is. */
export const width = (header, rows) =>
  widths(header, rows).reduce((sum, it) => sum + it) + GAP.length * (header.length - 1);

/** Lines of a table, columns as wide as their widest cell. */
export function table(header, rows) {
  const wide = widths(header, rows);
  const line = (cells) =>
    cells
      .map((cell, column) => String(cell) + ' '.repeat(wide[column] - plain(cell).length))
      .join(GAP)
      .trimEnd();
  return [bold(line(header)), ...rows.map(line)];
}
