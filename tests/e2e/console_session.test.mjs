// Somebody is signed in, in a real browser. What a page of this service may ask the API for with their
// session, and what pages of another site, of another port and of no origin gain by it: nothing.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { browserPath, launch } from './lib/chromium.mjs';
import { Stage, WORKFLOW } from './lib/stage.mjs';

const USER = 'alice';
const HEADER = 'x-onbehalf-forgery-token';

const path = browserPath();
let stage;
let browser;
/** A server of an attacker's: whatever it is asked for, it answers with an empty page. */
let elsewhere;

before(async () => {
  if (!path) return;
  stage = await Stage.up();
  browser = await launch(path);
  elsewhere = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><p>Elsewhere'));
  await new Promise((resolve) => elsewhere.listen(0, resolve));
});
after(async () => {
  elsewhere?.close();
  await browser?.close();
  await stage?.down();
});

const only = path ? {} : { skip: 'no Chromium on this machine' };

/** A window in which the user is signed in, and which is looking at a page of this service. */
async function signedIn() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${stage.url}/auth/login?return_to=/console`);
  await page.getByRole('button', { name: /Alice/ }).click();
  await page.waitForURL(`${stage.url}/console`);
  return { context, page };
}

/** What a page's script is answered, or why it is not. */
function asked(page, url, options = {}) {
  return page.evaluate(
    async ({ url, options }) => {
      try {
        const answer = await fetch(url, options);
        return { status: answer.status, kind: answer.type, text: await answer.text() };
      } catch (error) {
        return { error: String(error) };
      }
    },
    { url, options },
  );
}

/** The token that pages of this service read. */
async function forgeryToken(page) {
  const { status, text } = await asked(page, '/auth/session');
  assert.equal(status, 200, text);
  return JSON.parse(text).forgeryToken;
}

const schedule = () => stage.ask('GET', `${WORKFLOW}/schedule`, { as: USER }).then(({ json }) => json.enabled);
const runs = () => stage.ask('GET', `${WORKFLOW}/runs`, { as: USER }).then(({ json }) => json.runs.length);

test('a page of this service asks as who is signed in', only, async () => {
  const { context, page } = await signedIn();
  const session = JSON.parse((await asked(page, '/auth/session')).text);
  assert.equal(session.user.name, USER);
  assert.equal(session.keepsAccounts, true);
  const headers = { [HEADER]: session.forgeryToken };
  const read = await asked(page, `${WORKFLOW}/schedule`, { headers });
  assert.equal(read.status, 200, read.text);
  assert.equal(JSON.parse(read.text).enabled, false);

  assert.equal((await asked(page, `${WORKFLOW}/schedule`, { method: 'PUT', headers })).status, 200);
  assert.equal(await schedule(), true, 'as the person, not as somebody else');
  assert.equal((await asked(page, `${WORKFLOW}/schedule`, { method: 'DELETE', headers })).status, 200);

  // A run is watched by reading its stream, to which a header can be given.
  const started = await asked(page, `${WORKFLOW}/trigger`, { method: 'POST', headers });
  const { runId } = JSON.parse(started.text);
  const first = await page.evaluate(
    async ({ url, headers }) => {
      const answer = await fetch(url, { headers });
      const { value } = await answer.body.getReader().read();
      return new TextDecoder().decode(value);
    },
    { url: `${WORKFLOW}/runs/${runId}/events`, headers },
  );
  assert.match(first, /^id: \d+\n?/m);

  // Without the token it is nobody's request, though it is the same page's.
  for (const wrong of [{}, { [HEADER]: 'x' }, { [HEADER]: `${session.forgeryToken}x` }]) {
    const refused = await asked(page, `${WORKFLOW}/schedule`, { headers: wrong });
    assert.equal(refused.status, 401);
  }
  await context.close();
});

test('the script of a page sees neither the session nor a token of the provider', only, async () => {
  const { context, page } = await signedIn();
  const seen = await page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage })].join(' '));
  assert.doesNotMatch(seen, /onbehalf_session/);
  const { text } = await asked(page, '/auth/session');
  const [cookie] = (await context.cookies()).filter(({ name }) => name.includes('session'));
  assert.equal(cookie.httpOnly, true);
  assert.ok(!text.includes(cookie.value));
  assert.doesNotMatch(text, /eyJ/);
  await context.close();
});

test('a page of another site, and of another port, gains nothing by the session', only, async () => {
  const { context, page } = await signedIn();
  // The worst case: the attacker somehow knows this session's token.
  const token = await forgeryToken(page);
  const before = { schedule: await schedule(), runs: await runs() };
  const { port } = elsewhere.address();
  // The same site as this service, which cookies follow, and another one.
  for (const origin of [`http://localhost:${port}`, `http://127.0.0.1:${port}`]) {
    const attacker = await context.newPage();
    await attacker.goto(origin);
    const targets = [
      ['GET', '/auth/session'],
      ['GET', `${WORKFLOW}/schedule`],
      ['PUT', `${WORKFLOW}/schedule`],
      ['POST', `${WORKFLOW}/trigger`],
    ];
    const ways = [{}, { headers: { [HEADER]: token } }, { mode: 'no-cors' }, { mode: 'no-cors', headers: { [HEADER]: token } }];
    for (const [method, target] of targets) {
      for (const way of ways) {
        const simple = ['GET', 'POST'].includes(method);
        if (way.mode === 'no-cors' && !simple) continue;
        const answer = await asked(attacker, `${stage.url}${target}`, { method, credentials: 'include', ...way });
        const what = `${origin} ${method} ${target} ${JSON.stringify(way)}`;
        // Not even an answer that nobody may read is handed over: every answer is for this origin alone.
        assert.match(answer.error ?? '', /Failed to fetch/, what);
      }
    }
    // What needs no script's permission: a form, a picture, a script, a frame, a window.
    const sent = attacker.waitForResponse((response) => response.url().endsWith('/trigger'));
    await attacker.evaluate(
      ({ url, trigger }) => {
        document.body.innerHTML = `<iframe name="away"></iframe><form method="post" target="away" action="${trigger}"></form>`;
        document.querySelector('form').submit();
        for (const [tag, at] of [['img', 'src'], ['script', 'src'], ['iframe', 'src'], ['object', 'data']]) {
          document.body.append(Object.assign(document.createElement(tag), { [at]: url }));
        }
      },
      { url: `${stage.url}/auth/session`, trigger: `${stage.url}${WORKFLOW}/trigger` },
    );
    assert.equal((await sent).status(), 401, origin);
    const shown = await attacker.goto(`${stage.url}/auth/session`);
    assert.equal(shown.status(), 401, 'a link from elsewhere shows nothing');
    await attacker.close();
  }
  // A page of no origin at all, as in a sandboxed frame.
  const opaque = await context.newPage();
  await opaque.goto(`data:text/html,<p>nothing`);
  for (const target of ['/auth/session', `${WORKFLOW}/schedule`]) {
    const answer = await asked(opaque, `${stage.url}${target}`, { credentials: 'include', headers: { [HEADER]: token } });
    assert.match(answer.error ?? '', /Failed to fetch/, target);
  }
  assert.deepEqual({ schedule: await schedule(), runs: await runs() }, before);
  await context.close();
});

test('typed into the bar, an address of the API shows nothing', only, async () => {
  const { context, page } = await signedIn();
  for (const target of ['/auth/session', `${WORKFLOW}/schedule`, '/api/connections']) {
    assert.equal((await page.goto(`${stage.url}${target}`)).status(), 401, target);
  }
  await context.close();
});

test('who has signed out is nobody, in every window and with every copy', only, async () => {
  const { context, page } = await signedIn();
  const headers = { [HEADER]: await forgeryToken(page) };
  const kept = await context.cookies();
  const out = await asked(page, '/auth/logout', { method: 'POST', redirect: 'manual' });
  assert.equal(out.kind, 'opaqueredirect');
  assert.equal((await asked(page, `${WORKFLOW}/schedule`, { headers })).status, 401);
  await context.addCookies(kept);
  assert.equal((await asked(page, '/auth/session')).status, 401);
  assert.equal((await asked(page, `${WORKFLOW}/schedule`, { headers })).status, 401);
  await context.close();
});

test('the endpoint for models takes no session', only, async () => {
  const { context, page } = await signedIn();
  const headers = { [HEADER]: await forgeryToken(page), 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  assert.equal((await asked(page, '/mcp', { method: 'POST', headers, body })).status, 401);
  await context.close();
});
