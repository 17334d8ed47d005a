// The Model Context Protocol on the running Worker, message by message: both eras, a write that waits for
// a person, and whose things are whose.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { decide } from './lib/person.mjs';
import { Stage } from './lib/stage.mjs';

const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol';

let stage;
before(async () => {
  const rules = [{ claim: { sub: 'trusted' }, by: 'mcp', decide: 'allow' }, { claim: { sub: 'denied' }, decide: 'deny' }];
  stage = await Stage.up({ extra: { TOOL_POLICY: JSON.stringify({ rules }) } });
});
after(() => stage?.down());

const seed = (user, connectors = ['hubspot']) => stage.control('POST', 'seed', { user, customers: 3, connectors });
const task = (subject) => ({ subject, due: '2030-01-01T00:00:00Z' });

/** One modern message. */
async function ask(as, method, params = {}, { can = {}, headers = {}, id = 1 } = {}) {
  const name = params.name ?? params.uri ?? params.taskId;
  const body = {
    jsonrpc: '2.0',
    id,
    method,
    params: {
      ...params,
      _meta: { [`${META}/protocolVersion`]: MODERN, [`${META}/clientCapabilities`]: can, ...params._meta },
    },
  };
  return stage.ask('POST', '/mcp', {
    as,
    body,
    headers: {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      ...(name ? { 'mcp-name': name } : {}),
      ...headers,
    },
  });
}
const call = async (as, name, args = {}, more = {}) => {
  const { kept, ...options } = more;
  const answer = await ask(as, 'tools/call', { name, arguments: args, ...kept }, options);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.result ?? answer.json;
};
const words = (result) => result.content.map((it) => it.text).join('\n');

/** What a run has come to, once it has. */
async function ended(as, runId, seconds = 120) {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const { structuredContent: run } = await call(as, 'get_run', { runId });
    if (['completed', 'failed', 'cancelled'].includes(run.status)) return run;
    assert.ok(Date.now() < until, JSON.stringify(run));
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

test('what is offered is found without a handshake, and with one', async () => {
  const discovered = await ask('alice', 'server/discover');
  assert.deepEqual(discovered.json.result.supportedVersions, [MODERN], discovered.text);
  const { json } = await ask('alice', 'tools/list');
  const names = json.result.tools.map((tool) => tool.name);
  assert.deepEqual(names, [...names].sort());
  for (const name of ['answer_run', 'connect_app', 'get_run', 'hubspot-create-task', 'run_onboarding_health']) {
    assert.ok(names.includes(name), name);
  }
  const shaken = await stage.ask('POST', '/mcp', {
    as: 'alice',
    body: {
      jsonrpc: '2.0',
      id: 'a',
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    },
  });
  assert.equal(shaken.json.result.protocolVersion, '2025-11-25', shaken.text);
  const legacy = await stage.ask('POST', '/mcp', {
    as: 'alice',
    body: { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    headers: { 'mcp-protocol-version': '2025-11-25' },
  });
  assert.deepEqual(legacy.json.result.tools, json.result.tools);
});

test('without a token one is told who gives one, and a page of another site is told nothing', async () => {
  const refused = await ask(undefined, 'tools/list');
  assert.equal(refused.status, 401);
  const [, metadata] = refused.headers.get('www-authenticate').match(/resource_metadata="([^"]+)"/);
  assert.equal(metadata, `${stage.url}/.well-known/oauth-protected-resource/mcp`);
  const document = await stage.ask('GET', metadata);
  assert.equal(document.json.resource, `${stage.url}/mcp`);
  const [issuer] = document.json.authorization_servers;
  const discovery = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  assert.equal(discovery.issuer, issuer);
  const foreign = await ask('alice', 'tools/list', {}, { headers: { origin: 'https://evil.example' } });
  assert.equal(foreign.status, 403);
  for (const method of ['GET', 'DELETE']) assert.equal((await stage.ask(method, '/mcp', { as: 'alice' })).status, 405);
});

test('reads as the caller, and says what it read twice', async () => {
  await seed('ria');
  const result = await call('ria', 'hubspot-list-due-tasks', { due_before: '2031-01-01T00:00:00Z' });
  assert.equal(result.isError, false, words(result));
  assert.equal(result.structuredContent.status, 'success');
  assert.deepEqual(JSON.parse(words(result)), result.structuredContent);
});

test('a write waits for its person, who decides on a page, and lands once', async () => {
  await seed('walt');
  const waiting = await call('walt', 'hubspot-create-task', task('Call Acme'));
  assert.equal(waiting.structuredContent.waitsFor, 'approval', words(waiting));
  const [url] = waiting.structuredContent.open;
  assert.ok(words(waiting).includes(url));
  assert.equal((await stage.ledger('walt')).length, 0);
  // The same call again is the same call, and no tool decides about it.
  const again = await call('walt', 'hubspot-create-task', task('Call Acme'));
  assert.equal(again.structuredContent.runId, waiting.structuredContent.runId);
  const { runId } = waiting.structuredContent;
  for (const answer of ['approve', 'connected']) {
    assert.equal((await call('walt', 'answer_run', { runId, answer })).isError, true);
  }
  assert.equal((await stage.ledger('walt')).length, 0);
  // Somebody else's session sees nothing there, and a token is no session.
  await seed('mallory');
  assert.equal((await decide('mallory', url, 'approve')).status, 404);
  const token = await stage.ask('POST', new URL(url).pathname, { as: 'walt', raw: 'number=1&hash=x&decision=approve' });
  assert.equal(token.status, 303);
  const decided = await decide('walt', url, 'approve');
  assert.equal(decided.status, 200, decided.text);
  const run = await ended('walt', runId);
  assert.equal(run.result.outcome.status, 'success', JSON.stringify(run));
  assert.equal((await stage.ledger('walt')).length, 1);
  const known = await call('walt', 'hubspot-create-task', task('Call Acme'));
  assert.equal(known.structuredContent.repeated, true);
  assert.equal((await stage.ledger('walt')).length, 1);
  assert.equal((await decide('walt', url, 'approve')).status, 409);
});

test('a client that opens pages asks again with what it was given, and a no is a no', async () => {
  await seed('nina');
  const can = { elicitation: { url: {} } };
  const asked = await call('nina', 'hubspot-create-task', task('Call Acme'), { can });
  assert.equal(asked.resultType, 'input_required');
  const [[name, request]] = Object.entries(asked.inputRequests);
  assert.equal(request.params.mode, 'url');
  const answer = (action) => ({ requestState: asked.requestState, inputResponses: { [name]: { action } } });
  const [decided, told] = await Promise.all([
    decide('nina', request.params.url, 'approve'),
    call('nina', 'hubspot-create-task', task('Call Acme'), { can, kept: answer('accept') }),
  ]);
  assert.equal(decided.status, 200, decided.text);
  assert.equal(told.structuredContent?.status, 'success', JSON.stringify(told));
  const second = await call('nina', 'hubspot-create-task', task('Pay Acme'), { can });
  const [[other]] = Object.entries(second.inputRequests);
  const kept = { requestState: second.requestState, inputResponses: { [other]: { action: 'decline' } } };
  const no = await call('nina', 'hubspot-create-task', task('Pay Acme'), { can, kept });
  assert.equal(no.structuredContent.kind, 'not_sent', JSON.stringify(no));
  assert.equal((await stage.ledger('nina')).length, 1);
});

test('a policy can be deliberate about it, in either direction', async () => {
  await seed('trusted');
  const made = await call('trusted', 'hubspot-create-task', task('Call Acme'));
  assert.equal(made.structuredContent.status, 'success', words(made));
  assert.equal((await stage.ledger('trusted')).length, 1);
  await seed('denied');
  assert.equal((await call('denied', 'hubspot-create-task', task('Call Acme'))).isError, true);
});

test('what is not connected is said with the link, and a task is followed to its end', async () => {
  await seed('cora', ['linear']);
  const read = await call('cora', 'hubspot-list-due-tasks', { due_before: '2031-01-01T00:00:00Z' });
  assert.equal(read.isError, true);
  assert.ok(words(read).includes(`${stage.url}/connect/hubspot`), words(read));
  const link = await call('cora', 'connect_app', { app: 'hubspot' });
  assert.deepEqual(link.structuredContent, { app: 'hubspot', connected: false, url: `${stage.url}/connect/hubspot` });
  const can = { extensions: { [`${META}/tasks`]: {} } };
  const made = await call('cora', 'run_onboarding_health', { onMissingConnector: 'suspend' }, { can });
  assert.equal(made.resultType, 'task', JSON.stringify(made));
  const { taskId } = made;
  const seen = await ask('cora', 'tasks/get', { taskId }, { can });
  assert.equal(seen.json.result.status, 'working', seen.text);
  assert.equal((await ask('cora', 'tasks/cancel', { taskId }, { can })).status, 200);
  const run = await ended('cora', taskId);
  assert.equal(run.status, 'cancelled');
  const end = await ask('cora', 'tasks/get', { taskId }, { can });
  assert.equal(end.json.result.status, 'cancelled', end.text);
});

test('a run that is started tells its progress, and is a resource of its owner', async () => {
  await seed('pia', ['hubspot', 'zendesk', 'linear']);
  const params = { name: 'run_onboarding_health', arguments: {}, _meta: { progressToken: 'p' } };
  const answer = await ask('pia', 'tools/call', params);
  assert.match(answer.headers.get('content-type'), /event-stream/);
  const messages = answer.text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
  const progress = messages.filter((it) => it.method === 'notifications/progress');
  assert.ok(progress.length > 1, answer.text);
  assert.deepEqual(progress.map((it) => it.params.progress), progress.map((_, at) => at + 1));
  const { structuredContent: run } = messages.at(-1).result;
  assert.ok(['completed', 'suspended', 'running'].includes(run.status), answer.text);
  const uri = `onbehalf://runs/onboarding-health/${run.runId}`;
  const listed = await ask('pia', 'resources/list');
  assert.ok(listed.json.result.resources.some((it) => it.uri === uri), listed.text);
  const mine = await ask('pia', 'resources/read', { uri });
  assert.equal(JSON.parse(mine.json.result.contents[0].text).runId, run.runId);
  const theirs = await ask('alice', 'resources/read', { uri });
  const none = await ask('alice', 'resources/read', { uri: `${uri.slice(0, -4)}zzzz` });
  assert.deepEqual([theirs.status, theirs.json], [none.status, none.json]);
  assert.ok(!mine.text.includes('user_pia'), 'no identifier is shown');
});
