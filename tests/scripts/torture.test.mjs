// The judge of `npm run torture`: each thing that must not be is seen when it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawFaults } from '../../scripts/lib/torture/faults.mjs';
import { dice } from '../../scripts/lib/torture/dice.mjs';
import { judge } from '../../scripts/lib/torture/judge.mjs';
import { isRefused, people } from '../../scripts/lib/torture/people.mjs';

const everybody = people(4);
const [alice, , carol] = everybody;

const task = (id, { customer = 'Acme', status = 'At Risk', score = 60, person = alice } = {}) => ({
  at: '2026-01-01T08:00:00Z',
  tool: 'hubspot_task_create',
  id,
  identifier: person.identifier,
  params: { hs_task_body: `${customer} is ${status} in onboarding (health score ${score} of 100).<br>` },
});
const link = (id) => ({ tool: 'hubspot_association_create', identifier: alice.identifier, params: { from_object_id: id } });
const run = (actions, { person = alice, status = 'completed', customers = [] } = {}) => ({
  runId: 'run_1',
  person,
  status,
  result: { actions, customers },
});
const done = (taskId) => ({ kind: 'create_task', customer: 'acme.example', status: 'done', taskId });
const verdict = (ledger, runs) => judge({ runs, everybody, ledger }).wrong.join('\n');

test('what is right passes', () => {
  const customers = [{ name: 'Acme', status: 'at_risk' }];
  assert.equal(verdict([task('1'), link('1')], [run([done('1')], { customers })]), '');
});

test('a customer flagged twice is seen, whoever flagged them', () => {
  const bob = everybody[1];
  const ledger = [task('1'), link('1'), task('2', { person: bob, score: 58 }), link('2')];
  assert.match(verdict(ledger, [run([done('1'), done('2')])]), /flagged 2 times: portal0 task Acme/);
});

test('a customer who got worse may be flagged again', () => {
  const ledger = [task('1'), link('1'), task('2', { status: 'Critical', score: 30 }), link('2')];
  assert.equal(verdict(ledger, [run([done('1'), done('2')])]), '');
});

test('what was refused and is there all the same is seen', () => {
  const customer = ['Acme', 'Amber', 'Birch', 'Cedar', 'Dune', 'Ember', 'Fern'].find(isRefused);
  const ledger = [task('1', { customer, person: carol }), link('1')];
  assert.match(verdict(ledger, [run([done('1')], { person: carol })]), /written though it was refused/);
});

test('a task that hangs on nothing, a false claim, an unclaimed write and an unknown outcome are seen', () => {
  const said = verdict([task('1')], [run([done('2'), { kind: 'create_task', customer: 'x', status: 'unknown_outcome' }])]);
  assert.match(said, /hangs on nothing: 1/);
  assert.match(said, /says it wrote 2, which is not there/);
  assert.match(said, /nobody says they wrote task 1/);
  assert.match(said, /is unknown_outcome/);
});

test('a customer at risk whom nobody has a task for, and a run that failed, are seen', () => {
  const customers = [{ name: 'Acme', status: 'critical' }];
  assert.match(verdict([], [run([], { customers })]), /found portal0 Acme at risk, and nobody has a task/);
  assert.match(verdict([], [run([], { status: 'failed' })]), /run_1 is failed/);
});

test('a seed gives the same faults again', () => {
  const draw = () => JSON.stringify(Array.from({ length: 20 }, drawFaults.bind(undefined, dice(7))));
  assert.equal(draw(), draw());
});
