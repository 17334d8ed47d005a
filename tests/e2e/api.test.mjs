// The API: what is answered, and what wrong input is told.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

test('a request without a token is asked for one', async () => {
  const answer = await stage.ask('GET', '/api/workflows/onboarding-health/schedule');
  assert.equal(answer.status, 401);
  assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="onbehalf"');
});

test('an idempotency key gives the same run, and refuses another input', async () => {
  const headers = { 'idempotency-key': 'monday' };
  const first = await stage.trigger('dave', undefined, headers);
  assert.equal(await stage.trigger('dave', undefined, headers), first);
  const other = await stage.ask('POST', `${WORKFLOW}/trigger`, { as: 'dave', headers, body: { approval: 'required' } });
  assert.equal(other.status, 422, other.text);
  await stage.until('dave', first);
});

test('runs are listed, filtered and paged', async () => {
  for (let n = 0; n < 3; n += 1) await stage.runToEnd('bob');
  const first = await stage.ask('GET', `${WORKFLOW}/runs?limit=2&status=completed`, { as: 'bob' });
  assert.equal(first.json.runs.length, 2, first.text);
  const second = await stage.ask('GET', `${WORKFLOW}/runs?limit=2&status=completed&cursor=${encodeURIComponent(first.json.nextCursor)}`, { as: 'bob' });
  assert.equal(second.json.runs.length, 1);
  assert.equal(second.json.nextCursor, undefined);
  const foreign = await stage.ask('GET', `${WORKFLOW}/runs?limit=2&status=completed&cursor=${encodeURIComponent(first.json.nextCursor)}`, { as: 'dave' });
  assert.equal(foreign.status, 400, 'a cursor is bound to its owner');
});

test('another user’s run and no run are the same to the byte', async () => {
  const runId = await stage.trigger('dave');
  const unknown = `run_${'0'.repeat(runId.length - 4)}`;
  const strip = ({ status, headers, text }) => ({ status, text, headers: [...headers].filter(([name]) => name !== 'date') });
  for (const [method, tail, body] of [['GET', ''], ['DELETE', ''], ['POST', '/resume', { connected: ['linear'] }], ['GET', '/events']]) {
    const ask = async (id) => strip(await stage.ask(method, `${WORKFLOW}/runs/${id}${tail}`, { as: 'alice', body }));
    const [theirs, none] = [await ask(runId), await ask(unknown)];
    assert.equal(theirs.status, 404);
    assert.deepEqual(theirs, none, `${method} ${tail}`);
  }
  assert.equal((await stage.until('dave', runId)).status, 'completed');
});

test('a cancelled run says so, and a finished one cannot be cancelled', async () => {
  await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'execute_tool', identifier: 'user_dave' }, latency_ms: 400 }] });
  const runId = await stage.trigger('dave');
  const cancelled = await stage.ask('DELETE', `${WORKFLOW}/runs/${runId}`, { as: 'dave' });
  assert.equal(cancelled.status, 200, cancelled.text);
  const writes = (await stage.ledger('dave')).length;
  assert.equal((await stage.until('dave', runId)).status, 'cancelled');
  assert.equal((await stage.ledger('dave')).length, writes, 'no write began after the answer');
  await stage.control('DELETE', 'faults');
  const finished = await stage.runToEnd('bob');
  const refused = await stage.ask('DELETE', `${WORKFLOW}/runs/${finished.runId}`, { as: 'bob' });
  assert.equal(refused.status, 409, refused.text);
});

test('events are streamed, and resumed after the last one seen', async () => {
  const { runId } = await stage.runToEnd('bob');
  const all = await stage.ask('GET', `${WORKFLOW}/runs/${runId}/events`, { as: 'bob' });
  assert.match(all.headers.get('content-type'), /text\/event-stream/);
  const ids = [...all.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
  assert.ok(ids.length >= 3, all.text);
  const rest = await stage.ask('GET', `${WORKFLOW}/runs/${runId}/events`, { as: 'bob', headers: { 'last-event-id': String(ids[0]) } });
  assert.deepEqual([...rest.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1])), ids.slice(1));
  assert.ok(!all.text.includes('user_bob'), 'no identifier in an event');
});

test('tools are listed with schemas that ask for no identity, and run as the caller', async () => {
  const { json } = await stage.ask('GET', '/api/tools', { as: 'alice' });
  assert.ok(json.tools.length >= 5);
  assert.ok(!/identifier|user_?id|token/i.test(JSON.stringify(json.tools.map((tool) => tool.inputSchema.properties))));
  const run = await stage.ask('POST', '/api/tools/hubspot-get-onboarding-contacts/execute', { as: 'alice', body: { limit: 3 } });
  assert.equal(run.json.status, 'success', run.text);
  assert.equal(run.json.contacts.length, 3);
  const refused = await stage.ask('POST', '/api/tools/zendesk-search-tickets/execute', { as: 'bob', body: { requesters: ['a@b.example'] } });
  assert.deepEqual([refused.json.status, refused.json.reason], ['auth_error', 'not_connected'], refused.text);
});

test('connections show their status and where to connect', async () => {
  const { json } = await stage.ask('GET', '/api/connections', { as: 'bob' });
  const zendesk = json.connections.find((it) => it.connector === 'zendesk');
  assert.equal(zendesk.connectUrl, `${stage.url}/connect/zendesk`);
  const asked = await stage.ask('POST', '/api/connect', { as: 'bob', body: { connector: 'zendesk' } });
  assert.deepEqual(asked.json, { url: `${stage.url}/connect/zendesk` });
  const unknown = await stage.ask('POST', '/api/connect', { as: 'bob', body: { connector: 'myspace' } });
  assert.equal(unknown.status, 400);
  assert.deepEqual(unknown.json.knownConnectors, ['hubspot', 'linear', 'slack', 'zendesk']);
});

test('each app says which account is connected, to whoever connected it', async () => {
  const account = (app, as) => stage.ask('GET', `/api/connections/${app}/account`, { as });
  const told = {};
  for (const app of ['hubspot', 'linear', 'slack', 'zendesk']) {
    const { status, json, text } = await account(app, 'alice');
    assert.deepEqual([status, json.connector], [200, app], text);
    told[app] = json.account;
  }
  assert.match(told.hubspot.name, /^Hub \d+$/);
  assert.match(told.hubspot.url, /^https:\/\/app\.hubspot\.com\/contacts\/\d+\/$/);
  assert.deepEqual([told.linear.user, told.slack.user], ['Alice Moreau', 'alice']);
  assert.match(told.slack.url, /^https:\/\/[a-z0-9-]+\.slack\.com\/$/);
  // The sandbox's Zendesk is under a host that is no Zendesk's, so it is named and not linked to.
  assert.match(told.zendesk.name, /\.zendesk\.example$/);
  assert.equal(told.zendesk.url, undefined);
  assert.equal((await account('linear', 'bob')).json.account.user, 'Bob Lindqvist');

  const missing = await account('zendesk', 'bob');
  assert.deepEqual([missing.status, missing.json.type], [409, 'urn:onbehalf:problem:connection-required'], missing.text);
  assert.deepEqual([missing.json.reason, missing.json.connectUrl], ['not_connected', `${stage.url}/connect/zendesk`]);
  assert.equal((await account('myspace', 'bob')).status, 400);
});

test('triggers at the same moment are one run, which says so', async () => {
  const trigger = () => stage.ask('POST', `${WORKFLOW}/trigger`, { as: 'carol', body: { approval: 'required' } });
  const answers = await Promise.all([trigger(), trigger(), trigger()]);
  assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 200]);
  assert.equal(new Set(answers.map((answer) => answer.json.runId)).size, 1);
  assert.deepEqual(answers.map((answer) => answer.json.status).sort(), ['joined', 'joined', 'started']);
  const { runId } = answers[0].json;
  const queued = await stage.ask('POST', `${WORKFLOW}/trigger?overlap=queue`, { as: 'carol' });
  assert.deepEqual([queued.json.status, queued.json.behind], ['queued', runId]);
  const waiting = await stage.ask('GET', `${WORKFLOW}/runs/${queued.json.runId}`, { as: 'carol' });
  assert.deepEqual(waiting.json.steps, []);
  await stage.ask('DELETE', `${WORKFLOW}/runs/${runId}`, { as: 'carol' });
  await stage.until('carol', queued.json.runId);
});

test('the cron ringing five times makes one run for each enrolled user and day', async () => {
  assert.equal((await stage.ask('PUT', '/api/workflows/onboarding-health/schedule', { as: 'bob' })).json.enabled, true);
  const count = async () => (await stage.ask('GET', `${WORKFLOW}/runs?limit=100`, { as: 'bob' })).json.runs.filter((run) => run.trigger === 'schedule').length;
  // The days to come: what was before the enrolment is not made up for. At nine, the starts of
  // eight o'clock have been spread.
  const today = Math.floor(Date.now() / 86_400_000);
  const tick = (day) => stage.ask('GET', `/cdn-cgi/handler/scheduled?cron=*/20+*+*+*+*&time=${(today + day) * 86_400_000 + 9 * 3_600_000}`);
  for (let n = 0; n < 5; n += 1) await tick(1);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.equal(await count(), 1);
  await tick(2);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.equal(await count(), 2);
  assert.equal((await stage.ask('DELETE', '/api/workflows/onboarding-health/schedule', { as: 'bob' })).status, 200);
  await tick(3);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.equal(await count(), 2);
});

test('wrong input on every kind of route gets a typed answer', async () => {
  const trigger = `${WORKFLOW}/trigger`;
  const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
  const json = { 'content-type': 'application/json' };
  const cases = [
    ['GET', '/nothing', {}, 404],
    ['PATCH', trigger, {}, 405],
    ['POST', trigger, { headers: { 'content-type': 'text/plain' }, raw: 'x' }, 415],
    ['POST', trigger, { headers: json, raw: '{' }, 400],
    ['POST', trigger, { headers: json, raw: deep }, 400],
    ['POST', trigger, { body: { unknown: 1 } }, 422],
    ['POST', trigger, { headers: json, raw: JSON.stringify('x'.repeat(100_000)) }, 413],
    ['POST', trigger, { headers: { 'idempotency-key': 'x'.repeat(300) } }, 400],
    ['GET', `${WORKFLOW}/runs?limit=0`, {}, 400],
    ['GET', `${WORKFLOW}/runs?status=asleep`, {}, 400],
    ['GET', `${WORKFLOW}/runs?cursor=abc`, {}, 400],
    ['GET', `${WORKFLOW}/runs/..%2f..%2fx`, {}, 404],
    ['POST', '/api/connect', { body: {} }, 422],
    ['POST', '/api/tools/nothing/execute', { body: {} }, 404],
    ['POST', '/api/tools/hubspot-create-task/execute', { body: { userId: 'x' } }, 422],
    ['POST', '/webhooks/scalekit', { body: {} }, 401],
  ];
  for (const [method, path, options, status] of cases) {
    const answer = await stage.ask(method, path, { as: 'alice', ...options });
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(options).slice(0, 60)}: ${answer.text}`);
    assert.match(answer.headers.get('content-type'), /problem\+json/);
    assert.match(answer.json.type, /^urn:onbehalf:problem:/);
  }
});

test('the OpenAPI document names every route', async () => {
  const { json } = await stage.ask('GET', '/openapi.json');
  assert.equal(json.openapi.slice(0, 3), '3.1');
  assert.ok(json.paths['/api/workflows/{workflow}/trigger'].post);
});
