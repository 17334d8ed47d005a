// The console's start page on a slow phone: first visit, signed in, a fortnight of runs.
//
// Twice over. Lighthouse loads it at full speed and reckons what its mobile profile would have made of that;
// and the same browser is slowed down for real. The first is what others compare by, and knows nothing of
// questions that wait for each other; the second is what somebody would have waited.

import { createRequire } from 'node:module';
import { join } from 'node:path';

import { RELEASE } from '../scripts/lib/build.mjs';
import { buildConsole } from '../scripts/lib/console.mjs';
import { inRoot } from '../scripts/lib/paths.mjs';
import { DAYS, makePast } from '../scripts/lib/past.mjs';
import { freePort } from '../scripts/lib/processes.mjs';
import { npmPackages } from '../scripts/lib/setup.mjs';
import { startWorker } from '../scripts/lib/stack.mjs';
import { browserPath, launch } from '../tests/e2e/lib/chromium.mjs';
import { openDoor } from './lib/front_door.mjs';
import { shown, spread } from './lib/numbers.mjs';
import { reckon, visit } from './lib/visits.mjs';

export const name = 'first-page';
export const title = 'First page of the console';
export const missing = () => (browserPath() ? undefined : 'Chromium');

const VISITS = { full: 9, quick: 2 };
const USER = 'alice';
const USABLE_MS = 1000;
/** Lighthouse, and what makes a certificate. */
const PACKAGES = inRoot('bench', 'lighthouse');

/** What is said of either kind of visit, and what it is called. */
const RECKONED = { firstPaintMs: 'first contentful paint', largestPaintMs: 'largest contentful paint', interactiveMs: 'time to interactive', blockedMs: 'total blocking time', transferredKb: 'transferred', requests: 'requests' };
const WAITED = { firstPaintMs: 'first contentful paint', largestPaintMs: 'largest contentful paint', answersMs: 'end of the last task of more than 50 ms', completeMs: 'everything that it shows is there' };

export async function measure(stage, { quick, progress }) {
  await Promise.all([npmPackages(PACKAGES), buildConsole(RELEASE)]);
  const packages = createRequire(join(PACKAGES, 'package.json'));
  const { default: lighthouse } = await import(packages.resolve('lighthouse'));
  const state = join(stage.folder, name);
  progress(`${DAYS} days of runs`);
  await makePast(stage.sandbox, { user: USER, state, build: RELEASE });
  const [port, front, debugging] = await Promise.all([freePort(), freePort(), freePort()]);
  const url = `https://localhost:${front}`;
  const worker = await startWorker(stage.sandbox, { port, state, publicUrl: url });
  const { private: key, cert } = await packages('selfsigned').generate([{ name: 'commonName', value: 'localhost' }]);
  const close = await openDoor({ port: front, target: `http://localhost:${worker.port}`, key, cert });
  const browser = await launch(browserPath(), [`--remote-debugging-port=${debugging}`, '--ignore-certificate-errors']);
  try {
    const page = `${url}/console/`;
    const cookie = await signedIn(browser, page);
    const visits = { reckoned: [], waited: [] };
    const count = quick ? VISITS.quick : VISITS.full;
    // By turns, so that whatever else the machine does is in both.
    for (let at = 1; at <= count; at += 1) {
      progress(`visit ${at} of ${count}`);
      visits.reckoned.push(await reckon(lighthouse, page, { port: debugging, cookie }));
      visits.waited.push(await visit(browser, page, cookie));
    }
    return { reckoned: spreads(visits.reckoned), waited: spreads(visits.waited) };
  } finally {
    await browser.close();
    close();
  }
}

/** Signs in as somebody would; answers the cookie. */
async function signedIn(browser, url) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(url);
  const anybody = page.getByRole('button').first();
  await anybody.evaluate((button, user) => { button.value = user; }, USER);
  await anybody.click();
  await page.waitForURL(/\/console/);
  const cookies = await context.cookies(url);
  await context.close();
  return cookies.map((one) => `${one.name}=${one.value}`).join('; ');
}

const spreads = (visits) =>
  Object.fromEntries(Object.keys(visits[0]).map((figure) => [figure, spread(visits.map((one) => one[figure]))]));

export function rows({ reckoned, waited }) {
  const unit = (figure) => (figure.endsWith('Ms') ? ' ms' : figure.endsWith('Kb') ? ' KB' : '');
  const told = (how, names, figures) => Object.entries(names).map(([figure, what]) => [how, what, shown(figures[figure], unit(figure))]);
  return {
    header: ['Slow phone', 'What', 'Found'],
    rows: [...told('Lighthouse, mobile profile', RECKONED, reckoned), ...told('slowed down for real', WAITED, waited)],
  };
}

export function verdicts({ reckoned, waited }) {
  const within = (figure) => ({ found: `${figure.median} ms (${figure.least} to ${figure.most})`, met: figure.median <= USABLE_MS });
  return [
    { target: 'the start page answers within a second, slowed down for real', ...within(waited.answersMs) },
    { target: 'by Lighthouse’s mobile profile it is interactive within a second', ...within(reckoned.interactiveMs) },
  ];
}
