// The door of `npm start`: what passes, passes as it is; nobody hangs while there is no Worker.

import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { Door } from '../../scripts/lib/door.mjs';
import { freePort } from '../../scripts/lib/processes.mjs';

let door;
let url;
let worker;
let port;
/** What the Worker does with the next request. */
let serve;

before(async () => {
  worker = http.createServer((request, response) => serve(request, response));
  worker.listen(0, '127.0.0.1');
  await once(worker, 'listening');
  const at = await freePort();
  port = worker.address().port;
  door = new Door();
  await door.open(at);
  url = `http://localhost:${at}`;
});

after(() => {
  door.close();
  worker.close();
  worker.closeAllConnections();
});

test('while the Worker is being built, everybody is told to come again', async () => {
  door.shut();
  const answer = await fetch(`${url}/health`);
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get('retry-after'), /^\d+$/);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.equal((await answer.json()).status, 503);
});

test('a request and its answer arrive as they are', async () => {
  door.leadTo(port);
  let seen;
  serve = async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    seen = { method: request.method, url: request.url, host: request.headers.host, body: Buffer.concat(chunks).toString() };
    response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], location: '/there' });
    response.end('made');
  };
  const answer = await fetch(`${url}/path?q=1%202`, { method: 'PUT', body: 'x'.repeat(200_000) });
  assert.deepEqual(seen, { method: 'PUT', url: '/path?q=1%202', host: new URL(url).host, body: 'x'.repeat(200_000) });
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.equal(answer.headers.get('location'), '/there');
  assert.equal(await answer.text(), 'made');
});

test('a stream arrives piece by piece, and its end is heard on both sides', async () => {
  door.leadTo(port);
  let closed;
  serve = (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    closed = once(response, 'close');
  };
  const stop = new AbortController();
  const answer = await fetch(url, { signal: stop.signal });
  const { value } = await answer.body.getReader().read();
  assert.equal(Buffer.from(value).toString(), 'data: 1\n\n');
  stop.abort();
  await closed;
});

test('a Worker that does not answer is one that is not there now', async () => {
  door.leadTo(await freePort());
  const answer = await fetch(url);
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get('retry-after'), /^\d+$/);
});
