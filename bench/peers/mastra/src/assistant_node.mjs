// The assistant under Node, with Mastra's MCP server beside it: `POST /turn` `{user, text}` answers with the text as it
// comes, `POST /tool` `{user, tool, input}` with what the tool gave, `POST /mcp` as the protocol has it. No token is
// verified, and whoever speaks over MCP is `MCP_USER`: that, too, is in the peer's favour.

import { Readable } from 'node:stream';

import { MCPServer } from '@mastra/mcp';

import { callAs, mastraWith, toolsWith, turnAs } from './assistant.mjs';
import { scalekitClient } from './scalekit.mjs';
import { body, serve } from './serve.mjs';

const scalekit = scalekitClient({
  url: process.env.SCALEKIT_ENVIRONMENT_URL,
  clientId: process.env.SCALEKIT_CLIENT_ID,
  clientSecret: process.env.SCALEKIT_CLIENT_SECRET,
});
const tools = toolsWith(scalekit, process.env.MCP_USER);
const mastra = mastraWith(tools, process.env);
const mcp = new MCPServer({ id: 'onbehalf', name: 'onbehalf', version: '1.0.0', tools });

serve(async (request, response, answer) => {
  if (request.url === '/mcp') {
    const url = new URL(request.url, 'http://localhost');
    return mcp.startHTTP({ url, httpPath: '/mcp', req: request, res: response });
  }
  if (request.url === '/tool') return answer(200, await callAs(tools, await body(request)));
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  Readable.fromWeb(await turnAs(mastra, await body(request))).pipe(response);
});
