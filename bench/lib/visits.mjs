// First visits of a page by somebody who is signed in, with nothing of it kept by the browser.

/** A phone of the middle, on a slow network: what Lighthouse's mobile profile supposes. */
const SCREEN = { width: 412, height: 823 };
const NETWORK = { offline: false, latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (750 * 1024) / 8 };
const PROCESSOR_SLOWER_BY = 4;
/** As long as nothing more than this is heard of the page, it is complete. */
const QUIET_MS = 1000;
const PATIENCE_MS = 30_000;
const KB = 1024;

const AUDITS = ['first-contentful-paint', 'largest-contentful-paint', 'interactive', 'total-blocking-time', 'long-tasks', 'network-requests'];

/** What Lighthouse makes of one in a browser that listens at `port`. */
export async function reckon(lighthouse, url, { port, cookie }) {
  const { lhr } = await lighthouse(url, { port, logLevel: 'silent', onlyAudits: AUDITS, extraHeaders: { cookie } });
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  const of = (audit) => lhr.audits[audit].numericValue;
  const items = (audit) => lhr.audits[audit].details?.items ?? [];
  const requests = items('network-requests');
  const firstPaintMs = of('first-contentful-paint');
  return {
    firstPaintMs,
    answersMs: Math.max(firstPaintMs, ...items('long-tasks').map(({ startTime, duration }) => startTime + duration)),
    largestPaintMs: of('largest-contentful-paint'),
    interactiveMs: of('interactive'),
    blockedMs: of('total-blocking-time'),
    transferredKb: requests.reduce((sum, { transferSize }) => sum + transferSize, 0) / KB,
    requests: requests.length,
  };
}

/** The same as it happens, slowed down for real or not: moments since the navigation began, in milliseconds. */
export async function visit(browser, url, { cookie, slow }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, serviceWorkers: 'block', viewport: SCREEN, isMobile: true, extraHTTPHeaders: { cookie } });
  try {
    const page = await context.newPage();
    if (slow) await slowDown(await context.newCDPSession(page));
    await page.addInitScript(watch);
    await page.goto(url);
    await page.waitForFunction((quiet) => performance.now() - globalThis.seen.completeMs > quiet, QUIET_MS, { timeout: PATIENCE_MS });
    const { busyUntilMs, ...seen } = await page.evaluate(() => globalThis.seen);
    return { ...seen, answersMs: Math.max(seen.firstPaintMs, busyUntilMs) };
  } finally {
    await context.close();
  }
}

async function slowDown(session) {
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', NETWORK);
  await session.send('Emulation.setCPUThrottlingRate', { rate: PROCESSOR_SLOWER_BY });
}

/** In the page: what it has painted, when it was busy, and when its last part came. */
function watch() {
  const seen = { firstPaintMs: 0, largestPaintMs: 0, busyUntilMs: 0, completeMs: Infinity };
  globalThis.seen = seen;
  const observe = (type, heard) =>
    new PerformanceObserver((list) => list.getEntries().forEach(heard)).observe({ type, buffered: true });
  observe('paint', ({ name, startTime }) => { if (name === 'first-contentful-paint') seen.firstPaintMs = startTime; });
  observe('largest-contentful-paint', ({ startTime }) => { seen.largestPaintMs = startTime; });
  observe('longtask', ({ startTime, duration }) => { seen.busyUntilMs = startTime + duration; });
  new MutationObserver(() => {
    const isThere = document.querySelector('.glances') !== null && document.querySelector('.waiting') === null;
    seen.completeMs = isThere ? performance.now() : Infinity;
  }).observe(document, { subtree: true, childList: true, characterData: true });
}
