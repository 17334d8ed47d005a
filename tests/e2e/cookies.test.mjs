// Cookies as they are set where the service is deployed: behind https.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
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

/** What is answered to a request with these very bytes for a cookie. */
function raw(path, cookie) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port: stage.port }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: `);
      socket.write(Buffer.concat([cookie, Buffer.from('\r\n\r\n')]));
    });
    const parts = [];
    socket.on('data', (part) => parts.push(part)).on('error', reject);
    socket.on('end', () => resolve(Buffer.concat(parts).toString()));
  });
}

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
  // As a sibling host may set it: to a browser, white space of other kinds belongs to the name.
  for (const space of ['\u2000', '\u00a0', '\u0085', '\u3000', '\ufeff', '\u000c']) {
    const tossed = `a=b; ${space}${session}`;
    for (const encoding of ['utf8', 'latin1']) {
      const bytes = Buffer.from(tossed, encoding);
      const answer = await raw('/connect/zendesk', bytes);
      assert.doesNotMatch(answer, /Signed in as/, JSON.stringify([space, encoding]));
    }
  }
  assert.match(await raw('/connect/zendesk', Buffer.from(session)), /Signed in as/);
  // Without the prefix that binds it to this host, a cookie is not looked at.
  const planted = session.replace('__Host-', '');
  assert.match((await ask('/connect/zendesk', planted)).headers.get('location'), /^\/auth\/login/);
});
