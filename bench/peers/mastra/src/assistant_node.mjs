// The assistant under Node, with Mastra's MCP server beside it: `POST /turn` `{user, text}` answers with the text as it
// comes, `POST /tool` `{user, tool, input}` with what the tool gave, `POST /mcp` as the protocol has it. No token is
// verified, and whoever speaks over MCP is `MCP_USER`: that, too, is in the peer's favour.

import { createServer } from 'node:http';
import { Readable } from 'node:stream';

import { MCPServer } from '@mastra/mcp';

import { callAs, mastraWith, toolsWith, turnAs } from './assistant.mjs';
import { scalekitClient } from './scalekit.mjs';

const scalekit = scalekitClient({
  url: process.env.SCALEKIT_ENVIRONMENT_URL,
  clientId: process.env.SCALEKIT_CLIENT_ID,
  clientSecret: process.env.SCALEKIT_CLIENT_SECRET,
});
const tools = toolsWith(scalekit, process.env.MCP_USER);
const mastra = mastraWith(tools, process.env);
const mcp = new MCPServer({ id: 'onbehalf', name: 'onbehalf', version: '1.0.0', tools });

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

const server = createServer(async (request, response) => {
  const answer = (status, json) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(json));
  };
  try {
    if (request.url === '/health') return answer(200, { status: 'ok' });
    if (request.url === '/mcp') {
      const url = new URL(request.url, 'http://localhost');
      return await mcp.startHTTP({ url, httpPath: '/mcp', req: request, res: response });
    }
    if (request.url === '/tool') return answer(200, await callAs(tools, await body(request)));
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    Readable.fromWeb(await turnAs(mastra, await body(request))).pipe(response);
  } catch (error) {
    answer(500, { error: error.message });
  }
});
// A port of 0 is chosen by the system; the first line says which.
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
