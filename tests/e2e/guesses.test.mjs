// Guesses at the names of runs: refused before any object is woken for them. An object that is woken
// leaves a database behind, so those are counted.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { filesBelow } from './lib/storage.mjs';
import { Stage, WORKFLOW } from './lib/stage.mjs';

const GUESSES = 250;

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

const objects = async () => (await filesBelow(stage.state)).filter((path) => path.endsWith('.sqlite')).length;

test('nobody who guesses wakes an object, whatever they ask of it', async () => {
  await stage.control('POST', 'seed', { user: 'gus', customers: 1 });
  const { runId } = await stage.runToEnd('gus', {});
  const ask = (run, [method, tail]) =>
    stage.ask(method, `${WORKFLOW}/runs/${run}${tail}`, { as: 'gus', body: method === 'POST' ? { connected: ['zendesk'] } : undefined });
  const asks = [['GET', ''], ['GET', '/events'], ['DELETE', ''], ['POST', '/resume']];
  // Whoever asks at all has objects of their own; they are there before it is counted.
  for (const way of asks) await ask(runId, way);
  const before = await objects();
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_';
  const guess = (n) => {
    const at = runId.length - 1 - (n % (runId.length - 4));
    const other = letters[(letters.indexOf(runId[at]) + 1 + (n % 60)) % letters.length];
    return `${runId.slice(0, at)}${other}${runId.slice(at + 1)}`;
  };
  for (let n = 0; n < GUESSES; n += 1) {
    const answer = await ask(guess(n), asks[n % asks.length]);
    assert.equal(answer.status, 404, `${guess(n)}: ${answer.text}`);
  }
  assert.equal(await objects(), before);
  assert.equal((await ask(runId, asks[0])).status, 200);
});
