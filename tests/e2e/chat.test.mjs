// `useChat` of the AI SDK in a real browser, talking to an agent of the running Worker: what its client
// makes of the stream is nobody's guess. Skipped where there is no browser.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { npmPackages } from '../../scripts/lib/setup.mjs';
import { bearerProxy } from './lib/bearer_proxy.mjs';
import { browserPath, launch } from './lib/chromium.mjs';
import { Stage, asking } from './lib/stage.mjs';

/** The page and what it is made of are nothing that the project needs but here. */
const FOLDER = inRoot('tests', 'chat');
const AGENT = '/api/agents/onboarding-assistant/threads';
const HTML = '<!doctype html><meta charset="utf-8"><div id="root"></div><script src="/page.js"></script>';

const browserAt = browserPath();
const skip = !browserAt && 'no browser here';

let stage, browser, script, door;
before(async () => {
  if (skip) return;
  await npmPackages(FOLDER);
  const esbuild = createRequire(`${FOLDER}/`)('esbuild');
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(FOLDER, 'page.jsx')],
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  script = outputFiles[0].text;
  stage = await Stage.up({ extra: ({ models }) => asking(models, 'scripted') });
  browser = await launch(browserAt);
});
after(async () => {
  await browser?.close();
  await stage?.down();
});
beforeEach(() => stage?.control('DELETE', 'models'));
afterEach(() => door?.close());

const answers = (all) => stage.control('POST', 'models', { model: 'scripted', answers: all });
const seed = (user, connectors = ['hubspot', 'linear']) =>
  stage.control('POST', 'seed', { user, customers: 1, connectors });
const task = (subject) => ({ tool: 'hubspot-create-task', arguments: { subject, due: '2030-01-01T00:00:00Z' } });

/** The page as somebody sees it, who is signed in with the service that shows it. */
async function open(user, thread) {
  const pages = {
    '/': { type: 'text/html', body: HTML },
    '/page.js': { type: 'text/javascript', body: script },
  };
  door = await bearerProxy(stage.url, await stage.token(user), { pages });
  const page = await browser.newPage();
  await page.goto(`${door.url}/?thread=${thread}`);
  await page.waitForSelector('form');
  return page;
}

async function say(page, text) {
  await page.fill('input', text);
  await page.press('input', 'Enter');
}

const told = (page, id) => page.textContent(`#${id}`);
const until = (page, id, value) =>
  page.waitForFunction(([at, wanted]) => document.getElementById(at)?.textContent === wanted, [id, value], { timeout: 60_000 });
const shown = async (page) => JSON.parse(await told(page, 'messages'));
const kept = async (user, thread) => (await stage.ask('GET', `${AGENT}/${thread}`, { as: user })).json.messages;

/** What the agent has said, as a client has it. */
const agents = (messages) => messages.filter((it) => it.role === 'assistant');

test('an approval is answered in the page, and the message goes on', { skip }, async () => {
  await seed('alba');
  await answers([{ text: 'I create it.', calls: [task('Call Acme'), task('Call Globex')] }, { text: 'Both are there.' }]);
  const page = await open('alba', 'chat-1');
  await say(page, 'Create two tasks.');
  await page.waitForSelector('button');
  await until(page, 'status', 'ready');
  assert.equal(await told(page, 'waiting'), 'approval_required');
  assert.equal((await stage.ledger('alba')).length, 0);
  assert.deepEqual(agents(await shown(page)), agents(await kept('alba', 'chat-1')), 'while it waits');
  await page.click('button:text("Approve")');
  await page.click('button:text("Deny")');
  await page.waitForSelector('p:text("Both are there.")');
  await until(page, 'status', 'ready');
  const calls = agents(await shown(page))[0].parts.filter((it) => it.type === 'dynamic-tool');
  assert.deepEqual(calls.map((it) => it.state), ['output-available', 'output-denied']);
  assert.deepEqual((await stage.ledger('alba')).map((it) => it.tool), ['hubspot_task_create']);
  assert.deepEqual(agents(await shown(page)), agents(await kept('alba', 'chat-1')), 'at the end');
  assert.equal(await told(page, 'error'), '');
  // Whoever comes back later sees the same.
  await page.reload();
  await page.waitForSelector('p:text("Both are there.")');
  await until(page, 'status', 'ready');
  assert.deepEqual(agents(await shown(page)), agents(await kept('alba', 'chat-1')), 'when it is read again');
});

test('a page that is opened while a turn goes on takes the stream up', { skip }, async () => {
  await seed('beto');
  const due = { tool: 'hubspot-list-due-tasks', arguments: { due_before: '2030-01-01T00:00:00Z' } };
  await answers([{ text: 'I look.', calls: [due] }, { text: 'Nobody is at risk.', latency_ms: 3000 }, { text: 'Since Monday.' }]);
  const page = await open('beto', 'chat-2');
  await say(page, 'Who is at risk?');
  await page.waitForSelector('p:text("I look.")');
  await page.reload();
  await page.waitForSelector('p:text("Nobody is at risk.")');
  await until(page, 'status', 'ready');
  assert.deepEqual(agents(await shown(page)), agents(await kept('beto', 'chat-2')));
  await say(page, 'Since when?');
  await page.waitForSelector('p:text("Since Monday.")');
  const roles = (await shown(page)).map((it) => it.role);
  assert.deepEqual(roles, ['user', 'assistant', 'user', 'assistant']);
  const { requests } = await stage.control('GET', 'models');
  assert.equal(requests.length, 3, 'nothing was asked twice');
});

test('a turn without an answer is an error of the page', { skip }, async () => {
  await seed('cira');
  await answers([{ status: 401 }]);
  const page = await open('cira', 'chat-3');
  await say(page, 'Who is at risk?');
  await until(page, 'status', 'error');
  assert.equal(await told(page, 'error'), 'The model could not be asked.');
});
