// Attacks on the browser's flows: signing in, and connecting an app.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Browser, BY_CONSENT, PROVIDERS, Stage } from './lib/stage.mjs';

for (const provider of Object.keys(PROVIDERS)) describe(`with ${provider}`, () => {
  let stage;
  /** Users of one test each, so that no test needs another's connections. */
  let serial = 0;
  before(async () => {
    stage = await Stage.up({ manners: BY_CONSENT, provider });
  });
  after(() => stage?.down());

  /** Somebody new who has connected HubSpot alone. */
  async function somebody() {
    serial += 1;
    return stage.somebody(`person-${serial}`);
  }

  /** A browser in which this user is signed in. */
  async function signedIn(user) {
    const browser = new Browser();
    await browser.signIn(await browser.open(`${stage.url}/auth/login`), user);
    return browser;
  }

  /** Where the browser is sent to consent; the attempt is then under way. */
  const consentOf = async (browser, connector) => (await browser.connect(`${stage.url}/connect/${connector}`)).location;
  /** Consents, and answers the address the browser is to come back with. */
  const allow = async (browser, consent) =>
    new URL((await browser.allow(consent)).location);

  async function statuses(user) {
    const { json } = await stage.ask('GET', '/api/connections', { as: user });
    return Object.fromEntries(json.connections.map((it) => [it.connector, it.status]));
  }

  async function assertNothingConnected(page, user, status = 403) {
    assert.equal(page.status, status, page.text);
    assert.doesNotMatch(page.text, />Connected</);
    const now = await statuses(user);
    assert.notEqual(now.zendesk, 'active');
    assert.notEqual(now.linear, 'active');
  }

  test('a consent page forwarded to somebody else connects neither', async () => {
    const [user, other] = [await somebody(), await somebody()];
    const consent = await consentOf(await signedIn(user), 'zendesk');
    const theirs = await signedIn(other);
    const page = await theirs.open((await allow(theirs, consent)).href);
    assert.match(page.text, /another browser/);
    await assertNothingConnected(page, user);
    await assertNothingConnected(page, other);
  });

  test('forwarded to somebody who has not signed in, it ends the same', async () => {
    const user = await somebody();
    const consent = await consentOf(await signedIn(user), 'zendesk');
    const theirs = new Browser();
    await assertNothingConnected(await theirs.open((await allow(theirs, consent)).href), user);
  });

  test('a consent somebody else gave is claimed by nobody, least of all by who asked for it', async () => {
    const [attacker, victim] = [await somebody(), await somebody()];
    const theirs = { 'signed in': await signedIn(victim), 'not signed in': new Browser() };
    for (const [who, browser] of Object.entries(theirs)) {
      const own = await signedIn(attacker);
      const back = await allow(browser, await consentOf(own, 'zendesk'));
      // The victim's page fails, and is shown to the attacker, who opens its address.
      await assertNothingConnected(await browser.open(back.href), attacker);
      const claimed = await own.open(back.href);
      await assertNothingConnected(claimed, attacker, 409);
      await assertNothingConnected(claimed, victim, 409);
      assert.match(claimed.text, /Already used/, who);
    }
  });

  test('nor with another attempt of their own', async () => {
    const [attacker, victim] = [await somebody(), await somebody()];
    const own = await signedIn(attacker);
    const theirs = await signedIn(victim);
    const failed = await allow(theirs, await consentOf(own, 'zendesk'));
    const again = await allow(own, await consentOf(own, 'zendesk'));
    await assertNothingConnected(await theirs.open(failed.href), attacker);
    // The victim's consent, with a state that nobody has used.
    again.searchParams.set('auth_request_id', failed.searchParams.get('auth_request_id'));
    const claimed = await own.open(again.href);
    await assertNothingConnected(claimed, attacker, 409);
    await assertNothingConnected(claimed, victim, 409);
  });

  test('who signs in as somebody else in the browser that began ends the attempt too', async () => {
    const [user, other] = [await somebody(), await somebody()];
    const browser = await signedIn(user);
    const back = await allow(browser, await consentOf(browser, 'zendesk'));
    await browser.signIn(await browser.open(`${stage.url}/auth/login`), other);
    const page = await browser.open(back.href);
    assert.match(page.text, /not yours/);
    await assertNothingConnected(page, other);
    await browser.signIn(await browser.open(`${stage.url}/auth/login`), user);
    await assertNothingConnected(await browser.open(back.href), user, 409);
  });

  /** A request with this browser's cookies and these headers, its redirects not followed. */
  function send(browser, path, { method = 'GET', headers = {} } = {}) {
    const cookies = browser.cookies.get(new URL(stage.url).host) ?? new Map();
    const cookie = [...cookies].map((it) => it.join('=')).join('; ');
    return fetch(`${stage.url}${path}`, { method, redirect: 'manual', headers: { cookie, ...headers } });
  }

  test('another site’s link, form or image begins nothing', async () => {
    const user = await somebody();
    const browser = await signedIn(user);
    const page = await send(browser, '/connect/zendesk', { headers: { 'sec-fetch-site': 'cross-site' } });
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('location'), null);
    const text = await page.text();
    assert.match(text, new RegExp(`Signed in as</dt><dd>${user} `));
    assert.match(text, /Connected now<\/dt><dd>No Zendesk account/);
    const hubspot = await (await send(browser, '/connect/hubspot')).text();
    assert.match(hubspot, /another takes its place/);
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.example' }, { origin: 'null' }]) {
      const answer = await send(browser, '/connect/zendesk', { method: 'POST', headers });
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assert.equal(answer.headers.get('location'), null);
    }
    const own = await send(browser, '/connect/zendesk', { method: 'POST', headers: { 'sec-fetch-site': 'same-origin', origin: 'null' } });
    assert.equal(own.status, 303);
    assert.match(own.headers.get('location'), /\/magic\//);
  });

  test('what a browser fetches ahead does nothing, and uses nothing up', async () => {
    const user = await somebody();
    const browser = await signedIn(user);
    const back = await allow(browser, await consentOf(browser, 'zendesk'));
    for (const purpose of [{ 'sec-purpose': 'prefetch' }, { 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }, { 'x-moz': 'prefetch' }]) {
      for (const path of ['/connect/zendesk', `${back.pathname}${back.search}`, '/auth/login', '/auth/callback?code=x&state=y']) {
        const answer = await send(browser, path, { headers: purpose });
        assert.equal(answer.status, 503, path);
        assert.equal(answer.headers.getSetCookie().length, 0);
      }
    }
    assert.equal((await browser.open(back.href)).status, 200);
  });

  test('the same person in another browser is told so', async () => {
    const user = await somebody();
    const first = await signedIn(user);
    const back = await allow(first, await consentOf(first, 'zendesk'));
    const page = await (await signedIn(user)).open(back.href);
    assert.match(page.text, /another browser/);
    await assertNothingConnected(page, user);
  });

  test('one’s own state with somebody else’s consent connects neither', async () => {
    const [user, other] = [await somebody(), await somebody()];
    const [mine, theirs] = [await signedIn(user), await signedIn(other)];
    const back = await allow(mine, await consentOf(mine, 'zendesk'));
    const foreign = await allow(theirs, await consentOf(theirs, 'zendesk'));
    back.searchParams.set('auth_request_id', foreign.searchParams.get('auth_request_id'));
    const page = await mine.open(back.href);
    await assertNothingConnected(page, user);
    await assertNothingConnected(page, other);
  });

  test('a consent to one app does not pass for one to another', async () => {
    const user = await somebody();
    const browser = await signedIn(user);
    const zendesk = await allow(browser, await consentOf(browser, 'zendesk'));
    const linear = await allow(browser, await consentOf(browser, 'linear'));
    const mixed = new URL(zendesk);
    mixed.searchParams.set('auth_request_id', linear.searchParams.get('auth_request_id'));
    const page = await browser.open(mixed.href);
    assert.notEqual(page.status, 200, page.text);
    assert.notEqual((await statuses(user)).zendesk, 'active');
  });

  test('who is connected comes from the session, whatever the address says', async () => {
    const [user, other] = [await somebody(), await somebody()];
    const browser = await signedIn(user);
    const more = `user=${other}&sub=${other}&identifier=user_${other}&user_id=${other}`;
    const consent = (await browser.connect(`${stage.url}/connect/zendesk?${more}`)).location;
    const back = await allow(browser, consent);
    const page = await browser.open(`${back.href}&${more}`);
    assert.equal(page.status, 200, page.text);
    assert.equal((await statuses(user)).zendesk, 'active');
    assert.notEqual((await statuses(other)).zendesk, 'active');
    // It is used up, for everybody.
    for (const again of [browser, await signedIn(user), await signedIn(other)]) {
      const replayed = await again.open(back.href);
      assert.ok([403, 409].includes(replayed.status), replayed.text);
    }
  });

  test('an answer without its parts, with two of them, or refused by the user, connects nothing', async () => {
    const user = await somebody();
    const browser = await signedIn(user);
    const back = await allow(browser, await consentOf(browser, 'zendesk'));
    const state = back.searchParams.get('state');
    const id = back.searchParams.get('auth_request_id');
    for (const query of ['', `state=${state}`, `auth_request_id=${id}`, `state=&auth_request_id=${id}`, `state=x&state=${state}&auth_request_id=${id}`, `error=access_denied&state=${state}`]) {
      const page = await browser.open(`${stage.url}/connect/callback?${query}`);
      assert.ok(page.status >= 400 && page.status < 500, `${query}: ${page.status}`);
      assert.notEqual((await statuses(user)).zendesk, 'active', query);
    }
  });

  test('signing in sends nobody elsewhere', async () => {
    const elsewhere = ['https://evil.example', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', 'https:evil.example', 'javascript:alert(1)', 'data:text/html,x', '/connect/../../evil', '/connect/%2e%2e/x', '/connect/..%2f..%2f/evil.example', '/connect/\r\nlocation: https://evil.example', '/connect/\tx', '/connect/x#@evil.example', '/connect@evil.example', '/auth/logout', '/api/workflows/onboarding-health/schedule', ` ${'/connect/zendesk'}`, '/connect/' + 'x'.repeat(5000)];
    for (const to of elsewhere) {
      const browser = new Browser();
      const answer = await browser.go(`${stage.url}/auth/login?return_to=${encodeURIComponent(to)}`);
      const callback = await backFromProvider(browser, answer.location, 'alice');
      const end = await browser.go(callback);
      assert.equal(end.status, 302, `${to}: ${end.text}`);
      const location = end.headers.get('location');
      assert.ok(location === '/' || /^\/connect\/[^\\]*$/.test(location), `${to} led to ${location}`);
      assert.equal(new URL(location, stage.url).host, new URL(stage.url).host, to);
      assert.ok(new URL(location, stage.url).pathname === '/' || new URL(location, stage.url).pathname.startsWith('/connect/'), to);
    }
  });

  /** Signs in at the provider; answers the address the browser is sent back to, not yet followed. */
  async function backFromProvider(browser, authorizeUrl, user) {
    const form = { ...Object.fromEntries(new URL(authorizeUrl).searchParams), user };
    return (await browser.go(authorizeUrl.split('?')[0], { method: 'POST', form })).location;
  }

  test('a sign-in is for the browser that began it, once', async () => {
    const attacker = new Browser();
    const begun = await attacker.go(`${stage.url}/auth/login`);
    const callback = await backFromProvider(attacker, begun.location, 'carol');
    const hasSession = (browser) => browser.cookies.get(new URL(stage.url).host)?.has('onbehalf_session') ?? false;

    // Somebody else’s browser does not become carol’s: neither without a sign-in of its own …
    const victim = new Browser();
    assert.equal((await victim.go(callback)).status, 400);
    assert.equal(hasSession(victim), false);
    // … nor with one under way.
    const own = await victim.go(`${stage.url}/auth/login`);
    assert.equal((await victim.go(callback)).status, 400);
    assert.equal(hasSession(victim), false);
    const answer = new URL(await backFromProvider(victim, own.location, 'alice'));
    const mixedUp = new URL(answer);
    mixedUp.searchParams.set('iss', 'https://evil.example');
    const jar = () => new Map(victim.cookies.get(new URL(stage.url).host));
    const before = jar();
    assert.equal((await victim.go(mixedUp.href)).status, 403);
    assert.equal(hasSession(victim), false);
    // A mix-up ends the attempt, also for a browser that kept its cookie.
    victim.cookies.set(new URL(stage.url).host, before);
    assert.equal((await victim.go(answer.href)).status, 400);
    assert.equal(hasSession(victim), false);

    const again = await victim.go(`${stage.url}/auth/login`);
    const good = await backFromProvider(victim, again.location, 'alice');
    const kept = jar();
    assert.equal((await victim.go(good)).status, 302);
    assert.equal(hasSession(victim), true);
    // So does a success: the cookie sent twenty times makes no second token request.
    const exchanges = () => stage.control('GET', 'calls').then(({ endpoints }) => endpoints[stage.counted('idp_token')]);
    const made = await exchanges();
    for (let n = 0; n < 20; n += 1) {
      victim.cookies.set(new URL(stage.url).host, new Map(kept));
      assert.equal((await victim.go(good)).status, 400);
    }
    assert.equal(hasSession(victim), false);
    assert.equal(await exchanges(), made);
  });

  test('however often a sign-in is begun, the provider is asked for its metadata once', async () => {
    for (let n = 0; n < 40; n += 1) assert.equal((await new Browser().go(`${stage.url}/auth/login`)).status, 302);
    const { endpoints } = await stage.control('GET', 'calls');
    // And once more where only the metadata says where the keys are.
    const most = provider === 'oidc' ? 2 : 1;
    assert.ok((endpoints[stage.counted('discovery')] ?? 0) <= most, JSON.stringify(endpoints));
  });

  test('signing out ends the session, and not only the cookie', async () => {
    const browser = await signedIn('alice');
    const copied = new Map(browser.cookies.get(new URL(stage.url).host));
    assert.equal((await browser.go(`${stage.url}/auth/logout`, { method: 'POST' })).status, 303);
    browser.cookies.set(new URL(stage.url).host, copied);
    assert.match((await browser.go(`${stage.url}/connect/zendesk`)).location, /\/auth\/login/);
    assert.equal((await (await signedIn('alice')).go(`${stage.url}/connect/zendesk`)).status, 200, 'others go on');
  });

  test('a cookie that is changed, doubled or another one is no session', async () => {
    const browser = await signedIn('alice');
    const jar = browser.cookies.get(new URL(stage.url).host);
    const session = jar.get('onbehalf_session');
    const other = (await signedIn('carol')).cookies.get(new URL(stage.url).host).get('onbehalf_session');
    const begun = new Browser();
    await begun.go(`${stage.url}/auth/login`);
    const login = begun.cookies.get(new URL(stage.url).host).get('onbehalf_login');
    const connect = (cookie) => fetch(`${stage.url}/connect/zendesk`, { method: 'POST', redirect: 'manual', headers: { cookie } });
    const asks = async (cookie) => new URL((await connect(cookie)).headers.get('location'), stage.url).pathname;
    assert.match(await asks(`onbehalf_session=${session}`), /^\/magic\//);

    const flip = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    // The last character of a base64 text holds bits that nobody reads.
    const changed = Array.from({ length: session.length - 1 }, (_, at) => flip(session, at));
    const parts = [session.split('.'), other.split('.')];
    const spliced = parts[0].map((_, at) => parts[0].map((part, n) => (n === at ? parts[1][n] : part)).join('.'));
    const bad = [...changed.filter((_, at) => at % 7 === 0), ...spliced.filter((it) => it !== session && it !== other), '', 'x', `${session}x`, `x${session}`, session.slice(0, -4), session.toUpperCase(), login];
    for (const value of bad) {
      assert.equal(await asks(`onbehalf_session=${value}`), '/auth/login', value.slice(0, 40));
    }
    assert.equal(await asks(`onbehalf_session=${session}; onbehalf_session=${session}`), '/auth/login');
    assert.equal(await asks(`onbehalf_session=${session}; onbehalf_session=${other}`), '/auth/login');
    assert.equal(await asks(`onbehalf_login=${session}`), '/auth/login');
  });

  test('a session alone opens pages only, and a token no page', async () => {
    const browser = await signedIn('alice');
    for (const path of ['/api/workflows/onboarding-health/schedule', '/api/connections', '/api/tools']) {
      assert.equal((await browser.go(`${stage.url}${path}`)).status, 401, path);
    }
    const answer = await stage.ask('GET', '/connect/zendesk', { as: 'alice' });
    assert.match(answer.headers.get('location'), /^\/auth\/login/);
  });

  test('another site can sign nobody out', async () => {
    const browser = await signedIn('alice');
    const cookie = [...browser.cookies.get(new URL(stage.url).host)].map((it) => it.join('=')).join('; ');
    const logout = (headers) => fetch(`${stage.url}/auth/logout`, { method: 'POST', redirect: 'manual', headers: { cookie, ...headers } });
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.example' }, { origin: 'null' }]) {
      const answer = await logout(headers);
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assert.equal(answer.headers.getSetCookie().length, 0);
    }
    const answer = await logout({ 'sec-fetch-site': 'same-origin' });
    assert.equal(answer.status, 303);
    assert.match(answer.headers.getSetCookie()[0], /^onbehalf_session=;.*Max-Age=0/);
  });

  test('every page keeps out scripts, frames and caches, and every answer says what it is', async () => {
    const browser = await signedIn('alice');
    const pages = ['/', '/connect/nothing', '/connect/callback', '/connect/callback?state=x&auth_request_id=y', '/auth/callback', '/auth/callback?code=x&state=y', '/auth/login?provider=unknown'];
    for (const path of pages) {
      const { headers, text } = await browser.go(`${stage.url}${path}`);
      assert.match(headers.get('content-type'), /^text\/html; charset=utf-8$/, path);
      const policy = headers.get('content-security-policy');
      for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) {
        assert.ok(policy.includes(part), `${path}: ${policy}`);
      }
      assert.doesNotMatch(policy, /unsafe|\*|http:/, path);
      assert.equal(headers.get('x-frame-options'), 'DENY', path);
      assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', path);
      assert.doesNotMatch(text, /<script|onload=|javascript:/i, path);
    }
    // The one page with a form that leads elsewhere: to the consent, over as many hosts as it takes.
    const { headers: asks } = await browser.go(`${stage.url}/connect/zendesk`);
    assert.match(asks.get('content-security-policy'), /default-src 'none'.*form-action 'self' https: http:;.*base-uri 'none'/);
    const others = ['/api/workflows/onboarding-health/schedule', '/api/nothing', '/health', '/openapi.json', '/nothing', '/connect/zendesk'];
    for (const path of [...pages, ...others]) {
      const { headers } = await browser.go(`${stage.url}${path}`);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.match(headers.get('cache-control'), /no-store|no-cache|max-age/, path);
      assert.equal(headers.get('access-control-allow-origin'), null, `${path} is for no other site`);
    }
  });

  test('what a page repeats of its address is text', async () => {
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    const inUrl = encodeURIComponent(hostile);
    const browser = await signedIn('alice');
    for (const path of [`/connect/${inUrl}`, `/connect/callback?state=${inUrl}&auth_request_id=${inUrl}`, `/auth/login?provider=${inUrl}&return_to=${inUrl}`, `/auth/callback?error=${inUrl}&error_description=${inUrl}&state=${inUrl}`, `/${inUrl}`]) {
      const { text } = await browser.go(`${stage.url}${path}`);
      assert.ok(!text.includes('<script>') && !text.includes('<img'), path);
    }
  });
});
