// The daily run as five customer success managers see it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage, isLink, MAPPING } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

const isFlagged = (customer) => customer.status !== 'healthy';

test('each flagged customer of alice has one task, and one comment where an issue is stalled', async () => {
  const run = await stage.runToEnd('alice');
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  const { counts, customers, actions } = run.result;
  assert.equal(counts.customers, 200);
  const flagged = customers.filter(isFlagged);
  assert.ok(flagged.length > 20, `${flagged.length} flagged`);
  const writes = await stage.control('GET', 'ledger');
  assert.ok(writes.every((entry) => entry.identifier === 'user_alice'));
  const ledger = writes.filter((entry) => !isLink(entry));
  const tasks = ledger.filter((entry) => entry.tool === 'hubspot_task_create');
  assert.equal(tasks.length, flagged.length);
  for (const customer of flagged) {
    const titled = tasks.filter((task) => task.params.hs_task_subject.includes(customer.name));
    assert.equal(titled.length, 1, customer.name);
  }
  const comments = ledger.filter((entry) => entry.tool.startsWith('linear_'));
  assert.equal(comments.length, counts.commentsAdded);
  assert.equal(new Set(comments.map((entry) => entry.id)).size, comments.length);
  // Each task hangs on a contact and a company and is in its owner's queue.
  const links = writes.filter(isLink);
  for (const { id } of tasks) {
    const of = links.filter(({ params }) => params.from_object_id === id || params.task_id === id);
    const kinds = of.map(({ params }) => params.to_object_type ?? 'owner').sort();
    assert.deepEqual(kinds, ['companies', 'contacts', 'owner'], id);
  }
  const done = actions.filter((action) => action.status === 'done');
  assert.deepEqual(
    done.map((action) => action.taskId ?? action.commentId).sort(),
    ledger.map((entry) => entry.id).sort(),
  );
});

test('the reads of a run for 200 customers are at most twenty calls', async () => {
  const { tools, endpoints } = await stage.control('GET', 'calls');
  const writes = (await stage.control('GET', 'ledger')).length;
  const calls = Object.values(tools).reduce((sum, count) => sum + count, 0) - writes + endpoints.list_accounts;
  assert.ok(calls <= 20, `${calls} reading calls: ${JSON.stringify(tools)}`);
});

test('a second run the same day adds nothing, nor does the next day while nothing got worse', async () => {
  const before = (await stage.ledger('alice')).length;
  const again = await stage.runToEnd('alice');
  assert.equal(again.status, 'completed');
  assert.equal((await stage.ledger('alice')).length, before);
  // What the index does not show yet, the portal's own record of flags does.
  const flagged = ['already_flagged', 'flagged_by_another_run'];
  const others = again.result.actions.filter((action) => !flagged.includes(action.status));
  assert.deepEqual(others, []);
});

test('bob, whose Zendesk was never connected, is told what to connect', async () => {
  const run = await stage.runToEnd('bob');
  assert.deepEqual(run.result, {
    status: 'connectors_required',
    missing: ['zendesk'],
    connect: { zendesk: `${stage.url}/connect/zendesk` },
  });
  assert.equal((await stage.ledger('bob')).length, 0);
});

test('carol, whose Linear dies in the middle, gets a completed run that says so', async () => {
  const run = await stage.runToEnd('carol');
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  const linear = run.result.connectorErrors.filter((error) => error.connector === 'linear');
  assert.ok(linear.length > 0, JSON.stringify(run.result.connectorErrors));
  assert.ok(JSON.stringify(linear).match(/token_expired|account_revoked/), JSON.stringify(linear));
  assert.ok((await stage.ledger('carol')).every((entry) => entry.tool === 'hubspot_task_create'));
});

// Five minutes that do not depend on how a refusal arrives: nobody refuses her anything but speed.
if (MAPPING === 'server_error') test('erin, with a thousand customers, is served', async () => {
  // Some 1,400 calls to HubSpot, of which a portal takes 360 a minute from this service.
  const run = await stage.until('erin', await stage.trigger('erin'), undefined, 900);
  assert.equal(run.status, 'completed', JSON.stringify(run.failure));
  assert.equal(run.result.counts.customers, 1000);
  const tasks = (await stage.ledger('erin')).filter((entry) => entry.tool === 'hubspot_task_create');
  assert.equal(tasks.length, run.result.customers.filter(isFlagged).length);
});

test('dave, of another organization, is served from his own apps', async () => {
  const run = await stage.runToEnd('dave');
  assert.equal(run.result.counts.customers, 25);
  assert.ok((await stage.ledger('dave')).length > 0);
});
