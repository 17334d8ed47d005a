// A daily run under today's configuration: whoever it was switched on for has to be let in today.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Flavour } from './lib/flavour.mjs';
import { Stage, WORKFLOW } from './lib/stage.mjs';

const SCHEDULE = '/api/workflows/onboarding-health/schedule';
const DAY_MS = 86_400_000;
/** The role of whoever keeps an organization's schedules. */
const ROLES = { claim: 'roles', account_keeper: 'keeper' };

let stage;
before(async () => {
  stage = await Stage.up({ entry: { roles: ROLES } });
});
after(() => stage?.down());

/** Nine o'clock, so many days from now: the starts of eight o'clock have been spread. */
const ring = (day) => {
  const at = (Math.floor(Date.now() / DAY_MS) + day) * DAY_MS + 9 * 3_600_000;
  return stage.ask('GET', `/cdn-cgi/handler/scheduled?cron=*/20+*+*+*+*&time=${at}`);
};
const scheduled = async (user) =>
  (await stage.ask('GET', `${WORKFLOW}/runs?limit=100`, { as: user })).json.runs.filter((run) => run.trigger === 'schedule').length;
const restart = async (extra) => {
  Object.assign(stage.extra, extra);
  await stage.kill();
  await stage.startWorker();
};
async function until(what, holds) {
  for (let tries = 0; !(await holds()); tries += 1) {
    assert.ok(tries < 60, what);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

test('an issuer that is not trusted any more starts nothing, and the schedule says so', async () => {
  await stage.control('POST', 'seed', { user: 'sam', customers: 1 });
  assert.equal((await stage.ask('PUT', SCHEDULE, { as: 'sam' })).json.enabled, true);
  await ring(1);
  await until('the first day has its run', async () => (await scheduled('sam')) === 1);
  const trusted = { ...stage.extra };
  await restart(stage.trusting({ okta: { namespace: 'okta' } }));
  await ring(2);
  // What a ring came to stands in the schedule, which sam can read again once he is let in again.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await restart(trusted);
  const { json, text } = await stage.ask('GET', SCHEDULE, { as: 'sam' });
  assert.equal(json.enabled, true, 'a setting that is wrong for a day ends no schedule');
  assert.match(text, /not accepted any more/);
  assert.equal(await scheduled('sam'), 1);
});

/** As somebody of an organization, with roles there. */
async function as(roles, organization, method, path) {
  const flavour = await Flavour.of(stage, 'oidc', 'alice');
  const claims = flavour.claims({ sub: 'kay', org_id: organization, roles });
  const token = await stage.control('POST', 'idp/sign', { header: flavour.header({ kid: 'rs256-1' }), claims, key: 'RS256' });
  return stage.ask(method, path, { headers: { authorization: `Bearer ${token}` } });
}

test('an account keeper sees how the runs of the organization end, and nothing of whose they were', async () => {
  await stage.control('POST', 'seed', { user: 'uma', customers: 1 });
  const count = async (organization) => {
    const { json } = await as(['keeper'], organization, 'GET', '/api/organization/runs?days=2');
    return json.counts.filter((it) => it.workflow === 'onboarding-health').reduce((sum, it) => sum + it.runs, 0);
  };
  const before = await count('org_acme');
  const run = await stage.runToEnd('uma');
  await until('the organization counts it', async () => (await count('org_acme')) === before + 1);
  assert.equal(await count('org_globex'), 0);
  const { text, json } = await as(['keeper'], 'org_acme', 'GET', '/api/organization/runs');
  for (const part of [run.runId, 'uma', ...run.result.customers.map((it) => it.name)]) assert.ok(!text.includes(part), part);
  assert.ok(json.counts.some((it) => it.status === 'completed' && it.outcome.kind === 'done'), text);
  assert.equal((await as(['member'], 'org_acme', 'GET', '/api/organization/runs')).status, 403);
});

test('an account keeper lists the daily runs of the organization and ends one', async () => {
  await stage.control('POST', 'seed', { user: 'tom', customers: 1 });
  await stage.ask('PUT', SCHEDULE, { as: 'tom' });
  assert.equal((await as(['member'], 'org_acme', 'GET', `${WORKFLOW}/schedules`)).status, 403);
  let listed;
  await until('the organization knows of it', async () => {
    listed = await as(['keeper'], 'org_acme', 'GET', `${WORKFLOW}/schedules`);
    return listed.json.schedules.some((it) => it.user_id === 'tom' || it.userId === 'tom');
  });
  const { owner } = listed.json.schedules.find((it) => (it.user_id ?? it.userId) === 'tom');
  const elsewhere = await as(['keeper'], 'org_globex', 'GET', `${WORKFLOW}/schedules`);
  assert.deepEqual(elsewhere.json.schedules, []);
  assert.equal((await as(['keeper'], 'org_globex', 'DELETE', `${WORKFLOW}/schedules/${owner}`)).status, 404);
  assert.equal((await stage.ask('GET', SCHEDULE, { as: 'tom' })).json.enabled, true);
  assert.equal((await as(['keeper'], 'org_acme', 'DELETE', `${WORKFLOW}/schedules/${owner}`)).status, 204);
  assert.equal((await stage.ask('GET', SCHEDULE, { as: 'tom' })).json.enabled, false);
});
