#!/usr/bin/env bash
# MCP on standard input and output, before a server that runs and with one of its own.
. "$(dirname "$0")/lib.sh"

up() { "$mahavishnu" up --detach --port 0 >/dev/null; }
after_all() { exec 3>&- 4<&- || true; }

# talk ARGUMENT...: a bridge, written to on 3 and read from on 4
talk() {
  rm -f to from
  mkfifo to from
  "$mahavishnu" mcp stdio "$@" <to >from 2>bridge.err &
  bridge=$!
  exec 3>to 4<from
}
say() { echo "$1" >&3; }
# hear FILTER: of the next line
hear() {
  local line
  read -rt 20 line <&4 || fail "the bridge is silent ($(cat bridge.err))"
  jq -r "$1" <<<"$line"
}
# hang_up: the end of the input; its exit code is in $exit_code
hang_up() {
  exec 3>&-
  exit_code=0
  wait "$bridge" || exit_code=$?
  exec 4<&-
}
modern() {
  say "$(jq -nc --argjson id "$1" --arg method "$2" --argjson params "$3" '{jsonrpc: "2.0", id: $id, method: $method,
    params: ($params + {_meta: {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {}}})}')"
}
initialize='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}'

# Without a server, there is only an answer that says so.
run "$mahavishnu" mcp stdio --connect <<<'{"jsonrpc":"2.0","id":1,"method":"ping"}'
is 0 "$exit_code" "exit code when the input ends"
is "1 -32603" "$(json '"\(.id) \(.error.code)"')" "answer without a server"
contains "$(json .error.message)" "mahavishnu up"
refused 2 "excludes" mcp stdio --connect --embedded

# Before a server that runs.
up
talk
say '{nonsense'
is -32700 "$(hear .error.code)" "code for what is no JSON"
modern 1 tools/list '{}'
is pool_spawn "$(hear '.result.tools[] | select(.name == "pool_spawn") | .name')" "a tool"
modern 2 tools/call '{"name": "pool_spawn", "arguments": {"name": "one", "worker_type": "shell"}}'
is one "$(hear .result.structuredContent.name)" "a pool"
say "$initialize"
is 2025-11-25 "$(hear .result.protocolVersion)" "version that was agreed on"
say '{"jsonrpc":"2.0","method":"notifications/initialized"}'
say '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"pool_execute","arguments":{"pool_id":"one","prompt":"echo x"}}}'
is "a completed" "$(hear '"\(.id) \(.result.structuredContent.status)"')" "answer in a session"
# What a client gives up ends on the server.
modern 3 tools/call '{"name": "pool_execute", "arguments": {"pool_id": "one", "prompt": "echo $$ > '"$work"'/left; exec sleep 1000"}}'
soon begun left || fail "the task should have begun"
say '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}'
gone "$(cat left)" || fail "a task runs on that was cancelled"
# An answer that is on its way when the input ends still comes.
modern 4 tools/call '{"name": "pool_execute", "arguments": {"pool_id": "one", "prompt": "sleep 0.3; echo last"}}'
exec 3>&-
is "last" "$(hear '.result.structuredContent.output[:-1]')" "last answer"
hang_up
is 0 "$exit_code" "exit code after the last answer"

# A server that is killed: an error for what runs, and the next one goes on, also in the session.
talk
say "$initialize"
hear . >/dev/null
say '{"jsonrpc":"2.0","method":"notifications/initialized"}'
say '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"pool_execute","arguments":{"pool_id":"one","prompt":"echo $$ > '"$work"'/running; exec sleep 1000"}}}'
soon begun running || fail "the task should have begun"
kill_server
contains "$(hear .error.message)" "task_list"
up
say '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"pool_list","arguments":{}}}'
is "3 one" "$(hear '"\(.id) \(.result.structuredContent.result[0].name)"')" "answer of the next server"
hang_up
is 0 "$exit_code" "exit code at the end of the input"
"$mahavishnu" down --cancel >/dev/null

# A server of its own, which ends with the input and says nothing on standard output.
talk
modern 1 tools/call '{"name": "pool_list", "arguments": {}}'
is "1 0" "$(hear '"\(.id) \(.result.structuredContent.result | length)"')" "answer of a server of its own"
is true "$("$mahavishnu" status -o json | jq .running)" "whether commands find that server"
own=$(server_pid)
is "$bridge" "$own" "process of that server"
hang_up
is 0 "$exit_code" "exit code at the end of the input"
run "$mahavishnu" status
is 3 "$exit_code" "exit code of status when that server has ended"
# Also on a signal.
talk --embedded
modern 1 server/discover '{}'
is 1 "$(hear .id)" "id of an answer"
kill -TERM "$bridge"
gone "$bridge" || fail "a signal should end it"
exec 3>&- 4<&-

# The official clients.
if command -v node >/dev/null; then
  packages=$here/../../build/mcp_servers
  bash "$here/../mcp/servers/install.sh" "$packages" 2>/dev/null
  run "$mahavishnu" mcp config --client cursor --stdio --state-dir "$MAHAVISHNU_STATE_DIR" -o json
  mapfile -t command < <(json '.configuration.mcpServers.mahavishnu | .command, .args[]')
  for era in legacy modern; do
    run node "$packages/stdio_client.mjs" "$era" "${command[@]}"
    is 0 "$exit_code" "exit code of a $era client with a server of its own ($err)"
    up
    RESTART="kill -9 $(server_pid); while [ -e /proc/$(server_pid) ]; do sleep 0.05; done; '$mahavishnu' up --detach --port 0" \
      run node "$packages/stdio_client.mjs" "$era" "${command[@]}"
    is 0 "$exit_code" "exit code of a $era client before a server that runs ($err)"
    "$mahavishnu" down --cancel >/dev/null
  done
elif [ "${MAHAVISHNU_TEST_NODE:-}" = required ]; then
  fail "there is no Node.js"
fi
