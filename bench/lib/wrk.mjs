// wrk, the load generator: one measurement of one URL.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/processes.mjs';
import { Failure } from '../../scripts/lib/say.mjs';

const SCRIPT = inRoot('bench', 'wrk', 'requests.lua');

/** What is missing and how to get it, where there is no wrk. */
export function missingWrk() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, 'wrk')))) return undefined;
  return 'wrk, which is installed with apt-get install wrk or brew install wrk';
}

/** Writes tokens where the script reads them. */
export async function tokensFile(folder, tokens) {
  const path = join(folder, 'tokens');
  await writeFile(path, `${tokens.join('\n')}\n`, { mode: 0o600 });
  return path;
}

/** Loads a URL over `connections` for `seconds`; latencies in microseconds. */
export async function wrk(url, { method = 'GET', tokens, connections, seconds }) {
  const output = await run(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT, url, '--', method, tokens],
    { quiet: true, what: 'wrk' },
  );
  const found = JSON.parse(output.trim().split('\n').at(-1));
  if (found.refused + found.broken > 0) {
    throw new Failure(`${method} ${url}: ${found.refused} refused and ${found.broken} broken of ${found.requests}.`);
  }
  return { ...found, perSecond: Math.round((found.requests * 1e6) / found.microseconds) };
}
