// What the API says in English, on a page of another language.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { consoleModules } from './lib/console_modules.mjs';

let modules;
before(async () => {
  modules = await consoleModules(`
    export { callFailed } from './src/state/said';
    export { speak } from './src/texts';
    export { de } from './src/texts/de';
    export { en } from './src/texts/en';
  `);
});

test('every kind of problem that the API documents is said in German, and none that it does not have', async () => {
  const documented = await readFile(inRoot('console', 'generated', 'schema.ts'), 'utf8');
  const kinds = new Set([...documented.matchAll(/urn:onbehalf:problem:([a-z-]+)/g)].map(([, kind]) => kind));
  assert.ok(kinds.size > 10, `${kinds.size} kinds`);
  assert.deepEqual(Object.keys(modules.de.said.problems).sort(), [...kinds].sort());
});

test('of a failed call the reason is said, or else its kind; what nobody knows here stays as the API says it', () => {
  const { callFailed, speak, de, en } = modules;
  const revoked = { kind: 'auth_error', reason: 'account_revoked', message: 'zendesk cannot be used: the authorization was withdrawn' };
  speak('de', de);
  assert.equal(callFailed(revoked), 'Zugang widerrufen');
  assert.equal(callFailed({ ...revoked, reason: 'moved_to_the_moon' }), 'Zugang abgelehnt');
  // An app may call its failures whatever it likes.
  for (const reason of ['VALIDATION_ERROR', 'unavailable', 'constructor']) {
    assert.equal(callFailed({ kind: 'upstream', reason, message: 'no such owner' }), 'Fehler der App');
  }
  for (const unknown of [{ message: 'from before kinds were told' }, { kind: 'full_moon', message: 'the moon is full' }, { kind: 'constructor', message: 'odd' }]) assert.equal(callFailed(unknown), undefined);
  speak('en', en);
  assert.equal(callFailed(revoked), undefined);
});
