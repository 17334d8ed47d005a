// The peer under Node: `POST /trigger` `{user, atOnce}` answers when the run has ended, since that
// is what the article's route does (`await run.start`). No token is verified: that, too, is in the
// peer's favour.

import { createServer } from 'node:http';

import { scalekitClient } from './scalekit.mjs';
import { mastraWith, runAs } from './workflow.mjs';

const scalekit = scalekitClient({
  url: process.env.SCALEKIT_ENVIRONMENT_URL,
  clientId: process.env.SCALEKIT_CLIENT_ID,
  clientSecret: process.env.SCALEKIT_CLIENT_SECRET,
});
const instances = new Map();

function instance(atOnce) {
  if (!instances.has(atOnce)) instances.set(atOnce, mastraWith(scalekit, atOnce));
  return instances.get(atOnce);
}

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  try {
    if (request.url === '/health') return answer(200, { status: 'ok' });
    let text = '';
    for await (const chunk of request) text += chunk;
    const { user, atOnce = 1 } = JSON.parse(text);
    answer(200, await runAs(instance(atOnce), user));
  } catch (error) {
    answer(500, { error: error.message });
  }
});
// A port of 0 is chosen by the system; the first line says which.
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
