// Where accounts belong to organizations, so does everything else.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Flavour } from './lib/flavour.mjs';
import { Browser, Stage, WORKFLOW } from './lib/stage.mjs';

/** What an entry says beside the usual where accounts belong to organizations. Okta knows none: its
 *  operators add a claim, and here only to tokens for the API. */
const ENTRIES = {
  oidc: {},
  okta: { org_claim: 'org_id' },
  auth0: { organization: 'org_acme' },
  clerk: {},
  workos: {},
  'workos-older': {},
};

for (const [provider, entry] of Object.entries(ENTRIES)) describe(`with ${provider}`, () => {
  let stage;
  let alice;
  let flavour;
  before(async () => {
    stage = await Stage.up({
      provider,
      entry: { ...entry, roles: { claim: 'roles', account_keeper: 'keeper' } },
      extra: { IDENTITY_SCOPE: 'org' },
    });
    alice = await stage.somebody('alice');
    flavour = await Flavour.of(stage, provider, alice);
  });
  after(() => stage?.down());

  /** The claim that names the organization: Clerk's is within another. */
  const named = (organization) =>
    provider === 'clerk' ? { o: { ...flavour.genuine.claims.o, id: organization } } : { org_id: organization };

  /** A request of alice's, in this organization; genuine but for what the test says. */
  async function asAlice(organization, method, path, body, { roles } = {}) {
    const claims = flavour.claims({ ...named(organization), roles });
    const header = flavour.header({ kid: 'rs256-1' });
    const token = await stage.control('POST', `idp/sign?provider=${provider}`, { header, claims, key: 'RS256' });
    return stage.ask(method, path, { headers: { authorization: `Bearer ${token}` }, body });
  }

  test('one person in two organizations has two sets of runs and two schedules', async () => {
    const started = await asAlice('acme', 'POST', `${WORKFLOW}/trigger`);
    assert.equal(started.status, 200, started.text);
    const run = `${WORKFLOW}/runs/${started.json.runId}`;
    assert.equal((await asAlice('acme', 'GET', run)).status, 200);
    assert.equal((await asAlice('globex', 'GET', run)).status, 404);
    assert.deepEqual((await asAlice('globex', 'GET', `${WORKFLOW}/runs`)).json.runs, []);
    assert.equal((await asAlice('acme', 'PUT', '/api/workflows/onboarding-health/schedule')).json.enabled, true);
    assert.equal((await asAlice('globex', 'GET', '/api/workflows/onboarding-health/schedule')).json.enabled, false);
  });

  test('a token without an organization, or with no name for one, is refused', async () => {
    assert.equal((await asAlice(undefined, 'GET', '/api/workflows/onboarding-health/schedule')).status, 403);
    for (const odd of ['', 7, 'x'.repeat(300), 'a\nb']) {
      assert.equal((await asAlice(odd, 'GET', '/api/workflows/onboarding-health/schedule')).status, 401, JSON.stringify(odd));
    }
  });

  test('a member connects, replaces and writes nothing for the organization; an account keeper does', async () => {
    const connect = (roles) => asAlice('acme', 'POST', '/api/connect', { connector: 'hubspot' }, { roles });
    for (const roles of [undefined, 'member', ['member'], 'keeper approver', [['keeper']], { keeper: true }]) {
      const refused = await connect(roles);
      assert.equal(refused.status, 403, JSON.stringify(roles));
      assert.equal(refused.json.type, 'urn:onbehalf:problem:role-required');
    }
    for (const roles of ['keeper', ['member', 'keeper']]) assert.equal((await connect(roles)).status, 200);
    const write = (roles) =>
      asAlice('acme', 'POST', '/api/tools/hubspot-create-task/execute', {}, { roles });
    assert.equal((await write('member')).json.type, 'urn:onbehalf:problem:role-required');
    assert.equal((await write('keeper')).json.type, 'urn:onbehalf:problem:invalid-body');
    // Looking, and the workflow under its own rules, are every member's.
    assert.equal((await asAlice('acme', 'GET', '/api/connections')).status, 200);
    assert.equal((await asAlice('acme', 'POST', `${WORKFLOW}/trigger`)).status, 200);
  });

  const skip = provider === 'okta' && 'its ID token names no organization: that claim is the operator\u2019s to add';
  test('in a browser, too, a member is told whom to ask', { skip }, async () => {
    const browser = new Browser();
    await browser.signIn(await browser.open(`${stage.url}/auth/login`), alice);
    for (const method of ['GET', 'POST']) {
      const page = await browser.go(`${stage.url}/connect/hubspot`, { method, ...(method === 'POST' ? { form: {} } : {}) });
      assert.equal(page.status, 403, page.text);
      assert.match(page.text, /Not yours to connect/);
      assert.equal(page.location, undefined);
    }
  });
});
