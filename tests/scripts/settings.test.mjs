// What scripts know of settings is what the README tells people, and what the Worker reads.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { SETTINGS, howToSet } from '../../scripts/lib/settings.mjs';

/** Settings and kinds in the README's table: a row may have two names, with a kind each. */
function documented(readme) {
  const kinds = {};
  for (const [, names, kind] of readme.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \| (var|secret|var, secret) \|/gm)) {
    const all = names.match(/[A-Z_]+/g);
    const each = kind.split(', ');
    all.forEach((name, at) => { kinds[name] = each[Math.min(at, each.length - 1)]; });
  }
  return kinds;
}

test('they are the ones of the README, each of its kind', async () => {
  const kinds = documented(await readFile(inRoot('README.md'), 'utf8'));
  const known = Object.fromEntries(Object.entries(SETTINGS).map(([name, { kind }]) => [name, kind]));
  assert.deepEqual(known, kinds);
});

test('how one is set names the command or the table, for each environment', () => {
  assert.match(howToSet('SESSION_SECRET', ''), /npx wrangler secret put SESSION_SECRET --env ""/);
  assert.match(howToSet('SESSION_SECRET', 'staging'), /--env staging/);
  assert.match(howToSet('PUBLIC_URL', 'staging'), /\[env\.staging\.vars\]/);
  assert.match(howToSet('LIMIT_RUNS', ''), /\[\[ratelimits\]\]/);
});
