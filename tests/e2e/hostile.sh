#!/usr/bin/env bash
# Clients that mean no good, against the real program: after each it is as well as before.
. "$(dirname "$0")/lib.sh"

"$mahavishnu" up --detach --port 0 --set mcp.request_timeout_seconds=1 --set mcp.max_connections=30 >/dev/null
url=$("$mahavishnu" status -o json | jq -r .mcp.url)
port=${url##*:}
port=${port%/mcp}
pid=$(server_pid)
json_type='Content-Type: application/json'

code() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }
descriptors() { ls "/proc/$pid/fd" | wc -l; }
resident() { awk '/^VmRSS/ {print $2}' "/proc/$pid/status"; }
is 200 "$(code "$url/../readyz")" "answer before all of it"
least=$(descriptors)
memory=$(resident)
no_more() { [ "$(descriptors)" -le "$least" ]; }
ready() { [ "$(code "$url/../readyz" 2>/dev/null)" = 200 ]; }
# well AFTER_WHAT
well() {
  soon ready || fail "the server does not answer after $1"
  soon no_more || fail "$(descriptors) descriptors after $1, $least before"
  [ "$(resident)" -lt $((memory + 32768)) ] || fail "$(resident) kB after $1, $memory before"
}
# says STATUS WHAT: the server answers so on descriptor 4, or closes it (STATUS empty)
says() {
  local line=
  read -r -t 20 line <&4 || [ $? -le 128 ] || fail "no answer to $2"
  contains "$line" "$1"
  exec 4>&-
  well "$2"
}
talk() { exec 4<>"/dev/tcp/127.0.0.1/$port"; }

is 413 "$(head -c 100000000 /dev/zero | code "$url" -H "$json_type" --data-binary @-)" "100 MB, announced"
well "100 MB, announced"
is 413 "$(head -c 100000000 /dev/zero | code "$url" -H "$json_type" -H 'Transfer-Encoding: chunked' -H 'Expect:' -X POST -T -)" \
  "100 MB in chunks"
well "100 MB in chunks"
is 400 "$(printf '%0100000d' 0 | tr 0 '[' | code "$url" -H "$json_type" --data-binary @-)" "deep JSON"
well "deep JSON"
is 400 "$(code "$url" -H "$json_type" -d '{"jsonrpc": "2.0", "id": 1, "method": "ping", "id": 2}')" "a name twice"
is 403 "$(code "$url" -H "$json_type" -H 'Host: evil.example' -d '{}')" "a foreign host"
is 403 "$(code "$url" -H "$json_type" -H 'Origin: https://evil.example' -d '{}')" "a foreign origin"

talk
printf 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX: ' >&4
says "" "half a head"
talk
printf 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{' >&4
says "" "half a body"
talk
says "" "silence"
talk
printf 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' >&4
says "HTTP/1.1 400" "two ends of a body"
talk
printf 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\rInjected: b\r\n\r\n' >&4
says "HTTP/1.1 400" "a line end of its own"

# More connections than there may be: who comes too late is told so.
(
  for i in {1..30}; do
    exec {held}<>"/dev/tcp/127.0.0.1/$port"
  done
  refused=$(code "http://127.0.0.1:$port/livez") || true
  [ "$refused" = 503 ] || fail "a connection too many got '$refused'"
)
well "a flood of connections"
