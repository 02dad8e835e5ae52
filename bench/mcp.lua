-- What wrk sends to an MCP server: one call of a tool in each request. bench/mcp sets the variables.
local era, tool = os.getenv("ERA"), os.getenv("TOOL")
local head = {["Content-Type"] = "application/json", ["Accept"] = "application/json, text/event-stream"}
local meta = ""
if era == "modern" then
  head["MCP-Protocol-Version"] = "2026-07-28"
  head["Mcp-Method"] = "tools/call"
  head["Mcp-Name"] = tool
  meta = [[,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",]] ..
    [["io.modelcontextprotocol/clientCapabilities":{}}]]
else
  head["MCP-Protocol-Version"] = "2025-11-25"
  head["Mcp-Session-Id"] = os.getenv("SESSION")
end
local rest = string.format(',"method":"tools/call","params":{"name":"%s","arguments":%s%s}}', tool,
  os.getenv("ARGUMENTS"), meta)
-- wrk looks at what is global.
wrong = 0
local sent, threads = 0, {}

function setup(thread) table.insert(threads, thread) end

function request()
  sent = sent + 1
  return wrk.format("POST", nil, head, '{"jsonrpc":"2.0","id":' .. sent .. rest)
end

-- An answer that is no result counts as none, however quick it was.
function response(status, _, body)
  if status ~= 200 or not body:find('"result"', 1, true) or body:find('"isError":true', 1, true) then
    wrong = wrong + 1
  end
end

function done(summary, latency)
  local bad = 0
  for _, each in ipairs(threads) do bad = bad + each:get("wrong") end
  local e = summary.errors
  io.write(string.format('{"per_second": %.0f, "p50_ms": %.3f, "p99_ms": %.3f, "wrong": %d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, bad + e.connect + e.read + e.write + e.timeout))
end
