// A finished run's journal goes when its time is over; that it was there does not.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up({ extra: { RUN_RETENTION_DAYS: '0' } });
});
after(() => stage?.down());

test('a run past its retention is gone, and its line in the list stays', async () => {
  const runId = await stage.trigger('dave');
  const line = async () => {
    const { json } = await stage.ask('GET', `${WORKFLOW}/runs`, { as: 'dave' });
    return json.runs.find((run) => run.runId === runId);
  };
  const until = Date.now() + 30_000;
  let answer;
  do {
    answer = await stage.ask('GET', `${WORKFLOW}/runs/${runId}`, { as: 'dave' });
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (answer.status !== 404 && Date.now() < until);
  assert.equal(answer.status, 404, answer.text);
  assert.equal((await line())?.status, 'completed');
});
