// Who asks too often is told to wait; nobody else notices.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

/** Small, so that they are met at once. */
const LIMITS = { LIMIT_RUNS: 3, LIMIT_CALLS: 4, LIMIT_READS: 20, LIMIT_PAGES: 5, LIMIT_WEBHOOKS: 6 };

let stage;
before(async () => {
  stage = await Stage.up({ limits: LIMITS });
});
after(() => stage?.down());

/**
 * Asks until it is too often. A minute may end on the way and the count begin anew, so twice the
 * limit has to be enough.
 */
async function untilRefused(limit, ask) {
  for (let asked = 0; asked <= 2 * limit; asked += 1) {
    const answer = await ask();
    if (answer.status === 429) return { answer, asked };
  }
  assert.fail(`never refused at a limit of ${limit}`);
}

function assertSaysWhenToComeBack(answer) {
  assert.equal(answer.headers.get('retry-after'), '60');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
}

test('a user who starts too much is refused; others and reading are not', async () => {
  const trigger = (as) => stage.ask('POST', `${WORKFLOW}/trigger?overlap=allow`, { as });
  const { answer, asked } = await untilRefused(LIMITS.LIMIT_RUNS, () => trigger('alice'));
  assert.ok(asked >= LIMITS.LIMIT_RUNS, `refused after ${asked}`);
  assertSaysWhenToComeBack(answer);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.equal(answer.json.type, 'urn:onbehalf:problem:rate-limited');
  assert.equal(answer.json.status, 429);

  assert.equal((await trigger('bob')).status, 200);
  for (const path of [`${WORKFLOW}/runs`, '/api/workflows/onboarding-health/schedule', '/api/tools']) {
    assert.equal((await stage.ask('GET', path, { as: 'alice' })).status, 200, path);
  }
  // What it refused, it did not begin.
  const { json } = await stage.ask('GET', `${WORKFLOW}/runs`, { as: 'alice' });
  assert.equal(json.runs.length, asked);
});

test('a user who calls too much is refused', async () => {
  const { answer } = await untilRefused(LIMITS.LIMIT_CALLS, () =>
    stage.ask('GET', '/api/connections', { as: 'alice' }));
  assertSaysWhenToComeBack(answer);
  assert.equal(answer.json.type, 'urn:onbehalf:problem:rate-limited');
  assert.equal((await stage.ask('GET', '/api/connections', { as: 'carol' })).status, 200);
});

test('a user who looks too often is refused, and may still start something', async () => {
  const { answer } = await untilRefused(LIMITS.LIMIT_READS, () =>
    stage.ask('GET', `${WORKFLOW}/runs/run_0000`, { as: 'dave' }));
  assertSaysWhenToComeBack(answer);
  assert.equal(answer.json.type, 'urn:onbehalf:problem:rate-limited');
  assert.equal((await stage.ask('POST', `${WORKFLOW}/trigger`, { as: 'dave' })).status, 200);
});

test('an address that opens too many pages sees a page that says so', async () => {
  const { answer } = await untilRefused(LIMITS.LIMIT_PAGES, () => stage.ask('GET', '/auth/login'));
  assertSaysWhenToComeBack(answer);
  assert.match(answer.headers.get('content-type'), /^text\/html/);
  assert.match(answer.headers.get('content-security-policy'), /default-src 'none'/);
  // The API is counted by user alone: one server asks for all of its users.
  assert.equal((await stage.ask('GET', '/api/workflows/onboarding-health/schedule', { as: 'alice' })).status, 200);
});

test('an address that sends too many unsigned webhooks is refused before they are looked at', async () => {
  const { answer } = await untilRefused(LIMITS.LIMIT_WEBHOOKS, () =>
    stage.ask('POST', '/webhooks/scalekit', { body: {} }));
  assertSaysWhenToComeBack(answer);
  assert.equal(answer.json.type, 'urn:onbehalf:problem:rate-limited');
});
