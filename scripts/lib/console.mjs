// The console's page, where nothing else has been built: a sentence.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { inRoot } from './paths.mjs';

const PAGE = inRoot('console', 'dist', 'console', 'index.html');

/** Makes the folder that is uploaded beside the Worker. */
export async function buildConsole() {
  if (existsSync(PAGE)) return;
  await mkdir(dirname(PAGE), { recursive: true });
  await writeFile(PAGE, '<!doctype html><html lang="en"><title>Onbehalf</title><p>The console has not been built.</p></html>\n');
}
