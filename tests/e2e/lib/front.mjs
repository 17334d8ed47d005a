// What may stand in front of a Worker, and get in its way: a proxy that answers some paths itself, or
// tells another time.

import http from 'node:http';

/** Begins one; `front.answers` maps a path to `{status, body}`, `front.dateAhead` is in seconds. */
export async function putInFront(worker) {
  const target = new URL(worker);
  const front = { answers: {}, dateAhead: 0 };
  const server = http.createServer((request, response) => {
    const own = front.answers[request.url.split('?')[0]];
    if (own) {
      request.resume();
      response.writeHead(own.status, { 'content-type': 'text/html' });
      response.end(own.body ?? '');
      return;
    }
    const onward = http.request(
      { hostname: target.hostname, port: target.port, path: request.url, method: request.method, headers: { ...request.headers, host: target.host } },
      (answer) => {
        const date = new Date(Date.now() + front.dateAhead * 1000).toUTCString();
        response.writeHead(answer.statusCode, { ...answer.headers, date });
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((listening) => server.listen(0, 'localhost', listening));
  front.url = `http://localhost:${server.address().port}`;
  front.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return front;
}
