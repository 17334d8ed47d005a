// Several workflows in one Worker: each under its own name, and the second one’s message.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { Stage } from './lib/stage.mjs';

const BRIEF = '/api/workflows/morning-brief';

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());
beforeEach(async () => {
  await stage.control('POST', 'reset');
});

async function brief(user, body) {
  const started = await stage.ask('POST', `${BRIEF}/trigger`, { as: user, body });
  assert.equal(started.status, 200, started.text);
  const { runId } = started.json;
  const until = Date.now() + 240_000;
  for (;;) {
    const { json } = await stage.ask('GET', `${BRIEF}/runs/${runId}`, { as: user });
    if (['completed', 'failed', 'cancelled'].includes(json.status)) return json;
    assert.ok(Date.now() < until, `the run is still ${json.status}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

const messages = async (user) => (await stage.ledger(user)).filter((it) => it.tool === 'slack_send_message');

test('both workflows are listed with what they are started with', async () => {
  const { json } = await stage.ask('GET', '/api/workflows', { as: 'bob' });
  const ids = json.workflows.map((it) => it.id);
  for (const id of ['onboarding-health', 'morning-brief']) assert.ok(ids.includes(id), `${ids}`);
  for (const { inputSchema } of json.workflows) assert.equal(inputSchema.additionalProperties, false);
});

test('a workflow nobody hosts is not found, and the answer names those there are', async () => {
  const { status, json } = await stage.ask('POST', '/api/workflows/evening-brief/trigger', { as: 'bob' });
  assert.equal(status, 404);
  assert.equal(json.type, 'urn:onbehalf:problem:workflow-not-found');
  const listed = (await stage.ask('GET', '/api/workflows', { as: 'bob' })).json.workflows;
  assert.deepEqual(json.knownWorkflows, listed.map((it) => it.id));
});

test('the brief lands once though its answer is lost', async () => {
  const rule = { match: { tool: 'slack_send_message' }, lose_answer: true, times: 1 };
  await stage.control('POST', 'faults', { rules: [rule] });
  const run = await brief('dave');
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  assert.equal(run.result.delivery.status, 'posted');
  const said = await messages('dave');
  assert.equal(said.length, 1);
  assert.match(said[0].params.text, /^\*Good morning!\*/);
});

test('the brief is said once a day, and a run is found below its own workflow only', async () => {
  const first = await brief('dave');
  const again = await brief('dave');
  assert.equal(again.result.delivery.status, 'already_posted');
  assert.equal(again.result.delivery.ts, first.result.delivery.ts);
  assert.equal((await messages('dave')).length, 1);
  const elsewhere = `/api/workflows/onboarding-health/runs/${first.runId}`;
  assert.equal((await stage.ask('GET', elsewhere, { as: 'dave' })).status, 404);
});

test('each workflow has a schedule of its own', async () => {
  await stage.ask('PUT', `${BRIEF}/schedule`, { as: 'dave' });
  const other = await stage.ask('GET', '/api/workflows/onboarding-health/schedule', { as: 'dave' });
  const own = await stage.ask('GET', `${BRIEF}/schedule`, { as: 'dave' });
  assert.deepEqual([own.json.enabled, other.json.enabled], [true, false]);
  await stage.ask('DELETE', `${BRIEF}/schedule`, { as: 'dave' });
});
