// A Scalekit environment as the scripts talk to it: plain calls, every answer kept as it came.

import { Failure } from './say.mjs';

/** The deadline Scalekit's own clients give a tool. */
const TOOL_TIMEOUT_MS = 60_000;
/** The environment's address leads to nobody who answers. */
export class Unreachable extends Failure {}

/** One environment, and for the probe one user. Tokens stay in here. */
export class Environment {
  #token;

  constructor(settings) {
    this.settings = settings;
    this.identifier = settings.PROBE_IDENTIFIER;
    this.connections = JSON.parse(settings.PROBE_CONNECTIONS ?? '{}');
  }

  /** Signs in with the client's credentials; answers how long the token is good for, in seconds. */
  async signIn() {
    const { SCALEKIT_ENVIRONMENT_URL: url, SCALEKIT_CLIENT_ID: id, SCALEKIT_CLIENT_SECRET: secret } = this.settings;
    const answer = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
      signal: AbortSignal.timeout(TOOL_TIMEOUT_MS),
    }).catch(() => {
      throw new Unreachable('SCALEKIT_ENVIRONMENT_URL does not answer.');
    });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok || !body.access_token) {
      throw new Failure(`Scalekit refused the client's credentials (${answer.status}).`);
    }
    this.#token = body.access_token;
    return body.expires_in;
  }

  /** The connection's name in this workspace. */
  connection(app) {
    return this.connections[app] ?? app;
  }

  /** Runs a tool as the user; `{status, headers, body, data}`, whatever came. */
  tool(app, name, params, identifier = this.identifier) {
    return this.post('/api/v1/execute_tool', {
      tool_name: name,
      identifier,
      connector: this.connection(app),
      params,
    });
  }

  post(path, body) {
    return this.#send(path, { method: 'POST', body: JSON.stringify(body) });
  }

  get(path) {
    return this.#send(path, { method: 'GET' });
  }

  async #send(path, init) {
    const answer = await fetch(`${this.settings.SCALEKIT_ENVIRONMENT_URL}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TOOL_TIMEOUT_MS),
    });
    const body = await answer.json().catch(() => null);
    return { status: answer.status, headers: answer.headers, body, data: body?.data };
  }
}

/** What an error answer says of itself, in the words of its own codes. */
export function codesOf(answer) {
  const details = Array.isArray(answer.body?.details) ? answer.body.details : [];
  const info = Object.assign({}, ...details);
  return {
    status: answer.status,
    errorCode: info.error_code ?? null,
    toolErrorCode: info.tool_error_info?.tool_error_code ?? null,
  };
}
