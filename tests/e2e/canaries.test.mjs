// Marked values go in everywhere; where they come out again is looked for in everything there is:
// storage, logs, answers, and whatever a model could be sent.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { dump } from './lib/storage.mjs';
import { Browser, BY_CONSENT, Stage, WORKFLOW, asking } from './lib/stage.mjs';

/** A user whose every name is marked. One has all apps, one lacks Zendesk. */
const FULL = 'canary-fa11c0de';
const WAITING = 'canary-9a17e4b2';
/** Whose token is put into URLs, where no client should put one. */
const CARELESS = 'canary-ca5e1e55';
const ORG = 'org_canary-0b1a5e';
/** What agents ask. */
const MODEL = 'scripted';

let stage;
const tokens = {};
/** Every text the Worker answered with, headers included, and what was asked. */
const answers = [];
/** Credentials by what they are. */
const credentials = {};
/** Those that came in a URL: they are in the platform's traces, which name every URL. */
const fromUrls = {};
/** Names of people by what they are. */
const identities = {};

before(async () => {
  stage = await Stage.up({ manners: BY_CONSENT, extra: ({ models }) => asking(models, MODEL) });
  for (const [user, connectors] of [[FULL], [CARELESS], [WAITING, ['hubspot', 'linear']]]) {
    await stage.control('POST', 'seed', { user, customers: 40, org: ORG, connectors });
  }
  const { idp, scalekit } = stage.sandbox;
  credentials['Scalekit client secret'] = scalekit.client_secret;
  credentials['Scalekit access token'] = 'sandbox-token-';
  credentials['webhook secret'] = scalekit.webhook_secret.replace(/^whsec_/, '');
  credentials['sign-in client secret'] = idp.client_secret;
  credentials['session secret'] = (await readFile(join(stage.state, 'session-secret'), 'utf8')).trim();
  for (const user of [FULL, WAITING, CARELESS]) {
    // One token for each, so that every use of it is a use of the marked one.
    tokens[user] = await stage.token(user);
    const [, claims, signature] = tokens[user].split('.');
    const kept = user === CARELESS ? fromUrls : credentials;
    kept[`the claims of ${user}’s token`] = claims;
    kept[`the signature of ${user}’s token`] = signature;
    identities[`${user}, the sub`] = user;
    identities[`${user}’s identifier`] = `user_${user}`;
    identities[`${user}’s e-mail address`] = `${user}@acme.example`;
  }
  identities.organization = ORG;
});
after(() => stage?.down());

/** One request as a marked user, remembered. */
async function ask(user, method, path, options = {}) {
  const authorization = `Bearer ${tokens[user]}`;
  const answer = await stage.ask(method, path, { ...options, headers: { authorization, ...options.headers } });
  answers.push({ what: `${method} ${path.slice(0, 80)}`, status: answer.status, text: `${JSON.stringify([...answer.headers])}\n${answer.text}` });
  return answer;
}

async function ended(user, runId, statuses = ['completed', 'failed', 'cancelled']) {
  for (let looks = 0; looks < 600; looks += 1) {
    const { json } = await ask(user, 'GET', `${WORKFLOW}/runs/${runId}`);
    if (statuses.includes(json.status)) return json;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the run does not end');
}

const trigger = async (user, body) => (await ask(user, 'POST', `${WORKFLOW}/trigger?overlap=allow`, { body })).json.runId;

/** The forms a text may hide in. */
function forms(value) {
  const bytes = Buffer.from(value);
  // base64 of a text within another begins at one of three places; the middle is the same.
  const inBase64 = [0, 1, 2].map((lead) => {
    const encoded = Buffer.concat([Buffer.alloc(lead), bytes]).toString('base64').replace(/=+$/, '');
    return encoded.slice(lead === 0 ? 0 : lead + 1, -1);
  });
  return [value, encodeURIComponent(value), bytes.toString('hex'), ...inBase64];
}

/** Which of these values are found in a text. */
const found = (text, values) =>
  Object.entries(values)
    .filter(([, value]) => forms(value).some((form) => text.includes(form)))
    .map(([what]) => what);

const all = () => ({ ...credentials, ...fromUrls, ...identities });

test('a full run, a waiting one and one whose Worker is killed', async () => {
  const full = await ended(FULL, await trigger(FULL));
  assert.equal(full.status, 'completed', JSON.stringify(full.failure));

  const waiting = await trigger(WAITING, { onMissingConnector: 'suspend' });
  await ended(WAITING, waiting, ['suspended']);

  await stage.control('POST', 'seed', { user: FULL, customers: 40, org: ORG });
  await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'execute_tool' }, latency_ms: 150 }] });
  const crashed = await trigger(FULL, { approval: 'required' });
  await new Promise((resolve) => setTimeout(resolve, 600));
  await stage.kill();
  await assertNoCredentialKept('while nobody runs');
  await stage.startWorker();
  await stage.control('DELETE', 'faults');
  const { suspension } = await ended(FULL, crashed, ['suspended']);
  await ask(FULL, 'POST', `${WORKFLOW}/runs/${crashed}/resume`, { body: { approval: { hash: suspension.hash, decision: 'approve' } } });
  assert.equal((await ended(FULL, crashed)).status, 'completed');
  await ask(FULL, 'GET', `${WORKFLOW}/runs/${crashed}/events`);
  await ask(FULL, 'PUT', '/api/workflows/onboarding-health/schedule');
});

test('a browser signs in, connects an app, and the waiting run goes on', async () => {
  const browser = new Browser();
  const signIn = await browser.open(`${stage.url}/connect/zendesk`);
  const asked = await browser.signIn(signIn, WAITING);
  const consent = await browser.open((await browser.confirm(asked)).location);
  const back = (await browser.allow(consent.url)).location;
  fromUrls['connect state'] = new URL(back).searchParams.get('state');
  const page = await browser.open(back);
  assert.equal(page.status, 200, page.text);
  answers.push({ what: 'the page after connecting', status: 200, text: page.text });
  const cookies = browser.cookies.get(new URL(stage.url).host);
  assert.ok(cookies.size >= 2);
  for (const [name, value] of cookies) credentials[`cookie ${name}`] = value;
  const { json } = await ask(WAITING, 'GET', `${WORKFLOW}/runs`);
  assert.equal((await ended(WAITING, json.runs[0].runId)).status, 'completed');
});

test('credentials in every place input is taken from', async () => {
  const marked = tokens[FULL];
  const wrongs = [marked, 7, [marked], { [marked]: marked }];
  for (const wrong of wrongs) {
    for (const body of [wrong, { approval: wrong }, { onMissingConnector: wrong }, { [typeof wrong === 'string' ? wrong : 'x']: 1 }]) {
      await ask(FULL, 'POST', `${WORKFLOW}/trigger`, { body });
    }
    for (const body of [{ number: wrong }, { connected: wrong }, { approval: { hash: wrong, decision: wrong } }]) {
      await ask(FULL, 'POST', `${WORKFLOW}/runs/run_0/resume`, { body });
    }
    await ask(FULL, 'POST', '/api/connect', { body: { connector: wrong } });
    await ask(FULL, 'PUT', '/api/workflows/onboarding-health/schedule', { body: { enabled: wrong } });
    for (const input of [{ limit: wrong }, { lifecycleStage: wrong }, { entered_after: wrong }, { userId: wrong }, { identifier: wrong }]) {
      await ask(FULL, 'POST', '/api/tools/hubspot-get-onboarding-contacts/execute', { body: input });
    }
  }
  const inUrl = encodeURIComponent(tokens[CARELESS]);
  for (const path of [`${WORKFLOW}/runs?cursor=${inUrl}`, `${WORKFLOW}/runs?status=${inUrl}`, `${WORKFLOW}/runs?limit=${inUrl}`, `${WORKFLOW}/runs/${inUrl}`, `${WORKFLOW}/runs?access_token=${inUrl}`]) {
    await ask(FULL, 'GET', path);
  }
  for (const path of [`/connect/${inUrl}`, `/connect/callback?state=${inUrl}&auth_request_id=${inUrl}`, `/auth/callback?code=${inUrl}&state=${inUrl}`, `/${inUrl}`]) {
    const answer = await stage.ask('GET', path);
    // Where the browser is to come back to holds what it came with; that is no echo into a page.
    answers.push({ what: path.slice(0, 40), status: answer.status, text: answer.text });
  }
  for (const name of ['idempotency-key', 'traceparent', 'last-event-id', 'cookie', 'accept', 'content-type']) {
    await ask(FULL, 'POST', `${WORKFLOW}/trigger`, { headers: { [name]: marked.slice(0, name === 'idempotency-key' ? 2000 : 8000) }, body: { x: 1 } });
  }
  for (const authorization of [`Bearer ${marked}x`, `Bearer ${marked.slice(0, -9)}`, `Basic ${marked}`, `Bearer ${marked} ${marked}`]) {
    await ask(FULL, 'GET', '/api/workflows/onboarding-health/schedule', { headers: { authorization } });
  }
  const hook = await stage.ask('POST', '/webhooks/scalekit', {
    headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': '1', 'webhook-signature': `v1,${stage.sandbox.scalekit.webhook_secret}` },
    body: { marked },
  });
  answers.push({ what: 'a webhook that is not signed', status: hook.status, text: hook.text });
});

test('no model is told who the user is, whatever the apps say', async () => {
  const toModel = [];
  let calls = 0;
  const execute = async (id, body) => {
    // Each call is meant: a write would otherwise be the one before it.
    const headers = { 'idempotency-key': `canary-${(calls += 1)}` };
    const answer = await ask(FULL, 'POST', `/api/tools/${id}/execute?onMissingConnector=exit`, { body, headers });
    toModel.push({ what: `${id}, ${answer.json?.status ?? answer.status}`, text: answer.text });
    return answer.json;
  };
  const { json } = await ask(FULL, 'GET', '/api/tools');
  toModel.push({ what: 'the list of tools', text: JSON.stringify(json) });
  const fields = JSON.stringify(json.tools.map((tool) => Object.keys(tool.inputSchema.properties ?? {})));
  assert.doesNotMatch(fields, /identif|user|tenant|org_?id|e?mail|token|secret|account|principal|subject_id|on_?behalf/i);

  const inputs = {
    'hubspot-get-onboarding-contacts': { limit: 5 },
    'hubspot-create-task': { subject: 'Call', due: '2030-01-01T00:00:00Z' },
    'hubspot-search-tasks': { marker: 'Call' },
    'zendesk-search-tickets': { requesters: ['a@b.example'] },
    'linear-list-issues': { first: 5 },
    'linear-list-comments': { issue_id: '2f4d5c1e-0000-4000-8000-000000000000' },
    'linear-create-comment': { issue_id: '2f4d5c1e-0000-4000-8000-000000000000', body: 'Hello' },
    'linear-list-open-issues': { first: 5 },
    'zendesk-list-queue': { opened_after: '2026-01-01T00:00:00Z', page: 1 },
    'hubspot-list-due-tasks': { due_before: '2030-01-01T00:00:00Z', limit: 5 },
    'slack-list-messages': { channel: 'C0000000000' },
    'slack-send-message': { channel: 'C0000000000', text: 'Hello' },
  };
  assert.deepEqual(Object.keys(inputs).sort(), json.tools.map((tool) => tool.id).sort());
  const { client_secret: secret } = stage.sandbox.scalekit;
  const indiscreet = `user_${FULL} (${FULL}@acme.example, sub=${FULL}) of ${ORG} sent Bearer ${tokens[FULL]}, client_secret=${secret}`;
  const failures = [400, 401, 403, 404, 409, 422, 429, 500, 503].flatMap((status) => [
    { status, says: indiscreet },
    { status, says: indiscreet, service: true },
  ]);
  for (const [id, body] of Object.entries(inputs)) {
    await execute(id, body);
    await execute(id, { ...body, identifier: `user_${FULL}` });
    await execute(id, { ...body, limit: tokens[FULL], first: FULL });
    // A write that nobody can tell the end of is waited for: of the apps' own refusals one is enough
    // there, and of Scalekit's those that are final.
    const { writes } = json.tools.find((tool) => tool.id === id);
    const soon = ({ status, service }) => (service ? ![429, 500, 503].includes(status) : status === 400);
    for (const failure of failures.filter((it) => !writes || soon(it))) {
      await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'execute_tool' }, ...failure }] });
      await execute(id, body);
    }
    await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'execute_tool' }, garbage: 'wrong_types' }] });
    await execute(id, body);
    await stage.control('DELETE', 'faults');
  }
  assert.ok(toModel.length > 100);
  for (const { what, text } of toModel) {
    assert.deepEqual(found(text, all()), [], `${what}: ${text.slice(0, 500)}`);
  }
});

test('no model that an agent asks is told who the user is, whatever they say and whatever the apps say', async () => {
  // Whoever types their own address has it in their thread, so it comes from an app alone.
  const person = `user_${FULL} (sub=${FULL})`;
  const indiscreet = `${person} ${FULL}@acme.example of ${ORG}, Bearer ${tokens[FULL]}, client_secret=${stage.sandbox.scalekit.client_secret}`;
  const due = { tool: 'hubspot-list-due-tasks', arguments: { due_before: '2030-01-01T00:00:00Z' } };
  const queue = { tool: 'zendesk-list-queue', arguments: { opened_after: '2026-01-01T00:00:00Z' } };
  const answers = [{ calls: [due, queue, { tool: 'latest-onboarding-health', arguments: {} }] }, { text: `You are ${person}.` }];
  const say = async (id) => {
    await stage.control('POST', 'models', { model: MODEL, answers });
    const message = { id, role: 'user', parts: [{ type: 'text', text: `I am ${person}. Who is at risk?` }] };
    const { status } = await stage.ask('POST', '/api/agents/onboarding-assistant/threads/canary/messages', {
      headers: { authorization: `Bearer ${tokens[FULL]}` },
      body: { message },
    });
    assert.equal(status, 200);
  };
  await say('m1');
  // What was said and answered before is read again.
  await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'execute_tool' }, status: 400, says: indiscreet }] });
  await say('m2');
  await stage.control('DELETE', 'faults');
  await stage.hearModels();
  assert.equal(stage.toModels.length, 4);
  for (const text of stage.toModels) assert.deepEqual(found(text, all()), [], text.slice(0, 2000));
});

test('no client of the Model Context Protocol is told who the user is', async () => {
  const version = '2025-06-18';
  const post = async (method, params = {}) => {
    const answer = await ask(FULL, 'POST', '/mcp', {
      body: { jsonrpc: '2.0', id: 1, method, params },
      headers: { accept: 'application/json, text/event-stream', 'mcp-protocol-version': version },
    });
    assert.equal(answer.status, 200, answer.text);
    return answer.text;
  };
  const clientInfo = { name: 'canary', version: '1' };
  const told = [await post('initialize', { protocolVersion: version, capabilities: {}, clientInfo }), await post('tools/list')];
  const call = async (name, args) => told.push(await post('tools/call', { name, arguments: args }));
  await call('hubspot-get-onboarding-contacts', { limit: 5 });
  await call('connect_app', { app: 'hubspot' });
  const { json } = await ask(FULL, 'GET', `${WORKFLOW}/runs`);
  await call('get_run', { runId: json.runs[0].runId });
  for (const service of [false, true]) {
    const says = `user_${FULL} (${FULL}@acme.example) of ${ORG}, ${tokens[FULL]}`;
    await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'execute_tool' }, status: 400, says, service }] });
    await call('zendesk-list-queue', { opened_after: '2026-01-01T00:00:00Z' });
  }
  await stage.control('DELETE', 'faults');
  for (const text of told) assert.deepEqual(found(text, all()), [], text.slice(0, 2000));
});

test('no credential and nobody’s name is in any other answer', async () => {
  const indiscreet = `user_${FULL} ${FULL}@acme.example ${tokens[FULL]} ${stage.sandbox.scalekit.client_secret}`;
  for (const endpoint of ['list_accounts', 'token']) {
    await stage.control('POST', 'scalekit/expire_tokens');
    for (const status of [400, 401, 403, 404, 500, 503]) {
      await stage.control('POST', 'faults', { rules: [{ match: { endpoint }, status, says: indiscreet, times: 3 }] });
      await ask(FULL, 'GET', '/api/connections');
    }
  }
  await stage.control('DELETE', 'faults');
  assert.ok(answers.length > 200, `${answers.length} answers`);
  for (const { what, status, text } of answers) {
    assert.deepEqual(found(text, all()), [], `${what} ${status}: ${text.slice(0, 500)}`);
    assert.ok(status < 500 || status === 503 || status === 502, `${what}: ${status} ${text.slice(0, 300)}`);
  }
});

/** Where the platform's own traces are: every request in and out, with its URL. */
const TRACES = join('v3', 'observability');

/** Storage and traces hold no credential, in its rows or in any byte of its files. */
async function assertNoCredentialKept(when) {
  const files = await dump(stage, 'objects');
  const rows = files.flatMap((file) => file.rows);
  assert.ok(files.filter((it) => it.path.endsWith('.sqlite')).length >= 4, `${when}: ${files.length} files`);
  // Were the rows not read, nothing would be found in them either.
  assert.ok(rows.some((row) => row.includes(`user_${FULL}`)), `${when}: ${rows.length} rows`);
  const traces = files.filter((it) => it.path.includes(TRACES)).flatMap((it) => it.rows);
  assert.ok(traces.some((row) => row.includes('/api/v1/execute_tool')), `${when}: ${traces.length} spans`);
  for (const { path, bytes, rows: own } of files) {
    const forbidden = path.includes(TRACES) ? credentials : { ...credentials, ...fromUrls };
    assert.deepEqual(found(bytes, forbidden), [], `${when}: bytes of ${path}`);
    assert.deepEqual(found(own.join('\n'), forbidden), [], `${when}: rows of ${path}`);
    // The address finds somebody's owner in HubSpot, so it is part of the context that a run, or
    // the daily run of a schedule, acts under, and of what a thread owes for the start of a turn. It is
    // kept there and nowhere else.
    const besides = own.map((row) => row.replaceAll(/"?context"?[:=]\{[^}]*\}/g, ''));
    const keepsContexts = /(Run|Principal|Schedule|Thread)Object/.test(path);
    const looked = keepsContexts ? besides.join('\n') : bytes + own.join('\n');
    assert.doesNotMatch(looked, /canary-[0-9a-f]+@acme/, `${when}: ${path}`);
  }
}

test('who somebody is at an app is told to themselves, and neither kept nor logged', async () => {
  for (const app of ['hubspot', 'linear', 'slack', 'zendesk']) {
    // Not among the answers that name nobody: the next tests look for it where nothing of it may be.
    const answer = await stage.ask('GET', `/api/connections/${app}/account`, { headers: { authorization: `Bearer ${tokens[FULL]}` } });
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.json.account.name, answer.text);
    if (app === 'slack') assert.equal(answer.json.account.user, FULL);
  }
});

test('no credential is kept', async () => {
  await assertNoCredentialKept('while it runs');
  await stage.kill();
  await assertNoCredentialKept('after all');
});

test('no credential and nobody’s name is in the logs', async () => {
  const logs = await Promise.all(stage.logs.map((path) => readFile(path, 'utf8')));
  assert.equal(logs.length, 2);
  // Where nothing was logged, nothing can be found.
  assert.match(logs.join('\n'), /"event":/);
  // The development server lists requests with their paths; deployed, there is no such line.
  const lines = logs.join('\n').split('\n').filter((line) => !/\[wrangler:info\] [A-Z]+ \//.test(line));
  for (const line of lines) {
    assert.deepEqual(found(line, all()), [], line.slice(0, 500));
  }
});
