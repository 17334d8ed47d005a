// Files of NAME=value lines, as wrangler reads them.

import { readFile } from 'node:fs/promises';

import { Failure } from './say.mjs';

/** Reads lines of NAME=value, as `wrangler dev --env-file` does; quotes around a value go. `flag` is
 *  how the file was named. */
export async function readLines(path, flag) {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Failure(`${flag} ${path} cannot be read.`);
  });
  const lines = {};
  for (const line of text.split('\n')) {
    const found = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (found) lines[found[1]] = found[2].replace(/^(['"])(.*)\1$/, '$2');
  }
  return lines;
}
