// What `npm run new` writes compiles, is formatted, passes its own test, and stands in the tables.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { copy, copySources } from '../../scripts/lib/copy.mjs';
import { root, target } from '../../scripts/lib/paths.mjs';

/** What reads is asked of an app, in a test that is about writing files. */
const TOOL = 'hubspot-owners-list';
const WORKFLOW = 'weekly-review';

const runIn = (cwd, command, ...args) =>
  spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, CARGO_TARGET_DIR: target } });
const run = (command, ...args) => runIn(copy, command, ...args);
const make = (...args) => run(process.execPath, 'scripts/new.mjs', ...args);
const read = (path) => readFile(join(copy, path), 'utf8');

function holds(answer) {
  assert.equal(answer.status, 0, `${answer.stdout}${answer.stderr}`);
  return answer.stdout;
}

before(copySources);
// Whoever uses the copy next finds it as the sources are.
after(copySources);

test('a tool is written from the catalogue, registered, and answered by a stub', async () => {
  holds(make('tool', TOOL, '--calls', 'hubspot_owners_list'));
  assert.match(await read('crates/tools/src/registry.rs'), /\.with::<super::HubspotOwnersList>\(\)/);
  assert.match(await read('sandbox/src/world/stubs.rs'), /"hubspot_owners_list"/);
});

test('a workflow is written and hosted', async () => {
  holds(make('workflow', WORKFLOW));
  assert.match(await read('crates/agents/src/lib.rs'), /\.with::<weekly_review::WeeklyReview>\(\)/);
});

test('what is built of a copy is taken for nothing that is built of the sources', () => {
  const built = (cwd) => {
    const told = holds(runIn(cwd, 'cargo', 'check', '--locked', '-p', 'onbehalf-clock', '--message-format', 'json'));
    const messages = told.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    return messages.find((it) => it.target?.name === 'onbehalf_clock').filenames;
  };
  assert.notDeepEqual(built(root), built(copy));
});

test('all of it compiles, is formatted and passes', () => {
  holds(run('cargo', 'fmt', '--all', '--check'));
  holds(run('cargo', 'check', '--workspace', '--locked'));
  assert.match(holds(run('cargo', 'test', '--locked', '-p', 'onbehalf-tools', '--lib')), /hubspot_owners_list::tests/);
  holds(run('cargo', 'test', '--locked', '-p', 'onbehalf-agents', '--test', 'weekly_review'));
  holds(run('cargo', 'test', '--locked', '-p', 'onbehalf-agents', '--test', 'hosted'));
  holds(run('cargo', 'test', '--locked', '-p', 'onbehalf-sandbox', '--lib', 'stubs'));
});

for (const [what, args, words] of [
  ['another kind', ['robot', 'r'], /tool and workflow/],
  ['a name that is none', ['tool', 'Hubspot_x'], /is no name/],
  ['a tool that nobody has', ['tool', 'hubspot-fly-away'], /catalogue has no hubspot_fly_away/],
  ['a tool under another app', ['tool', 'slack-owners', '--calls', 'hubspot_owners_list'], /hubspot-something/],
  ['what is there already', ['workflow', 'onboarding'], /is there already/],
]) {
  test(`${what} is refused, and nothing is written`, () => {
    const before = run('git', 'hash-object', 'crates/tools/src/registry.rs', 'crates/agents/src/lib.rs').stdout;
    const answer = make(...args);
    assert.equal(answer.status, 1);
    assert.match(answer.stderr, words);
    assert.equal(run('git', 'hash-object', 'crates/tools/src/registry.rs', 'crates/agents/src/lib.rs').stdout, before);
  });
}
