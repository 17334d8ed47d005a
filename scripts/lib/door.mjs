// The port of a stack that is being worked on: leads to the Worker when it is there, and says "not
// now" while it is being built, so that nobody hangs. Knows nothing of what passes through.

import http from 'node:http';

/** Where `localhost` may lead. */
const HOSTS = ['127.0.0.1', '::1'];
/** Seconds after which to ask again: a change takes four to seven. */
const ASK_AGAIN = 3;
/** These are between two neighbours, not between the ends. */
const NEIGHBOURLY = new Set(['connection', 'keep-alive', 'proxy-connection', 'upgrade']);

export class Door {
  #agent = new http.Agent({ keepAlive: true });
  #servers = [];
  /** The Worker's own port, while it may be asked. */
  #port;

  /** Opens the door at a port; until `leadTo`, everybody is told to come again. */
  async open(port) {
    for (const host of HOSTS) {
      const server = http.createServer((request, response) => this.#pass(request, response));
      server.requestTimeout = 0; // the Worker's own limits hold
      const listening = await new Promise((resolve, reject) => {
        server.once('error', (error) => (error.code === 'EADDRINUSE' ? reject(error) : resolve(false)));
        server.listen({ port, host }, () => resolve(true));
      });
      if (listening) this.#servers.push(server);
    }
  }

  leadTo(port) {
    this.#port = port;
  }

  shut() {
    this.#port = undefined;
  }

  get isShut() {
    return this.#port === undefined;
  }

  close() {
    this.#agent.destroy();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #pass(request, response) {
    if (this.#port === undefined) return notNow(response, 'The Worker is being built.');
    const onward = http.request({
      agent: this.#agent,
      host: HOSTS[0],
      port: this.#port,
      method: request.method,
      path: request.url,
      headers: between(request.rawHeaders),
      setHost: false,
    });
    onward.once('response', (answer) => {
      response.writeHead(answer.statusCode, between(answer.rawHeaders));
      response.flushHeaders();
      answer.once('error', () => response.destroy());
      answer.pipe(response);
    });
    onward.once('error', () => {
      if (response.headersSent) response.destroy();
      else notNow(response, 'The Worker does not answer.');
    });
    response.once('close', () => onward.destroy());
    request.pipe(onward);
  }
}

/** Names and values in turn, as they came, without what is for neighbours. */
function between(headers) {
  const kept = [];
  for (let at = 0; at < headers.length; at += 2) {
    if (!NEIGHBOURLY.has(headers[at].toLowerCase())) kept.push(headers[at], headers[at + 1]);
  }
  return kept;
}

function notNow(response, detail) {
  const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail };
  response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': String(ASK_AGAIN) });
  response.end(JSON.stringify(problem));
}
