// The engine's guarantees over HTTP: one winner among many, approvals by the right people, writes
// that happen once however the apps answer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

/** A run of a fresh user that waits for approval. */
async function waiting(user, customers) {
  await stage.control('POST', 'seed', { user, customers });
  const runId = await stage.trigger(user, { approval: 'required' });
  const run = await stage.until(user, runId, ['suspended', 'failed', 'completed']);
  assert.equal(run.suspension?.reason, 'approval_required', JSON.stringify(run));
  return run;
}

const approval = (run, decision = 'approve', items = {}) => ({
  number: run.suspension.number,
  approval: { hash: run.suspension.hash, decision, items },
});

const resume = (runId, as, body) => stage.ask('POST', `${WORKFLOW}/runs/${runId}/resume`, { as, body });

/** Every write that landed for a user is there once, and is one the run claims. */
async function assertWrittenOnce(user, run) {
  const ledger = await stage.ledger(user);
  const marks = ledger.map((entry) => entry.params.hs_task_body?.match(/\be[0-9a-f]{16}\b/)?.[0] ?? entry.id);
  assert.equal(new Set(marks).size, ledger.length, 'every write once');
  assert.equal(ledger.length, run.result.counts.tasksCreated + run.result.counts.commentsAdded);
  assert.ok(ledger.length > 0, `there was something to write: ${JSON.stringify([run.result.counts, run.result.connectorErrors])}`);
}

test('of 200 concurrent resumes one wins; the others learn who and when', async () => {
  const run = await waiting('many', 30);
  const answers = await Promise.all(Array.from({ length: 200 }, () => resume(run.runId, 'many', approval(run))));
  const statuses = answers.map((answer) => answer.status);
  assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses));
  assert.equal(statuses.filter((status) => status === 409).length, 199, String(statuses));
  const told = new Set(answers.filter((it) => it.status === 409).map((it) => `${it.json.resumedBy} ${it.json.resumedAt}`));
  assert.equal(told.size, 1, [...told].join());
  assert.match([...told][0], /^owner \d{4}-/);
  const done = await stage.until('many', run.runId);
  assert.equal(done.resumed.by, 'owner');
  await assertWrittenOnce('many', done);
});

test('a configured approver of the same organization decides, is recorded, and can do nothing else', async () => {
  const run = await waiting('olga', 20);
  const at = `${WORKFLOW}/runs/${run.runId}`;
  const seen = await stage.ask('GET', at, { as: 'grace' });
  assert.equal(seen.json.suspension.hash, run.suspension.hash, seen.text);
  assert.equal((await stage.ask('DELETE', at, { as: 'grace' })).status, 404, 'no cancel');
  const rejected = run.suspension.plan.actions[0].item;
  const decided = await resume(run.runId, 'grace', approval(run, 'approve', { [rejected]: 'reject' }));
  assert.equal(decided.status, 200, decided.text);
  const done = await stage.until('olga', run.runId);
  assert.equal(done.resumed.by, 'approver');
  assert.ok(done.result.counts.rejected >= 1);
  await assertWrittenOnce('olga', done);
  const listed = await stage.ask('GET', `${WORKFLOW}/runs`, { as: 'grace' });
  assert.deepEqual(listed.json.runs, [], 'the run stays its owner’s');
});

test('an approver sees nothing before there is something to approve, and nothing of another organization', async () => {
  await stage.control('POST', 'seed', { user: 'pia', customers: 5 });
  const done = await stage.runToEnd('pia');
  await stage.control('POST', 'seed', { user: 'quin', customers: 20, org: 'org_globex' });
  const runId = await stage.trigger('quin', { approval: 'required' });
  const foreign = await stage.until('quin', runId, ['suspended']);
  for (const run of [done, foreign]) {
    for (const tail of ['', '/events']) {
      const answer = await stage.ask('GET', `${WORKFLOW}/runs/${run.runId}${tail}`, { as: 'grace' });
      assert.equal(answer.status, 404, answer.text);
    }
  }
  assert.equal((await resume(runId, 'grace', approval(foreign))).status, 404);
  assert.equal((await resume(runId, 'olga', approval(foreign))).status, 404, 'no approver at all');
  assert.equal((await stage.run('quin', runId)).status, 'suspended');
});

test('the answer of every write lost after it landed: found again, never sent again', async () => {
  await stage.control('POST', 'seed', { user: 'rosa', customers: 30 });
  await stage.control('POST', 'faults', {
    rules: [{ match: { endpoint: 'execute_tool', identifier: 'user_rosa' }, lose_writes: true }],
  });
  const run = await stage.runToEnd('rosa');
  await stage.control('DELETE', 'faults');
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  assert.ok(run.result.actions.every((action) => action.status === 'done'), JSON.stringify(run.result.actions));
  await assertWrittenOnce('rosa', run);
});

test('an app at 30% errors and 30% rate limits delays the run and doubles nothing', async () => {
  await stage.control('POST', 'seed', { user: 'sven', customers: 12 });
  await stage.control('POST', 'faults', {
    rules: [
      { match: { endpoint: 'execute_tool', identifier: 'user_sven' }, status: 503, rate: 0.3 },
      { match: { endpoint: 'execute_tool', identifier: 'user_sven' }, status: 429, retry_after: 1, rate: 0.3 },
    ],
  });
  const runId = await stage.trigger('sven');
  // A write without an answer may land for a minute more, and is waited for that long each time: the
  // trouble lasts long enough to meet every write, and then ends.
  await new Promise((resolve) => setTimeout(resolve, 90_000));
  await stage.control('DELETE', 'faults');
  const run = await stage.until('sven', runId, undefined, 600);
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  await assertWrittenOnce('sven', run);
});

test('a run and the calls it makes belong to the trace of the request that began it', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  const runId = await stage.trigger('dave', undefined, headers);
  const run = await stage.until('dave', runId);
  assert.equal(run.traceId, trace);
  const { traces } = await stage.control('GET', 'calls');
  assert.ok(traces.includes(trace), JSON.stringify(traces));
});
