// Cookies as they are set where the service is deployed: behind https.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Stage } from './lib/stage.mjs';

let stage;
before(async () => {
  stage = await Stage.up({ extra: { PUBLIC_URL: 'https://onbehalf.example' } });
});
after(() => stage?.down());

/** Longest a browser stays signed in: a working day. */
const SESSION_SECONDS = 8 * 60 * 60;

const ask = (path, cookie, method = 'GET') =>
  fetch(`${stage.url}${path}`, { method, redirect: 'manual', headers: cookie ? { cookie } : {} });

/** A `set-cookie` line: its name, its value, its attributes in lower case. */
function read(line) {
  const [pair, ...attributes] = line.split('; ');
  const at = pair.indexOf('=');
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    attributes: Object.fromEntries(attributes.map((it) => it.toLowerCase().split('=')).map(([name, value]) => [name, value ?? true])),
  };
}

test('every cookie is for this host, over https, out of reach of scripts and other sites, and short', async () => {
  const cookies = [];
  const keep = (answer) => {
    const set = answer.headers.getSetCookie().map(read);
    cookies.push(...set);
    return set.filter((it) => it.value !== '').map((it) => `${it.name}=${it.value}`).join('; ');
  };
  const login = await ask('/auth/login?return_to=/connect/zendesk');
  const loginCookie = keep(login);
  const authorize = new URL(login.headers.get('location'));
  assert.equal(authorize.searchParams.get('redirect_uri'), 'https://onbehalf.example/auth/callback');
  const chosen = await fetch(authorize.origin + authorize.pathname, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ ...Object.fromEntries(authorize.searchParams), user: 'bob' }),
  });
  const { search } = new URL(chosen.headers.get('location'));
  const session = keep(await ask(`/auth/callback${search}`, loginCookie));
  const page = await ask('/connect/zendesk', session);
  assert.match(page.headers.get('content-security-policy'), /form-action 'self' https:;/);
  const consent = await ask('/connect/zendesk', session, 'POST');
  assert.equal(consent.status, 303);
  keep(consent);

  assert.deepEqual([...new Set(cookies.map((it) => it.name))].sort(), ['__Host-onbehalf_browser', '__Host-onbehalf_login', '__Host-onbehalf_session']);
  for (const { name, attributes } of cookies) {
    const { 'max-age': seconds, ...rest } = attributes;
    assert.deepEqual(rest, { path: '/', httponly: true, samesite: 'lax', secure: true }, name);
    assert.ok(Number(seconds) <= SESSION_SECONDS, `${name}: ${seconds} s`);
  }
  // Without the prefix that binds it to this host, a cookie is not looked at.
  const planted = session.replace('__Host-', '');
  assert.match((await ask('/connect/zendesk', planted)).headers.get('location'), /^\/auth\/login/);
});
