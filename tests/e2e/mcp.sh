#!/usr/bin/env bash
# The tools over MCP, as real clients of both eras ask for them.
. "$(dirname "$0")/lib.sh"

export MAHAVISHNU_TERMINAL__ENABLED=true
up() { "$mahavishnu" up --detach --port 0 >/dev/null; }
url() { "$mahavishnu" status -o json | jq -r .mcp.url; }
session=
# legacy METHOD PARAMS [CURL_OPTION...]: a request of the session, if there is one
legacy() {
  local body
  body=$(jq -nc --arg method "$1" --argjson params "$2" '{jsonrpc: "2.0", id: 1, method: $method, params: $params}')
  shift 2
  run curl -sS "$url" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
    ${session:+-H "Mcp-Session-Id: $session"} -d "$body" "$@"
}
# modern METHOD PARAMS [CURL_OPTION...]
modern() {
  local method=$1 params name
  params=$(jq -c '._meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {}} + ._meta' <<<"$2")
  name=$(jq -r '.name // .taskId // empty' <<<"$2")
  shift 2
  run curl -sS "$url" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
    -H 'MCP-Protocol-Version: 2026-07-28' -H "Mcp-Method: $method" ${name:+-H "Mcp-Name: $name"} \
    -d "$(jq -nc --arg method "$method" --argjson params "$params" \
      '{jsonrpc: "2.0", id: 1, method: $method, params: $params}')" "$@"
}
# tool NAME ARGUMENTS: its answer, in the modern era
tool() { modern tools/call "{\"name\": \"$1\", \"arguments\": $2}" "${@:3}"; }

up
url=$(url)

# A modern client.
modern server/discover '{}'
is 2026-07-28 "$(json '.result.supportedVersions[0]')" "version of the server"
modern tools/list '{}'
is 57 "$(json '.result.tools | length')" "number of tools"
tool pool_spawn '{"name": "night", "worker_type": "shell", "max_workers": 2}'
is night "$(json .result.structuredContent.name)" "name of the pool"
tool pool_execute '{"pool_id": "night", "prompt": "echo hi; exit 3"}'
is "failed 3 hi" "$(json '.result.structuredContent | "\(.status) \(.exit_code) \(.output[:-1])"')" "result of a task"

# Who goes away ends what it has asked for.
curl -sS "$url" -H 'Content-Type: application/json' \
  -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
  -H 'Mcp-Method: tools/call' -H 'Mcp-Name: pool_execute' \
  -d '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "pool_execute", "arguments": {
    "pool_id": "night", "prompt": "echo $$ > '"$work"'/left; exec sleep 1000"}, "_meta": {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}}}' >/dev/null 2>&1 &
caller=$!
soon begun left || fail "the task should have begun"
kill -KILL "$caller"
gone "$(cat left)" || fail "a task runs on whose client has gone"

mkfifo go
# What takes longer than a call gives a task to ask for, which outlives the server.
tool pool_execute '{"pool_id": "night", "prompt": "echo $$ > '"$work"'/long; read x < '"$work"'/go; echo over", "wait_ms": 10}'
task=$(json .result.structuredContent.task_id)
contains "$(json '.result.content[0].text')" "task_wait"
soon begun long || fail "the task should have begun"
kill_server
up
url=$(url)
echo >go &
tool task_wait "{\"task_id\": \"$task\"}"
wait
is "completed over" "$(json '.result.structuredContent | "\(.status) \(.output[:-1])"')" "result of a task of before"

# So does a task of the protocol, under the id that its client was given, and under no other.
knows_tasks='"_meta": {"io.modelcontextprotocol/clientCapabilities": {
  "extensions": {"io.modelcontextprotocol/tasks": {}}}}'
modern tools/call '{"name": "pool_execute", "arguments": {"pool_id": "night",
  "prompt": "echo $$ > '"$work"'/lasting; read x < '"$work"'/go; echo over"}, '"$knows_tasks"'}'
is "task working" "$(json '.result | "\(.resultType) \(.status)"')" "a task of the protocol"
task=$(json .result.taskId)
soon begun lasting || fail "the task should have begun"
kill_server
up
url=$(url)
get_task() { modern tasks/get "{\"taskId\": \"$1\", $knows_tasks}"; }
get_task "$task"
is working "$(json .result.status)" "how a task of before stands"
get_task "${task%.*}"
is -32602 "$(json .error.code)" "code for an id that nobody was given"
echo >go &
is_over() { get_task "$task" && [ "$(json .result.status)" = completed ]; }
soon is_over || fail "the task should have ended: $out"
wait
is over "$(json '.result.result.structuredContent.output[:-1]')" "result of a task of the protocol"

# A server that ends tells those who wait what to ask the next one for, and cancels nothing.
modern tools/call '{"name": "pool_execute", "arguments": {"pool_id": "night",
  "prompt": "echo $$ > '"$work"'/kept; read x < '"$work"'/go; echo kept"}, "_meta": {"progressToken": "p"}}' -N &
soon begun kept || fail "the task should have begun"
is_told() { grep -q '"progressToken":"p"' "$work/out"; }
soon is_told || fail "who waits should be told so"
pid=$(server_pid)
kill -TERM "$pid"
wait
gone "$pid" || fail "the server should have ended"
task=$(sed -n 's/^data: //p' out | tail -n 1 | jq -r .result.structuredContent.task_id)
up
url=$(url)
echo >go &
tool task_wait "{\"task_id\": \"$task\"}"
wait
is "completed kept" "$(json '.result.structuredContent | "\(.status) \(.output[:-1])"')" "result of a task that was left"

# A legacy client.
legacy initialize '{"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}' -D head
is 2025-11-25 "$(json .result.protocolVersion)" "version that was agreed on"
session=$(tr -d '\r' <head | sed -n 's/^[Mm]cp-[Ss]ession-[Ii]d: //p')
legacy tools/call '{"name": "pool_execute", "arguments": {"pool_id": "night", "prompt": "echo again"}}'
is again "$(json '.result.structuredContent.output[:-1]')" "output"
run curl -sS -o /dev/null -w '%{http_code}' -X DELETE "$url" -H "Mcp-Session-Id: $session"
is 204 "$out" "status of the end of a session"
legacy ping '{}' -o /dev/null -w '%{http_code}'
is 404 "$out" "status in a session that has ended"
session=

# Who may not come in.
status_of_call() { run curl -sS -o /dev/null -w '%{http_code}' "$url" "$@"; }
status_of_call -H 'Origin: http://evil.example'
is 403 "$out" "status for a page of another host"
status_of_call -H 'Host: evil.example'
is 403 "$out" "status for a name of another host"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  run setpriv --reuid 65534 --clear-groups curl -sS "$url" -d '{}'
  contains "$out" "only the user who runs this server"
fi

# The official client, which checks every answer against the schema of its tool.
if command -v node >/dev/null; then
  "$mahavishnu" pool close night >/dev/null
  packages=$here/../../build/mcp_servers
  bash "$here/../mcp/servers/install.sh" "$packages" 2>/dev/null
  mkdir scripts
  run node "$packages/all_tools_client.mjs" "$url" "$work/scripts"
  is "57 tools" "$out" "what the official client says ($err)"
elif [ "${MAHAVISHNU_TEST_NODE:-}" = required ]; then
  fail "there is no Node.js"
fi
