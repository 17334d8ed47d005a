// Direct writes: each lands once, whatever happens to the Worker and however often it is asked for.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage } from './lib/stage.mjs';

let stage;
before(async () => {
  const rules = [{ claim: { sub: 'asked' }, decide: 'ask' }, { claim: { sub: 'denied' }, decide: 'deny' }];
  stage = await Stage.up({ extra: { TOOL_POLICY: JSON.stringify({ rules }) } });
});
after(() => stage?.down());

const EXECUTE = '/api/tools/hubspot-create-task/execute';
const task = (subject) => ({ subject, due: '2030-01-01T00:00:00Z' });
const seed = (user, connectors = ['hubspot']) => stage.control('POST', 'seed', { user, customers: 1, connectors });
const execute = (user, subject, { query = '', key } = {}) =>
  stage.ask('POST', `${EXECUTE}${query}`, {
    as: user,
    body: task(subject),
    headers: key ? { 'idempotency-key': key } : {},
  });

test('a repetition gives the end of the first call, and a key means it twice', async () => {
  await seed('tom');
  const first = await execute('tom', 'Call Acme');
  assert.equal(first.status, 200, first.text);
  assert.equal(first.json.status, 'success', first.text);
  const again = await execute('tom', 'Call Acme');
  assert.deepEqual({ ...first.json, repeated: true }, again.json);
  assert.equal((await stage.ledger('tom')).length, 1);
  const meant = await execute('tom', 'Call Acme', { key: 'twice' });
  assert.notEqual(meant.json.callId, first.json.callId);
  assert.equal((await execute('tom', 'Call Acme', { key: 'twice' })).json.callId, meant.json.callId);
  assert.equal((await execute('tom', 'Call Beta', { key: 'twice' })).status, 422);
  assert.equal((await stage.ledger('tom')).length, 2);
  const found = await stage.ask('GET', `/api/tool-calls/${first.json.callId}`, { as: 'tom' });
  assert.deepEqual(found.json, first.json);
  await seed('una');
  assert.equal((await stage.ask('GET', `/api/tool-calls/${first.json.callId}`, { as: 'una' })).status, 404);
});

test('a Worker that is killed in the middle of a call, and a client that asks again, make one write', async () => {
  await seed('vic');
  await stage.control('POST', 'faults', { rules: [{ match: { tool: 'hubspot_task_create' }, latency_ms: 3000 }] });
  const cut = execute('vic', 'Call Acme').catch((error) => error);
  // The write is under way, and its answer is not there yet.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await stage.kill();
  assert.ok((await cut) instanceof Error, 'nobody was answered');
  await stage.startWorker();
  const again = await execute('vic', 'Call Acme');
  assert.equal(again.json.repeated, true, again.text);
  await stage.control('DELETE', 'faults');
  const call = await stage.callEnded('vic', again.json.callId);
  assert.equal(call.status, 'success', JSON.stringify(call));
  assert.equal((await stage.ledger('vic')).length, 1, 'one write');
});

test('a write whose answer is lost is found', async () => {
  await seed('wes');
  await stage.control('POST', 'faults', {
    rules: [{ match: { tool: 'hubspot_task_create' }, lose_answer: true, times: 1 }],
  });
  const { status, json } = await execute('wes', 'Call Acme');
  await stage.control('DELETE', 'faults');
  const call = status === 200 ? json : await stage.callEnded('wes', json.callId);
  assert.equal(call.status, 'success', JSON.stringify(call));
  assert.equal((await stage.ledger('wes')).length, 1);
});

test('a call whose app is not connected waits for the connection', async () => {
  await seed('xen', ['linear']);
  const waiting = await execute('xen', 'Call Acme');
  assert.equal(waiting.status, 202, waiting.text);
  assert.equal(waiting.headers.get('location'), `/api/tool-calls/${waiting.json.callId}`);
  assert.equal(waiting.json.suspension.reason, 'connection_required');
  assert.match(waiting.json.connect.hubspot, /\/connect\/hubspot$/);
  const now = await execute('xen', 'Call Beta', { query: '?onMissingConnector=exit' });
  assert.deepEqual([now.status, now.json.status], [200, 'auth_error'], now.text);
  assert.equal((await stage.ledger('xen')).length, 0);
});

test('what the policy asks about is decided where runs are, and what it denies is not made', async () => {
  await seed('asked');
  const waiting = await execute('asked', 'Call Acme');
  assert.equal(waiting.status, 202, waiting.text);
  const { suspension, run } = waiting.json;
  assert.equal(suspension.reason, 'approval_required');
  assert.equal(suspension.plan.arguments.subject, 'Call Acme');
  const listed = await stage.ask('GET', '/api/approvals', { as: 'asked' });
  assert.ok(JSON.stringify(listed.json).includes(waiting.json.callId), listed.text);
  assert.equal((await stage.ledger('asked')).length, 0);
  const approval = { hash: suspension.hash, decision: 'approve' };
  const resumed = await stage.ask('POST', `${run}/resume`, { as: 'asked', body: { approval } });
  assert.equal(resumed.status, 200, resumed.text);
  assert.equal((await stage.callEnded('asked', waiting.json.callId)).status, 'success');
  const rejected = await execute('asked', 'Pay Acme');
  const no = { hash: rejected.json.suspension.hash, decision: 'reject' };
  await stage.ask('POST', `${rejected.json.run}/resume`, { as: 'asked', body: { approval: no } });
  assert.equal((await stage.callEnded('asked', rejected.json.callId)).kind, 'not_sent');
  assert.equal((await stage.ledger('asked')).length, 1);

  await seed('denied');
  assert.equal((await execute('denied', 'Call Acme')).status, 403);
  const dry = await execute('denied', 'Call Acme', { query: '?dryRun=true' });
  assert.deepEqual([dry.json.decision, dry.json.writes.length], ['deny', 1], dry.text);
  assert.equal((await stage.ledger('denied')).length, 0);
});
