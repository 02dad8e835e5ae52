// SPDX-License-Identifier: MIT
// A server of the modern era (2026-07-28), which refuses legacy clients.
import http from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod/v4';
import { offered_tools, serve } from './tools.mjs';

const tools = await offered_tools();
const token = process.env.TEST_TOKEN;

function voice(context) {
  const progressToken = context.mcpReq._meta?.progressToken;
  return {
    signal: context.mcpReq.signal,
    progress: async (progress, total, message) => progressToken !== undefined &&
      context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total, message } }),
    log: async (data) => context.mcpReq.log('info', data, 'test'),
    reconnect: () => {},
    ask_roots: async () => 'the modern way is another one',
  };
}

const handler = toNodeHandler(createMcpHandler(() => {
  const server = new McpServer({ name: 'modern', version: '1.0.0' }, { capabilities: { logging: {} } });
  for (const [name, { description, input, output, run }] of Object.entries(tools(z)))
    server.registerTool(name,
      { description, inputSchema: z.object(input), outputSchema: output && z.object(output) },
      (given, context) => run(given, voice(context)));
  return server;
}, { legacy: 'reject' }));
serve(http.createServer((request, response) => {
  if (request.url === '/moved') { response.writeHead(307, { Location: '/mcp' }).end(); return; }
  if (request.url !== '/mcp') { response.writeHead(404).end('no such path'); return; }
  if (token && request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end('who are you?');
    return;
  }
  handler(request, response);
}));
