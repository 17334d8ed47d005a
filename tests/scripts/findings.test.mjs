// What the console says of a finding: in English what the API says, in German nothing of that.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { consoleModules } from './lib/console_modules.mjs';

/** Every finding as the API writes it, with what is said of it; the workflow's own tests read it, too. */
const SAID = inRoot('crates', 'agents', 'tests', 'findings.json');

let said;
let modules;
before(async () => {
  said = JSON.parse(await readFile(SAID, 'utf8'));
  modules = await consoleModules(`
    export { reasonsOf } from './src/onboarding/findings';
    export { readPlan } from './src/run/plan';
    export { speak } from './src/texts';
    export { de } from './src/texts/de';
    export { en } from './src/texts/en';
  `);
});

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
