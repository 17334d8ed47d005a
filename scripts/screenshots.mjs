// `npm run screenshots`: the pictures of the console that README.md and docs/ show, taken of the Worker
// and the sandbox as they run here.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { browserPath, launch, signIn } from '../tests/e2e/lib/chromium.mjs';
import { LOCAL } from './lib/build.mjs';
import { call, reach } from './lib/demo.mjs';
import { flags } from './lib/flags.mjs';
import { inRoot } from './lib/paths.mjs';
import { DAYS, makePast } from './lib/past.mjs';
import { prepare } from './lib/prepare.mjs';
import { endAll, freePort } from './lib/processes.mjs';
import { Failure, cyan, dim, main, say } from './lib/say.mjs';
import { connectWebhooks, startSandbox, startWorker, token } from './lib/stack.mjs';

const FOLDER = inRoot('docs', 'console');
const USER = 'frida';
const CUSTOMERS = 48;
const WORKFLOW = '/api/workflows/onboarding-health';
const PATIENCE_MS = 240_000;
/** What has no place kept for it comes last: schedules, beside the workflows. */
const SETTLES_WITHIN_MS = 1000;
const DESK = { width: 1280, height: 820 };
const PHONE = { width: 360, height: 740 };

/** What is shown: the path below the console, how wide, in which theme. `{waiting}` and `{ended}` are runs. */
const PICTURES = [
  { name: 'home', at: '/', viewport: DESK, theme: 'light' },
  { name: 'onboarding', at: '/onboarding', viewport: DESK, theme: 'light' },
  { name: 'onboarding-dark', at: '/onboarding', viewport: DESK, theme: 'dark' },
  { name: 'run', at: '/runs/onboarding-health/{ended}', viewport: DESK, theme: 'light' },
  { name: 'approval', at: '/runs/onboarding-health/{waiting}', viewport: DESK, theme: 'dark' },
  { name: 'home-phone', at: '/', viewport: PHONE, theme: 'light' },
  { name: 'onboarding-phone', at: '/onboarding', viewport: PHONE, theme: 'dark' },
];

await main(async () => {
  flags('npm run screenshots', { about: 'Takes the pictures of the console in docs/console, of a stack of its own.' });
  const path = browserPath();
  if (!path) throw new Failure('No Chromium here; install it or name one in CHROMIUM.');
  await prepare({ worker: LOCAL, sandbox: true });
  const state = await mkdtemp(join(tmpdir(), 'onbehalf-pictures-'));
  let browser;
  try {
    const sandbox = await startSandbox(await freePort(), { profile: LOCAL.sandbox });
    say(dim(`${DAYS} days with ${CUSTOMERS} customers, and today …`));
    const seed = { user: USER, customers: CUSTOMERS, connectors: ['hubspot', 'zendesk', 'linear', 'slack'] };
    const began = () => call(`${sandbox.url}/_sandbox/seed`, '', { method: 'POST', body: seed });
    await makePast(sandbox, { user: USER, state, build: LOCAL, began });
    const worker = await startWorker(sandbox, { port: await freePort(), state, build: LOCAL });
    await connectWebhooks(sandbox, worker.url);
    const runs = await fill(sandbox.url, worker.url);
    browser = await launch(path);
    await mkdir(FOLDER, { recursive: true });
    for (const picture of PICTURES) say(`  ${cyan(await take(browser, worker.url, picture, runs))}`);
  } finally {
    await browser?.close();
    await endAll();
    await rm(state, { recursive: true, force: true });
  }
});

/** A run that has ended, with half of its plan approved, and one that waits with the other half. */
async function fill(sandbox, worker) {
  const bearer = await token(sandbox, USER);
  const post = (path, body) => call(`${worker}${WORKFLOW}${path}`, bearer, { method: 'POST', body });
  const come = (runId, wanted) => reach(`${worker}${WORKFLOW}/runs/${runId}`, bearer, wanted, PATIENCE_MS);
  const begin = async () => (await post('/trigger', { approval: 'required' })).runId;
  const ended = await begin();
  const { suspension } = await come(ended, 'suspended');
  const others = suspension.plan.actions.filter((_, at) => at % 2 === 1).map(({ item }) => [item, 'reject']);
  const approval = { hash: suspension.hash, decision: 'approve', items: Object.fromEntries(others) };
  await post(`/runs/${ended}/resume`, { approval, number: suspension.number });
  await come(ended, 'completed');
  const waiting = await begin();
  await come(waiting, 'suspended');
  return { ended, waiting };
}

async function take(browser, worker, { name, at, viewport, theme }, runs) {
  const context = await browser.newContext({ viewport, colorScheme: theme, locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const path = at.replace(/\{(\w+)\}/, (_, which) => runs[which]);
  await page.goto(`${worker}/console${path}`);
  await signIn(page, USER);
  await page.locator('h1').waitFor();
  await page.waitForFunction(() => !document.querySelector('.waiting'));
  await page.waitForTimeout(SETTLES_WITHIN_MS);
  const file = join(FOLDER, `${name}.png`);
  await page.screenshot({ path: file });
  await context.close();
  return file;
}
