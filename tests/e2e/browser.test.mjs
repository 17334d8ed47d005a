// The pages in a real browser: a person connects an app.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { browserPath, launch } from './lib/chromium.mjs';
import { BY_CONSENT, Stage } from './lib/stage.mjs';

const path = browserPath();
const skip = path ? false : 'no Chromium here; install it or name one in CHROMIUM';
let stage;
let browser;
before(async () => {
  if (skip) return;
  // A denied consent may come back or not; a page of ours can only be shown where it does.
  stage = await Stage.up({ manners: { ...BY_CONSENT, denial: 'redirect_with_error' } });
  browser = await launch(path);
});
after(async () => {
  await browser?.close();
  await stage?.down();
});

test('bob connects Zendesk by clicking, and nothing on the pages breaks their own policy', { skip }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(stage.url);
  await page.getByText('Connect Zendesk').click();
  await page.getByRole('button', { name: /Bob/ }).click();
  await page.getByText('Signed in as').waitFor();
  await page.getByRole('button', { name: 'Continue to Zendesk' }).click();
  await page.getByRole('button', { name: 'Allow access' }).click();
  await page.getByRole('heading', { name: /Connected/ }).waitFor();
  assert.ok(page.url().startsWith(`${stage.url}/connect/callback`));
  const { json } = await stage.ask('GET', '/api/connections', { as: 'bob' });
  assert.equal(json.connections.find((it) => it.connector === 'zendesk').status, 'active');
  for (const cookie of await context.cookies(stage.url)) {
    assert.ok(cookie.httpOnly && cookie.sameSite === 'Lax', cookie.name);
  }
  assert.deepEqual(complaints, []);

  await page.reload();
  await page.getByRole('heading', { name: /Already used/ }).waitFor();
});

test('a person who changes their mind is told that nothing was connected', { skip }, async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${stage.url}/connect/linear`);
  await page.getByRole('button', { name: /Dave/ }).click();
  await page.getByRole('button', { name: 'Continue to Linear' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('link', { name: /Try again/ }).waitFor();
  assert.ok(page.url().startsWith(`${stage.url}/connect/callback`));
});
