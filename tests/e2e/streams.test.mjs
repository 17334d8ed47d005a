// Event streams: each caller has so many at once, and one that is open goes on to the end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Stage, WORKFLOW } from './lib/stage.mjs';

/** Streams of one caller at once; the Worker's own bound. */
const MOST = 6;
/** Long enough for the Worker to notice that somebody has left, and a fraction of what a stream is
 *  served for. */
const SOON_MS = 30_000;

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

/** Opens a stream; answers it once its head is there. */
async function open(user, runId, controller) {
  const headers = { authorization: `Bearer ${await stage.token(user)}` };
  return fetch(`${stage.url}${WORKFLOW}/runs/${runId}/events`, { headers, signal: controller.signal });
}

async function waiting(user) {
  const runId = await stage.trigger(user, { approval: 'required' });
  await stage.until(user, runId, ['suspended']);
  return runId;
}

test('a caller who watches too much at once is refused; another is not', async () => {
  const [alices, carols] = [await waiting('alice'), await waiting('carol')];
  const controller = new AbortController();
  try {
    const answers = await Promise.all(Array.from({ length: 2 * MOST }, () => open('alice', alices, controller)));
    const opened = answers.filter((it) => it.status === 200);
    const refused = answers.filter((it) => it.status === 429);
    assert.equal(opened.length + refused.length, 2 * MOST);
    assert.ok(opened.length <= MOST && opened.length > 0, `${opened.length} are open`);
    const { type } = await refused[0].json();
    assert.equal(type, 'urn:onbehalf:problem:too-many-streams');
    assert.ok(Number(refused[0].headers.get('retry-after')) > 0);
    assert.equal((await open('carol', carols, controller)).status, 200);
    // Watching takes nothing from looking.
    assert.equal((await stage.ask('GET', `${WORKFLOW}/runs/${alices}`, { as: 'alice' })).status, 200);
  } finally {
    controller.abort();
  }
});

test('whoever leaves has their places back soon, not when they would have run out', async () => {
  const user = await stage.somebody('frank', { customers: 12, connectors: ['hubspot', 'linear', 'zendesk'] });
  const runId = await waiting(user);
  for (let visit = 0; visit < 3; visit += 1) {
    const controller = new AbortController();
    for (let window = 0; window < MOST; window += 1) {
      const last = Date.now() + SOON_MS;
      let answer = await open(user, runId, controller);
      while (answer.status === 429 && Date.now() < last) {
        await sleep(500);
        answer = await open(user, runId, controller);
      }
      assert.equal(answer.status, 200, `visit ${visit}, window ${window}`);
    }
    controller.abort();
  }
});

test('a stream tells what happens while it is open, and ends with the run', async () => {
  const runId = await waiting('erin');
  const controller = new AbortController();
  const answer = await open('erin', runId, controller);
  assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  assert.equal((await stage.ask('DELETE', `${WORKFLOW}/runs/${runId}`, { as: 'erin' })).status, 200);
  const text = await answer.text();
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data));
  assert.deepEqual(events.map((it) => it.seq), events.map((it) => it.seq).toSorted((a, b) => a - b));
  assert.ok(events.some((it) => it.type === 'suspended'));
  assert.equal(events.at(-1).type, 'cancelled');
});

test('a position that no journal has is a stream like any other', async () => {
  const runId = await waiting('dave');
  // The last can be written by no JavaScript number.
  for (const id of ['-1', '1e9', '9007199254740993', '18446744073709551615']) {
    const controller = new AbortController();
    const headers = { authorization: `Bearer ${await stage.token('dave')}`, 'last-event-id': id };
    const answer = await fetch(`${stage.url}${WORKFLOW}/runs/${runId}/events`, { headers, signal: controller.signal });
    assert.equal(answer.status, 200, id);
    controller.abort();
  }
});
