// A key that is typed at Scalekit without a word to us: no browser comes back, and no webhook is
// sent. A run that waits for it finds it by looking again. The first look is ten minutes after the
// run began to wait, and this file waits for it: nothing here can make the Worker's clock go faster.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { KEY, keyPage, withoutKey } from './lib/key_page.mjs';
import { Stage } from './lib/stage.mjs';

/** When a run looks for the first time, after it began to wait: as the README says. */
const FIRST_LOOK_MINUTES = 10;
/** How often the sandbox is asked whether it was. */
const PAUSE_MS = 2_000;

let stage;
before(async () => {
  stage = await Stage.up();
  await stage.control('POST', 'webhooks', { url: null });
});
after(() => stage?.down());

/** How often Scalekit was asked something about this user. */
const asked = async (user) => (await stage.control('GET', 'calls')).by_identifier[`user_${user}`] ?? 0;

test('a run that waits for a key finds it by itself, with nobody asking it', async () => {
  const user = 'gwen-key';
  await withoutKey(stage, user);
  const runId = await stage.trigger(user, { onMissingConnector: 'suspend' });
  const { suspension } = await stage.until(user, runId, ['suspended']);
  assert.deepEqual(suspension.missing.map((it) => it.connector), ['zendesk']);
  const look = Date.parse(suspension.looksAgainAt);
  assert.equal(Math.round((look - Date.parse(suspension.since)) / 60_000), FIRST_LOOK_MINUTES);

  const { browser, page } = await keyPage(stage, user);
  await browser.go(page.url, { method: 'POST', form: KEY });
  // From here nobody comes near the Worker: whoever asked for the run might be what moves it.
  const before = await asked(user);
  await sleep(look - Date.now() - PAUSE_MS);
  assert.equal(await asked(user), before, 'it went on before it was time, so somebody has told it');
  for (let tries = 0; (await asked(user)) === before; tries += 1) {
    assert.ok(tries < 60, 'nothing has looked');
    await sleep(PAUSE_MS);
  }
  const run = await stage.until(user, runId);
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  assert.equal(run.result.status, 'completed', 'with the tickets of the Zendesk that was connected');
});
