// Approval: who must give it, who finds what waits, and who is told.

import assert from 'node:assert/strict';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

const KEY = randomBytes(24);
const ANSWER_SECONDS = 60;

/** The operator's own system: keeps what it is sent, and answers the first of each id with an error. */
class Receiver {
  deliveries = [];

  static async up() {
    const receiver = new Receiver();
    receiver.server = createServer((request, response) => {
      const pieces = [];
      request.on('data', (piece) => pieces.push(piece));
      request.on('end', () => {
        const id = request.headers['webhook-id'];
        const before = receiver.deliveries.some((it) => it.headers['webhook-id'] === id);
        receiver.deliveries.push({ headers: request.headers, body: Buffer.concat(pieces) });
        response.writeHead(before ? 204 : 500).end();
      });
    });
    await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}/approvals`;
    return receiver;
  }

  /** What was sent about a run, once there is so much of it. */
  async about(runId, count) {
    const found = () => this.deliveries.filter((it) => it.body.includes(runId));
    for (const until = Date.now() + ANSWER_SECONDS * 1000; found().length < count; ) {
      if (Date.now() > until) throw new Error(`only ${found().length} deliveries`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return found();
  }
}

let stage;
let receiver;
before(async () => {
  receiver = await Receiver.up();
  stage = await Stage.up({
    extra: {
      ONBOARDING: JSON.stringify({ reconcileAfterSeconds: 1, customers: 'portal', approval: 'four_eyes' }),
      APPROVAL_WEBHOOK_URL: receiver.url,
      APPROVAL_WEBHOOK_SECRETS: `whsec_${KEY.toString('base64')}`,
    },
    issuer: { approvers: [{ organization: 'acme', user: 'grace' }, { organization: 'globex', user: 'mallory' }] },
  });
});
after(async () => {
  await stage?.down();
  receiver?.server.close();
});

/** A request of somebody's in an organization. */
async function as(user, organization, method, path, body) {
  const now = Math.floor(Date.now() / 1000);
  const { issuer, audience } = stage.sandbox.idp;
  const claims = { iss: issuer, sub: user, aud: audience, iat: now, exp: now + 600, org_id: organization };
  const token = await stage.control('POST', 'idp/sign', { header: { alg: 'RS256', kid: 'rs256-1' }, claims, key: 'RS256' });
  return stage.ask(method, path, { headers: { authorization: `Bearer ${token}` }, body });
}

async function until(user, runId, status) {
  for (const end = Date.now() + ANSWER_SECONDS * 1000; Date.now() < end; ) {
    const run = await as(user, 'acme', 'GET', `${WORKFLOW}/runs/${runId}`);
    if (run.json.status === status) return run.json;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new Error(`the run is not ${status}`);
}

const listed = async (user, organization = 'acme') =>
  (await as(user, organization, 'GET', '/api/approvals')).json.approvals.map((it) => it.runId);

test('a plan of alice is announced, found and decided by grace, and by nobody else', async () => {
  // The caller asks for no approval at all; the configuration does.
  const started = await as('alice', 'acme', 'POST', `${WORKFLOW}/trigger`, { approval: 'none' });
  assert.equal(started.status, 200, started.text);
  const { runId } = started.json;
  const run = await until('alice', runId, 'suspended');
  assert.equal(run.suspension.mode, 'four_eyes');

  // The first answer is an error: the same event comes again, signed anew.
  const [first, second] = await receiver.about(runId, 2);
  for (const { headers, body } of [first, second]) {
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const right = createHmac('sha256', KEY).update(content).digest();
    const [version, signature] = headers['webhook-signature'].split(',');
    assert.equal(version, 'v1');
    assert.ok(timingSafeEqual(Buffer.from(signature, 'base64'), right));
    assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 300);
  }
  assert.equal(first.headers['webhook-id'], second.headers['webhook-id']);
  assert.ok(first.body.equals(second.body));
  const { type, data } = JSON.parse(first.body);
  assert.equal(type, 'approval.waiting');
  assert.deepEqual(Object.keys(data).sort(), ['expiresAt', 'owner', 'runId', 'waiting', 'workflow', 'writes']);
  assert.equal(data.runId, runId);
  assert.ok(data.writes > 0);

  assert.deepEqual(await listed('grace'), [runId]);
  for (const [user, organization] of [['alice', 'acme'], ['bob', 'acme'], ['mallory', 'globex'], ['mallory', 'acme']]) {
    assert.deepEqual(await listed(user, organization), [], `${user} of ${organization}`);
  }
  const { hash } = run.suspension;
  const decide = (user, organization = 'acme') =>
    as(user, organization, 'POST', `${WORKFLOW}/runs/${runId}/resume`, { approval: { hash, decision: 'approve' } });
  const own = await decide('alice');
  assert.equal(own.status, 403, own.text);
  assert.equal(own.json.type, 'urn:onbehalf:problem:another-must-decide');
  assert.equal((await decide('bob')).status, 404);
  assert.equal((await decide('mallory', 'globex')).status, 404);
  assert.deepEqual(await stage.ledger('alice'), []);

  assert.equal((await decide('grace')).status, 200);
  assert.deepEqual(await listed('grace'), []);
  // Now it writes, at the pace the apps allow; that it ends is for other tests to see.
  for (const end = Date.now() + ANSWER_SECONDS * 1000; (await stage.ledger('alice')).length === 0; ) {
    if (Date.now() > end) throw new Error('nothing is written');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});

test('what waits is listed page by page', async () => {
  const answer = await as('grace', 'acme', 'GET', '/api/approvals?limit=1&user=alice');
  assert.equal(answer.status, 400);
  const page = await as('grace', 'acme', 'GET', '/api/approvals?limit=1');
  assert.deepEqual(Object.keys(page.json), ['approvals']);
});
