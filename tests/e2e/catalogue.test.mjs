// The catalogue's tools: each user has those of their own apps, and a write with one is a write like any
// other, found again where the settings say how.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage } from './lib/stage.mjs';

/** Apps that no tool of ours speaks to. */
const APPS = ['github', 'gitlab', 'notion', 'outlook', 'salesforce', 'snowflake'];

const NAMED = {
  github: 'github-Xy9bRc2M',
  gitlab: 'gitlab-Pf6hJw1U',
  notion: 'notion-Ck8dRj4Z',
  outlook: 'outlook-Jm1wBt9S',
  salesforce: 'salesforce-ubB7gpKc',
  snowflake: 'snowflake-Ur3xNv7K',
};

const RULES = [
  {
    connector: 'github',
    tools: ['github_issue_create'],
    lookup: {
      mark: 'body',
      tool: 'github_issues_list',
      arguments: { owner: '{owner}', repo: '{repo}', state: 'all', per_page: 100 },
      items: '/array',
      full: 100,
      visibleAfterSeconds: 1,
    },
  },
  { connector: 'github', tools: ['github_issue*'] },
  { connector: 'gitlab', tools: ['gitlab_issue*'] },
  { connector: 'notion', tools: ['notion_page_*'] },
  { connector: 'outlook', tools: ['outlook_send_message', 'outlook_list_messages'] },
  { connector: 'salesforce', tools: ['salesforce_query_soql'], kind: 'read' },
  { connector: 'salesforce', tools: ['salesforce_*'] },
  { connector: 'snowflake', tools: ['snowflake_execute_query'] },
];

const POLICY = {
  rules: [
    { tools: 'snowflake_*', decide: 'deny' },
    { tools: 'gitlab_issue_delete', decide: 'ask' },
  ],
};

/** The workspace's names for the apps that our own tools speak to. */
const SHIPPED = {
  hubspot: { connection: 'hubspot-qkHFhMip' },
  linear: { connection: 'linear-mR2xVd9K' },
  slack: { connection: 'slack-Tz81bWqe' },
  zendesk: { connection: 'zendesk-p5LsY0aN', kind: 'api_key' },
};

let stage;
before(async () => {
  const connectors = Object.fromEntries(APPS.map((app) => [app, { connection: NAMED[app] }]));
  stage = await Stage.up({
    extra: {
      CONNECTORS: JSON.stringify({ ...SHIPPED, ...connectors }),
      TOOL_CATALOGUE: JSON.stringify({ rules: RULES }),
      TOOL_POLICY: JSON.stringify(POLICY),
    },
  });
});
after(() => stage?.down());

const seed = (user, connectors) => stage.control('POST', 'seed', { user, customers: 0, connectors });
const tools = async (user) => (await stage.ask('GET', '/api/tools', { as: user })).json.tools;
const use = (user, tool, body, query = '') =>
  stage.ask('POST', `/api/tools/${tool}/execute${query}`, { as: user, body });
const faults = (rules) => stage.control('POST', 'faults', { rules });
const REPOSITORY = { owner: 'org-acme', repo: 'onboarding' };

test('two users with different apps are offered different tools, beside those of everybody', async () => {
  await seed('tom', ['github']);
  await seed('una', ['notion', 'salesforce']);
  const [his, hers] = [await tools('tom'), await tools('una')];
  const names = (list) => list.map((it) => it.id);
  assert.ok(names(his).includes('hubspot-create-task') && names(hers).includes('hubspot-create-task'));
  assert.ok(names(his).includes('github_issue_create') && !names(hers).includes('github_issue_create'));
  assert.ok(names(hers).includes('notion_page_create') && !names(his).includes('notion_page_create'));
  assert.ok(!names(his).includes('github_repo_delete'), 'what no rule opens is not offered');
  const issue = his.find((it) => it.id === 'github_issue_create');
  assert.deepEqual([issue.connector, issue.writes, issue.origin], ['github', true, 'catalogue']);
  assert.deepEqual(issue.inputSchema.required.toSorted(), ['owner', 'repo', 'title']);
  assert.equal(his.find((it) => it.id === 'github_issues_list').writes, false);
  assert.equal(hers.find((it) => it.id === 'salesforce_query_soql').writes, false, 'a rule says so');
  assert.equal(hers.find((it) => it.id === 'salesforce_soql_execute').writes, true, 'nothing says otherwise');
});

test('apps that nobody here has written a tool for are read and written', async () => {
  await seed('vic', ['github', 'gitlab', 'outlook', 'salesforce']);
  const listed = await use('vic', 'github_issues_list', REPOSITORY);
  assert.deepEqual([listed.status, listed.json.status], [200, 'success'], listed.text);
  assert.ok(Array.isArray(listed.json.data.array));
  const made = await use('vic', 'gitlab_issue_create', { id: '4711', title: 'Move the data' });
  assert.deepEqual([made.status, made.json.status], [200, 'success'], made.text);
  assert.equal(made.json.data.title, 'Move the data');
  const found = await use('vic', 'gitlab_issues_list', { id: '4711', search: 'Move' });
  assert.equal(found.json.data.array[0].iid, made.json.data.iid);
  const mail = { subject: 'Hello', body: 'Hi', toRecipients: ['pat@globex.example'] };
  const sent = await use('vic', 'outlook_send_message', mail);
  assert.deepEqual([sent.status, sent.json.status], [200, 'success'], sent.text);
  const contact = await use('vic', 'salesforce_contact_create', { LastName: 'Lee' });
  const query = { query: `SELECT LastName FROM Contact WHERE Id = '${contact.json.data.id}'` };
  const read = await use('vic', 'salesforce_query_soql', query);
  assert.equal(read.json.data.records[0].LastName, 'Lee', read.text);
  const written = (await stage.ledger('vic')).map((it) => it.tool);
  assert.deepEqual(written, ['gitlab_issue_create', 'outlook_send_message', 'salesforce_contact_create']);
  const again = await use('vic', 'gitlab_issue_create', { id: '4711', title: 'Move the data' });
  assert.equal(again.json.repeated, true, 'the same call is made once');
});

test('a lost answer is found where a look is declared, and stays unknown where none is', async () => {
  await seed('wes', ['github']);
  await faults([{ match: { tool: 'github_issue_create' }, lose_answer: true, times: 1 }]);
  const issue = await use('wes', 'github_issue_create', { ...REPOSITORY, title: 'Import' });
  const call = issue.status === 200 ? issue.json : await stage.callEnded('wes', issue.json.callId);
  assert.equal(call.status, 'success', JSON.stringify(call));
  assert.match(call.data.body, /call-e[0-9a-f]{16}/);
  assert.equal((await stage.ledger('wes')).length, 1);
  const comment = { ...REPOSITORY, issue_number: call.data.number, body: 'Begun' };
  await faults([{ match: { tool: 'github_issue_comment_create' }, lose_answer: true, times: 1 }]);
  const said = await use('wes', 'github_issue_comment_create', comment);
  await stage.control('DELETE', 'faults');
  const end = said.status === 200 ? said.json : await stage.callEnded('wes', said.json.callId);
  assert.deepEqual([end.status, end.kind], ['error', 'outcome_unknown'], JSON.stringify(end));
  assert.equal((await stage.ledger('wes')).length, 2, 'it has landed, and nothing was sent again');
});

test('a parameter that names somebody is neither shown nor taken', async () => {
  await seed('xan', ['salesforce']);
  const offered = await tools('xan');
  const contact = offered.find((it) => it.id === 'salesforce_contact_create');
  assert.ok(contact && !('AccountId' in contact.inputSchema.properties));
  assert.ok(!offered.some((it) => it.id === 'salesforce_account_get'), 'it cannot be called without one');
  const named = await use('xan', 'salesforce_contact_create', { LastName: 'Lee', AccountId: '001' });
  assert.equal(named.status, 422, named.text);
  assert.equal(named.json.field, 'AccountId');
  assert.equal((await stage.ledger('xan')).length, 0);
});

test('what does not fit is refused before anything is sent', async () => {
  await seed('yan', ['github']);
  for (const wrong of [{ ...REPOSITORY }, { ...REPOSITORY, title: 7 }, { ...REPOSITORY, title: 'x', labels: 'x' }]) {
    const refused = await use('yan', 'github_issue_create', wrong);
    assert.equal(refused.status, 422, refused.text);
  }
  assert.equal((await stage.ledger('yan')).length, 0);
  assert.equal((await use('yan', 'github_repo_delete', REPOSITORY)).status, 404, 'no rule opens it');
  assert.equal((await use('yan', 'github_issue_wish', REPOSITORY)).status, 404, 'Scalekit has no such tool');
});

test('a tool whose app is not connected says so, and a write of it waits for that', async () => {
  await seed('zoe', ['notion']);
  const read = await use('zoe', 'github_issues_list', REPOSITORY);
  assert.deepEqual([read.json.status, read.json.connector, read.json.reason], ['auth_error', 'github', 'not_connected']);
  const write = { ...REPOSITORY, title: 'Later' };
  const waits = await use('zoe', 'github_issue_create', write);
  assert.equal(waits.status, 202, waits.text);
  assert.ok(waits.json.connect.github.endsWith('/connect/github'), waits.text);
  const exits = await use('zoe', 'github_issue_create', { ...write, title: 'Never' }, '?onMissingConnector=exit');
  const end = exits.status === 200 ? exits.json : await stage.callEnded('zoe', exits.json.callId);
  assert.equal(end.status, 'auth_error', JSON.stringify(end));
});

test('the policy holds for them by pattern', async () => {
  await seed('abe', ['snowflake', 'gitlab']);
  const denied = await use('abe', 'snowflake_execute_query', { statement: 'SELECT ID FROM NOTES' });
  assert.equal(denied.status, 403, denied.text);
  const asked = await use('abe', 'gitlab_issue_delete', { id: '4711', issue_iid: 1 });
  assert.deepEqual([asked.status, asked.json.suspension.reason], [202, 'approval_required'], asked.text);
  const dry = await use('abe', 'gitlab_issue_create', { id: '4711', title: 'x' }, '?dryRun=true');
  assert.deepEqual([dry.json.decision, dry.json.writes[0].tool], ['allow', 'gitlab_issue_create']);
  assert.equal((await stage.ledger('abe')).length, 0);
});

/** A message of the Model Context Protocol, as an older client sends it. */
async function mcp(user, method, params) {
  const body = { jsonrpc: '2.0', id: 1, method, params };
  const headers = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
  const answer = await stage.ask('POST', '/mcp', { as: user, body, headers });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.result;
}

test('a model is offered them too, and what it writes waits for a person', async () => {
  await seed('ben', ['github']);
  const names = [];
  let cursor;
  let create;
  do {
    const page = await mcp('ben', 'tools/list', cursor ? { cursor } : {});
    names.push(...page.tools.map((it) => it.name));
    create ??= page.tools.find((it) => it.name === 'github_issue_create');
    cursor = page.nextCursor;
  } while (cursor);
  assert.ok(names.includes('github_issues_list') && !names.includes('notion_page_create'));
  assert.deepEqual([create.annotations.readOnlyHint, create.annotations.destructiveHint], [false, true]);
  assert.deepEqual(Object.keys(create.inputSchema.properties).toSorted(), [
    'assignees', 'body', 'labels', 'milestone', 'owner', 'repo', 'title', 'type',
  ]);
  const read = await mcp('ben', 'tools/call', { name: 'github_issues_list', arguments: REPOSITORY });
  assert.equal(read.isError ?? false, false, JSON.stringify(read));
  const write = await mcp('ben', 'tools/call', { name: 'github_issue_create', arguments: { ...REPOSITORY, title: 'Asked' } });
  assert.match(JSON.stringify(write), /\/approvals\/run_/);
  assert.equal((await stage.ledger('ben')).length, 0);
});

test('an agent has them beside its own tools, and what it writes waits for a person', async () => {
  await seed('yara', ['github']);
  const agent = '/api/workflows/onboarding-assistant';
  // The sandbox's model does whatever it reads.
  const message = `Call github_issue_create with ${JSON.stringify({ ...REPOSITORY, title: 'Import' })}`;
  const { json } = await stage.ask('POST', `${agent}/trigger?overlap=allow`, { as: 'yara', body: { message } });
  const waiting = await stage.until('yara', json.runId, ['suspended'], undefined, agent);
  assert.equal(waiting.suspension.reason, 'approval_required', JSON.stringify(waiting));
  assert.deepEqual(await stage.ledger('yara'), []);
  const approval = { hash: waiting.suspension.hash, decision: 'approve' };
  await stage.ask('POST', `${agent}/runs/${json.runId}/resume`, { as: 'yara', body: { approval } });
  const run = await stage.until('yara', json.runId, ['completed'], undefined, agent);
  assert.deepEqual(run.result.calls.map(({ tool, done }) => [tool, done]), [['github_issue_create', true]]);
  assert.equal((await stage.ledger('yara')).length, 1);
});
