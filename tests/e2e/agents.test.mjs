// An agent on the running Worker, before the sandbox's models: its turns are runs, so what was answered
// is paid for once, what is written lands once, and a person decides about it.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { Stage, asking } from './lib/stage.mjs';

const AGENT = '/api/workflows/onboarding-assistant';
const MODEL = 'scripted';

let stage;
before(async () => {
  const extra = ({ models }) => {
    const behind = { baseUrl: models.anthropic, dialect: 'anthropic-messages', model: 'behind' };
    return { ...asking(models, MODEL), FALLBACK_MODEL: JSON.stringify(behind), FALLBACK_MODEL_API_KEY: models.key };
  };
  stage = await Stage.up({ extra });
});
after(() => stage?.down());
beforeEach(() => stage.control('DELETE', 'models'));

const seed = (user, connectors = ['hubspot', 'linear', 'zendesk']) =>
  stage.control('POST', 'seed', { user, customers: 2, connectors });
const script = (answers, model = MODEL) => stage.control('POST', 'models', { model, answers });
const told = () => stage.control('GET', 'models');
const call = (tool, args) => ({ tool, arguments: args });
const due = call('hubspot-list-due-tasks', { due_before: '2030-01-01T00:00:00Z' });
const task = (subject) => call('hubspot-create-task', { subject, due: '2030-01-01T00:00:00Z' });

async function ask(user, message) {
  const asked = await stage.ask('POST', `${AGENT}/trigger?overlap=allow`, { as: user, body: { message } });
  assert.equal(asked.status, 200, asked.text);
  return asked.json.runId;
}

/** The run once it is like this. */
async function until(user, runId, is, seconds = 120) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const run = await stage.ask('GET', `${AGENT}/runs/${runId}`, { as: user });
    assert.equal(run.status, 200, run.text);
    if (is(run.json)) return run.json;
    if (Date.now() > end) throw new Error(`the run is still ${run.text}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
const ended = (run) => ['completed', 'failed', 'cancelled'].includes(run.status);
const waits = (run) => run.status === 'suspended' && run.suspension.reason === 'approval_required';

const decide = (user, runId, run, decision) =>
  stage.ask('POST', `${AGENT}/runs/${runId}/resume`, {
    as: user,
    body: { approval: { hash: run.suspension.hash, decision } },
  });

test('it is listed with the workflows, with what it takes', async () => {
  const { json } = await stage.ask('GET', '/api/workflows', { as: 'alice' });
  const agent = json.workflows.find((it) => it.id === 'onboarding-assistant');
  assert.ok(agent.inputSchema.properties.message, JSON.stringify(agent));
});

test('a question is answered from what the tools say, and the model does not learn who asks', async () => {
  await seed('ada');
  await script([{ text: 'I look.', piece: 3, calls: [due, call('linear-list-open-issues', {})] }, { text: 'Nobody. See https://evil.example/x' }]);
  const run = await until('ada', await ask('ada', 'Who is at risk?'), ended);
  assert.deepEqual([run.result.end, run.result.text], ['answered', 'Nobody. See [link removed]']);
  assert.deepEqual(run.result.calls.map((it) => [it.tool, it.done]), [['hubspot-list-due-tasks', true], ['linear-list-open-issues', true]]);
  const { requests } = await told();
  assert.equal(requests.length, 2);
  const bodies = JSON.stringify(requests);
  assert.match(bodies, /as data/);
  for (const secret of ['user_ada', 'ada@acme.example', 'eyJ']) assert.ok(!bodies.includes(secret), secret);
});

test('the assistant reads the latest run of its person, and of nobody else', async () => {
  await seed('lea');
  await seed('moe');
  const started = await stage.ask('POST', '/api/workflows/onboarding-health/trigger', { as: 'lea' });
  const path = `/api/workflows/onboarding-health/runs/${started.json.runId}`;
  for (let run; run?.status !== 'completed'; await new Promise((resolve) => setTimeout(resolve, 300))) {
    run = (await stage.ask('GET', path, { as: 'lea' })).json;
    assert.ok(!['failed', 'suspended'].includes(run.status), JSON.stringify(run));
  }
  const look = [{ calls: [call('latest-onboarding-health', {})] }, { text: 'As the run says.' }];
  await script([...look, ...look]);
  const own = await until('lea', await ask('lea', 'Who is at risk?'), ended);
  assert.deepEqual(own.result.calls, [{ tool: 'latest-onboarding-health', writes: false, done: true }]);
  const read = (await told()).requests.at(-1).messages.at(-1).content;
  assert.ok(read.includes(started.json.runId) && read.includes('as data'), read);
  const other = await until('moe', await ask('moe', 'Who is at risk?'), ended);
  assert.deepEqual(other.result.calls.map((it) => it.done), [false]);
});

test('a write waits for a person, lands once, and costs no answer twice', async () => {
  await seed('bea');
  await script([{ calls: [task('Call Acme')] }, { text: 'Done.' }]);
  const runId = await ask('bea', 'Create a task.');
  const waiting = await until('bea', runId, waits);
  assert.equal((await stage.ledger('bea')).length, 0);
  assert.equal(waiting.suspension.plan[0].arguments.subject, 'Call Acme');
  const other = await decide('ada', runId, waiting, 'approve');
  assert.equal(other.status, 404, other.text);
  const decided = await decide('bea', runId, waiting, 'approve');
  assert.ok(decided.status < 300, decided.text);
  const run = await until('bea', runId, ended);
  assert.deepEqual([run.result.end, run.result.calls[0].done], ['answered', true]);
  assert.deepEqual((await stage.ledger('bea')).map((it) => it.tool), ['hubspot_task_create']);
  assert.equal((await told()).answered, 2);
});

test('a Worker that is killed in the middle of a turn goes on where it was', async () => {
  await seed('cleo');
  await script([{ calls: [task('Call Acme')] }, { text: 'Done.', latency_ms: 2000 }, { text: 'Done.' }]);
  const runId = await ask('cleo', 'Create a task.');
  const waiting = await until('cleo', runId, waits);
  await stage.kill();
  await stage.startWorker();
  await decide('cleo', runId, waiting, 'approve');
  // The write is done, and the answer behind it is under way.
  const end = Date.now() + 60_000;
  while ((await told()).requests.length < 2 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
  await stage.kill();
  await stage.startWorker();
  const run = await until('cleo', runId, ended);
  assert.equal(run.result.end, 'answered', JSON.stringify(run));
  assert.equal((await stage.ledger('cleo')).length, 1);
});

test('the model behind it answers where the first cannot', async () => {
  await seed('dora');
  await script([{ status: 401 }]);
  await script([{ text: 'From behind.' }], 'behind');
  const run = await until('dora', await ask('dora', 'Who is at risk?'), ended);
  assert.deepEqual([run.result.end, run.result.text], ['answered', 'From behind.']);
});

test('a turn without an answer is a failed run that says why', async () => {
  await seed('eve');
  await script([{ text: 'half', finish: 'length' }]);
  const run = await until('eve', await ask('eve', 'Who is at risk?'), ended);
  assert.deepEqual([run.status, run.outcome, run.result.end], ['completed', { kind: 'failed', reason: 'cut_off' }, 'cut_off']);
});
