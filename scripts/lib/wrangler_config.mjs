// `wrangler.toml` with other rate limits: the one part of the deployment that has to differ where a
// single user or address stands for thousands.

import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { inRoot } from './paths.mjs';
import { Failure } from './say.mjs';

/** More than any test or benchmark of one machine asks for in a minute. */
const AMPLE = 10_000_000;

/** No limit that a test could meet. */
export const AMPLE_LIMITS = {
  LIMIT_RUNS: AMPLE,
  LIMIT_CALLS: AMPLE,
  LIMIT_READS: AMPLE,
  LIMIT_PAGES: AMPLE,
  LIMIT_WEBHOOKS: AMPLE,
};

/** Writes the configuration with these limits (uses a minute, by binding) and answers its path. */
export async function configWithLimits(folder, limits) {
  let text = await readFile(inRoot('wrangler.toml'), 'utf8');
  for (const [binding, limit] of Object.entries(limits)) {
    const block = new RegExp(`(name = "${binding}"\\n.*\\nsimple = \\{ limit = )\\d+`);
    if (!block.test(text)) throw new Failure(`wrangler.toml has no rate limit ${binding}.`);
    text = text.replace(block, `$1${limit}`);
  }
  // Wrangler reads paths from where the configuration is.
  const here = relative(folder, inRoot());
  text = text
    .replace('main = "', `main = "${here}/`)
    .replace('[build]\n', `[build]\nwatch_dir = "${here}/src"\n`);
  const path = join(folder, 'wrangler.toml');
  await writeFile(path, text);
  return path;
}
