#!/usr/bin/env bash
# What doctor finds, with and without a server, and with things that are wrong.
. "$(dirname "$0")/lib.sh"

# said CHECK MEMBER: of the last report
said() { json ".findings[] | select(.check == \"$1\") | .$2"; }

# doctored ARGUMENT...: a report, within its time
doctored() {
  local begin=$SECONDS
  run timeout 20 "$mahavishnu" doctor -o json "$@"
  [ $((SECONDS - begin)) -lt 10 ] || fail "it took $((SECONDS - begin)) s"
  jq -e . "$work/out" >/dev/null || fail "no report: $out $err"
}

export MAHAVISHNU_MCP__PORT=0 MAHAVISHNU_WORKERS__DEFAULT_TYPE=shell

# Without a server, and without a trace.
doctored
is "doctor_report/1" "$(json .schema)" "schema"
is ok "$(said 'state directory' status)" "a state directory that is not there yet"
is ok "$(said server status)" "no server"
[ ! -e "$MAHAVISHNU_STATE_DIR" ] || fail "doctor made a state directory"
is 0 "$(json '[.findings[] | select((.status == "ok") != (.fix == null))] | length')" \
  "findings that name no fix, or a fix for nothing"
problems=$(json '[.findings[] | select(.status == "problem")] | length')
is "$([ "$problems" = 0 ] && echo 0 || echo 1)" "$exit_code" "exit code with $problems problems"
run "$mahavishnu" doctor
contains "$out" "state directory"

# With one.
"$mahavishnu" up --detach >/dev/null
before=$(ls -A "$MAHAVISHNU_STATE_DIR" | sort)
doctored
is "ok ok ok" "$(said server status) $(said version status) $(said mcp status)" "a server"
is ok "$(said leftovers status)" "leftovers of a server that runs"
is "$before" "$(ls -A "$MAHAVISHNU_STATE_DIR" | sort)" "files in the state directory"
is ok "$(said 'worker types' status)" "worker types"

# One that hangs is told of, in time.
pid=$(server_pid)
kill -STOP "$pid"
doctored
kill -CONT "$pid"
is 1 "$exit_code" "exit code with a server that hangs"
is problem "$(said server status)" "a server that hangs"

# Its port, when somebody else wants it.
"$mahavishnu" mcp status -o json >door
port=$(jq .port door)
doctored --set mcp.port="$port"
is ok "$(said port status)" "our own port"
doctored --set mcp.port="$port" --state-dir "$work/other"
is "1 problem" "$exit_code $(said port status)" "a port that is taken"
contains "$(said port what)" "process $pid"

# What was killed leaves something for the next server.
"$mahavishnu" pool spawn --name local --worker-type shell --min 1 --max 1 >/dev/null
"$mahavishnu" task submit --prompt 'sleep 100' >/dev/null
busy() { [ "$("$mahavishnu" task list --status running -o json | jq '.tasks | length')" = 1 ]; }
soon busy || fail "the task does not run"
kill_server
doctored
is "warning mahavishnu up --detach" "$(said leftovers status) $(said leftovers fix)" "leftovers"
"$mahavishnu" up --detach >/dev/null
"$mahavishnu" down --cancel >/dev/null

# Certificates.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
  -out soon.pem -days 5 -subj /CN=localhost 2>/dev/null
openssl req -x509 -key key.pem -out later.pem -days 300 -subj /CN=localhost 2>/dev/null
openssl req -x509 -key key.pem -out ever.pem -days 1000000 -subj /CN=localhost 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pem 2>/dev/null
certified() { doctored --set mcp.tls_certificate="$work/$1" --set mcp.tls_key="$work/$2"; }
certified soon.pem key.pem
is warning "$(said certificate status)" "a certificate for five days"
contains "$(said certificate what)" "4 days"
certified later.pem key.pem
is ok "$(said certificate status)" "a certificate for long"
certified ever.pem key.pem
is ok "$(said certificate status)" "a certificate for thousands of years"
certified later.pem other.pem
is "1 problem" "$exit_code $(said certificate status)" "a key of another certificate"
certified nowhere.pem key.pem
is problem "$(said certificate status)" "a certificate that is not there"

# Settings that cannot be read, and all else is looked at.
mkdir broken
printf 'pools:\n  max_workers: many\n' >broken/mahavishnu.yaml
doctored --settings-dir broken
is "1 problem" "$exit_code $(said settings status)" "broken settings"
is ok "$(said terminals status)" "terminals with broken settings"
doctored --settings-dir nowhere
is problem "$(said settings status)" "a settings directory that is not there"

# A journal that cannot be reached.
doctored --set storage.url=postgresql://nobody@127.0.0.1:1/nothing
is "1 problem" "$exit_code $(said journal status)" "PostgreSQL that is not there"

# A state directory that others can write to, one with a name too long, and one of somebody else.
mkdir -m 0777 open
doctored --state-dir "$work/open"
is "problem chmod 700 '$work/open'" "$(said 'state directory' status) $(said 'state directory' fix)" \
  "a directory that is open to all"
doctored --state-dir "$work/$(printf 'long%.0s' {1..30})"
is problem "$(said sockets status)" "a path that is too long for sockets"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  mkdir -m 0700 mine
  chmod 0711 "$work"
  cp "$mahavishnu" "$(dirname "$mahavishnu")/mahavishnu-keeper" .
  run timeout 20 setpriv --reuid=65534 --clear-groups "$work/mahavishnu" doctor -o json \
    --state-dir "$work/mine"
  is "1 problem" "$exit_code $(said 'state directory' status)" "a directory of somebody else"
fi

# Auth.
doctored --set auth.enabled=true --set auth.secret=short
is 1 "$exit_code" "exit code with a secret that is too short"
