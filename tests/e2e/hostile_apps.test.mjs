// Scalekit and the apps behind it, answering nothing as they should: every run ends and says what
// went wrong, and this API's own answers stay typed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Browser, BY_CONSENT, Stage, WORKFLOW } from './lib/stage.mjs';

const KINDS = ['html', 'wrong_types', 'deep', 'redirect', 'huge'];
const READS = ['hubspot_contacts_search', 'zendeskoauth_search_tickets', 'linear_graphql_query'];

let stage;
before(async () => {
  stage = await Stage.up({ manners: BY_CONSENT });
});
after(() => stage?.down());

const faults = (rules) => stage.control('POST', 'faults', { rules });
/** How often a redirect was followed. */
const followed = async () => (await stage.control('GET', 'calls')).endpoints.elsewhere ?? 0;

/** An answer to a write that cannot be read is waited out for a minute each time, since the write
 *  may still land; where several are, the pauses between attempts grow to five. */
const PATIENCE_SECONDS = 480;

/** Runs to their ends, a user for each case. */
async function runs(cases) {
  for (const { user } of cases) await stage.control('POST', 'seed', { user, customers: 10 });
  await faults(cases.map(({ user, rule }) => ({ ...rule, match: { ...rule.match, identifier: `user_${user}` } })));
  const ended = async (it) => ({ ...it, run: await stage.until(it.user, await stage.trigger(it.user), undefined, PATIENCE_SECONDS) });
  const all = await Promise.all(cases.map(ended));
  await stage.control('DELETE', 'faults');
  return all;
}

test('whatever an app answers to a question, the run ends and says which app it was', async () => {
  const ends = await runs(
    READS.flatMap((tool) =>
      KINDS.map((kind) => ({ tool, kind, user: `${kind}-${tool}`, rule: { match: { tool }, garbage: kind } })),
    ),
  );
  for (const { kind, tool, run } of ends) {
    const what = `${tool} answers ${kind}`;
    assert.equal(run.status, 'completed', `${what}: ${JSON.stringify(run.failure)}`);
    const [error] = run.result.connectorErrors;
    assert.equal(error?.connector, tool.split(/oauth_|_/)[0], `${what}: ${JSON.stringify(run.result)}`);
    assert.equal(error.kind, 'upstream', what);
    const reason = { huge: 'answer_too_large', redirect: 'unexpected_status' }[kind] ?? 'malformed_answer';
    assert.equal(error.reason, reason, what);
  }
  assert.equal(await followed(), 0);
});

test('while nobody can read who is flagged nothing is written, and once it can be read every flag is', async () => {
  const cases = KINDS.map((kind) => ({ kind, user: `flags-${kind}`, rule: { match: { tool: 'hubspot_tasks_search' }, garbage: kind, times: 5 } }));
  const ends = await runs(cases);
  for (const { kind, user, run } of ends) {
    assert.equal(run.status, 'completed', `${kind}: ${JSON.stringify(run.failure)}`);
    assert.deepEqual(run.result.connectorErrors, [], kind);
    const tasks = (await stage.ledger(user)).filter((entry) => entry.tool === 'hubspot_task_create');
    assert.equal(tasks.length, run.result.flagged.length, kind);
  }
  assert.equal(await followed(), 0);
});

test('a write whose answer cannot be read is found again or made again, and made once', async () => {
  const ends = await runs(
    KINDS.map((kind) => ({ kind, user: `write-${kind}`, rule: { match: { tool: 'hubspot_task_create' }, garbage: kind, times: 2 } })),
  );
  for (const { kind, user, run } of ends) {
    assert.equal(run.status, 'completed', `${kind}: ${JSON.stringify(run.failure)}`);
    const tasks = (await stage.ledger(user)).filter((entry) => entry.tool === 'hubspot_task_create');
    assert.equal(tasks.length, run.result.flagged.length, kind);
    assert.equal(new Set(tasks.map((task) => task.params.hs_task_subject)).size, tasks.length, kind);
  }
  assert.equal(await followed(), 0);
});

test('whatever Scalekit answers, callers are told in the documented way', async () => {
  for (const endpoint of ['token', 'list_accounts']) {
    for (const kind of [...KINDS, 'break', '500', '403']) {
      await stage.control('POST', 'scalekit/expire_tokens');
      const rule = { break: { break_before: true }, 500: { status: 500 }, 403: { status: 403 } }[kind] ?? { garbage: kind };
      await faults([{ match: { endpoint }, ...rule }]);
      const answer = await stage.ask('GET', '/api/connections', { as: 'dave' });
      const what = `${endpoint} answers ${kind}`;
      assert.ok([502, 503].includes(answer.status), `${what}: ${answer.status} ${answer.text}`);
      assert.match(answer.json.type, /^urn:onbehalf:problem:connector-(failed|unavailable)$/, what);
      const tool = await stage.ask('POST', '/api/tools/hubspot-get-onboarding-contacts/execute', { as: 'dave', body: {} });
      assert.equal(tool.status, 200, `${what}: ${tool.text}`);
      if (endpoint === 'token') assert.equal(tool.json.status, 'error', `${what}: ${tool.text}`);
      await stage.control('DELETE', 'faults');
    }
  }
  assert.equal((await stage.ask('GET', '/api/connections', { as: 'dave' })).status, 200);
  assert.equal(await followed(), 0);
});

test('whatever Scalekit answers to a run, the run does not hang', async () => {
  await stage.control('POST', 'scalekit/expire_tokens');
  await faults([{ match: { endpoint: 'list_accounts' }, garbage: 'wrong_types' }]);
  const run = await stage.until('dave', await stage.trigger('dave'), ['completed', 'failed'], 55);
  const told = JSON.stringify(run.failure ?? run.result);
  assert.match(told, /scalekit|connector|malformed|upstream|unavailable/i, told);
  await stage.control('DELETE', 'faults');
});

test('a browser that comes to connect or back is shown a page, whatever is answered behind it', async () => {
  const session = async (user) => {
    const browser = new Browser();
    await browser.signIn(await browser.open(`${stage.url}/auth/login`), user);
    return browser;
  };
  for (const kind of KINDS) {
    const browser = await session('bob');
    await faults([{ match: { endpoint: 'magic_link' }, garbage: kind }]);
    const refused = await browser.connect(`${stage.url}/connect/zendesk`);
    assert.ok([502, 503].includes(refused.status), `magic_link ${kind}: ${refused.status} ${refused.location}`);
    await stage.control('DELETE', 'faults');

    const consent = (await browser.connect(`${stage.url}/connect/zendesk`)).location;
    const back = (await browser.allow(consent)).location;
    await faults([{ match: { endpoint: 'verify' }, garbage: kind }]);
    const page = await browser.go(back);
    assert.ok([400, 502, 503].includes(page.status), `verify ${kind}: ${page.status}`);
    await stage.control('DELETE', 'faults');

    const guest = new Browser();
    const begun = await guest.go(`${stage.url}/auth/login`);
    const form = { ...Object.fromEntries(new URL(begun.location).searchParams), user: 'bob' };
    const callback = (await guest.go(begun.location.split('?')[0], { method: 'POST', form })).location;
    await faults([{ match: { endpoint: 'idp_token' }, garbage: kind }]);
    const end = await guest.go(callback);
    assert.ok([403, 503].includes(end.status), `idp_token ${kind}: ${end.status}`);
    assert.match(end.headers.get('content-type'), /text\/html/, kind);
    await stage.control('DELETE', 'faults');
  }
  assert.equal(await followed(), 0);
});
