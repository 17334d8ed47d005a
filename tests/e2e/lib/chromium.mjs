// A real browser: Chromium as the system has it, installed where that is possible.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Without these, Chromium talks to hosts that have no part in a test. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function find() {
  return process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
}

/** The path of a browser; installs Debian's package as root on a machine that has none. */
export function browserPath() {
  const found = find();
  if (found || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return found;
  try {
    execFileSync('apt-get', ['update'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', 'chromium'], { stdio: 'ignore' });
  } catch {
    // No package to be had: the caller says that it skips.
  }
  return find();
}

/** Starts the browser. */
export function launch(executablePath, more = []) {
  return chromium.launch({ executablePath, args: [...QUIET, ...more] });
}

/** Signs somebody in on the page of the sandbox's provider, to which the browser was sent from the console. It shows
 *  a dozen people to choose from, and takes everybody who is seeded. */
export async function signIn(page, user) {
  const anybody = page.getByRole('button').first();
  await anybody.evaluate((button, name) => { button.value = name; }, user);
  await anybody.click();
  await page.waitForURL(/\/console/);
}
