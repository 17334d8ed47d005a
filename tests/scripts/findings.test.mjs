// What the console says of a finding: in English what the API says, in German nothing of that.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { inRoot } from '../../scripts/lib/paths.mjs';

const CONSOLE = inRoot('console');
/** Every finding as the API writes it, with what is said of it; the workflow's own tests read it, too. */
const SAID = inRoot('crates', 'agents', 'tests', 'findings.json');
const MODULES = `
  export { reasonsOf } from './src/onboarding/findings';
  export { readPlan } from './src/run/plan';
  export { speak } from './src/texts';
  export { de } from './src/texts/de';
  export { en } from './src/texts/en';
`;

/** What a browser has and the modules ask for as they begin. */
const BROWSER = {
  addEventListener() {},
  document: { documentElement: { dataset: {} } },
  localStorage: { getItem: () => null, removeItem() {}, setItem() {} },
  location: { origin: 'https://console.test' },
  navigator: { languages: [] },
  requestAnimationFrame() {},
};

let folder;
let said;
let modules;
before(async () => {
  assert.ok(existsSync(inRoot('console', 'generated')), 'the console is not built: npm start and npm test do');
  said = JSON.parse(await readFile(SAID, 'utf8'));
  for (const [name, value] of Object.entries(BROWSER)) Object.defineProperty(globalThis, name, { value, configurable: true });
  folder = await mkdtemp(join(tmpdir(), 'onbehalf-findings-'));
  const outfile = join(folder, 'modules.mjs');
  await createRequire(`${CONSOLE}/`)('esbuild').build({
    stdin: { contents: MODULES, resolveDir: CONSOLE },
    outfile,
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
  });
  modules = await import(pathToFileURL(outfile));
});
after(() => folder && rm(folder, { recursive: true, force: true }));

const show = (language) => modules.speak(language, modules[language]);

for (const language of ['en', 'de']) {
  test(`each finding is said in ${language}`, () => {
    show(language);
    for (const { finding, en, [language]: expected } of said) {
      assert.deepEqual(modules.reasonsOf({ reasons: [en], findings: [finding] }), [expected]);
    }
  });
}

test('where there is no finding, or one that nobody knows here, there is what the API says', () => {
  show('de');
  const [{ finding, en, de }] = said;
  const reasons = [en, 'the moon is full'];
  assert.deepEqual(modules.reasonsOf({ reasons }), reasons);
  assert.deepEqual(modules.reasonsOf({ reasons, findings: [finding, { kind: 'moon', full: true }] }), [de, reasons[1]]);
});

test('a plan tells of each write what speaks against its customer', () => {
  const [{ finding, en }] = said;
  const write = { item: 'task:a', customer: 'a', name: 'A', reasons: [en] };
  assert.deepEqual(modules.readPlan({ actions: [write], findings: { a: [finding] } }).flags[0].findings, [finding]);
  assert.equal(modules.readPlan({ actions: [write] }).flags[0].findings, undefined);
});
