// The peer in workerd: the same workflow behind a fetch handler.

import { scalekitClient } from './scalekit.mjs';
import { mastraWith, runAs } from './workflow.mjs';

const instances = new Map();

function instance(env, atOnce) {
  if (!instances.has(atOnce)) {
    const scalekit = scalekitClient({
      url: env.SCALEKIT_ENVIRONMENT_URL,
      clientId: env.SCALEKIT_CLIENT_ID,
      clientSecret: env.SCALEKIT_CLIENT_SECRET,
    });
    instances.set(atOnce, mastraWith(scalekit, atOnce));
  }
  return instances.get(atOnce);
}

export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === '/health') return Response.json({ status: 'ok' });
    const { user, atOnce = 1 } = await request.json();
    return Response.json(await runAs(instance(env, atOnce), user));
  },
};
