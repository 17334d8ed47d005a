// What `npm start` shows of its runs fits a terminal of 80 columns, whatever stands in it.

import assert from 'node:assert/strict';
import test from 'node:test';

import { customerTable, messageLines } from '../../scripts/lib/demo.mjs';

const COLUMNS = 80;

test('long names, long reasons and long endings fit', () => {
  const customers = [
    { key: 'a', name: 'Very Long Name of a Company with Limited Liability', score: 100, status: 'critical', reasons: ['x '.repeat(200)] },
    { key: 'b', name: 'B', score: 0, status: 'at_risk', reasons: [] },
  ];
  const actions = new Map([['a', { create_task: 'unknown', add_comment: 'rejected' }]]);
  const lines = customerTable(customers, actions, COLUMNS);
  assert.equal(lines.length, 3);
  for (const line of lines) assert.ok(line.length <= COLUMNS, `too wide: ${line}`);
  assert.match(lines[1], /x x x.*…$/);
});

test('a message is shown without its markup, line by line', () => {
  const text = '*Good morning!*\n\n\u2022 <https://linear.app/a/ONB-1|ONB-1> A &lt;b&gt; &amp;lt; c ' + 'x'.repeat(200);
  const lines = messageLines(text, COLUMNS);
  assert.equal(lines.length, 3);
  assert.equal(lines[0], '  │ *Good morning!*');
  assert.match(lines[2], /ONB-1 A <b> &lt; c x+…$/);
  for (const line of lines) assert.ok(line.length <= COLUMNS, `too wide: ${line}`);
});
