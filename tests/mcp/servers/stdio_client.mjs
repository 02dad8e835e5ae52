// SPDX-License-Identifier: MIT
// Uses a server on standard input and output as the official client of an era does. Prints the
// number of its tools; whatever goes wrong ends the program.
//
//   node stdio_client.mjs legacy|modern COMMAND [ARGUMENT...]
//
// RESTART in the environment is a command that kills the server behind it and starts another.
import { execSync } from "node:child_process";

const [era, command, ...args] = process.argv.slice(2);
const legacy = era === "legacy";
const { Client } = await import(
  legacy ? "@modelcontextprotocol/sdk/client/index.js" : "@modelcontextprotocol/client"
);
const { StdioClientTransport } = await import(
  legacy ? "@modelcontextprotocol/sdk/client/stdio.js" : "@modelcontextprotocol/client/stdio"
);

function expect(what, wanted, got) {
  if (JSON.stringify(wanted) !== JSON.stringify(got)) {
    throw new Error(`${what}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  }
}

const client = new Client(
  { name: "stdio", version: "1.0.0" },
  legacy ? {} : { versionNegotiation: { mode: { pin: "2026-07-28" } } },
);
await client.connect(new StdioClientTransport({ command, args, stderr: "inherit" }));

async function call(name, given, options) {
  const asked = { name, arguments: given };
  const answer = legacy
    ? await client.callTool(asked, undefined, options)
    : await client.callTool(asked, options);
  if (answer.isError || answer.structuredContent === undefined) {
    throw new Error(`${name}: ${JSON.stringify(answer)}`);
  }
  return answer.structuredContent;
}

const { tools } = await client.listTools();
const pool = `${era}-stdio`;
await call("pool_spawn", { name: pool, worker_type: "shell", min_workers: 1, max_workers: 2 });
const done = await call("pool_execute", { pool_id: pool, prompt: "echo hi; exit 3" });
expect("pool_execute", ["failed", "hi\n", 3], [done.status, done.output, done.exit_code]);

let signs = 0;
const slow = await call(
  "pool_execute",
  { pool_id: pool, prompt: "sleep 1; echo slow" },
  { onprogress: () => (signs += 1) },
);
expect("a slow task", "slow\n", slow.output);
expect("a sign of progress", true, signs > 0);

const many = await Promise.all(
  Array.from({ length: 20 }, (_, i) => call("pool_execute", { pool_id: pool, prompt: `echo ${i}` })),
);
expect("many at once", [...Array(20).keys()].map((i) => `${i}\n`), many.map((each) => each.output));

// Who cancels a call cancels its task.
const giveUp = new AbortController();
const endless = call(
  "pool_execute",
  { pool_id: pool, prompt: "sleep 1000" },
  { signal: giveUp.signal, onprogress: () => giveUp.abort("enough") },
).then(
  () => "answered",
  () => "cancelled",
);
expect("a call that is given up", "cancelled", await endless);
for (let tries = 0; ; ++tries) {
  const { tasks } = await call("task_list", { pool_id: pool, limit: 1 });
  if (tasks[0].status === "cancelled") break;
  if (tries === 200) throw new Error(`not cancelled: ${JSON.stringify(tasks)}`);
  await new Promise((resume) => setTimeout(resume, 50));
}

if (process.env.RESTART) {
  let restarted = false;
  const restart = () => {
    if (!restarted) execSync(process.env.RESTART, { stdio: ["ignore", "ignore", "inherit"] });
    restarted = true;
  };
  const waiting = call(
    "pool_execute",
    { pool_id: pool, prompt: "sleep 1; echo over" },
    { onprogress: restart },
  );
  const why = await waiting.then(
    () => "an answer",
    (failure) => failure.message,
  );
  expect("a call when the server dies", true, why.includes("task_list"));
  const next = await call("pool_execute", { pool_id: pool, prompt: "echo again" });
  expect("a call of the next server", "again\n", next.output);
}

await call("pool_close", { pool_id: pool });
await client.close();
console.log(`${tools.length} tools`);
