// Colleagues who share a portal, over HTTP: whoever's run it is, a customer is flagged once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage } from './lib/stage.mjs';

const LAG_MS = 20_000;

let stage;
before(async () => {
  stage = await Stage.up({ extra: { ONBOARDING: JSON.stringify({ customers: 'portal', reconcileAfterSeconds: 30 }) } });
  for (const user of ['vera', 'walt']) await stage.control('POST', 'seed', { user, customers: 12, portal: 'team' });
  // What was just written is not found by searching, as in the world.
  await stage.control('POST', 'faults', { rules: [{ search_lag_ms: LAG_MS }] });
});
after(() => stage?.down());

const howOften = (names) => {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

test('three triggers at once by two people of one portal flag each customer once', async () => {
  const users = ['vera', 'walt', 'vera'];
  const runIds = await Promise.all(users.map((user) => stage.trigger(user)));
  const runs = await Promise.all(runIds.map((runId, index) => stage.until(users[index], runId)));
  for (const run of runs) {
    assert.equal(run.status, 'completed', JSON.stringify(run.failure));
    assert.equal(run.result.outcome, 'done', JSON.stringify(run.result.missing));
  }
  const { flagged, customers } = runs[0].result;
  assert.ok(flagged.length > 3, `${flagged.length} flagged`);
  const writes = [...(await stage.ledger('vera')), ...(await stage.ledger('walt'))];
  const tasks = writes.filter((entry) => entry.tool === 'hubspot_task_create');
  const perCustomer = howOften(tasks.map(({ params }) => params.hs_task_subject.split(': ')[0]));
  const names = customers.filter(({ key }) => flagged.includes(key)).map(({ name }) => name);
  assert.deepEqual([...perCustomer].sort(), names.sort().map((name) => [name, 1]));
  const comments = writes.filter((entry) => entry.tool.startsWith('linear_'));
  assert.ok(comments.length > 0, 'no comment');
  const perIssue = howOften(comments.map(({ params }) => params.variables.input.issueId));
  assert.ok([...perIssue.values()].every((count) => count === 1), JSON.stringify([...perIssue]));
  // Each run either made a task or left it to another, and does not say to whom.
  const sum = (name) => runs.reduce((total, run) => total + run.result.counts[name], 0);
  assert.equal(sum('tasksCreated'), names.length);
  assert.equal(sum('alreadyFlagged'), 2 * names.length);
  for (const [index, run] of runs.entries()) {
    const text = JSON.stringify(run.result);
    for (const other of runIds.filter((_, at) => at !== index)) assert.ok(!text.includes(other), text);
  }
});

test('an approval is kept to, whatever is deployed before its writes are made', async () => {
  await stage.control('POST', 'seed', { user: 'yara', customers: 15, portal: 'yaras' });
  const runId = await stage.trigger('yara', { approval: 'required' });
  const { suspension } = await stage.until('yara', runId, ['suspended', 'failed']);
  const two = suspension.plan.actions.filter((action) => action.kind === 'create_task').slice(0, 2);
  // The first write has to wait, and the Worker that makes it has other settings.
  const limited = { match: { tool: 'hubspot_task_create' }, status: 429, retry_after: 4, times: 1 };
  await stage.control('POST', 'faults', { rules: [{ search_lag_ms: LAG_MS }, limited] });
  const items = Object.fromEntries(two.map(({ item }) => [item, 'approve']));
  const approval = { hash: suspension.hash, decision: 'reject', items };
  const path = `/api/workflows/onboarding-health/runs/${runId}/resume`;
  const resumed = await stage.ask('POST', path, { as: 'yara', body: { approval } });
  assert.ok(resumed.status < 300, resumed.text);
  await stage.kill();
  stage.extra.ONBOARDING = JSON.stringify({ customers: 'portal', reflag: 'daily', scoring: { atRiskBelow: 100 } });
  await stage.startWorker();
  const run = await stage.until('yara', runId);
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  const made = (await stage.ledger('yara')).map(({ params }) => params.hs_task_subject?.split(': ')[0]);
  assert.deepEqual(made.sort(), two.map(({ name }) => name).sort());
});
