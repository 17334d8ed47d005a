// Scalekit's page where a user types an app's key, as somebody comes to it through the Worker.

import assert from 'node:assert/strict';

import { Browser } from './stage.mjs';

/** What is typed there. */
export const KEY = { decision: 'allow', domain: 'acme.zendesk.com', username: 'agent@acme.example', api_token: 'a-key-of-zendesk' };

/** Seeds somebody who has connected everything but Zendesk. */
export const withoutKey = (stage, user) =>
  stage.control('POST', 'seed', { user, customers: 3, connectors: ['hubspot', 'linear', 'slack'] });

/** A browser of this user on the page, and the page that asked them before. */
export async function keyPage(stage, user) {
  const browser = new Browser();
  const asked = await browser.signIn(await browser.open(`${stage.url}/connect/zendesk`), user);
  const page = await browser.open((await browser.confirm(asked)).location);
  assert.match(page.url, /\/magic\//, page.text);
  return { browser, asked, page };
}
