// The console as it was built: how much of it there is, that it needs nobody else, and that its colours
// can be read.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { inRoot } from '../../scripts/lib/paths.mjs';

const DIST = inRoot('console', 'dist');
const ASSETS = join(DIST, 'console', 'assets');
const KB = 1024;
/** With gzip: what asks before the rest is there, what a first visit loads before it shows the start page,
 *  and all there is. */
const EARLY = KB;
const FIRST = 60 * KB;
const ALL = 100 * KB;
/** WCAG 2.2, level AA: text, and what tells that something can be used. */
const TEXT = 4.5;
const USABLE = 3;

/** For whom a page is that the Worker sends: somebody who is not signed in, or who comes to a view. */
const PAGES = ['index', 'home.en', 'home.de', 'page.en', 'page.de'].map((name) => join(DIST, 'console', `${name}.html`));

let page;
let pages;
before(async () => {
  assert.ok(existsSync(DIST), 'the console is not built: npm start and npm test do');
  pages = await Promise.all(PAGES.map((path) => readFile(path, 'utf8')));
  [page] = pages;
});

const weight = async (name) => gzipSync(await readFile(join(ASSETS, name)), { level: 9 }).length;
const sum = async (names) => (await Promise.all(names.map(weight))).reduce((all, one) => all + one, 0);
const scripts = async () => (await readdir(ASSETS)).filter((name) => name.endsWith('.js'));
/** What the page loads at once. */
const first = () => [...page.matchAll(/(?:src|href)="\/console\/assets\/([^"]+\.js)"/g)].map(([, name]) => name);

test('a first visit loads at most 60 KB of script, and there are at most 100 in all', async () => {
  assert.ok(first().length > 0);
  assert.ok((await sum(first())) <= FIRST, `${await sum(first())} bytes at first`);
  assert.ok((await sum(await scripts())) <= ALL, `${await sum(await scripts())} bytes in all`);
});

test('what asks before the rest is there waits for nothing, is at most 1 KB, and is one file for all', async () => {
  const [early, ...others] = first();
  assert.match(early, /^early-/);
  assert.ok((await weight(early)) <= EARLY, `${await weight(early)} bytes`);
  assert.doesNotMatch(await readFile(join(ASSETS, early), 'utf8'), /(?:from|import)"/);
  const sources = await Promise.all(others.map((name) => readFile(join(ASSETS, name), 'utf8')));
  assert.ok(sources.some((source) => source.includes(`from"./${early}"`)), 'the rest asks it for its answers');
});

test('what the page loads at once is all that its script begins with', async () => {
  const named = new Set(first());
  for (const name of named) {
    const source = await readFile(join(ASSETS, name), 'utf8');
    for (const [, imported] of source.matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g)) {
      assert.ok(named.has(imported), `${name} begins with ${imported}, of which the page does not tell`);
    }
  }
});

test('every page that the Worker sends begins with the same files, in German with its texts beside them', () => {
  const files = (text) => text.match(/\/console\/assets\/[^"]+/g);
  const isGerman = (path) => /\/de-[A-Z0-9]{8}\.js$/.test(path);
  for (const [at, one] of pages.entries()) {
    assert.deepEqual(files(one).filter((path) => !isGerman(path)), files(page), PAGES[at]);
    assert.equal(files(one).filter(isGerman).length, PAGES[at].includes('.de.') ? 1 : 0, PAGES[at]);
  }
});

test('what a page shows before its script cannot be pressed in vain, and is in one language', () => {
  for (const [at, one] of pages.entries()) {
    for (const [button] of one.matchAll(/<button[^>]*>/g)) assert.match(button, / disabled/, PAGES[at]);
    const language = PAGES[at].includes('.de.') ? 'de' : 'en';
    assert.ok(one.includes(`<html lang="${language}">`), PAGES[at]);
    assert.equal(/Mehr|Start</.test(one), language === 'de', PAGES[at]);
  }
});

test('every asset is named after what is in it', async () => {
  for (const name of await readdir(ASSETS)) assert.match(name, /-[A-Z0-9]{8}\.(js|css)$/);
});

test('the page has no script or style of its own, and nothing is of another host', async () => {
  for (const one of pages) assert.doesNotMatch(one, /<style|style=|<script(?![^>]* src=)| on[a-z]+=/);
  for (const path of [...PAGES, ...(await readdir(ASSETS)).map((name) => join(ASSETS, name))]) {
    const urls = (await readFile(path, 'utf8')).match(/https?:\/\/[\w.-]+/g) ?? [];
    // Names of namespaces, the words of a library's error, and where a link of the page of components leads,
    // are never asked for.
    const named = ['http://www.w3.org', 'https://github.com', 'https://linear.app'];
    assert.deepEqual(urls.filter((url) => !named.includes(url)), [], basename(path));
  }
});

/** Every colour by its name, for light and dark. */
async function colours() {
  const css = await readFile(inRoot('console', 'src', 'styles', 'tokens.css'), 'utf8');
  const found = [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)];
  return Object.fromEntries(found.map(([, name, light, dark]) => [name, { light, dark }]));
}

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ['sunken', 'canvas', 'surface', 'hover'];
/** Which text stands on which ground. */
const READ = [
  ...['ink', 'soft', 'accent', 'accent-hover', 'bad', 'good'].flatMap((text) => GROUNDS.map((ground) => [text, ground])),
  ...['accent-ground', 'good-ground', 'notice-ground', 'bad-ground'].flatMap((ground) => [['ink', ground], ['soft', ground]]),
  ...['accent', 'good', 'notice', 'bad'].map((tone) => [tone, `${tone}-ground`]),
  ['accent', 'notice-ground'],
  ['accent', 'bad-ground'],
  ['notice', 'surface'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
];
/** What has to be told from its ground without being read. */
const SEEN = ['control', 'accent'].flatMap((what) => GROUNDS.map((ground) => [what, ground]));

test('every text can be read on its ground, in light and in dark', async () => {
  const of = await colours();
  for (const [wanted, pairs] of [[TEXT, READ], [USABLE, SEEN]]) {
    for (const [text, ground] of pairs) {
      for (const theme of ['light', 'dark']) {
        assert.ok(of[text] && of[ground], `${text} and ${ground} are tokens`);
        const ratio = contrast(of[text][theme], of[ground][theme]);
        assert.ok(ratio >= wanted, `${text} on ${ground} is ${ratio.toFixed(2)} in ${theme}, not ${wanted}`);
      }
    }
  }
});

test('no colour is said anywhere but among the tokens', async () => {
  const folder = inRoot('console', 'src', 'styles');
  for (const name of (await readdir(folder)).filter((file) => file !== 'tokens.css')) {
    const css = await readFile(join(folder, name), 'utf8');
    assert.doesNotMatch(css, /#[0-9a-f]{3,8}\b|rgb\(|hsl\(|oklch\(/i, name);
  }
});
