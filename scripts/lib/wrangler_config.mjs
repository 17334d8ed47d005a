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

/**
 * Writes the configuration of a build of the Worker with these limits (uses a minute, by binding)
 * and answers its path. Wrangler builds nothing then: whoever starts the Worker has built it, and a
 * change of the sources has to leave a running test alone. `shell` is a module that stands before the
 * built one, which it finds under the name `built-worker`; `bindings` are more of them, as TOML.
 */
export async function configFor(build, folder, limits, shell, bindings = '') {
  let text = await readFile(inRoot('wrangler.toml'), 'utf8');
  const replace = (what, by) => {
    if (!what.test(text)) throw new Failure(`wrangler.toml has nothing that fits ${what}.`);
    text = text.replace(what, by);
  };
  for (const [binding, limit] of Object.entries(limits)) {
    replace(new RegExp(`(name = "${binding}"\\n.*\\nsimple = \\{ limit = )\\d+`), `$1${limit}`);
  }
  replace(/^\[build\]\ncommand = .*\n/m, '');
  // Wrangler reads paths from where the configuration is.
  const built = relative(folder, inRoot(build.folder, 'index.js'));
  const main = shell === undefined ? built : relative(folder, shell);
  const alias = shell === undefined ? '' : `\nalias = { "built-worker" = "${built.startsWith('.') ? built : `./${built}`}" }`;
  replace(/^main = .*$/m, `main = "${main}"${alias}`);
  replace(/^directory = .*$/m, `directory = "${relative(folder, inRoot('console', 'dist'))}"`);
  const path = join(folder, 'wrangler.toml');
  await writeFile(path, `${text}\n${bindings}`);
  return path;
}
