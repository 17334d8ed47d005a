// Webhooks: who may say that a connection was made, and how often it counts.
//
// What a webhook does is seen in a run that waits: told of a connection, it looks again.

import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

/** The connection's name in the workspace. */
const ZENDESK = 'zendesk-p5LsY0aN';
const OLD = randomBytes(24);
const NEW = randomBytes(32);
const asSetting = (key) => `whsec_${key.toString('base64')}`;
/** How far the sender's clock may be off (Standard Webhooks). */
const TOLERANCE_SECONDS = 300;

let stage;
let runId;
before(async () => {
  stage = await Stage.up({ extra: { SCALEKIT_WEBHOOK_SECRETS: `${asSetting(OLD)} ${asSetting(NEW)}` } });
  // The sandbox signs with a secret of its own; here, only this test is heard.
  await stage.control('POST', 'webhooks', { url: null });
  runId = await stage.trigger('bob', { onMissingConnector: 'suspend' });
  await stage.until('bob', runId, ['suspended']);
});
after(() => stage?.down());

let serial = 0;
const freshId = () => `msg_${(serial += 1)}`;
const now = () => Math.floor(Date.now() / 1000);
const event = (change = {}) =>
  JSON.stringify({
    spec_version: '1',
    id: 'evt_1',
    type: 'connected_account.status_updated',
    occurred_at: new Date().toISOString(),
    environment_id: 'env_1',
    object: 'ConnectedAccount',
    data: { id: 'ca_1', identifier: 'user_bob', connection_name: ZENDESK, connector: ZENDESK, provider: 'ZENDESK', old_status: 'PENDING_AUTH', status: 'ACTIVE', ...change },
  });
const mac = (key, id, timestamp, body) =>
  createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');

/** A delivery: right in every way, but for what is said otherwise. */
async function deliver({ id = freshId(), timestamp = now(), body = event(), sent = body, key = NEW, signature, headers } = {}) {
  return stage.ask('POST', '/webhooks/scalekit', {
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature ?? `v1,${mac(key, id, timestamp, body)}`,
      ...headers,
    },
    raw: sent,
  });
}

/** The number of the run's suspension: one more each time it was woken and waits again. */
const waitsFor = async () => (await stage.until('bob', runId, ['suspended'])).suspension.number;

/** Waits until the run has been woken and waits again; `number` was its suspension before. */
async function wokenOnceSince(number) {
  for (let looks = 0; looks < 200; looks += 1) {
    const { status, suspension } = await stage.run('bob', runId);
    if (status === 'suspended' && suspension.number > number) {
      assert.equal(suspension.number, number + 1, 'woken once');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the run was not woken');
}

test('what is signed with either secret wakes the run, while they are rotated', async () => {
  for (const key of [OLD, NEW]) {
    const number = await waitsFor();
    const answer = await deliver({ key });
    assert.equal(answer.status, 204, answer.text);
    await wokenOnceSince(number);
  }
});

test('a delivery counts once, however often it comes', async () => {
  const number = await waitsFor();
  const id = freshId();
  for (let times = 0; times < 5; times += 1) {
    // A redelivery is signed anew, with the time of its own.
    assert.equal((await deliver({ id, timestamp: now() - times })).status, 204);
  }
  await wokenOnceSince(number);
  // Again when the run waits again; only the next event wakes it.
  assert.equal((await deliver({ id, key: OLD })).status, 204);
  assert.equal((await deliver()).status, 204);
  await wokenOnceSince(number + 1);
});

test('five at once count once too', async () => {
  const number = await waitsFor();
  const id = freshId();
  const answers = await Promise.all(Array.from({ length: 5 }, () => deliver({ id })));
  assert.deepEqual([...new Set(answers.map((it) => it.status))], [204]);
  await wokenOnceSince(number);
  assert.equal((await deliver()).status, 204);
  await wokenOnceSince(number + 1);
});

test('what is not signed, signed by others, changed or stale is refused and wakes nobody', async () => {
  const number = await waitsFor();
  const body = event();
  const right = (id, timestamp) => mac(NEW, id, timestamp, body);
  const without = (name) => ({ headers: { [name]: '' } });
  const timestamp = now();
  const refused = {
    'another secret': { key: randomBytes(32) },
    'the secret as text': { key: asSetting(NEW) },
    'no secret': { key: '' },
    'no signature': without('webhook-signature'),
    'no id': without('webhook-id'),
    'no timestamp': without('webhook-timestamp'),
    'half a signature': { id: 'm1', timestamp, body, signature: `v1,${right('m1', timestamp).slice(0, 20)}` },
    'no version': { id: 'm2', timestamp, body, signature: right('m2', timestamp) },
    'another version': { id: 'm3', timestamp, body, signature: `v2,${right('m3', timestamp)}` },
    'of another id': { id: 'm4', timestamp, body, signature: `v1,${right('m5', timestamp)}` },
    'of another time': { id: 'm6', timestamp, body, signature: `v1,${right('m6', timestamp - 1)}` },
    'another body': { sent: event({ identifier: 'user_alice' }), body },
    'the same body, written otherwise': { sent: JSON.stringify(JSON.parse(body), null, 1), body },
    'a body with one more byte': { sent: `${body} `, body },
    'too old': { timestamp: now() - TOLERANCE_SECONDS - 5 },
    'too new': { timestamp: now() + TOLERANCE_SECONDS + 30 },
    'a time that is no number': { timestamp: 'today' },
    'a time in milliseconds': { timestamp: Date.now() },
    'a negative time': { timestamp: -1 },
    'a time beyond all': { timestamp: '9'.repeat(40) },
    'an id too long': { id: 'x'.repeat(5000) },
    'a thousand signatures': { id: 'm7', timestamp, body, signature: `${`v1,${'A'.repeat(43)}= `.repeat(1000)}v1,${right('m7', timestamp)}` },
  };
  for (const [name, options] of Object.entries(refused)) {
    const answer = await deliver(options);
    assert.equal(answer.status, 401, `${name}: ${answer.status} ${answer.text}`);
    assert.ok(!answer.text.includes(NEW.toString('base64')), name);
  }
  assert.equal((await stage.ask('GET', '/webhooks/scalekit')).status, 405);
  // Were one of them taken, the run would be woken by more than the one that is right.
  assert.equal((await deliver()).status, 204);
  await wokenOnceSince(number);
});

test('one good signature among others is enough, and other news wakes nobody', async () => {
  const number = await waitsFor();
  const [id, timestamp, body] = [freshId(), now(), event({ status: 'EXPIRED', old_status: 'ACTIVE' })];
  const signature = `v1,${mac(randomBytes(32), id, timestamp, body)} v1a,xyz v1,${mac(OLD, id, timestamp, body)}`;
  assert.equal((await deliver({ id, timestamp, body, signature })).status, 204);
  for (const change of [{ identifier: 'user_alice' }, { connector: 'hubspot', provider: 'HUBSPOT', connection_name: 'hubspot' }, { status: 'PENDING_AUTH' }, { connector: 'myspace', connection_name: 'myspace', provider: 'MYSPACE' }]) {
    const other = await deliver({ body: event(change) });
    assert.equal(other.status, 204, JSON.stringify(change));
  }
  assert.equal((await deliver({ body: event().replace('connected_account.status_updated', 'directory.created') })).status, 204);
  assert.equal((await deliver()).status, 204);
  await wokenOnceSince(number);
});

test('signed nonsense is told so and does no harm', async () => {
  const bodies = ['', '{', '[]', '"x"', '{"type":7}', '{"type":"connected_account.status_updated"}', '{"type":"connected_account.status_updated","data":[]}', `${'['.repeat(500)}${']'.repeat(500)}`, '\u0000'];
  for (const body of bodies) {
    const answer = await deliver({ body });
    assert.ok(answer.status === 204 || answer.status === 400, `${body.slice(0, 40)}: ${answer.status} ${answer.text}`);
  }
  const large = await deliver({ body: JSON.stringify({ filling: 'x'.repeat(70_000) }) });
  assert.equal(large.status, 413, large.text);
});
