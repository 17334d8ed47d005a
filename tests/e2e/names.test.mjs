// Names that customers choose: what becomes of them where the CSM's colleagues read them. The
// sandbox's page makes a link or a mention of whatever the app would make one of.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

const NAMES = [
  'https://linear.app/acme/profiles/ceo',
  'see https://evil.example/login [here](https://evil.example) evil.example',
  '@ceo <!channel> <@U0000000001> <https://evil.example|Acme>',
  '<b onclick="x()">Acme</b> <img src=https://evil.example/x.png>',
  '# Acme\n\n![x](https://evil.example/x.png) `code` \u202Egnp.exe',
];

for (const [nth, company] of NAMES.entries()) {
  test(`a customer called ${JSON.stringify(company)} links to nobody and tells nobody`, async () => {
    // A portal for each: what is looked at is of this customer alone.
    const user = `names-${nth}`;
    await stage.control('POST', 'seed', { user, customers: 12, company, portal: user });
    const run = await stage.runToEnd(user, {});
    assert.equal(run.status, 'completed', JSON.stringify(run.failure));
    const written = await stage.ledger(user);
    assert.ok(written.some((it) => it.tool === 'hubspot_task_create'), 'there is something to look at');
    assert.ok(written.some((it) => it.tool !== 'hubspot_task_create'), 'in Linear, too');
    const page = await (await fetch(`${stage.sandbox.url}/crm/${user}`)).text();
    assert.doesNotMatch(page, /class="mention"/);
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, to]) => to);
    assert.deepEqual(links.filter((to) => /evil|profiles/.test(to)), [], JSON.stringify(links));
    for (const entry of written) {
      assert.doesNotMatch(JSON.stringify(entry.params), /https?:\/\/(evil|linear)|\u202E/, entry.tool);
    }
  });
}
