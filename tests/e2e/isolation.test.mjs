// Nobody sees, finds or changes what is another's: for every route, and every two people.
//
// The routes come from the OpenAPI document. A route that is not said here to name an object, or
// not to, fails the first test.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Browser, BY_CONSENT, PROVIDERS, Stage, WORKFLOW } from './lib/stage.mjs';

/** Operations that name a run of somebody, and what they are sent, given what the run waits for. */
const nothing = () => undefined;
const OBJECTS = {
  'GET /api/workflows/{workflow}/runs/{runId}': nothing,
  'DELETE /api/workflows/{workflow}/runs/{runId}': nothing,
  // What its owner would send: it fails for no other reason than who sends it.
  'POST /api/workflows/{workflow}/runs/{runId}/resume': (suspension) =>
    suspension?.hash
      ? { approval: { hash: suspension.hash, decision: 'approve' } }
      : { connected: ['zendesk'] },
  'GET /api/workflows/{workflow}/runs/{runId}/events': nothing,
};
/** Operations that name an object in a way of their own, each with a test below or where it says. */
const TESTED_BELOW = [
  'POST /api/workflows/{workflow}/trigger', // Idempotency-Key
  'GET /api/workflows/{workflow}/runs', // cursor
  'GET /connect/callback', // state
  'GET /api/approvals', // an approver's organization
  'GET /api/tool-calls/{callId}', // compared in tool_calls.test.mjs
  'GET /api/workflows/{workflow}/schedules', // an operator's organization
  'GET /api/organization/runs', // the same
  'DELETE /api/workflows/{workflow}/schedules/{owner}', // the same
  'POST /mcp', // compared in mcp.test.mjs
  'POST /api/agents/{agent}/threads/{thread}/messages', // compared in threads.test.mjs
  'GET /api/agents/{agent}/threads/{thread}', // the same
  'GET /api/agents/{agent}/threads/{thread}/stream', // the same
  'DELETE /api/agents/{agent}/threads/{thread}', // the same
  'GET /approvals/{runId}', // compared in mcp.test.mjs
  'POST /approvals/{runId}', // the same
  'GET /connect/{connector}', // says who is signed in, and what they have connected
];
/** Operations on what is the caller's alone: they name nothing, and are compared below. */
const OWN = [
  'GET /api/runs/latest',
  'GET /api/workflows/{workflow}/history',
  'GET /api/schedules',
  'GET /api/workflows/{workflow}/schedule',
  'PUT /api/workflows/{workflow}/schedule',
  'DELETE /api/workflows/{workflow}/schedule',
  'GET /api/connections',
  'GET /api/connections/{connector}/account',
  'DELETE /api/connections/{connector}',
  'POST /api/connect',
  'POST /api/tools/{id}/execute',
];
/** Operations that name nobody's object. */
const NOBODYS = [
  'GET /',
  'GET /health',
  'GET /openapi.json',
  'GET /console',
  'GET /api/tools',
  'GET /api/workflows',
  'GET /api/agents',
  'GET /.well-known/oauth-protected-resource',
  'GET /.well-known/oauth-protected-resource/mcp',
  'POST /webhooks/scalekit',
  'POST /connect/{connector}',
  'GET /auth/login',
  'GET /auth/callback',
  'GET /auth/callback/{namespace}',
  'POST /auth/logout',
  'GET /auth/session',
];

/** What changes with every answer, whoever asks. */
const OF_THE_MOMENT = new Set(['date', 'cf-ray', 'traceparent', 'x-request-id']);

for (const provider of Object.keys(PROVIDERS)) describe(`with ${provider}`, () => {
  let stage;
  /** Five people, named as the provider names its users: bob has no Zendesk, dave is of another
   *  organization, with apps of its own. */
  let alice;
  let bob;
  let dave;
  let users;
  let pairs;
  const runs = {};

  before(async () => {
    stage = await Stage.up({ manners: BY_CONSENT, provider });
    const somebody = (name, seed) => stage.somebody(`${name}-apart`, { customers: 20, connectors: undefined, ...seed });
    alice = await somebody('alice');
    bob = await somebody('bob', { connectors: ['hubspot', 'linear', 'slack'] });
    dave = await somebody('dave', { org: 'org_globex' });
    users = [alice, bob, dave, await somebody('carol'), await somebody('erin')];
    pairs = users.flatMap((of) => users.filter((by) => by !== of).map((by) => ({ of, by })));
    // One that ended and one that waits: bob's for a connection, the others' for approval.
    await Promise.all(
      users.map(async (user) => {
        const waiting = await stage.trigger(user, { approval: 'required', onMissingConnector: 'suspend' });
        const cancelled = await stage.trigger(user);
        await stage.ask('DELETE', `${WORKFLOW}/runs/${cancelled}`, { as: user });
        runs[user] = { waiting, cancelled };
        await stage.until(user, waiting, ['suspended']);
        await stage.until(user, cancelled);
      }),
    );
  });
  after(() => stage?.down());

  const whole = ({ status, headers, text }) => ({
    status,
    headers: [...headers].filter(([name]) => !OF_THE_MOMENT.has(name)),
    text,
  });
  const noSuchRun = (runId) => `run_${'0'.repeat(runId.length - 'run_'.length)}`;

  test('every route is known to this test', async () => {
    const { json } = await stage.ask('GET', '/openapi.json');
    const documented = Object.entries(json.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const known = [...Object.keys(OBJECTS), ...TESTED_BELOW, ...OWN, ...NOBODYS];
    assert.deepEqual(documented.sort(), known.sort());
  });

  test('another’s run is, to the byte, a run that does not exist, and stays as it was', async () => {
    for (const { of, by } of pairs) {
      for (const [kind, runId] of Object.entries(runs[of])) {
        const before = await stage.ask('GET', `${WORKFLOW}/runs/${runId}`, { as: of });
        for (const [operation, bodyFor] of Object.entries(OBJECTS)) {
          const [method, template] = operation.split(' ');
          const body = bodyFor(before.json.suspension);
          for (const asked of method === 'GET' ? ['GET', 'HEAD'] : [method]) {
            const ask = (id) => stage.ask(asked, template.replace('{workflow}', 'onboarding-health').replace('{runId}', id), { as: by, body });
            const [theirs, none] = [await ask(runId), await ask(noSuchRun(runId))];
            const what = `${asked} ${template}: a ${kind} run of ${of}, asked by ${by}`;
            assert.equal(theirs.status, 404, what);
            assert.deepEqual(whole(theirs), whole(none), what);
          }
        }
        const after = await stage.ask('GET', `${WORKFLOW}/runs/${runId}`, { as: of });
        assert.deepEqual(whole(after), whole(before), `${of}’s run after ${by}`);
      }
    }
  });

  test('without a token every run is asked for in vain in the same words', async () => {
    for (const operation of Object.keys(OBJECTS)) {
      const [method, template] = operation.split(' ');
      const ask = (id) => stage.ask(method, template.replace('{workflow}', 'onboarding-health').replace('{runId}', id));
      const [theirs, none] = [await ask(runs[alice].waiting), await ask(noSuchRun(runs[alice].waiting))];
      assert.equal(theirs.status, 401);
      assert.deepEqual(whole(theirs), whole(none), operation);
    }
  });

  test('what was refused to everybody else is granted to the owner', async () => {
    const { suspension } = await stage.run(alice, runs[alice].waiting);
    const resume = 'POST /api/workflows/{workflow}/runs/{runId}/resume';
    const body = OBJECTS[resume](suspension);
    const answer = await stage.ask('POST', `${WORKFLOW}/runs/${runs[alice].waiting}/resume`, { as: alice, body });
    assert.equal(answer.status, 200, answer.text);
  });

  test('lists hold one’s own runs and nobody else’s', async () => {
    for (const user of users) {
      const { json } = await stage.ask('GET', `${WORKFLOW}/runs?limit=100`, { as: user });
      assert.deepEqual(json.runs.map((run) => run.runId).sort(), Object.values(runs[user]).sort(), user);
      const latest = await stage.ask('GET', '/api/runs/latest', { as: user });
      assert.deepEqual(latest.json.runs, json.runs.slice(0, 1), `${user} has run this workflow alone`);
      const history = await stage.ask('GET', `${WORKFLOW}/history`, { as: user });
      // The run that was approved above ends when it ends.
      const own = Object.values(runs[user]);
      assert.deepEqual(history.json.runs.filter(({ runId }) => !own.includes(runId)), [], user);
    }
  });

  test('another’s cursor is, to the byte, a cursor nobody was given', async () => {
    const cursors = {};
    for (const user of users) {
      const { json } = await stage.ask('GET', `${WORKFLOW}/runs?limit=1`, { as: user });
      cursors[user] = json.nextCursor;
    }
    const page = (cursor, user) =>
      stage.ask('GET', `${WORKFLOW}/runs?limit=1&cursor=${encodeURIComponent(cursor)}`, { as: user });
    for (const { of, by } of pairs) {
      const theirs = await page(cursors[of], by);
      const made = await page('A'.repeat(cursors[of].length), by);
      assert.equal(theirs.status, 400);
      assert.deepEqual(whole(theirs), whole(made), `${of}’s cursor, sent by ${by}`);
    }
    for (const user of users) assert.equal((await page(cursors[user], user)).status, 200, user);
  });

  test('another’s idempotency key is a fresh one', async () => {
    const headers = { 'idempotency-key': 'the-same-for-all' };
    const started = new Map();
    for (const [nth, user] of users.entries()) {
      // Other options under the same key: nobody learns that the key was used.
      const onMissingConnector = nth % 2 === 0 ? 'suspend' : 'exit';
      const runId = await stage.trigger(user, { approval: 'required', onMissingConnector }, headers);
      assert.ok(!started.has(runId), `${user} was given ${started.get(runId)}’s run`);
      started.set(runId, user);
    }
    for (const [runId, user] of started) {
      await stage.ask('DELETE', `${WORKFLOW}/runs/${runId}`, { as: user });
    }
  });

  test('what waits for a decision is told to nobody who may not take it', async () => {
    for (const by of users) {
      const { text } = await stage.ask('GET', '/api/approvals', { as: by });
      for (const of of users.filter((it) => it !== by)) {
        for (const runId of Object.values(runs[of])) assert.ok(!text.includes(runId), `${of}\u2019s run, told to ${by}`);
      }
    }
  });

  test('the schedules of an organization are for its operators, and nobody here is one', async () => {
    for (const user of users) {
      for (const [method, path] of [['GET', 'schedules'], ['DELETE', 'schedules/p_somebody']]) {
        assert.equal((await stage.ask(method, `${WORKFLOW}/${path}`, { as: user })).status, 403, `${user} ${method}`);
      }
      assert.equal((await stage.ask('GET', '/api/organization/runs', { as: user })).status, 403, user);
    }
  });

  test('switching one’s schedule on and off is nobody else’s business', async () => {
    const own = '/api/workflows/onboarding-health/schedule';
    const seen = async (as) => [whole(await stage.ask('GET', own, { as })), whole(await stage.ask('GET', '/api/schedules', { as }))];
    for (const { of, by } of pairs) {
      await stage.ask('DELETE', own, { as: by });
      const before = await seen(by);
      await stage.ask('PUT', own, { as: of });
      assert.deepEqual(await seen(by), before, `${of}, ${by}`);
      await stage.ask('DELETE', own, { as: by });
      assert.equal((await stage.ask('GET', own, { as: of })).json.enabled, true, `${of}, ${by}`);
      await stage.ask('DELETE', own, { as: of });
    }
  });

  // Which apps a tool reaches follows from the identifier; no identity provider has a part in it, and
  // HubSpot takes few searches.
  if (provider === 'oidc') test('what a tool writes for one is found in that company\u2019s apps alone', async () => {
    const execute = (tool, user, body) => stage.ask('POST', `/api/tools/${tool}/execute`, { as: user, body });
    const marker = (user) => `isolation-${users.indexOf(user)}`;
    /** A search; HubSpot takes few of them, and whoever asks for more is told when to come back. */
    const search = async (by, marker) => {
      for (;;) {
        const answer = await execute('hubspot-search-tasks', by, { marker });
        const { status, retry_after_seconds: seconds } = answer.json;
        if (status !== 'rate_limited') {
          assert.equal(status, 'success', answer.text);
          return answer;
        }
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      }
    };
    const found = (by, of) => search(by, marker(of));
    for (const user of users) {
      const written = await execute('hubspot-create-task', user, { subject: marker(user), due: '2030-01-01T00:00:00Z' });
      assert.equal(written.json.status, 'success', written.text);
    }
    // The index lags; once everybody is found by themselves, others are asked.
    const until = Date.now() + 120_000;
    for (const user of users) {
      while ((await found(user, user)).json.tasks.length === 0) {
        assert.ok(Date.now() < until, `${user}\u2019s task is not found`);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
    for (const { of, by } of pairs) {
      const theirs = await found(by, of);
      // A HubSpot token sees its whole portal: colleagues see it, as in HubSpot itself.
      const colleagues = of !== dave && by !== dave;
      assert.equal(theirs.json.tasks.length, colleagues ? 1 : 0, `${of}\u2019s task, looked for by ${by}`);
      if (colleagues) continue;
      const none = await search(by, 'isolation-nobody');
      assert.deepEqual(whole(theirs), whole(none), `${of}\u2019s task, looked for by ${by}`);
    }
    for (const entry of await stage.control('GET', 'ledger')) {
      const nth = entry.params.hs_task_subject?.match(/^isolation-(\d)$/)?.[1];
      if (nth) assert.equal(entry.identifier, `user_${users[nth]}`);
    }
  });

  test('connections are told of one’s own accounts alone', async () => {
    const shown = {};
    for (const user of users) {
      const answer = await stage.ask('GET', '/api/connections', { as: user });
      shown[user] = Object.fromEntries(answer.json.connections.map((it) => [it.connector, it.status]));
      for (const other of users) assert.ok(!answer.text.includes(`user_${other}`), `${user} is told of ${other}`);
    }
    assert.equal(shown[alice].zendesk, 'active');
    assert.notEqual(shown[bob].zendesk, 'active');
    // So is who one is at an app.
    const at = (user) => stage.ask('GET', '/api/connections/slack/account', { as: user });
    const told = await Promise.all(users.map(at));
    assert.deepEqual(told.map(({ status }) => status), users.map(() => 200), told[0].text);
    assert.equal(new Set(told.map(({ json }) => json.account.user)).size, users.length);
    assert.equal((await stage.ask('GET', '/api/connections/zendesk/account', { as: bob })).status, 409);
    // Losing an app is seen by its owner only.
    await stage.control('POST', 'faults', {
      rules: [{ match: { endpoint: 'execute_tool', identifier: `user_${dave}` }, revoke: true, times: 1 }],
    });
    await stage.ask('POST', '/api/tools/hubspot-get-onboarding-contacts/execute', { as: dave, body: { limit: 1 } });
    await stage.control('DELETE', 'faults');
    // So is giving one up.
    assert.equal((await stage.ask('DELETE', '/api/connections/slack', { as: dave })).status, 204);
    const { json: own } = await stage.ask('GET', '/api/connections', { as: dave });
    assert.equal(own.connections.find(({ connector }) => connector === 'slack').status, 'not_connected');
    for (const user of users.filter((it) => it !== dave)) {
      const { json } = await stage.ask('GET', '/api/connections', { as: user });
      assert.deepEqual(Object.fromEntries(json.connections.map((it) => [it.connector, it.status])), shown[user], user);
    }
  });

  test('another’s consent is, to the byte, one nobody began', async () => {
    /** A browser of this user, signed in, and the state of an attempt it began. */
    const begun = async (user) => {
      const browser = new Browser();
      await browser.signIn(await browser.open(`${stage.url}/auth/login?return_to=/connect/zendesk`), user);
      const magic = (await browser.connect(`${stage.url}/connect/zendesk`)).location;
      const back = (await browser.allow(magic)).location;
      return { browser, back: new URL(back) };
    };
    const attempts = {};
    for (const user of users) attempts[user] = await begun(user);
    for (const { of, by } of pairs) {
      const { browser } = attempts[by];
      const made = new URL(attempts[of].back);
      made.searchParams.set('state', 'A'.repeat(made.searchParams.get('state').length));
      const [theirs, none] = [await browser.go(attempts[of].back.href), await browser.go(made.href)];
      assert.equal(theirs.status, 403, theirs.text);
      assert.deepEqual(whole(theirs), whole(none), `${of}’s consent, brought back by ${by}`);
    }
    // The others' visits have ended it: a consent may be somebody else's than who began.
    const own = await attempts[bob].browser.go(attempts[bob].back.href);
    assert.equal(own.status, 409, own.text);
  });

  test('the page before connecting shows each their own', async () => {
    for (const user of users) {
      const browser = new Browser();
      await browser.signIn(await browser.open(`${stage.url}/auth/login`), user);
      const { text } = await browser.go(`${stage.url}/connect/hubspot`);
      assert.ok(text.includes(`Signed in as</dt><dd>${user} `), text);
      for (const other of users.filter((it) => it !== user)) assert.ok(!text.includes(`<dd>${other}`), other);
    }
  });
});
