// A person who is sent to a page of the Worker's and does there what it asks for.

import assert from 'node:assert/strict';

import { Browser } from './stage.mjs';

/** Signs somebody in on the page of a run, and presses one of its buttons if there are any; answers the page. */
export async function decide(user, url, decision) {
  const browser = new Browser();
  const signIn = await browser.open(url);
  assert.match(signIn.url, /\/authorize\?/, signIn.text);
  const page = await browser.signIn(signIn, user);
  const hidden = (name) => page.text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1];
  if (!hidden('hash')) return page;
  const form = { number: hidden('number'), hash: hidden('hash'), decision };
  return browser.go(url, { method: 'POST', form });
}

/** Signs somebody in on the page that connects an app, and consents; answers the page. */
export async function connect(user, url) {
  const browser = new Browser();
  const asked = await browser.signIn(await browser.open(url), user);
  const consent = await browser.open((await browser.confirm(asked)).location);
  return browser.open((await browser.allow(consent.url)).location);
}
