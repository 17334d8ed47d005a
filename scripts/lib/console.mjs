// Builds the console, when its sources or the API that it speaks have changed.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describedApi, fingerprint } from './build.mjs';
import { inRoot, npmBin } from './paths.mjs';
import { run } from './processes.mjs';
import { npmPackages } from './setup.mjs';

const FOLDER = inRoot('console');
/** What the console is made of, beside the API's document. */
const SOURCES = ['src', 'build.mjs', 'package-lock.json', 'tsconfig.json'].map((name) => join('console', name));

/** Builds `console/dist` for the API of a build of the Worker, which has been compiled. */
export async function buildConsole(build) {
  const document = await describedApi(build);
  // Beside what was made, and not in it: all of `dist` is served.
  const stamp = join(FOLDER, 'generated', '.sources');
  const sources = createHash('sha256').update(await fingerprint(SOURCES)).update(await readFile(document)).digest('hex');
  if (existsSync(join(FOLDER, 'dist')) && existsSync(stamp) && (await readFile(stamp, 'utf8')) === sources) return;
  await npmPackages(FOLDER);
  await run(npmBin('node'), [join(FOLDER, 'build.mjs'), document], { cwd: FOLDER, quiet: true, what: 'Building the console' });
  await writeFile(stamp, sources);
}
