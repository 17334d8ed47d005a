// An app that is connected with a key, as Scalekit's Zendesk is: nobody comes back to be verified,
// so what guards the link is that only who is signed in here is sent to it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { KEY, keyPage, withoutKey } from './lib/key_page.mjs';
import { Browser, Stage } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

/** Somebody who has connected everything but Zendesk. */
async function somebody(user) {
  await withoutKey(stage, user);
  return user;
}

const atKeyPage = (user) => keyPage(stage, user);

const status = async (user) => {
  const { json } = await stage.ask('GET', '/api/connections', { as: user });
  return json.connections.find((it) => it.connector === 'zendesk').status;
};

test('the link is given to nobody but who is signed in, and for their own account', async () => {
  const stranger = await new Browser().open(`${stage.url}/connect/zendesk`);
  assert.match(stranger.url, /\/authorize\?/, 'a stranger is asked who they are first');
  const [ann, ben] = [await somebody('ann-key'), await somebody('ben-key')];
  const { browser, page } = await atKeyPage(ann);
  await browser.go(page.url, { method: 'POST', form: KEY });
  assert.deepEqual([await status(ann), await status(ben)], ['active', 'not_connected']);
});

test('the page promises a key and no verification, and says when it is done', async () => {
  const { browser, asked, page } = await atKeyPage(await somebody('cleo-key'));
  assert.match(asked.text, /asks for your key/);
  assert.match(asked.text, /connected as soon as you have entered it/);
  assert.doesNotMatch(asked.text, /allow access|verif/i);
  const end = await browser.go(page.url, { method: 'POST', form: KEY });
  assert.deepEqual([end.status, end.location], [200, undefined], 'nobody is sent back');
});

test('a run that waits for it goes on when the webhook tells', async () => {
  const user = await somebody('dora-key');
  const runId = await stage.trigger(user, { onMissingConnector: 'suspend' });
  const waiting = await stage.until(user, runId, ['suspended']);
  assert.deepEqual(waiting.suspension.missing.map((it) => it.connector), ['zendesk']);
  const { browser, page } = await atKeyPage(user);
  await browser.go(page.url, { method: 'POST', form: KEY });
  const run = await stage.until(user, runId);
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  assert.equal(run.result.status, 'completed');
});

test('a key that was not given connects nothing', async () => {
  const user = await somebody('ezra-key');
  const { browser, page } = await atKeyPage(user);
  await browser.go(page.url, { method: 'POST', form: { ...KEY, api_token: '' } });
  await browser.go(page.url, { method: 'POST', form: { decision: 'deny' } });
  assert.notEqual(await status(user), 'active');
});

test('where Scalekit sends the browser back after a key, the page says what came of it', async () => {
  await stage.control('POST', 'manners', { ...stage.manners, key_entered: 'redirect' });
  const user = await somebody('fay-key');
  const { browser, page } = await atKeyPage(user);
  const end = await browser.open((await browser.go(page.url, { method: 'POST', form: KEY })).location);
  assert.equal(end.status, 200, end.text);
  assert.match(end.text, /Connected/);
  // The address alone, in another browser or for a key that was not given, says nothing of the kind.
  assert.equal((await new Browser().open(end.url)).status, 403);
  const again = await atKeyPage(user);
  await stage.control('POST', 'manners', { ...stage.manners, denial: 'redirect_with_error' });
  const denied = await again.browser.go(again.page.url, { method: 'POST', form: { decision: 'deny' } });
  const told = await again.browser.open(denied.location);
  assert.equal(told.status, 400, told.text);
  assert.match(told.text, /nothing was connected/);
});
