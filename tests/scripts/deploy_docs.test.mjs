// What docs/deploy tells an operator is so: the log lines to be told of are written by the source, at
// the level it says; the costs are those of the arithmetic; no link leads nowhere.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';

import { tableOfCosts } from '../../bench/costs.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { readConfiguration } from '../../scripts/lib/wrangler_vars.mjs';

const read = (...path) => readFile(inRoot(...path), 'utf8');
const operations = await read('docs', 'deploy', 'operations.md');

/** All of the Worker's sources but its tests, as one text. */
async function sources() {
  const texts = [];
  for (const top of ['src', 'crates']) {
    for (const name of await readdir(inRoot(top), { recursive: true })) {
      const isTest = /(^|\/)tests?(\/|\.rs$|_)|_tests?\.rs$|testkit|\/target\//.test(name);
      if (name.endsWith('.rs') && !isTest) texts.push(await read(top, name));
    }
  }
  return texts.join('\n');
}

/** How a line of this level and event is written. */
const WRITTEN = {
  info: (event) => new RegExp(`\\binfo\\(\\s*"${event}"|event: "${event}"`),
  // `Turn::note` is about what went wrong, and so is `Note::warning`.
  warn: (event) => new RegExp(`\\b(warn|warning|note)\\(\\s*"${event}"|event: "${event}"`),
  error: (event) => new RegExp(`\\berror\\(\\s*"${event}"|event: "${event}"`),
};

describe('alerts', async () => {
  const text = await sources();
  const rows = [...operations.matchAll(/^\| ((?:`[a-z_]+`(?:, )?)+) \| (info|warn|error) \| ([^|]*) \|/gm)];

  test('there are some', () => assert.ok(rows.length >= 12, String(rows.length)));

  for (const [, events, level, when] of rows) {
    for (const [, event] of events.matchAll(/`([a-z_]+)`/g)) {
      test(`${event} is written as ${level}`, () => assert.match(text, WRITTEN[level](event)));
    }
    for (const [, field] of when.matchAll(/`([a-z_]+)`/g)) {
      test(`${events} has ${field}`, () => assert.ok(text.includes(`"${field}"`), field));
    }
  }

  test('every line that warns is in the table', () => {
    const listed = rows.flatMap(([, events]) => [...events.matchAll(/`([a-z_]+)`/g)].map((it) => it[1]));
    const warned = [...text.matchAll(/\b(?:log::warn|Note::warning|turn\.note)\(\s*"([a-z_]+)"/g)].map((it) => it[1]);
    assert.ok(warned.length >= 10, String(warned.length));
    assert.deepEqual([...new Set(warned)].filter((event) => !listed.includes(event)), []);
  });
});

test('each migration of wrangler.toml is in the table of roll-backs', async () => {
  const config = await read('wrangler.toml');
  const tags = [...config.matchAll(/^tag = "(v\d+)"\nnew_sqlite_classes = \[(.*)\]/gm)];
  assert.ok(tags.length >= 5);
  for (const [, tag, classes] of tags) {
    const row = operations.split('\n').find((line) => line.startsWith(`| \`${tag}\` |`)) ?? '';
    for (const [, name] of classes.matchAll(/"(\w+)"/g)) assert.ok(row.includes(`\`${name}\``), `${tag}: ${name}`);
  }
  const { crons } = await readConfiguration();
  assert.deepEqual(crons, ['*/20 * * * *'], 'costs count three rings an hour');
});

test('the costs are those of the arithmetic', async () => {
  const page = await read('docs', 'deploy', 'costs.md');
  const shown = page.split('<!-- costs: written by `node bench/costs.mjs` -->\n')[1].split('<!-- costs: end -->')[0];
  assert.equal(shown, `${tableOfCosts()}\n`, 'node bench/costs.mjs prints what has to stand there');
});

test('links lead to what is there', async () => {
  for (const name of await readdir(inRoot('docs', 'deploy'))) {
    const path = inRoot('docs', 'deploy', name);
    for (const [, link] of (await readFile(path, 'utf8')).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(join(dirname(path), link)), `${name}: ${link}`);
    }
  }
});
