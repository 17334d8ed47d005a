// A model that the platform runs itself: no address and no key, but a binding.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Stage } from './lib/stage.mjs';

const AGENT = '/api/workflows/onboarding-assistant';
const MODEL = '@cf/some/model';

let stage;
before(async () => {
  stage = await Stage.up({
    shell: fileURLToPath(new URL('shells/workers_ai.mjs', import.meta.url)),
    bindings: '[[services]]\nbinding = "AI"\nservice = "onbehalf"\nentrypoint = "Ai"\n',
    extra: ({ models }) => ({
      MODEL: JSON.stringify({ dialect: 'workers-ai', binding: 'AI', model: MODEL }),
      SANDBOX_MODELS: models.openai,
      SANDBOX_MODELS_KEY: models.key,
    }),
  });
});
after(() => stage?.down());

test('a turn is answered through the binding, what it calls is called, and a refusal is waited out', async () => {
  const user = await stage.somebody('wanda', { customers: 2, connectors: ['hubspot'] });
  const due = { tool: 'hubspot-list-due-tasks', arguments: { due_before: '2030-01-01T00:00:00Z' } };
  const answers = [{ calls: [due] }, { status: 429, retry_after: 1 }, { text: 'Nobody.' }];
  await stage.control('POST', 'models', { model: MODEL, answers });
  const asked = await stage.ask('POST', `${AGENT}/trigger?overlap=allow`, { as: user, body: { message: 'Who is at risk?' } });
  assert.equal(asked.status, 200, asked.text);
  const run = await stage.until(user, asked.json.runId, ['completed'], undefined, AGENT);
  assert.equal(run.result.text, 'Nobody.', JSON.stringify(run.result));
  assert.deepEqual(run.result.calls.map(({ tool, done }) => [tool, done]), [['hubspot-list-due-tasks', true]]);
  assert.equal(run.result.steps, 2);
});
