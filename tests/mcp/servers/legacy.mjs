// SPDX-License-Identifier: MIT
// A server of the legacy era (up to 2025-11-25), with sessions. `--json`: answers without a stream.
// GET /forget: forgets all sessions, as a restart would. GET /sessions: how many there are.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
import { offered_tools, serve } from './tools.mjs';

const tools = await offered_tools();
const token = process.env.TEST_TOKEN;

function voice(extra) {
  const progressToken = extra._meta?.progressToken;
  return {
    signal: extra.signal,
    progress: async (progress, total, message) => progressToken !== undefined &&
      extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total, message } }),
    log: async (data) => extra.sendNotification({ method: 'notifications/message', params: { level: 'info', logger: 'test', data } }),
    reconnect: () => extra.closeSSEStream?.(),
    ask_roots: () => extra.sendRequest({ method: 'roots/list' }, z.any())
      .then(() => 'the client has roots', (failure) => `refused: ${failure.code} ${failure.message}`),
  };
}

function make_server() {
  const server = new McpServer({ name: 'legacy', version: '1.0.0' }, { capabilities: { logging: {} } });
  for (const [name, { description, input, output, run }] of Object.entries(tools(z)))
    server.registerTool(name, { description, inputSchema: input, outputSchema: output },
      (given, extra) => run(given, voice(extra)));
  return server;
}

const sessions = new Map();
serve(http.createServer(async (request, response) => {
  if (request.url === '/forget') { sessions.clear(); response.end('forgotten'); return; }
  if (request.url === '/sessions') { response.end(String(sessions.size)); return; }
  if (request.url === '/moved') { response.writeHead(307, { Location: '/mcp' }).end(); return; }
  if (request.url !== '/mcp') { response.writeHead(404).end('no such path'); return; }
  if (token && request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end('who are you?');
    return;
  }
  const id = request.headers['mcp-session-id'];
  let transport = sessions.get(id);
  if (id && !transport) {
    response.writeHead(404, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }));
    return;
  }
  if (!transport) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: process.argv.includes('--json'),
      eventStore: process.argv.includes('--json') ? undefined : new InMemoryEventStore(),
      retryInterval: 10,
      onsessioninitialized: (made) => sessions.set(made, transport),
      onsessionclosed: (closed) => sessions.delete(closed),
    });
    await make_server().connect(transport);
  }
  await transport.handleRequest(request, response);
}));
