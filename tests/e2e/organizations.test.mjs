// Where accounts belong to organizations, so does everything else.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up({ extra: { IDENTITY_SCOPE: 'org' } });
});
after(() => stage?.down());

/** A request of alice's, in this organization. */
async function asAlice(organization, method, path, body) {
  const now = Math.floor(Date.now() / 1000);
  const { issuer, audience } = stage.sandbox.idp;
  const claims = { iss: issuer, sub: 'alice', aud: audience, iat: now, exp: now + 600, org_id: organization };
  const token = await stage.control('POST', 'idp/sign', { header: { alg: 'RS256', kid: 'rs256-1' }, claims, key: 'RS256' });
  return stage.ask(method, path, { headers: { authorization: `Bearer ${token}` }, body });
}

test('one person in two organizations has two sets of runs and two schedules', async () => {
  const started = await asAlice('acme', 'POST', `${WORKFLOW}/trigger`);
  assert.equal(started.status, 200, started.text);
  const run = `${WORKFLOW}/runs/${started.json.runId}`;
  assert.equal((await asAlice('acme', 'GET', run)).status, 200);
  assert.equal((await asAlice('globex', 'GET', run)).status, 404);
  assert.deepEqual((await asAlice('globex', 'GET', `${WORKFLOW}/runs`)).json.runs, []);
  assert.equal((await asAlice('acme', 'PUT', '/api/schedule')).json.enabled, true);
  assert.equal((await asAlice('globex', 'GET', '/api/schedule')).json.enabled, false);
});

test('a token without an organization, or with no name for one, is refused', async () => {
  assert.equal((await asAlice(undefined, 'GET', '/api/schedule')).status, 403);
  for (const odd of ['', 7, 'x'.repeat(300), 'a\nb']) {
    assert.equal((await asAlice(odd, 'GET', '/api/schedule')).status, 401, JSON.stringify(odd));
  }
});
