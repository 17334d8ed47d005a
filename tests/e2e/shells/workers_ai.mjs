// A shell beside whose Worker there is what the platform has for running models: an entrypoint that is
// bound to the Worker as `AI`, takes what the platform's takes, and answers with a model of the sandbox.
// Owns no rule of the platform's but that one: asked for its answer as it is, it gives that, whatever
// the status.

import { WorkerEntrypoint } from 'cloudflare:workers';

export * from 'built-worker';
export { default } from 'built-worker';

export class Ai extends WorkerEntrypoint {
  async run(model, inputs, options) {
    if (options?.returnRawResponse !== true || inputs?.stream !== true) throw new Error('a stream was to be asked for, as it is');
    return fetch(`${this.env.SANDBOX_MODELS}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.env.SANDBOX_MODELS_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...inputs, model }),
    });
  }
}
