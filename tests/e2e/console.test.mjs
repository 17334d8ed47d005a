// The console in a real browser, before the real Worker and the sandbox: what a person does with it, with
// a mouse, with a keyboard, on a phone, and that nothing of it keeps anybody out. Skipped where there is
// no browser.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { browserPath, launch, signIn } from './lib/chromium.mjs';
import { BY_CONSENT, Stage, WORKFLOW } from './lib/stage.mjs';

/** Of the console's own packages, which are there once it is built. */
const AXE = 'axe-core/axe.min.js';
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const THEMES = ['light', 'dark'];
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const PAGES = ['/', '/onboarding', '/runs', '/connections', '/schedule', '/assistant', '/tools', '/tools/hubspot-create-task', '/operators', '/components', '/nowhere'];

const path = browserPath();
const skip = path ? false : 'no Chromium here; install it or name one in CHROMIUM';

let stage;
let browser;
let axe;
before(async () => {
  if (skip) return;
  const { readFile } = await import('node:fs/promises');
  axe = await readFile(createRequire(`${inRoot('console')}/`).resolve(AXE), 'utf8');
  const seed = { customers: 12, connectors: ['hubspot', 'linear', 'zendesk'] };
  stage = await Stage.up({ manners: BY_CONSENT, past: { user: 'tess', days: 3, seed }, issuer: { roles: { claim: 'sub', account_keeper: 'tess' } } });
  browser = await launch(path);
});
after(async () => {
  await browser?.close();
  await stage?.down();
});

/** What the browser complains about: errors of scripts, and what the page's own policy keeps out. */
function complaintsOf(page) {
  const found = [];
  page.on('pageerror', (error) => found.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|ERR_INTERNET_DISCONNECTED/.test(message.text())) found.push(message.text());
  });
  return found;
}

/** A window in which somebody has signed in by coming to the console. */
async function open(user, { at = '/', ...options } = {}) {
  const context = await browser.newContext({ viewport: DESK, locale: 'en-GB', ...options });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(`${stage.url}/console${at}`);
  await signIn(page, user);
  // Whose console it is, its script alone knows.
  await page.locator('.initial').first().waitFor({ state: 'attached' });
  await page.locator('h1').waitFor();
  return { context, page, complaints };
}

const go = async (page, at) => {
  await page.goto(`${stage.url}/console${at}`);
  await settled(page);
};
/** Until what the page shows at first has come. */
const settled = async (page) => {
  await page.locator('h1').waitFor();
  await page.waitForFunction(() => !document.querySelector('.waiting:not([data-sample] *)'));
};

/** Holds such requests of the API back until they are let through, or answered with this. */
async function hold(page, isHeld, answer) {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  let isOver = false;
  let isAsked;
  const asked = new Promise((resolve) => { isAsked = resolve; });
  await page.route('**/api/**', async (route) => {
    if (isOver || !isHeld(route.request())) return route.fallback();
    isAsked();
    await released;
    // Whoever asked may have left.
    return (answer ? route.fulfill({ json: answer }) : route.fallback()).catch(() => {});
  });
  return { asked, release: () => { isOver = true; release(); } };
}

/** Holds the console's own script back; answers how it is let through. */
async function holdScript(page) {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await page.route('**/assets/console-*.js', async (route) => {
    await released;
    return route.fallback();
  });
  return release;
}

/** What the page asks the Worker for, from now on. */
function questionsOf(page) {
  const asked = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (/^\/(api|auth\/session)/.test(pathname)) asked.push(`${pathname}${search}`);
  });
  return asked;
}

/** The hosts that links lead to which open a window of their own, and say so. */
async function away(within) {
  const links = within.getByRole('link', { name: /opens in a new tab/ });
  await links.first().waitFor();
  const facts = await Promise.all((await links.all()).map((link) => link.evaluate(({ host, rel, target }) => ({ host, rel, target }))));
  for (const { rel, target } of facts) assert.deepEqual([rel, target], ['noopener noreferrer', '_blank']);
  return facts.map(({ host }) => host);
}

async function violations(page, where) {
  // Not by an element of the page: its policy would keep that out.
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
  return found.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

test('somebody signs in, connects an app, finds a run that waits for them, watches it, loses the network, decides write by write, and signs out', { skip }, async () => {
  // Few enough that their writes take a second, enough that some are at risk.
  const user = await stage.somebody('hugo', { customers: 30, connectors: ['hubspot', 'linear', 'slack'] });
  const { context, page, complaints } = await open(user, { at: '/connections' });
  assert.equal(new URL(page.url()).pathname, '/console/connections', 'they come back to where they wanted to go');

  await page.getByRole('link', { name: 'Connect Zendesk' }).click();
  await page.getByRole('button', { name: 'Continue to Zendesk' }).click();
  await page.getByRole('button', { name: 'Allow access' }).click();
  await page.getByRole('heading', { name: /Connected/ }).waitFor();
  await go(page, '/connections');
  assert.equal(await page.getByRole('link', { name: /^Connect / }).count(), 0, 'everything is connected');
  // Each app is asked for its account, while the page is there already.
  for (const [connector, app] of Object.entries({ hubspot: 'HubSpot', linear: 'Linear', slack: 'Slack', zendesk: 'Zendesk' })) {
    const { json } = await stage.ask('GET', `/api/connections/${connector}/account`, { as: user });
    const told = page.getByRole('region', { name: app }).locator('dt:text-is("Account") + dd');
    await told.getByText(json.account.name).waitFor();
    const text = await told.textContent();
    assert.ok(text.includes(json.account.user ? `as ${json.account.user}` : json.account.name), text);
    assert.equal(await told.getByRole('link').count(), json.account.url ? 1 : 0, `${app} is linked to where its address is its own`);
  }

  const runId = await stage.trigger(user, { approval: 'required' });
  await stage.until(user, runId, ['suspended']);
  await go(page, '/');
  await page.getByRole('link', { name: /^Review/ }).click();
  await page.getByRole('heading', { name: 'Approve what will be written?' }).waitFor();
  for (const step of ['Preflight connector health', 'Onboarding contacts', 'Signals and scores', 'Actions']) {
    await page.getByRole('button', { name: new RegExp(`^${step}`) }).waitFor();
  }

  // What happens while the network is gone is there when it is back.
  await page.getByText('Live', { exact: true }).waitFor();
  await context.setOffline(true);
  const { suspension } = await stage.run(user, runId);
  const writes = suspension.plan.actions.map(({ item }) => item);
  assert.ok(writes.length > 1, 'there is something to decide');
  await context.setOffline(false);

  const boxes = page.getByRole('checkbox');
  assert.equal(await boxes.count(), writes.length, 'all of it is in view');
  await boxes.first().uncheck();
  await page.getByRole('button', { name: `Approve ${writes.length - 1}` }).click();
  await page.getByText('Done', { exact: true }).first().waitFor({ timeout: 120_000 });
  const run = await stage.run(user, runId);
  assert.equal(run.status, 'completed');
  assert.equal(run.result.counts.rejected, 1);
  assert.equal((await stage.ledger(user)).length, writes.length - 1, 'all but the one that was left out');

  // The same events, told from the beginning.
  await page.reload();
  await settled(page);
  await page.getByRole('button', { name: /Show .*write/ }).click();
  await page.getByRole('button', { name: /task:/ }).first().click();
  await page.getByText('It is in the app, once').waitFor();

  await page.getByRole('button', { name: 'You and this console' }).first().click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  assert.equal((await page.evaluate(() => fetch('/auth/session').then(({ status }) => status))), 401);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a run that fails to connect is gone on with from its page', { skip }, async () => {
  const user = await stage.somebody('ivy', { customers: 3, connectors: ['hubspot', 'linear'] });
  const runId = await stage.trigger(user, { onMissingConnector: 'suspend' });
  await stage.until(user, runId, ['suspended']);
  const { context, page, complaints } = await open(user, { at: `/runs/onboarding-health/${runId}` });
  await page.getByRole('link', { name: 'Connect Zendesk' }).click();
  await page.getByRole('button', { name: 'Continue to Zendesk' }).click();
  await page.getByRole('button', { name: 'Allow access' }).click();
  await stage.until(user, runId);
  await go(page, `/runs/onboarding-health/${runId}`);
  await page.getByText('Done', { exact: true }).first().waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the days before this one are there as they were: a run on each, and how every customer has fared', { skip }, async () => {
  const { json: { runs } } = await stage.ask('GET', `${WORKFLOW}/runs`, { as: 'tess' });
  const day = (at) => at.slice(0, 10);
  const days = [1, 2, 3].map((ago) => day(new Date(Date.now() - ago * 86_400_000).toISOString()));
  assert.deepEqual(runs.map(({ startedAt }) => day(startedAt)), days);
  assert.deepEqual([...new Set(runs.map(({ status }) => status))], ['completed']);
  assert.deepEqual(await stage.ledger('tess'), [], 'they were dry');
  const { json: history } = await stage.ask('GET', `${WORKFLOW}/history`, { as: 'tess' });
  assert.ok(history.series.some(({ values }) => new Set(values.filter((value) => value !== null)).size > 1), 'and something has changed');
  const today = await stage.runToEnd('tess');
  assert.equal(today.status, 'completed', 'the Worker of today goes on from there');
  const { context, page, complaints } = await open('tess', { at: '/onboarding' });
  await settled(page);
  await page.getByText('4 runs').waitFor();
  // Whoever operates for the organization sees how its runs end, and which app was not there for them.
  await go(page, '/operators');
  const apps = page.getByRole('table', { name: 'Apps' });
  await apps.getByRole('row', { name: /HubSpot/ }).waitFor();
  assert.equal(await apps.getByRole('row').count(), 1 + 4, 'every app that a workflow uses');

  // The list reads itself again while older runs are on their way: neither undoes the other.
  const rows = page.getByRole('table').locator('tbody tr');
  const isList = (url) => /\/runs\?/.test(url);
  const tick = () => page.clock.fastForward(11_000);
  await page.clock.install();
  await page.route(isList, (route) => route.continue({ url: route.request().url().replace(/limit=\d+/, 'limit=1') }));
  await go(page, '/runs');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  const older = await hold(page, (request) => request.url().includes('cursor='));
  await page.getByRole('button', { name: 'Load more' }).click();
  await older.asked;
  const newest = await hold(page, (request) => isList(request.url()));
  await tick();
  older.release();
  await rows.nth(1).waitFor();
  newest.release();
  const again = page.waitForResponse((response) => isList(response.url()));
  await tick();
  await (await again).finished();
  await page.waitForFunction(() => !document.querySelector('.tail [aria-busy]'));
  assert.equal(await rows.count(), 2);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a run is started with what one chooses, and shown as it happens', { skip }, async () => {
  const user = await stage.somebody('hans', { customers: 3, connectors: ['hubspot'] });
  const { context, page, complaints } = await open(user, { at: '/onboarding' });
  await page.getByRole('button', { name: /^Options/ }).click();
  await page.getByRole('dialog').getByLabel(/^On missing connector/).selectOption('suspend');
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await page.getByText('A connection is missing').waitFor();
  await page.getByRole('button', { name: /^Preflight connector health/ }).click();
  await page.getByText('Attempt 1').waitFor();
  const runId = new URL(page.url()).pathname.split('/').at(-1);
  assert.equal((await stage.run(user, runId)).input.onMissingConnector, 'suspend');

  // Whoever has gone on to another page by the time that a run has begun stays there.
  await go(page, '/');
  const trigger = await hold(page, (request) => request.url().includes('/trigger'));
  await page.getByRole('button', { name: /^Run now.*Onboarding health/ }).click();
  await trigger.asked;
  await page.getByRole('navigation').first().getByRole('link', { name: 'Tools' }).click();
  await page.getByRole('heading', { level: 1, name: 'Tools' }).waitFor();
  trigger.release();
  await page.locator('.toast').waitFor();
  assert.equal(new URL(page.url()).pathname, '/console/tools');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a run is cancelled from its page, once somebody has said that they mean it', { skip }, async () => {
  const user = await stage.somebody('jack', { customers: 10, connectors: ['hubspot', 'linear', 'zendesk'] });
  const runId = await stage.trigger(user, { approval: 'required' });
  const { context, page } = await open(user, { at: `/runs/onboarding-health/${runId}` });
  await page.getByRole('button', { name: 'Cancel run' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click();
  await page.getByText('Cancelled', { exact: true }).first().waitFor();
  assert.equal((await stage.run(user, runId)).status, 'cancelled');
  assert.deepEqual(await stage.ledger(user), []);
  await context.close();
});

test('a tool is tried without writing, then run as oneself, from a form made of its schema', { skip }, async () => {
  const user = await stage.somebody('kim', { customers: 1, connectors: ['hubspot'] });
  const { context, page, complaints } = await open(user, { at: '/tools/hubspot-create-task' });
  await page.getByRole('button', { name: 'Dry run' }).click();
  assert.ok((await page.getByText('This is needed.').count()) > 0, 'what is missing is said beside it');
  await page.getByLabel('Subject').fill('Call Amber');
  await page.getByLabel('Due').fill('2030-01-01T09:00');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByText('It would write once').waitFor();
  assert.deepEqual(await stage.ledger(user), []);
  await page.getByRole('button', { name: 'Run as me' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Run as me' }).click();
  await page.getByText('It worked', { exact: true }).waitFor({ timeout: 60_000 });
  assert.equal((await stage.ledger(user)).length, 1);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a conversation: a call is seen as it happens, a write is approved where it is asked for, and all of it is there after a reload', { skip }, async () => {
  const user = await stage.somebody('lena', { customers: 1, connectors: ['hubspot', 'linear', 'zendesk'] });
  const { context, page, complaints } = await open(user, { at: '/assistant' });
  const said = page.getByRole('log');
  // What is typed while the agent is at work stays in the field until it is sent.
  const quiet = () => said.getByRole('status').waitFor({ state: 'detached' });
  const say = async (subject) => {
    await quiet();
    // The sandbox's model does whatever it reads.
    await page.getByLabel('Your message').fill(`Call hubspot-create-task with {"subject": "${subject}", "due": "2030-01-01T09:00:00Z"}`);
  };
  const ask = async (subject) => {
    await say(subject);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Approve what will be written?' }).waitFor();
    assert.ok((await said.textContent()).includes(subject), 'what would be written is in view');
  };
  const approve = () => page.getByRole('button', { name: 'Approve', exact: true }).click();
  const done = (count) => said.getByText('Done', { exact: true }).nth(count - 1).waitFor({ timeout: 60_000 });

  await ask('Call Amber');
  assert.deepEqual(await stage.ledger(user), []);
  // Long after it was asked: the stream that brought the question has ended.
  await quiet();
  await approve();
  await done(1);

  await ask('Call Birch');
  await page.reload();
  // As soon as it can be, while the stream that tells it again is still open.
  await approve();
  await done(2);
  assert.equal((await stage.ledger(user)).length, 2);

  // Nobody hears it, and then it is heard once: the network comes back long after the first attempt.
  await say('Call Cedar');
  await context.setOffline(true);
  await page.keyboard.press('Enter');
  const isThere = () => said.getByText('Call Cedar').first().waitFor();
  await said.getByText('There is no network').waitFor();
  await isThere();
  await context.setOffline(false);
  await page.getByRole('heading', { name: 'Approve what will be written?' }).waitFor();
  await isThere();
  await approve();
  await done(3);
  assert.equal((await stage.ledger(user)).length, 3);

  await quiet();
  const before = await said.textContent();
  // Whoever is quicker than the conversation waits for it.
  const conversation = await hold(page, (request) => request.method() === 'GET' && /\/threads\/[^/]+$/.test(request.url()));
  await page.reload();
  await conversation.asked;
  await page.getByLabel('Your message').fill('Too early');
  await page.keyboard.press('Enter');
  conversation.release();
  await done(3);
  assert.equal(await page.getByLabel('Your message').inputValue(), 'Too early');
  assert.equal(await said.textContent(), before);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('what an agent would write is decided call by call on the page of its run', { skip }, async () => {
  const user = await stage.somebody('olga', { customers: 1, connectors: ['hubspot', 'linear', 'zendesk'] });
  const asked = ['Call Amber', 'Call Birch'].map((subject) => `Call hubspot-create-task with {"subject": "${subject}", "due": "2030-01-01T09:00:00Z"}`);
  const agent = '/api/workflows/onboarding-assistant';
  const { json } = await stage.ask('POST', `${agent}/trigger?overlap=allow`, { as: user, body: { message: asked.join(' ') } });
  await stage.until(user, json.runId, ['suspended'], undefined, agent);
  const { context, page, complaints } = await open(user, { at: `/runs/onboarding-assistant/${json.runId}` });
  await page.getByRole('heading', { name: 'Approve what will be written?' }).waitFor();
  assert.equal(await page.getByRole('checkbox').count(), 2);
  await page.getByRole('checkbox').first().uncheck();
  await page.getByRole('button', { name: 'Approve one' }).click();
  const run = await stage.until(user, json.runId, ['completed'], undefined, agent);
  assert.deepEqual(run.result.calls.map(({ done }) => done), [false, true]);
  assert.match(JSON.stringify(await stage.ledger(user)), /^(?!.*Call Amber).*Call Birch/);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('an app is disconnected once somebody has said that they mean it, and connected again', { skip }, async () => {
  const user = await stage.somebody('vera', { customers: 1, connectors: ['hubspot', 'linear'] });
  const { context, page, complaints } = await open(user, { at: '/connections' });
  const status = async () => (await stage.ask('GET', '/api/connections', { as: user })).json.connections.find(({ connector }) => connector === 'linear').status;
  await page.getByRole('button', { name: 'Disconnect Linear' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep it connected' }).click();
  assert.equal(await status(), 'active');
  await page.getByRole('button', { name: 'Disconnect Linear' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect', exact: true }).click();
  await page.getByRole('link', { name: 'Connect Linear' }).waitFor();
  assert.equal(await status(), 'not_connected');
  assert.equal(await page.getByRole('region', { name: 'Linear' }).getByText('Account', { exact: true }).count(), 0, 'what is not connected is not asked');
  // A run that begins now sees it.
  const waiting = await stage.until(user, await stage.trigger(user, { onMissingConnector: 'suspend' }), ['suspended']);
  assert.ok(waiting.suspension.missing.some(({ connector }) => connector === 'linear'), JSON.stringify(waiting.suspension));
  await page.getByRole('link', { name: 'Connect Linear' }).click();
  await page.getByRole('button', { name: 'Continue to Linear' }).click();
  await page.getByRole('button', { name: 'Allow access' }).click();
  await page.getByRole('heading', { name: /Connected/ }).waitFor();
  assert.equal(await status(), 'active');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the schedule is switched on and off', { skip }, async () => {
  const user = await stage.somebody('mara', { customers: 1, connectors: ['hubspot'] });
  const { context, page } = await open(user, { at: '/schedule' });
  const isOn = async () => (await stage.ask('GET', `${WORKFLOW}/schedule`, { as: user })).json.enabled;
  const daily = page.getByRole('switch', { name: /Onboarding health/ });
  await daily.check();
  await page.getByText('Next run').waitFor();
  assert.equal(await isOn(), true);
  await daily.uncheck();
  await page.getByText('The daily run is off.').waitFor();
  assert.equal(await isOn(), false);
  await context.close();
});

test('with a keyboard alone: past the navigation, to another page and its heading, into a dialog and back', { skip }, async () => {
  const user = await stage.somebody('nina', { customers: 12, connectors: ['hubspot', 'linear', 'zendesk'] });
  await stage.runToEnd(user);
  const { context, page } = await open(user);
  await settled(page);
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the page');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');

  await page.getByRole('navigation').first().getByRole('link', { name: 'Onboarding' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Onboarding health' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
  assert.equal(await page.title(), 'Onboarding health · Onbehalf');

  // What was written leads to where the app shows it.
  const hosts = async (within) => [...new Set(await away(within))].sort();
  assert.deepEqual(await hosts(page.getByRole('table')), ['app.hubspot.com', 'linear.app']);
  const customer = page.getByRole('table').getByRole('button').nth(3);
  const name = await customer.textContent();
  await customer.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.ok((await hosts(page.getByRole('dialog'))).includes('app.hubspot.com'));
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(), name, 'the focus is where it was');
  await context.close();
});

test('a thousand customers are searched, filtered and sorted', { skip }, async () => {
  const user = await stage.somebody('owen', { customers: 1000, connectors: ['hubspot', 'linear', 'zendesk'] });
  const runId = await stage.trigger(user, { approval: 'required' });
  const waiting = await stage.until(user, runId, ['suspended']);
  const answer = { approval: { hash: waiting.suspension.hash, decision: 'reject' } };
  await stage.ask('POST', `${WORKFLOW}/runs/${runId}/resume`, { as: user, body: answer });
  const { result } = await stage.until(user, runId);
  const { context, page } = await open(user, { at: '/onboarding' });
  await settled(page);
  await page.getByText('1,000 customers').last().waitFor();
  const rows = page.getByRole('table').locator('tbody tr');
  assert.ok((await rows.count()) < 200, 'only what is looked at is drawn');
  await page.getByRole('radio', { name: /^Critical/ }).check();
  const [found] = await page.locator('.toolbar [role=status]').allTextContents();
  assert.equal(found, `${result.counts.critical} customers`);
  const last = result.customers.at(-1);
  await page.getByRole('radio', { name: /^All/ }).check();
  await page.getByRole('searchbox').fill(last.name);
  await page.getByRole('button', { name: last.name, exact: true }).waitFor();
  await context.close();
});

test('what was seen last is there without a network, and says so; nothing of it is left after signing out', { skip }, async () => {
  const { context, page } = await open('alice');
  await go(page, '/connections');
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
  await page.reload();
  await settled(page);
  await context.setOffline(true);
  await page.reload();
  await page.getByText('There is no network').waitFor();
  assert.equal(await page.locator('.opening').count(), 0, 'nothing of the page that was kept for whoever comes is left');
  await page.getByRole('heading', { name: 'HubSpot' }).waitFor();
  await page.getByRole('region', { name: 'HubSpot' }).getByText('not told by the app').waitFor();
  await context.setOffline(false);
  // An answer that is on its way while they sign out is kept no more.
  const connections = await hold(page, (request) => request.url().endsWith('/api/connections'), { connections: [] });
  await page.reload();
  await connections.asked;
  await page.getByRole('button', { name: 'You and this console' }).first().click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  const late = page.waitForResponse(/\/api\/connections$/);
  connections.release();
  await (await late).finished();
  // Whatever would be kept of it is kept before another file of the console is.
  await page.evaluate(async () => {
    const store = await caches.open('onbehalf-probe');
    await store.add('/console/icon.svg');
    await caches.delete('onbehalf-probe');
  });
  const left = await page.evaluate(async () => [await caches.has('onbehalf-seen'), localStorage.getItem('onbehalf-last-session')]);
  assert.deepEqual(left, [false, null]);
  await context.close();
});

test('what the start page asks first is asked before its own script is there, each once, and nothing by nobody', { skip }, async () => {
  const { context, page, complaints } = await open('alice', { serviceWorkers: 'block' });
  const first = ['/auth/session', '/api/workflows', '/api/approvals?limit=50', '/api/connections', '/api/runs/latest', '/api/schedules'];
  const asked = questionsOf(page);
  const release = await holdScript(page);
  const all = Promise.all(first.map((path) => page.waitForRequest((request) => request.url().endsWith(path))));
  await page.goto(`${stage.url}/console/`, { waitUntil: 'commit' });
  await all;
  assert.equal(await page.locator('.initial').count(), 0, 'its own script has not run');
  release();
  await settled(page);
  assert.deepEqual(asked.filter((path) => first.includes(path)).sort(), [...first].sort());
  assert.deepEqual(asked.filter((path) => /\/runs\?/.test(path)), [], 'no list of a workflow’s runs is needed');
  assert.deepEqual(complaints, []);
  await context.close();

  const nobody = await browser.newContext({ serviceWorkers: 'block' });
  const door = await nobody.newPage();
  const knocked = questionsOf(door);
  await door.goto(`${stage.url}/console/`);
  await door.getByRole('button').first().waitFor();
  assert.deepEqual(knocked.filter((path) => path.startsWith('/api/')), []);
  await nobody.close();
});

test('the start page says how the customers of the latest run fare, and reads no result for that', { skip }, async () => {
  const { json: { runs } } = await stage.ask('GET', '/api/runs/latest', { as: 'tess' });
  const latest = runs.find(({ workflow }) => workflow === 'onboarding-health');
  const { result } = await stage.run('tess', latest.runId);
  const { healthy, atRisk, critical } = result.counts;
  assert.deepEqual(latest.counts, Object.fromEntries(Object.keys(latest.counts).map((name) => [name, result.counts[name]])));
  const { context, page } = await open('tess');
  const asked = questionsOf(page);
  await go(page, '/');
  const glance = page.getByRole('region', { name: 'Onboarding health' });
  for (const [count, word] of [[critical, 'Critical'], [atRisk, 'At risk'], [healthy, 'Healthy']]) {
    await glance.getByText(`${count} ${word}`, { exact: true }).waitFor();
  }
  assert.ok(asked.includes('/api/runs/latest'), String(asked));
  assert.deepEqual(asked.filter((path) => path.includes(latest.runId)), []);
  await context.close();
});

test('what stands around the page is there before its script, as it was chosen, and stays when that has come', { skip }, async () => {
  const { context, page, complaints } = await open('alice', { serviceWorkers: 'block', viewport: PHONE });
  await page.getByRole('button', { name: 'You and this console' }).click();
  await page.getByText('Dark', { exact: true }).click();
  await page.getByText('Deutsch', { exact: true }).click();
  await page.getByRole('heading', { name: 'Heute' }).waitFor();

  const release = await holdScript(page);
  await page.goto(`${stage.url}/console/`, { waitUntil: 'commit' });
  await page.getByRole('heading', { level: 1, name: 'Hallo', exact: true }).waitFor();
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  const more = page.getByRole('button', { name: 'Mehr' });
  assert.equal(await more.isDisabled(), true, 'nothing would come of it yet');
  const parts = ['.tabs', '.tabs a', '.topbar', 'h1', '.page > header p', '.page > .card'];
  const before = await page.evaluate((all) => {
    globalThis.before = all.map((one) => document.querySelector(one));
    return globalThis.before.map((one) => one.getBoundingClientRect().top);
  }, parts);
  release();
  await settled(page);
  assert.equal(await more.isDisabled(), false);
  await page.getByRole('heading', { level: 1, name: /^Hallo, / }).waitFor();
  assert.deepEqual(await page.evaluate(() => globalThis.before.map((one) => one.isConnected)), parts.map(() => true), 'nothing of it was drawn anew');
  assert.deepEqual(await page.evaluate(() => globalThis.before.map((one) => one.getBoundingClientRect().top)), before, 'nor has it moved');
  assert.deepEqual(complaints, []);

  await context.close();
});

test('where the script does not come, the page says so, with the way to other pages and to try again', { skip }, async () => {
  const { context, page } = await open('alice', { serviceWorkers: 'block', locale: 'de-DE' });
  await page.route('**/assets/console-*.js', (route) => route.abort());
  await page.goto(`${stage.url}/console/connections`);
  await page.getByText('Die Konsole konnte nicht geladen werden').waitFor();
  await page.getByRole('link', { name: 'Läufe' }).first().waitFor();
  assert.deepEqual(await violations(page, 'unloaded'), []);
  await page.unroute('**/assets/console-*.js');
  await page.getByRole('link', { name: 'Erneut versuchen' }).click();
  await page.getByRole('heading', { level: 1, name: 'Zugänge' }).waitFor();
  assert.equal(await page.getByText('Die Konsole konnte nicht geladen werden').isVisible(), false);
  await context.close();
});

test('a page whose script cannot be loaded says so, and can be tried again', { skip }, async () => {
  const { context, page } = await open('alice', { serviceWorkers: 'block' });
  await settled(page);
  // As after a deployment: the file of the version that is open is no more.
  await page.route('**/assets/schedule-*.js', (route) => route.abort());
  await page.getByRole('link', { name: 'Schedule' }).first().click();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await page.unroute('**/assets/schedule-*.js');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { level: 1, name: 'Schedule' }).waitFor();
  await context.close();
});

test('a question whose early answer failed is asked again', { skip }, async () => {
  const { context, page } = await open('alice', { serviceWorkers: 'block' });
  let times = 0;
  await page.route('**/api/workflows', (route) => ((times += 1) === 1 ? route.abort() : route.fallback()));
  await go(page, '/');
  await page.getByRole('heading', { name: 'Onboarding health' }).waitFor();
  assert.equal(times, 2);
  await context.close();
});

test('in German, dates and plurals included', { skip }, async () => {
  const { context, page } = await open('alice', { locale: 'de-DE' });
  await page.getByRole('heading', { level: 1, name: /^Hallo/ }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  const day = new Intl.DateTimeFormat('de', { weekday: 'long' }).format(new Date());
  await page.getByText(new RegExp(`^${day}`)).waitFor();
  await context.close();
});

test('in German, reasons included: in the table, of one customer, in what waits for approval, and to be searched', { skip }, async () => {
  const user = await stage.somebody('gerd', { customers: 30, connectors: ['hubspot', 'linear', 'zendesk'] });
  const { result } = await stage.runToEnd(user, { dryRun: true });
  const waiting = await stage.trigger(user, { approval: 'required' });
  const { suspension } = await stage.until(user, waiting, ['suspended']);
  const english = new Set([...result.customers, ...suspension.plan.actions].flatMap(({ reasons }) => reasons));
  assert.ok(english.size > 1, 'there is something to say');
  const { context, page, complaints } = await open(user, { at: '/onboarding', locale: 'de-DE' });
  await settled(page);
  /** What is to be seen of this, and to be read when one points at it. */
  const isGerman = async (within) => {
    await within.waitFor();
    const shown = await within.innerHTML();
    assert.deepEqual([...english].filter((sentence) => shown.includes(sentence)), []);
    assert.match(shown, /Onboarding-Aufgabe/);
  };
  const search = () => page.getByRole('searchbox').fill('Onboarding-Aufgaben erledigt');
  const customers = page.getByRole('table', { name: 'Kunden' });
  await isGerman(customers);
  await search();
  await isGerman(customers);
  await customers.getByRole('button', { name: result.customers[0].name }).click();
  await isGerman(page.getByRole('dialog'));
  await go(page, `/runs/onboarding-health/${waiting}`);
  await isGerman(page.locator('.plan'));
  await search();
  await isGerman(page.locator('.plan'));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('in German, what went wrong included; what only the API can say is told to be English', { skip }, async () => {
  const user = await stage.somebody('ilse', { customers: 3, connectors: ['hubspot', 'linear', 'zendesk'] });
  await stage.control('POST', 'faults', { rules: [{ match: { tool: 'linear_graphql_query', identifier: `user_${user}` }, revoke: true, times: 1 }] });
  await stage.runToEnd(user);
  await stage.control('DELETE', 'faults');
  const { context, page, complaints } = await open(user, { at: '/onboarding', locale: 'de-DE' });
  await page.getByText('Linear: Zugang widerrufen', { exact: true }).waitFor();
  assert.equal(await page.getByText('cannot be used').count(), 0);
  await go(page, '/schedule');
  await page.getByText(/^Bewertet jeden Kunden im Onboarding/).waitFor();
  await go(page, '/tools/hubspot-get-onboarding-contacts');
  await page.locator('header p > [lang=en]').waitFor();
  await page.getByLabel(/^Limit/).fill('0');
  await page.getByRole('button', { name: 'In meinem Namen ausführen' }).click();
  const outcome = page.getByRole('region', { name: 'Ausgang' });
  await outcome.getByText('Eine Angabe passt nicht').waitFor();
  await outcome.locator('[lang=en]').getByText('limit: must be between 1 and 100').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('who is not signed in is sent to sign in and sees nothing of the console; who comes back without it is told, and not sent in circles', { skip }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  // What each visit of the console shows at any time, however briefly.
  await page.addInitScript(() => {
    const visits = JSON.parse(sessionStorage.getItem('visits') ?? '[]');
    const shown = [];
    visits.push(shown);
    new MutationObserver(() => {
      const heading = document.querySelector('h1')?.textContent;
      if (heading && shown.at(-1) !== heading) shown.push(heading);
      sessionStorage.setItem('visits', JSON.stringify(visits));
    }).observe(document, { subtree: true, childList: true });
  });
  await page.route('**/auth/login*', (route) => route.fulfill({ status: 302, headers: { location: '/console' } }));
  await page.goto(`${stage.url}/console`);
  await page.waitForFunction(() => JSON.parse(sessionStorage.getItem('visits') ?? '[]').length === 2);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await page.evaluate(() => JSON.parse(sessionStorage.getItem('visits'))), [[], ['Sign in']]);
  await context.close();
});

for (const theme of THEMES) {
  test(`nothing keeps anybody out of any page, ${theme}, at a desk and on a phone`, { skip }, async () => {
    // Nothing connected, a first run, one that went well, one that waits, one that could do a part, one
    // that found nobody.
    const bare = await stage.somebody(`pia${theme}`, { customers: 2, connectors: [] });
    const fresh = await stage.somebody(`quin${theme}`, { customers: 2, connectors: ['hubspot', 'linear', 'zendesk'] });
    const busy = await stage.somebody(`rosa${theme}`, { customers: 8, connectors: ['hubspot', 'linear', 'zendesk'] });
    const done = await stage.runToEnd(busy);
    const waiting = await stage.trigger(busy, { approval: 'required' });
    await stage.until(busy, waiting, ['suspended', 'completed']);
    const empty = await stage.somebody(`sina${theme}`, { customers: 0, connectors: ['hubspot', 'linear', 'zendesk'] });
    await stage.runToEnd(bare);
    await stage.runToEnd(empty);
    await stage.runToEnd('carol');
    const runs = [done.runId, waiting].map((runId) => `/runs/onboarding-health/${runId}`);
    const seen = [
      [busy, [...PAGES, ...runs]],
      [fresh, ['/', '/onboarding', '/runs']],
      [bare, ['/', '/onboarding', '/connections']],
      ['carol', ['/', '/onboarding']],
      [empty, ['/onboarding']],
      ['tess', ['/operators']],
    ];
    const found = [];
    for (const viewport of [DESK, PHONE]) {
      for (const [user, pages] of seen) {
        const { context, page, complaints } = await open(user, { viewport, colorScheme: theme });
        for (const at of pages) {
          await go(page, at);
          const where = `${user} ${at} ${viewport.width}`;
          found.push(...(await violations(page, where)));
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          if (wide > viewport.width) found.push(`${where}: ${wide} pixels wide`);
        }
        found.push(...complaints);
        await context.close();
      }
    }
    assert.deepEqual(found, []);
  });

  test(`nor out of what opens above a page, ${theme}`, { skip }, async () => {
    const { context, page } = await open('alice', { at: '/components', colorScheme: theme });
    await settled(page);
    const found = [];
    for (const name of ['Open', 'Open beside', 'Show a message', 'Show a failure']) {
      await page.getByRole('button', { name, exact: true }).last().click();
      found.push(...(await violations(page, name)));
      await page.keyboard.press('Escape');
    }
    await page.getByRole('button', { name: 'You and this console' }).first().click();
    found.push(...(await violations(page, 'settings')));
    await context.close();
    const nobody = await browser.newContext({ viewport: PHONE, colorScheme: theme });
    const door = await nobody.newPage();
    // Sent to sign in and back without having done so: no circle, but a page that says it.
    await door.route('**/auth/login*', (route) => route.fulfill({ status: 302, headers: { location: '/console' } }));
    await door.goto(`${stage.url}/console`);
    await door.getByRole('heading', { name: 'Sign in' }).waitFor();
    found.push(...(await violations(door, 'door')));
    await nobody.close();
    assert.deepEqual(found, []);
  });
}
