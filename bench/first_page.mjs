// The console's start page on a slow phone: first visit, signed in, a fortnight of runs.
//
// Three times over. Lighthouse loads it at full speed and reckons what its mobile profile would have made of
// that; the same browser is slowed down for real; and it is left as fast as it is. The first is what others
// compare by, and knows nothing of questions that wait for each other; the second is what somebody would have
// waited, on a connection that is open already.

import { createRequire } from 'node:module';
import { join } from 'node:path';

import { RELEASE } from '../scripts/lib/build.mjs';
import { buildConsole } from '../scripts/lib/console.mjs';
import { inRoot } from '../scripts/lib/paths.mjs';
import { DAYS, makePast } from '../scripts/lib/past.mjs';
import { freePort } from '../scripts/lib/processes.mjs';
import { npmPackages } from '../scripts/lib/setup.mjs';
import { startWorker } from '../scripts/lib/stack.mjs';
import { browserPath, launch, signIn } from '../tests/e2e/lib/chromium.mjs';
import { openDoor } from './lib/front_door.mjs';
import { shown, spread } from './lib/numbers.mjs';
import { reckon, visit } from './lib/visits.mjs';

export const name = 'first-page';
export const title = 'First page of the console';
export const missing = () => (browserPath() ? undefined : 'Chromium');

const VISITS = { full: 9, quick: 2 };
const USER = 'alice';
const USABLE_MS = 1000;
const USABLE_HERE_MS = 200;
/** Lighthouse, and what makes a certificate. */
const PACKAGES = inRoot('bench', 'lighthouse');

/** What is said of either kind of visit, and what it is called. */
const BOTH = {
  firstPaintMs: 'first contentful paint',
  answersMs: 'painted, and no task of more than 50 ms from then on',
  largestPaintMs: 'largest contentful paint',
};
const RECKONED = { ...BOTH, interactiveMs: 'time to interactive', blockedMs: 'total blocking time', transferredKb: 'transferred', requests: 'requests' };
const WAITED = { ...BOTH, completeMs: 'everything that it shows is there' };

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
    const visits = { reckoned: [], waited: [], here: [] };
    const count = quick ? VISITS.quick : VISITS.full;
    // By turns, so that whatever else the machine does is in both.
    for (let at = 1; at <= count; at += 1) {
      progress(`visit ${at} of ${count}`);
      visits.reckoned.push(await reckon(lighthouse, page, { port: debugging, cookie }));
      visits.waited.push(await visit(browser, page, { cookie, slow: true }));
      visits.here.push(await visit(browser, page, { cookie, slow: false }));
    }
    return Object.fromEntries(Object.entries(visits).map(([kind, all]) => [kind, spreads(all)]));
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
  await signIn(page, USER);
  const cookies = await context.cookies(url);
  await context.close();
  return cookies.map((one) => `${one.name}=${one.value}`).join('; ');
}

const spreads = (visits) =>
  Object.fromEntries(Object.keys(visits[0]).map((figure) => [figure, spread(visits.map((one) => one[figure]))]));

export function rows({ reckoned, waited, here }) {
  const unit = (figure) => (figure.endsWith('Ms') ? ' ms' : figure.endsWith('Kb') ? ' KB' : '');
  const told = (how, names, figures) => Object.entries(names).map(([figure, what]) => [how, what, shown(figures[figure], unit(figure))]);
  return {
    header: ['Start page', 'What', 'Found'],
    rows: [
      ...told('Lighthouse, mobile profile', RECKONED, reckoned),
      ...told('slowed down for real', WAITED, waited),
      ...told('this machine', WAITED, here),
    ],
  };
}

export function verdicts({ reckoned, waited, here }) {
  const within = (limit, { median, least, most }) => ({ found: `${median} ms (${least} to ${most})`, met: median <= limit });
  return [
    { target: 'the start page is there and answers within a second on a slow phone, slowed down for real', ...within(USABLE_MS, waited.answersMs) },
    { target: 'and within 200 ms on this machine', ...within(USABLE_HERE_MS, here.answersMs) },
    { target: 'Lighthouse’s first contentful paint on a slow phone is within a second', ...within(USABLE_MS, reckoned.firstPaintMs) },
    { target: 'Lighthouse’s time to interactive is, too', ...within(USABLE_MS, reckoned.interactiveMs) },
  ];
}
