// A door in front of the Worker for programs that cannot send a token: it adds one to each request, and
// lets pages of its own origin be pages of the Worker's. It may have pages of its own, and somebody at it
// who hears what is said in either direction.

import http from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Begins one; answers its address and how it is closed. `pages`: what it answers itself, by path;
 *  `hears`: what to say instead of a message; `answers`: who is told what came of it; `leaves`: who is told of
 *  a client that did not wait for its answer. */
export async function bearerProxy(worker, token, { pages = {}, hears, answers, leaves } = {}) {
  const target = new URL(worker);
  const server = http.createServer(async (request, response) => {
    const page = pages[request.url.split('?')[0]];
    if (page) return response.writeHead(200, { 'content-type': page.type }).end(page.body);
    const own = `http://${request.socket.localAddress?.includes('127') ? '127.0.0.1' : 'localhost'}:${server.address().port}`;
    const { host, origin, ...headers } = request.headers;
    const local = [`http://localhost:${server.address().port}`, own].includes(origin);
    const reworded = hears && request.method === 'POST' ? await reword(request, headers, hears) : undefined;
    const onward = http.request(
      { hostname: target.hostname, port: target.port, path: request.url, method: request.method,
        headers: {
          ...headers,
          host: target.host,
          authorization: `Bearer ${token}`,
          // So that what is answered can be read here.
          ...(answers ? { 'accept-encoding': 'identity' } : {}),
          ...(origin ? { origin: local ? target.origin : origin } : {}),
        } },
      async (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        if (!answers || !/json/.test(answer.headers['content-type'])) return answer.pipe(response);
        // Who has left waits for nothing any more.
        const body = await buffer(answer).catch(() => undefined);
        if (!body) return response.destroy();
        answers(parsed(body));
        response.end(body);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => {
      onward.destroy();
      if (!response.writableFinished) leaves?.();
    });
    if (reworded) onward.end(reworded);
    else request.pipe(onward);
  });
  await new Promise((listening) => server.listen(0, 'localhost', listening));
  return { url: `http://localhost:${server.address().port}`, close: () => server.close() };
}

/** The body to send instead; the headers are made to fit it. What is no message stays as it is. */
async function reword(request, headers, hears) {
  const body = await buffer(request);
  const message = parsed(body);
  const said = message && (await hears(message));
  if (!said) return body;
  const [asked, name] = [message, said].map((it) => it.params?.name ?? it.params?.uri);
  // A header that says something else is meant to.
  if (name !== asked && headers['mcp-name'] === asked) headers['mcp-name'] = name;
  const text = JSON.stringify(said);
  headers['content-length'] = String(Buffer.byteLength(text));
  return text;
}

function parsed(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
