// The console's page and files, as the platform and the Worker answer them together.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up();
});
after(() => stage?.down());

const VIEWS = ['/console', '/console/', '/console/runs/onboarding-health/run_1', '/console/index.html'];

test('every view is the one page, which may load nothing but its own', async () => {
  const page = await stage.ask('GET', VIEWS[0]);
  assert.equal(page.status, 200);
  assert.match(page.text, /^<!doctype html>/i);
  for (const view of VIEWS) {
    const { status, text, headers } = await stage.ask('GET', view);
    assert.deepEqual([status, text], [200, page.text], view);
    assert.match(headers.get('content-type'), /^text\/html/);
    const policy = headers.get('content-security-policy');
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) {
      assert.ok(policy.includes(part), policy);
    }
    assert.doesNotMatch(policy, /unsafe|\*|http/);
    assert.equal(headers.get('cache-control'), 'no-store', view);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', view);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', view);
    const head = await stage.ask('HEAD', view);
    assert.deepEqual([head.status, head.text, head.headers.get('content-security-policy')], [200, '', policy]);
    const other = await stage.ask('POST', view);
    assert.deepEqual([other.status, other.headers.get('allow')], [405, 'GET, HEAD']);
  }
});

test('somebody who may be signed in is sent what stands around every view, in their language', async () => {
  const sent = async (path, headers) => {
    const { status, text, headers: told } = await stage.ask('GET', path, { headers: { cookie: 'onbehalf_session=any', ...headers } });
    assert.equal(status, 200, path);
    assert.match(told.get('content-security-policy'), /default-src 'none'/);
    assert.equal(told.get('cache-control'), 'no-store');
    return text;
  };
  const english = await sent('/console', { 'accept-language': 'en-GB' });
  assert.match(english, /<html lang="en">[^]*<h1[^>]*>Hello<[^]*href="\/console\/runs"/);
  assert.match(await sent('/console/', { 'accept-language': 'de-AT,de;q=0.9' }), /<html lang="de">[^]*<h1[^>]*>Hallo</);
  assert.match(await sent('/console', { 'accept-language': 'de', cookie: 'onbehalf_session=any; onbehalf-language=en' }), /<html lang="en">/);
  const view = await sent('/console/runs', {});
  assert.match(view, /href="\/console\/runs"/);
  assert.match(view, /<h1 class="unseen">Onbehalf</, 'what is in a view its script knows');
  assert.equal(await sent('/console/home.en.html', { 'accept-language': 'de' }), english, 'a file is itself');
  assert.notEqual(await sent('/console/index.html', {}), english);
});

test('the files that the page names are there, for good', async () => {
  const { text } = await stage.ask('GET', '/console');
  const named = [...text.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(([, path]) => path);
  for (const path of named) {
    const { status, headers } = await stage.ask('GET', path);
    assert.equal(status, 200, path);
    assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable', path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
  }
  assert.ok(named.length > 1, text);
  for (const path of [...named, '/console/icon.svg', '/console/worker.js']) {
    const { status, headers } = await stage.ask('GET', path);
    assert.equal(status, 200, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', path);
    assert.equal(headers.get('strict-transport-security'), 'max-age=31536000', path);
    assert.match(headers.get('content-security-policy'), /^default-src 'none'/, path);
  }
});

test('a file that is no more is not the page', async () => {
  const browser = { accept: 'text/html,*/*;q=0.8' };
  for (const path of ['/console/assets/console-old.js', '/console/none.svg']) {
    for (const headers of [{}, browser]) {
      const { status, text, headers: kept } = await stage.ask('GET', path, { headers });
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /<script/);
      assert.equal(kept.get('cache-control'), 'no-store', 'nobody keeps that it is not there');
    }
  }
});

test('everything else is answered as before, whatever was built', async () => {
  for (const path of ['/consoles', '/index.html', '/_headers', '/.sources', '/.assetsignore', '/console.html']) {
    const { status, json } = await stage.ask('GET', path);
    assert.deepEqual([status, json.type], [404, 'urn:onbehalf:problem:not-found'], path);
  }
  assert.match((await stage.ask('GET', '/')).text, /Onbehalf/);
});
