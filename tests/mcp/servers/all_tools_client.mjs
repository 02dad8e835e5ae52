// SPDX-License-Identifier: MIT
// Calls every tool of a server as the official client does, which checks each answer against the
// output schema of its tool. Prints the number of tools; a tool that was not called is an error.
//
//   node all_tools_client.mjs URL
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const client = new Client({ name: "all-tools", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));

const { tools } = await client.listTools();
const left = new Set(tools.map((tool) => tool.name));

/** What the tool has answered; anything but an answer that fits its schema ends the program. */
async function call(name, args = {}) {
  left.delete(name);
  const answer = await client.callTool({ name, arguments: args });
  if (answer.isError || answer.structuredContent === undefined) {
    throw new Error(`${name}: ${JSON.stringify(answer)}`);
  }
  return answer.structuredContent;
}

function expect(what, wanted, got) {
  if (JSON.stringify(wanted) !== JSON.stringify(got)) {
    throw new Error(`${what}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  }
}

async function refused(name, args, text) {
  const answer = await client.callTool({ name, arguments: args });
  if (!answer.isError || !answer.content[0].text.includes(text)) {
    throw new Error(`${name} should say '${text}': ${JSON.stringify(answer)}`);
  }
}

const pool = await call("pool_spawn", { name: "tools", worker_type: "shell", min_workers: 1, max_workers: 3 });
const done = await call("pool_execute", { pool_id: pool.pool_id, prompt: "echo hi; exit 3" });
expect("pool_execute", ["failed", "hi\n", 3], [done.status, done.output, done.exit_code]);
const routed = await call("pool_route_execute", { prompt: "echo routed", pool_selector: "round_robin" });
expect("pool_route_execute", "completed", routed.status);
expect("pool_list", ["tools"], (await call("pool_list")).result.map((each) => each.name));
expect("pool_monitor", 1, (await call("pool_monitor"))[pool.pool_id].metrics.tasks_failed);
expect("pool_scale", 2, (await call("pool_scale", { pool_id: "tools", target_workers: 2 })).target_workers);
expect("pool_health", "healthy", (await call("pool_health")).status);
const found = await call("pool_search_memory", { query: "routed" });
expect("pool_search_memory", 1, found.result.length);

const begun = await call("task_submit", { pool_id: "tools", prompt: "echo begun; sleep 1000" });
const waited = await call("task_wait", { task_id: begun.task_id, wait_ms: 50 });
expect("task_wait", begun.task_id, waited.task_id);
expect("task_status", begun.task_id, (await call("task_status", { task_id: begun.task_id })).task_id);
expect("task_logs", begun.task_id, (await call("task_logs", { task_id: begun.task_id })).task_id);
expect("task_list", begun.task_id, (await call("task_list", { limit: 1 })).tasks[0].task_id);
await call("task_cancel", { task_id: begun.task_id });
expect("task_wait", "cancelled", (await call("task_wait", { task_id: begun.task_id })).status);
expect("task_result", "cancelled", (await call("task_result", { task_id: begun.task_id })).status);

await refused("pool_execute", { pool_id: "nowhere", prompt: "true" }, "nowhere");
await refused("pool_execute", { pool_id: "tools" }, "prompt");
await refused("pool_scale", { pool_id: "tools", target_workers: 9 }, "range [1, 3]");
await refused("task_wait", { task_id: "nonsense" }, "nonsense");

expect("pool_close", "closed", (await call("pool_close", { pool_id: "tools" })).status);
expect("pool_close_all", "all_closed", (await call("pool_close_all")).status);
if (left.size > 0) {
  throw new Error(`not called: ${[...left].join(", ")}`);
}
await client.close();
console.log(`${tools.length} tools`);
