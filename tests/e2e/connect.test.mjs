// Connecting an app: the right person in the right browser, once, whoever their identity provider is.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Browser, BY_CONSENT, PROVIDERS, Stage } from './lib/stage.mjs';

for (const provider of Object.keys(PROVIDERS)) describe(`with ${provider}`, () => {
  let stage;
  /** Who has never connected Zendesk, and who has everything. */
  let bob;
  let alice;
  before(async () => {
    stage = await Stage.up({ manners: BY_CONSENT, provider });
    bob = await stage.somebody('bob-of-many', { customers: 40, connectors: ['hubspot', 'linear'] });
    alice = await stage.somebody('alice-of-many');
  });
  after(() => stage?.down());

  /** A browser of this user, up to the consent page for a connector. */
  async function atConsent(user, connector) {
    const browser = new Browser();
    const signIn = await browser.open(`${stage.url}/connect/${connector}`);
    assert.match(signIn.url, /\/authorize\?/);
    const asked = await browser.signIn(signIn, user);
    assert.ok(asked.text.includes(`Signed in as</dt><dd>${user} `), asked.text);
    const consent = await browser.open((await browser.confirm(asked)).location);
    assert.match(consent.url, /\/magic\//, consent.text);
    return { browser, consent };
  }

  /** Consents; answers where the browser is sent back to. */
  async function allow({ browser, consent }) {
    return (await browser.allow(consent.url)).location;
  }

  const status = async (user, connector) => {
    const { json } = await stage.ask('GET', '/api/connections', { as: user });
    return json.connections.find((it) => it.connector === connector).status;
  };

  test('a forwarded answer does not connect, and says so at once', async () => {
    const back = await allow(await atConsent(bob, 'zendesk'));
    const page = await new Browser().open(back);
    assert.equal(page.status, 403, page.text);
    assert.ok(!/now connected|is connected/i.test(page.text));
    assert.notEqual(await status(bob, 'zendesk'), 'ACTIVE');
  });

  test('a run that waits for a connection goes on once it is made, once', async () => {
    const runId = await stage.trigger(bob, { onMissingConnector: 'suspend' });
    const waiting = await stage.until(bob, runId, ['suspended']);
    assert.equal(waiting.suspension.reason, 'connection_required');
    assert.deepEqual(waiting.suspension.missing.map((it) => it.connector), ['zendesk']);
    assert.equal(waiting.connect.zendesk, `${stage.url}/connect/zendesk`);

    const flow = await atConsent(bob, 'zendesk');
    const back = await allow(flow);
    const tampered = new URL(back);
    tampered.searchParams.set('state', 'x'.repeat(43));
    assert.ok((await flow.browser.open(tampered.href)).status >= 400);
    const page = await flow.browser.open(back);
    assert.equal(page.status, 200, page.text);
    assert.match(page.headers.get('content-security-policy'), /default-src 'none'/);
    assert.match(page.headers.get('content-security-policy'), /frame-ancestors 'none'/);
    assert.equal(await status(bob, 'zendesk'), 'active');

    const run = await stage.until(bob, runId);
    assert.equal(run.status, 'completed', JSON.stringify(run.failure));
    assert.equal(run.result.status, 'completed');
    const events = await stage.ask('GET', `/api/workflows/onboarding-health/runs/${runId}/events`, { as: bob });
    assert.equal(events.text.match(/"type":"resumed"/g)?.length, 1, events.text);

    const replayed = await flow.browser.open(back);
    assert.ok(replayed.status >= 400, 'an answer is used once');
  });

  test('signing in sends nobody elsewhere', async () => {
    for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', '/connect/../../x']) {
      const browser = new Browser();
      const first = await browser.go(`${stage.url}/auth/login?return_to=${encodeURIComponent(to)}`);
      let page = first.location ? await browser.open(first.location) : first;
      if (/\/authorize\?/.test(page.url)) page = await browser.signIn(page, alice);
      assert.ok(page.url.startsWith(stage.url), `${to} led to ${page.url}`);
    }
  });
});
