// Files of NAME=value lines, as wrangler reads them.

import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';

import { Failure } from './say.mjs';

/** How standard input is named where a file could be. */
const STANDARD_INPUT = '-';

/** Reads lines of NAME=value, as `wrangler dev --env-file` does; quotes around a value go. `flag` is
 *  how the file was named; `-` is standard input. */
export async function readLines(path, flag) {
  const reading = path === STANDARD_INPUT ? textOf(process.stdin) : readFile(path, 'utf8');
  const text = await reading.catch(() => {
    throw new Failure(`${flag} ${path} cannot be read.`);
  });
  const lines = {};
  for (const line of text.split('\n')) {
    const found = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (found) lines[found[1]] = found[2].replace(/^(['"])(.*)\1$/, '$2');
  }
  return lines;
}
