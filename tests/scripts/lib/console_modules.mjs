// Modules of the console, where there is no browser.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { inRoot } from '../../../scripts/lib/paths.mjs';

const CONSOLE = inRoot('console');

/** What a browser has and the modules ask for as they begin. */
const BROWSER = {
  addEventListener() {},
  document: { documentElement: { dataset: {} } },
  localStorage: { getItem: () => null, removeItem() {}, setItem() {} },
  location: { origin: 'https://console.test' },
  navigator: { languages: [] },
  requestAnimationFrame() {},
};

/** What these lines export, by paths below the console's folder. */
export async function consoleModules(contents) {
  assert.ok(existsSync(inRoot('console', 'generated')), 'the console is not built: npm start and npm test do');
  for (const [name, value] of Object.entries(BROWSER)) Object.defineProperty(globalThis, name, { value, configurable: true });
  const folder = await mkdtemp(join(tmpdir(), 'onbehalf-console-'));
  try {
    const outfile = join(folder, 'modules.mjs');
    await createRequire(`${CONSOLE}/`)('esbuild').build({
      stdin: { contents, resolveDir: CONSOLE },
      outfile,
      bundle: true,
      format: 'esm',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      logLevel: 'warning',
    });
    return await import(pathToFileURL(outfile));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
