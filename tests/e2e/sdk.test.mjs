// Scalekit's own SDK against the sandbox: what it asks for and reads is nobody's guess. The sandbox
// carries it in the strict world, however an app's refusal arrives.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { endAll, freePort } from '../../scripts/lib/processes.mjs';
import { npmPackages } from '../../scripts/lib/setup.mjs';
import { startSandbox } from '../../scripts/lib/stack.mjs';
import { BUILD, Browser, MAPPING } from './lib/stage.mjs';

/** The SDK is nothing that the project needs but here: it has a folder and a lockfile of its own. */
const FOLDER = inRoot('tests', 'sdk');

let sandbox, sdk, status, actions, tools;
before(async () => {
  await npmPackages(FOLDER);
  const from = createRequire(`${FOLDER}/`);
  sdk = from('@scalekit-sdk/node');
  status = from('@scalekit-sdk/node/lib/pkg/grpc/scalekit/v1/connected_accounts/connected_accounts_pb').ConnectorStatus;
  sandbox = await startSandbox(await freePort(), { profile: BUILD.sandbox, manners: { provider_errors: MAPPING } });
  ({ actions, tools } = client());
});
after(endAll);

const client = (secret = sandbox.scalekit.client_secret) =>
  new sdk.ScalekitClient(sandbox.scalekit.url, sandbox.scalekit.client_id, secret);

const control = async (method, path, body) => {
  const answer = await fetch(`${sandbox.url}/_sandbox/${path}`, { method, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, path);
  return answer.json();
};
/** How often something was asked since the last look. */
const asked = async (act) => {
  const count = async () => (await control('GET', 'calls')).endpoints;
  const before = await count();
  await act();
  const now = await count();
  return (endpoint) => (now[endpoint] ?? 0) - (before[endpoint] ?? 0);
};
/** The name of the workspace's connection to an app. */
const connection = (app) => Object.entries(sandbox.manners.connections).find(([, it]) => it.provider === app)[0];
const failure = (promise) => promise.then(() => assert.fail('it should have failed'), (error) => error);
const seed = (user, connectors) => control('POST', 'seed', { user, customers: 1, connectors });

test('lists the accounts of a user, page for page and by connection', async () => {
  const all = await actions.listConnectedAccounts({ identifier: 'user_alice' });
  assert.equal(all.connectedAccounts.length, 4);
  assert.ok(all.connectedAccounts.every((it) => it.identifier === 'user_alice' && it.status === status.ACTIVE));
  const names = ['hubspot', 'zendesk'].map(connection);
  const two = await actions.listConnectedAccounts({ identifier: 'user_alice', connectionNames: names });
  assert.deepEqual(two.connectedAccounts.map((it) => it.connector).sort(), names.sort());
  const seen = [];
  for (let pageToken = ''; ; ) {
    const page = await actions.listConnectedAccounts({ identifier: 'user_alice', pageSize: 3, pageToken });
    seen.push(...page.connectedAccounts.map((it) => it.id));
    pageToken = page.nextPageToken;
    if (!pageToken) break;
  }
  assert.deepEqual(seen, all.connectedAccounts.map((it) => it.id));
});

test('gets an account, and says of one that is not there that it is not', async () => {
  const { connectedAccount } = await actions.getConnectedAccount({ connectionName: connection('hubspot'), identifier: 'user_alice' });
  assert.deepEqual([connectedAccount.status, connectedAccount.provider], [status.ACTIVE, 'HUBSPOT']);
  assert.equal(connectedAccount.authorizationDetails.details.case, 'oauthToken');
  const byId = await actions.getConnectedAccount({ connectedAccountId: connectedAccount.id });
  assert.equal(byId.connectedAccount.identifier, 'user_alice');
  const error = await failure(actions.getConnectedAccount({ connectionName: connection('hubspot'), identifier: 'user_nobody' }));
  assert.ok(error instanceof sdk.ScalekitNotFoundException, error);
});

test('makes an account, once', async () => {
  const asks = { connectionName: connection('hubspot'), identifier: 'user_made' };
  const made = await actions.getOrCreateConnectedAccount(asks);
  assert.equal(made.connectedAccount.status, status.PENDING_AUTH);
  const again = await actions.getOrCreateConnectedAccount(asks);
  assert.equal(again.connectedAccount.id, made.connectedAccount.id);
  const error = await failure(actions.createConnectedAccount(asks));
  assert.ok(error instanceof sdk.ScalekitConflictException, error);
  const elsewhere = await failure(actions.getOrCreateConnectedAccount({ ...asks, connectionName: 'none' }));
  assert.ok(elsewhere instanceof sdk.ScalekitNotFoundException, elsewhere);
});

/** Consents at the page behind a link; answers what the application is told. */
async function consent(link) {
  const told = await new Browser().allow(link);
  return new URL(told.location).searchParams;
}

test('makes an authorization link, and verifies its user and nobody else', async () => {
  const asks = { connectionName: connection('linear'), identifier: 'user_linked' };
  const { link, expiry } = await actions.getAuthorizationLink({ ...asks, state: 's-1', userVerifyUrl: 'https://app.example/verify' });
  assert.ok(Number(expiry.seconds) * 1000 > Date.now());
  const told = await consent(link);
  assert.equal(told.get('state'), 's-1');
  const authRequestId = told.get('auth_request_id');
  const at = async () => (await actions.getConnectedAccount(asks)).connectedAccount.status;
  assert.equal(await at(), status.PENDING_VERIFICATION);
  const other = await failure(actions.verifyConnectedAccountUser({ authRequestId, identifier: 'user_alice' }));
  assert.ok(other instanceof sdk.ScalekitForbiddenException, other);
  assert.equal(await at(), status.PENDING_VERIFICATION);
  await actions.verifyConnectedAccountUser({ authRequestId, identifier: asks.identifier });
  assert.equal(await at(), status.ACTIVE);
  const twice = await failure(actions.verifyConnectedAccountUser({ authRequestId, identifier: asks.identifier }));
  assert.ok(twice instanceof sdk.ScalekitNotFoundException, twice);
});

test('reads with a tool, as the user it names', async () => {
  const { data, executionId } = await actions.executeTool({
    toolName: 'hubspot_owners_list', identifier: 'user_alice', toolInput: { email: 'alice@acme.example' },
  });
  assert.match(executionId, /./);
  assert.deepEqual(data.results.map((it) => it.email), ['alice@acme.example']);
});

test('writes with a tool, once', async () => {
  await seed('writer', ['hubspot']);
  const toolInput = { hs_task_subject: 'Call back', hs_timestamp: '2026-12-01T09:00:00Z', hs_task_priority: 'HIGH' };
  await actions.executeTool({ toolName: 'hubspot_task_create', identifier: 'user_writer', connector: connection('hubspot'), toolInput });
  const ledger = await control('GET', 'ledger?identifier=user_writer');
  assert.deepEqual(ledger.map((it) => it.tool), ['hubspot_task_create']);
});

test("tells an app's refusal from Scalekit's own, and asks only once", async () => {
  const toolInput = { task_id: '1' };
  let error;
  const count = await asked(async () => {
    error = await failure(actions.executeTool({ toolName: 'hubspot_task_get', identifier: 'user_alice', toolInput }));
  });
  assert.ok(sdk.isToolException(error), error);
  assert.equal(error.toolErrorCode, 'OBJECT_NOT_FOUND');
  assert.equal(error.httpStatus, MAPPING === 'kept' ? 404 : 500);
  assert.equal(count('execute_tool'), 1);
});

test('has a type for a credential that died, one for a missing scope and one for a limit', async () => {
  await seed('types', ['hubspot']);
  const types = { 401: sdk.ScalekitToolUnauthorizedException, 403: sdk.ScalekitToolForbiddenException, 429: sdk.ScalekitToolRateLimitException };
  for (const [answer, type] of Object.entries(types)) {
    await control('POST', 'faults', { rules: [{ match: { identifier: 'user_types' }, times: 1, status: Number(answer) }] });
    const error = await failure(actions.executeTool({ toolName: 'hubspot_owners_list', identifier: 'user_types', toolInput: {} }));
    assert.ok(error instanceof type, `${answer}: ${error}`);
  }
  await control('DELETE', 'faults');
});

test('hears what is wrong with parameters, and of a tool that does not exist', async () => {
  const invalid = await failure(actions.executeTool({ toolName: 'hubspot_task_get', identifier: 'user_alice', toolInput: {} }));
  assert.ok(invalid instanceof sdk.ScalekitBadRequestException, invalid);
  const { fieldViolations } = invalid.unpackedDetails[0].validationErrorInfo;
  assert.deepEqual(fieldViolations.map((it) => it.field), ['task_id']);
  const unknown = await failure(actions.executeTool({ toolName: 'hubspot_no_such', identifier: 'user_alice', toolInput: {} }));
  assert.ok(unknown instanceof sdk.ScalekitNotFoundException && !sdk.isToolException(unknown), unknown);
});

test('is refused an identifier that is too long', async () => {
  const error = await failure(actions.listConnectedAccounts({ identifier: 'x'.repeat(101) }));
  assert.ok(error instanceof sdk.ScalekitBadRequestException, error);
});

test("lists the tools of a user's accounts by filter, with what each takes", async () => {
  const filter = { connectionNames: [connection('zendesk')], toolNames: ['zendesk_search_tickets', 'hubspot_task_create'] };
  const { tools: scoped, totalSize } = await tools.listScopedTools('user_alice', { filter });
  assert.deepEqual([totalSize, scoped[0].tool.definition.name], [1, 'zendesk_search_tickets']);
  assert.deepEqual(scoped[0].tool.definition.input_schema.required, ['query']);
  const mine = await actions.getConnectedAccount({ connectionName: connection('zendesk'), identifier: 'user_alice' });
  assert.equal(scoped[0].connectedAccountId, mine.connectedAccount.id);
  const none = await tools.listScopedTools('user_nobody', { filter: {} });
  assert.equal(none.tools.length, 0);
});

test('lists what tools there are, page for page', async () => {
  const first = await tools.listTools({ pageSize: 30 });
  const second = await tools.listTools({ pageSize: 30, pageToken: first.nextPageToken });
  const names = [...first.tools, ...second.tools].map((it) => it.definition.name);
  assert.deepEqual([new Set(names).size, first.totalSize > 60], [60, true]);
  const available = await tools.listAvailableTools('user_alice', { pageSize: 5 });
  assert.equal(available.tools.length, 5);
});

test('gets a new token when its own is refused', async () => {
  await actions.listConnectedAccounts({ identifier: 'user_alice' });
  await control('POST', 'scalekit/expire_tokens');
  const count = await asked(() => actions.listConnectedAccounts({ identifier: 'user_alice' }));
  assert.deepEqual([count('token'), count('list_accounts')], [1, 2]);
});

test('is refused with a secret that is not ours', async () => {
  const error = await failure(client('another').actions.listConnectedAccounts({ identifier: 'user_alice' }));
  assert.match(`${error.message} ${error.cause ?? ''}`, /401/);
  assert.doesNotMatch(`${error.message}`, /another/);
});

test('asks again while Scalekit is not available', async () => {
  await control('POST', 'faults', { rules: [{ match: { endpoint: 'list_accounts' }, times: 1, status: 503 }] });
  const { connectedAccounts } = await actions.listConnectedAccounts({ identifier: 'user_alice' });
  assert.equal(connectedAccounts.length, 4);
});

test('removes an account', async () => {
  await seed('gone', ['hubspot']);
  const asks = { connectionName: connection('hubspot'), identifier: 'user_gone' };
  await actions.deleteConnectedAccount(asks);
  assert.ok((await failure(actions.getConnectedAccount(asks))) instanceof sdk.ScalekitNotFoundException);
});
