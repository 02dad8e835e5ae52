// SPDX-License-Identifier: MIT
// Calls every tool of a server as the official client does, which checks each answer against the
// output schema of its tool. Prints the number of tools; a tool that was not called is an error.
//
//   node all_tools_client.mjs URL DIRECTORY
//
// Terminals have to be enabled there; scripts are written to the directory.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
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

/** Asks until the answer is as it should be. */
async function soon(what, ask, isGood) {
  for (let tries = 0; tries < 400; ++tries) {
    const answer = await ask();
    if (isGood(answer)) {
      return answer;
    }
    await new Promise((go) => setTimeout(go, 50));
  }
  throw new Error(`${what} did not become what it should be`);
}

function script(name, text) {
  const path = join(process.argv[3], name);
  writeFileSync(path, text);
  return path;
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

// What tasks have left behind.
const remembered = await soon(
  "memory_search",
  () => call("memory_search", { query: "routed", pool_id: "tools", status: "completed", since: "1d", limit: 5 }),
  (answer) => answer.total === 1,
);
expect("memory_search", pool.pool_id, remembered.results[0].metadata.pool_id);
expect("memory_search", 0, (await call("memory_search", { query: "routed", until: "2020-01-01" })).total);
expect("memory_stats", true, (await call("memory_stats")).pools.some((each) => each.pool === "tools"));
expect("memory_sync", "number", typeof (await call("memory_sync")).waiting);
await refused("memory_search", { since: "yesterday" }, "yesterday");

// Scripts.
const hello = script("hello.sh", "echo hello $1; echo oops >&2; exit ${2:-0}\n");
const simple = await call("run_simple", { script: hello, arguments: ["you", "3"] });
expect("run_simple", [3, false, "hello you\n", "oops\n"], [simple.exit_code, simple.success, simple.stdout, simple.stderr]);
const told = [];
const streamed = await client.callTool(
  { name: "run_long_running", arguments: { script: script("lines.sh", "echo one; echo progress: 50%; echo two\n") } },
  undefined,
  { onprogress: (progress) => told.push(progress.message) },
);
left.delete("run_long_running");
expect("run_long_running", ["one", "progress: 50%", "two"], streamed.structuredContent.lines.map((each) => each.message));
expect("run_long_running", 50, streamed.structuredContent.progress_percent);
if (!told.join("\n").includes("one")) {
  throw new Error(`run_long_running should have told its lines: ${JSON.stringify(told)}`);
}
const both = await call("run_concurrent", {
  tasks: [{ script: hello, arguments: ["a"] }, { script: hello, arguments: ["b", "1"] }],
});
expect("run_concurrent", [1, 1, "hello a\n", "hello b\n"], [both.succeeded, both.failed, ...both.results.map((each) => each.stdout)]);
const python = script("twice.py", "import sys\nprint(int(sys.argv[1]) * 2)\n");
const pooled = await call("run_pooled", { tasks: [{ script: python, arguments: ["21"] }] });
expect("run_pooled", "42\n", pooled.results[0].stdout);
const run = await call("run_detached", { script: script("wait.sh", "echo begun; sleep 1000\n"), parameters: { why: "test" } });
expect("run_detached", { why: "test" }, run.parameters);
expect("runs_list", run.run_id, (await call("runs_list", { active: true })).runs[0].run_id);
await soon("run_logs", () => call("run_logs", { run_id: run.run_id, tail: 1 }), (answer) => answer.output === "begun\n");
expect("run_status", "running", (await call("run_status", { run_id: run.run_id })).status);
expect("run_cancel", "cancelled", (await call("run_cancel", { run_id: run.run_id })).status);
expect("runs_cleanup", [], (await call("runs_cleanup", { days: 1, dry_run: true })).removed);
expect("pattern_advise", "run_detached", (await call("pattern_advise", { needs_result: false })).tool);
await refused("run_simple", { script: "here/a.sh" }, "absolute");
await refused("run_simple", { script: join(process.argv[3], "missing.sh") }, "missing.sh");
await refused("run_concurrent", { tasks: [{ script: hello }, { script: "./b.sh" }] }, "./b.sh");
await refused("run_status", { run_id: "run_of_nobody" }, "run_of_nobody");

// Scripts that run again and again.
const periodic = await call("periodic_add", { script: hello, interval: 3600, first: "later" });
expect("periodic_add", "hello", periodic.task.name);
await call("periodic_run", { name: "hello" });
await soon("periodic_show", () => call("periodic_show", { name: "hello" }), (answer) => answer.last_exit_code === 0);
expect("periodic_disable", false, (await call("periodic_disable", { name: "hello" })).task.enabled);
expect("periodic_enable", true, (await call("periodic_enable", { name: "hello" })).task.enabled);
expect("periodic_list", ["hello"], (await call("periodic_list")).tasks.map((each) => each.task.name));
expect("periodic_remove", "hello", (await call("periodic_remove", { name: "hello" })).task.name);
await refused("periodic_show", { name: "hello" }, "hello");
await refused("periodic_add", { script: "here/a.sh" }, "absolute");

// Terminals.
const [terminal] = (await call("terminal_launch", { command: "exec sh -i", columns: 80 })).result;
// What is typed before the shell asks for it looks another way.
await soon("the shell's prompt", () => call("terminal_capture", { session_id: terminal }), (answer) => /[#$]\s*$/.test(answer.result));
const sent = await call("terminal_send", { session_id: terminal, command: "echo $((6 * 7))" });
expect("terminal_send", ["success", terminal], [sent.status, sent.session_id]);
await soon("terminal_capture", () => call("terminal_capture", { session_id: terminal, lines: 20 }), (answer) => answer.result.includes("\n42"));
const texts = await call("terminal_capture_all", { session_ids: [terminal] });
if (!texts[terminal].includes("\n42")) {
  throw new Error(`terminal_capture_all: ${JSON.stringify(texts)}`);
}
expect("terminal_list", [80, "running"], (await call("terminal_list")).result.flatMap((each) => [each.columns, each.status]));
expect("terminal_close", "closed", (await call("terminal_close", { session_id: terminal })).status);
await refused("terminal_capture", { session_id: terminal }, terminal);
await refused("terminal_capture", { session_id: "no such thing" }, "session_id");
await call("terminal_launch", { command: "true", count: 2 });
expect("terminal_close_all", 2, (await call("terminal_close_all")).closed_count);
expect("terminal_switch_adapter", "already_using", (await call("terminal_switch_adapter", { adapter_name: "engine" })).status);
await refused("terminal_switch_adapter", { adapter_name: "iterm2" }, "iterm2");
expect("terminal_current_adapter", "engine", (await call("terminal_current_adapter")).adapter);
expect("terminal_list_adapters", ["engine"], Object.keys((await call("terminal_list_adapters")).adapters));

// Single workers, which say that they are deprecated.
const workers = (await call("worker_spawn", { worker_type: "shell", count: 2 })).result;
const old = await client.callTool({ name: "worker_execute", arguments: { worker_id: workers[0], prompt: "echo old" } });
left.delete("worker_execute");
expect("worker_execute", ["completed", "old\n", true], [old.structuredContent.status, old.structuredContent.output, old.structuredContent.has_output]);
expect("worker_execute", true, old.content[0].text.includes("Deprecated") && old.content[0].text.includes("pool_execute"));
const batch = await call("worker_execute_batch", { worker_ids: workers, prompts: ["echo a", "echo b"] });
expect("worker_execute_batch", ["a\n", "b\n"], workers.map((each) => batch[each].output));
await refused("worker_execute_batch", { worker_ids: workers, prompts: ["echo a"] }, "as many prompts");
await refused("worker_execute_batch", { worker_ids: [workers[0], workers[0]], prompts: ["true", "true"] }, "twice");
expect("worker_list", workers, (await call("worker_list")).result.map((each) => each.worker_id));
expect("worker_monitor", "completed", (await call("worker_monitor", { worker_ids: [workers[1]] }))[workers[1]]);
expect("worker_collect_results", "a\n", (await call("worker_collect_results"))[workers[0]].output);
expect("worker_health", ["healthy", 2], Object.values(await call("worker_health")).slice(0, 2));
expect("worker_close", true, (await call("worker_close", { worker_id: workers[0] })).success);
await refused("worker_close", { worker_id: workers[0] }, workers[0]);
expect("worker_close_all", 1, (await call("worker_close_all")).closed_count);

expect("pool_close", "closed", (await call("pool_close", { pool_id: "tools" })).status);
expect("pool_close_all", "all_closed", (await call("pool_close_all")).status);
if (left.size > 0) {
  throw new Error(`not called: ${[...left].join(", ")}`);
}
await client.close();
console.log(`${tools.length} tools`);
