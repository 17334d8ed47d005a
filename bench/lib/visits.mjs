// First visits of a page by somebody who is signed in, with nothing of it kept by the browser.

/** A phone of the middle, on a slow network: what Lighthouse's mobile profile supposes. */
const SCREEN = { width: 412, height: 823 };
const NETWORK = { offline: false, latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (750 * 1024) / 8 };
const PROCESSOR_SLOWER_BY = 4;
/** As long as nothing more than this is heard of the page, it is complete. */
const QUIET_MS = 1000;
const PATIENCE_MS = 30_000;
const KB = 1024;

const AUDITS = ['first-contentful-paint', 'largest-contentful-paint', 'interactive', 'total-blocking-time', 'network-requests'];

/** What Lighthouse makes of one in a browser that listens at `port`. */
export async function reckon(lighthouse, url, { port, cookie }) {
  const { lhr } = await lighthouse(url, { port, logLevel: 'silent', onlyAudits: AUDITS, extraHeaders: { cookie } });
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  const of = (audit) => lhr.audits[audit].numericValue;
  const requests = lhr.audits['network-requests'].details.items;
  return {
    firstPaintMs: of('first-contentful-paint'),
    largestPaintMs: of('largest-contentful-paint'),
    interactiveMs: of('interactive'),
    blockedMs: of('total-blocking-time'),
    transferredKb: requests.reduce((sum, { transferSize }) => sum + transferSize, 0) / KB,
    requests: requests.length,
  };
}

/** The same, slowed down for real: the moments since the navigation began, in milliseconds. */
export async function visit(browser, url, cookie) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, serviceWorkers: 'block', viewport: SCREEN, isMobile: true, extraHTTPHeaders: { cookie } });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', NETWORK);
    await session.send('Emulation.setCPUThrottlingRate', { rate: PROCESSOR_SLOWER_BY });
    await page.addInitScript(watch);
    await page.goto(url);
    await page.waitForFunction((quiet) => performance.now() - globalThis.seen.completeMs > quiet, QUIET_MS, { timeout: PATIENCE_MS });
    return await page.evaluate(() => globalThis.seen);
  } finally {
    await context.close();
  }
}

/** In the page: what it has painted, when it was busy, and when its last part came. */
function watch() {
  const seen = { firstPaintMs: 0, largestPaintMs: 0, answersMs: 0, completeMs: Infinity };
  globalThis.seen = seen;
  const observe = (type, heard) =>
    new PerformanceObserver((list) => list.getEntries().forEach(heard)).observe({ type, buffered: true });
  observe('paint', ({ name, startTime }) => { if (name === 'first-contentful-paint') seen.firstPaintMs = startTime; });
  observe('largest-contentful-paint', ({ startTime }) => { seen.largestPaintMs = startTime; });
  observe('longtask', ({ startTime, duration }) => { seen.answersMs = startTime + duration; });
  new MutationObserver(() => {
    const isThere = document.querySelector('.glances') !== null && document.querySelector('.waiting') === null;
    seen.completeMs = isThere ? performance.now() : Infinity;
  }).observe(document, { subtree: true, childList: true, characterData: true });
}
