// What happens to a run when the Worker dies and the apps lie.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

const unique = (ledger) => {
  const marks = ledger.map((entry) => entry.params.hs_task_body?.match(/\be[0-9a-f]{16}\b/)?.[0] ?? entry.id);
  return new Set(marks).size;
};

test('a run survives the Worker being killed again and again', async () => {
  await stage.control('POST', 'seed', { user: 'sam', customers: 60 });
  await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'execute_tool' }, latency_ms: 150 }] });
  const runId = await stage.trigger('sam');
  for (let kills = 0; kills < 4; kills += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300 + kills * 200));
    await stage.kill();
    await stage.startWorker();
  }
  // A write whose sender died may land up to a minute later; the run waits that out.
  const run = await stage.until('sam', runId, undefined, 240);
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  await stage.control('DELETE', 'faults');
  const ledger = await stage.ledger('sam');
  assert.equal(ledger.length, run.result.counts.tasksCreated + run.result.counts.commentsAdded);
  assert.equal(unique(ledger), ledger.length, 'every write once');
});

test('a write whose answer is lost is found again, not sent again', async () => {
  await stage.control('POST', 'seed', { user: 'tess', customers: 30 });
  await stage.control('POST', 'faults', {
    rules: [{ match: { tool: 'hubspot_task_create', identifier: 'user_tess' }, lose_answer: true }],
  });
  const runId = await stage.trigger('tess');
  const run = await stage.until('tess', runId);
  await stage.control('DELETE', 'faults');
  const ledger = await stage.ledger('tess');
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  assert.equal(unique(ledger), ledger.length, 'every write once');
  assert.equal(ledger.length, run.result.counts.tasksCreated + run.result.counts.commentsAdded);
});
