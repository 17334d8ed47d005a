// The assistant in workerd, behind a fetch handler. Mastra's MCP server answers Node's requests alone, so it is not here.

import { callAs, mastraWith, toolsWith, turnAs } from './assistant.mjs';
import { scalekitClient } from './scalekit.mjs';

let made;

function assistantOf(env) {
  const scalekit = scalekitClient({
    url: env.SCALEKIT_ENVIRONMENT_URL,
    clientId: env.SCALEKIT_CLIENT_ID,
    clientSecret: env.SCALEKIT_CLIENT_SECRET,
  });
  const tools = toolsWith(scalekit);
  return { tools, mastra: mastraWith(tools, env) };
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/health') return Response.json({ status: 'ok' });
    made ??= assistantOf(env);
    const asked = await request.json();
    if (pathname === '/tool') return Response.json(await callAs(made.tools, asked));
    const text = await turnAs(made.mastra, asked);
    return new Response(text.pipeThrough(new TextEncoderStream()));
  },
};
