// A door in front of the Worker for programs that cannot send a token: it adds one to each request, and
// lets pages of its own origin be pages of the Worker's. It may have pages of its own.

import http from 'node:http';

/** Begins one; answers its address and how it is closed. `pages`: what it answers itself, by path. */
export async function bearerProxy(worker, token, pages = {}) {
  const target = new URL(worker);
  const server = http.createServer((request, response) => {
    const page = pages[request.url.split('?')[0]];
    if (page) return response.writeHead(200, { 'content-type': page.type }).end(page.body);
    const own = `http://${request.socket.localAddress?.includes('127') ? '127.0.0.1' : 'localhost'}:${server.address().port}`;
    const { host, origin, ...headers } = request.headers;
    const local = [`http://localhost:${server.address().port}`, own].includes(origin);
    const onward = http.request(
      { hostname: target.hostname, port: target.port, path: request.url, method: request.method,
        headers: {
          ...headers,
          host: target.host,
          authorization: `Bearer ${token}`,
          ...(origin ? { origin: local ? target.origin : origin } : {}),
        } },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((listening) => server.listen(0, 'localhost', listening));
  return { url: `http://localhost:${server.address().port}`, close: () => server.close() };
}
