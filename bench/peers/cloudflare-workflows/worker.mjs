// A Workflow that does nothing but steps: what `step.do` costs before anything is done in one. Each
// step hands out a receipt of the size that Onbehalf's measured effect keeps, after taking a text
// of the same size from the workflow's payload.

import { WorkflowEntrypoint } from 'cloudflare:workers';

export class Writes extends WorkflowEntrypoint {
  async run(event, step) {
    const { steps, text } = event.payload;
    const began = Date.now();
    for (let number = 0; number < steps; number += 1) {
      await step.do(`write ${number}`, async () => ({ receipt: '51000000001', text }));
    }
    // Both readings stand next to a step, so that the runtime's clock has moved.
    return { began, ended: Date.now() };
  }
}

export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const id = searchParams.get('id');
    if (request.method === 'POST') {
      const instance = await env.WRITES.create({ params: await request.json() });
      return Response.json({ id: instance.id });
    }
    if (id) return Response.json(await (await env.WRITES.get(id)).status());
    return Response.json({ status: 'ok' });
  },
};
