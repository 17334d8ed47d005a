// What an operator's settings do to runs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

let stage;
before(async () => {
  const rates = { hubspot: { burst: 1, perMinute: 6 } };
  stage = await Stage.up({ extra: { RUN_RETENTION_DAYS: '0', PROVIDER_RATES: JSON.stringify(rates) } });
});
after(() => stage?.down());

test('two runs of one user share what an app allows, and wait for it asleep', async () => {
  await stage.control('POST', 'seed', { user: 'tom', customers: 20 });
  const runIds = [await stage.trigger('tom'), await stage.trigger('tom')];
  for (const runId of runIds) {
    const run = await stage.until('tom', runId, ['rate_limited', 'completed', 'failed']);
    assert.equal(run.suspension?.reason, 'rate_limited', JSON.stringify(run));
  }
  const tasks = (await stage.ledger('tom')).filter((entry) => entry.tool === 'hubspot_task_create');
  assert.ok(tasks.length <= 2, 'the apps never had to say no');
  // Whatever goes on still is taken back: on a slow machine a run may have come to its end by now.
  for (const runId of runIds) {
    const { status } = await stage.ask('DELETE', `${WORKFLOW}/runs/${runId}`, { as: 'tom' });
    assert.ok([200, 409].includes(status), `${status}`);
  }
});

test('a run past its retention is gone, and its line in the list stays', async () => {
  await stage.control('POST', 'seed', { user: 'uma', customers: 0 });
  const runId = await stage.trigger('uma');
  const line = async () => {
    const { json } = await stage.ask('GET', `${WORKFLOW}/runs`, { as: 'uma' });
    return json.runs.find((run) => run.runId === runId);
  };
  // It is kept for a minute, for a message that may be late.
  const until = Date.now() + 120_000;
  let answer;
  do {
    answer = await stage.ask('GET', `${WORKFLOW}/runs/${runId}`, { as: 'uma' });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  } while (answer.status !== 404 && Date.now() < until);
  assert.equal(answer.status, 404, answer.text);
  assert.equal((await line())?.status, 'completed');
});
