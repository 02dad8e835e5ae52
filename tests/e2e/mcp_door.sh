#!/usr/bin/env bash
# The MCP endpoint as a thing that is opened and closed while the server goes on.
. "$(dirname "$0")/lib.sh"

port() { "$mahavishnu" mcp status -o json | jq -r .port; }
livez() { run curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1/livez"; }
# call TOOL ARGUMENTS: in the modern era
call() {
  curl -sS "$url" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
    -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "Mcp-Name: $1" \
    -d "$(jq -nc --arg name "$1" --argjson arguments "$2" '{jsonrpc: "2.0", id: 1, method: "tools/call",
      params: {name: $name, arguments: $arguments, _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}}}')"
}

# Without a server.
run "$mahavishnu" mcp status -o json
is "3 false" "$exit_code $(json .running)" "status without a server"
run "$mahavishnu" mcp health -o json
is "3 unhealthy" "$exit_code $(json .status)" "health without a server"
run "$mahavishnu" mcp stop
is 0 "$exit_code" "exit code of stop without a server"
refused 2 "mcp.host" mcp start --host 203.0.113.7 --port 0
refused 2 "65535" mcp start --port 65536

# It starts one.
run "$mahavishnu" mcp start --port 0 -o json
is "0 true" "$exit_code $(json .running)" "start"
contains "$err" "mahavishnu down"
url=$(json .url)
port=$(json .port)
is "http://127.0.0.1:$port/mcp" "$url" "URL"
is "$url" "$("$mahavishnu" status -o json | jq -r .mcp.url)" "URL in the status of the server"
run "$mahavishnu" mcp health -o json
is "0 healthy ok ok" "$exit_code $(json '"\(.status) \(.http) \(.mcp)"')" "health"
pid=$(server_pid)
run "$mahavishnu" mcp start -o json
is "0 $port" "$exit_code $(json .port)" "start when it is open"

# Closed: the port, and nothing else. A call that runs is answered with what to ask for.
"$mahavishnu" pool spawn --name one --worker-type shell >/dev/null
call pool_execute '{"pool_id": "one", "prompt": "echo $$ > '"$work"'/begun; read x < '"$work"'/go; echo over"}' >waited &
caller=$!
mkfifo go
soon begun begun || fail "the task should have begun"
run "$mahavishnu" mcp stop
is 0 "$exit_code" "exit code of stop"
contains "$err" "mahavishnu down"
wait "$caller"
task=$(jq -r .result.structuredContent.task_id waited)
contains "$task" task_
livez "$port"
is 7 "$exit_code" "exit code of curl when the port is closed"
contains "$("$mahavishnu" status)" "MCP: closed"
is '""' "$("$mahavishnu" status -o json | jq .mcp.url)" "URL while it is closed"
run "$mahavishnu" mcp status -o json
is "1 false $port" "$exit_code $(json '"\(.running) \(.port)"')" "status when it is closed"
run "$mahavishnu" mcp health -o json
is "1 unhealthy" "$exit_code $(json .status)" "health when it is closed"
run "$mahavishnu" mcp stop
is 0 "$exit_code" "exit code of a second stop"

# Open again, at the same port, with the same tasks.
run "$mahavishnu" mcp start -o json
is "0 $port" "$exit_code $(json .port)" "start after stop"
livez "$port"
is 200 "$out" "status of /livez"
echo >go
is "completed over" "$(call task_wait "{\"task_id\": \"$task\"}" | jq -r '.result.structuredContent | "\(.status) \(.output[:-1])"')" \
  "result of the task that went on"

# Elsewhere, or again; sessions go along.
session=$(curl -sS "$url" -o /dev/null -D - -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
  -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}' |
  tr -d '\r' | sed -n 's/^[Mm]cp-[Ss]ession-[Ii]d: //p')
run "$mahavishnu" mcp restart -o json
is "0 $port" "$exit_code $(json .port)" "restart"
is '{}' "$(curl -sS "$url" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
  -H "Mcp-Session-Id: $session" -d '{"jsonrpc":"2.0","id":1,"method":"ping"}' | jq -c .result)" "answer in the session"
run "$mahavishnu" mcp restart --port 0 -o json
is 0 "$exit_code" "exit code of restart at another port"
[ "$(json .port)" != "$port" ] || fail "the port should be another one"
other=$(json .port)
livez "$port"
is 7 "$exit_code" "exit code of curl at the old port"

# What cannot be had leaves all as it was.
MAHAVISHNU_STATE_DIR=$work/second "$mahavishnu" up --detach --port 0 >/dev/null
taken=$(MAHAVISHNU_STATE_DIR=$work/second port)
refused 1 "in use" mcp restart --port "$taken"
is "$other" "$(port)" "port when another one was taken"
livez "$other"
is 200 "$out" "status of /livez there"
MAHAVISHNU_STATE_DIR=$work/second "$mahavishnu" down >/dev/null
refused 2 "mcp.host" mcp start --host 203.0.113.7
is "$pid" "$(server_pid)" "process of the server"
