// A server of Node's before the peer's own code: `/health`, errors as JSON, and a first line that names the port.

import { createServer } from 'node:http';

/** A request's JSON. */
export async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

/** Serves what `handle` makes of each request; it is given the request, the response, and a way to answer with JSON. */
export function serve(handle) {
  const server = createServer(async (request, response) => {
    const answer = (status, json) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(json));
    };
    try {
      if (request.url === '/health') return answer(200, { status: 'ok' });
      await handle(request, response, answer);
    } catch (error) {
      answer(500, { error: error.message });
    }
  });
  // A port of 0 is chosen by the system; the first line says which.
  server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
    process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
  });
}
