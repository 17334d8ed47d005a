// Requests nobody means well with, as bytes on a connection: each gets an answer, and none a crash.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';

import { Stage, WORKFLOW } from './lib/stage.mjs';

/** As `MAX_BODY_BYTES` of the Worker. */
const MAX_BODY = 64 * 1024;

let stage;
let bearer;
before(async () => {
  stage = await Stage.up();
  bearer = { authorization: `Bearer ${await stage.token('alice')}` };
});
after(() => stage?.down());

/** One request exactly as written here: `fetch` would tidy it up. */
function send(method, path, { headers = {}, chunks = [] } = {}) {
  return new Promise((answered, failed) => {
    const sent = request({ host: 'localhost', port: stage.port, method, path, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        answered({ status: answer.statusCode, headers: answer.headers, text });
      });
      answer.on('error', failed);
    });
    sent.on('error', failed);
    for (const chunk of chunks) sent.write(chunk);
    sent.end();
  });
}

const kind = ({ text }) => JSON.parse(text).type.replace('urn:onbehalf:problem:', '');

test('a method a path does not have is answered with those it has', async () => {
  for (const [method, path, allow] of [
    ['OPTIONS', '/api/workflows/onboarding-health/schedule', 'GET, HEAD, PUT, DELETE'],
    ['PATCH', '/api/workflows/onboarding-health/schedule', 'GET, HEAD, PUT, DELETE'],
    ['GET', `${WORKFLOW}/trigger`, 'POST'],
    ['HEAD', '/connect/hubspot', 'GET, POST'],
    ['POST', '/health', 'GET, HEAD'],
  ]) {
    const answer = await send(method, path, { headers: { origin: 'https://evil.example' } });
    assert.equal(answer.status, 405, `${method} ${path}: ${answer.text}`);
    assert.equal(answer.headers.allow, allow);
    const cors = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'));
    assert.deepEqual(cors, []);
  }
});

test('HEAD is GET without the body', async () => {
  for (const path of ['/', '/health', '/openapi.json', '/api/workflows/onboarding-health/schedule']) {
    const get = await send('GET', path, { headers: bearer });
    const head = await send('HEAD', path, { headers: bearer });
    assert.equal(head.status, get.status, path);
    assert.equal(head.text, '');
    assert.equal(head.headers['content-type'], get.headers['content-type'], path);
    assert.equal(head.headers.etag, get.headers.etag, path);
  }
});

test('the API description is not sent to who has it', async () => {
  const { headers } = await send('GET', '/openapi.json');
  assert.match(headers['cache-control'], /^public/);
  const again = await send('GET', '/openapi.json', { headers: { 'if-none-match': `"x", W/${headers.etag}` } });
  assert.deepEqual([again.status, again.text], [304, '']);
  assert.equal(again.headers.etag, headers.etag);
});

test('paths that are none are none', async () => {
  for (const path of ['//', '/health/', '/Health', '/%68ealth', '/health%00', '/connect/a/b', '/.env', '/api', '/%C3%A9']) {
    const answer = await send('GET', path, { headers: bearer });
    assert.equal(answer.status, 404, path);
    assert.equal(kind(answer), 'not-found', path);
  }
});

test('a body is cut off at its limit, whether its length is said or not', async () => {
  const json = { ...bearer, 'content-type': 'application/json' };
  const piece = Buffer.alloc(16 * 1024, ' ');
  const body = [...Array(MAX_BODY / piece.length).fill(piece), ' '];
  for (const headers of [json, { ...json, 'content-length': String(MAX_BODY + 1) }]) {
    const answer = await send('POST', `${WORKFLOW}/trigger`, { headers, chunks: body });
    assert.equal(answer.status, 413, answer.text);
    assert.equal(kind(answer), 'body-too-large');
  }
  const fits = [...body.slice(0, -2), '{}', Buffer.alloc(piece.length - 2, ' ')];
  const answer = await send('POST', `${WORKFLOW}/trigger`, { headers: json, chunks: fits });
  assert.equal(answer.status, 200, answer.text);
});

test('a body has to say that it is JSON, and to be JSON of bounded depth', async () => {
  for (const [type, body, status, says] of [
    [undefined, '{}', 415, 'unsupported-media-type'],
    ['text/plain', '{}', 415, 'unsupported-media-type'],
    ['application/x-www-form-urlencoded', 'a=b', 415, 'unsupported-media-type'],
    ['application/json; charset=utf-16', '{}', 415, 'unsupported-media-type'],
    ['application/json', '{', 400, 'malformed-body'],
    ['application/json', '{} {}', 400, 'malformed-body'],
    ['application/json', '['.repeat(30_000), 400, 'malformed-body'],
    ['application/json', '{"user":"bob"}', 422, 'invalid-body'],
    ['application/json', '[]', 422, 'invalid-body'],
    ['application/json', Buffer.from([0x22, 0xff, 0x22]), 400, 'malformed-body'],
  ]) {
    const headers = { ...bearer, ...(type ? { 'content-type': type } : {}) };
    const answer = await send('POST', `${WORKFLOW}/trigger`, { headers, chunks: [body] });
    assert.deepEqual([answer.status, kind(answer)], [status, says], `${type} ${String(body).slice(0, 30)}`);
  }
});

test('headers that are huge, odd or doubled are answered', async () => {
  for (const headers of [
    { ...bearer, cookie: 'a=b; '.repeat(1000) },
    { ...bearer, cookie: '=;;=; onbehalf_session; onbehalf_session==' },
    { ...bearer, traceparent: '-'.repeat(2000) },
    { ...bearer, 'x-odd': Buffer.from([0xe9, 0xff]).toString('latin1') },
    { ...bearer, 'if-none-match': ',,W/,"' },
    { ...bearer, 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' },
  ]) {
    assert.equal((await send('GET', '/api/workflows/onboarding-health/schedule', { headers })).status, 200, JSON.stringify(headers).slice(0, 60));
  }
  const twice = { authorization: [bearer.authorization, bearer.authorization] };
  assert.equal((await send('GET', '/api/workflows/onboarding-health/schedule', { headers: twice })).status, 400);
  const key = { ...bearer, 'idempotency-key': 'k'.repeat(256) };
  assert.equal((await send('POST', `${WORKFLOW}/trigger`, { headers: key })).status, 400);
  const types = { ...bearer, 'content-type': ['application/json', 'application/json'] };
  const doubled = await send('POST', `${WORKFLOW}/trigger`, { headers: types, chunks: ['{}'] });
  assert.equal(doubled.status, 415, doubled.text);
});

test('a parameter that means nothing is refused, so that nobody believes it does', async () => {
  for (const [method, path] of [['GET', '/api/connections'], ['POST', `${WORKFLOW}/trigger`], ['GET', `${WORKFLOW}/runs`]]) {
    const answer = await send(method, `${path}?user=bob`, { headers: bearer });
    assert.deepEqual([answer.status, kind(answer)], [400, 'invalid-query'], path);
  }
});

test('every answer tells browsers to keep it to themselves', async () => {
  for (const [path, headers] of [['/', {}], ['/nope', {}], ['/auth/login', {}], ['/api/workflows/onboarding-health/schedule', {}], ['/api/workflows/onboarding-health/schedule', bearer]]) {
    const answer = await send('GET', path, { headers });
    assert.equal(answer.headers['cache-control'], 'no-store', path);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff', path);
    assert.equal(answer.headers['referrer-policy'], 'no-referrer', path);
    assert.match(answer.headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/, path);
  }
});
