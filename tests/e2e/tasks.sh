#!/usr/bin/env bash
# A server, pools and tasks from other processes.
. "$(dirname "$0")/lib.sh"

run "$mahavishnu" status
is 3 "$exit_code" "exit code of status without a server"
contains "$err" "no server is running"

run "$mahavishnu" up --detach --port 0 -o json
is 0 "$exit_code" "exit code of up ($err)"
pid=$(json .pid)
is "$work/state" "$(json .state_dir)" "state_dir"

run "$mahavishnu" status -o json
is true "$(json .running)" "running"
is "$pid" "$(json .pid)" "pid"
is 0 "$(json .pools_active)" "pools_active"
for key in version uptime; do [ "$(json ".$key")" != null ] || fail "status has no $key"; done
url=$(json .mcp.url)
is ok "$(curl -s "${url%/mcp}/livez" | jq -r .status)" "livez"
is healthy "$(curl -s "${url%/mcp}/health" | jq -r .status)" "health"

run "$mahavishnu" pool spawn --name local --worker-type shell --min 2 --max 4 -o json
is 0 "$exit_code" "exit code of pool spawn ($err)"
is created "$(json .status)" "status of a spawned pool"
is "2 4" "$(json '"\(.min_workers) \(.max_workers)"')" "bounds"
pool=$(json .pool_id)

run "$mahavishnu" pool spawn --name local --worker-type shell
is 1 "$exit_code" "exit code of a second pool of that name"
contains "$err" "'local' already"

run "$mahavishnu" pool route --prompt 'echo hi; exit 3' --selector least_loaded -o json
is 1 "$exit_code" "exit code of a failed task"
is failed "$(json .status)" "status"
is 3 "$(json .exit_code)" "exit_code"
is '"hi\n"' "$(jq .output "$work/out")" "output"
for key in task_id pool_id worker_id status output error exit_code duration; do
  jq -e "has(\"$key\")" "$work/out" >/dev/null || fail "the result has no $key"
done

run "$mahavishnu" pool execute "$pool" --prompt 'pwd; echo "$GREETING"' --env GREETING=hello -o json
is "$work
hello" "$(json .output)" "directory and environment of a task"

run bash -c "echo 'echo from stdin' | '$mahavishnu' pool execute local --prompt - -o json"
is "from stdin" "$(json .output)" "a prompt from standard input"

run "$mahavishnu" pool execute local --prompt 'sleep 100' --timeout 0.3 -o json
is timeout "$(json .status)" "status of a task that takes too long"

run "$mahavishnu" pool execute nope --prompt true
is 1 "$exit_code" "exit code for an unknown pool"
contains "$err" "there is no pool 'nope'; the pools are local"

run "$mahavishnu" pool route --prompt true --selector fastest
is 2 "$exit_code" "exit code for an unknown selector"
contains "$err" "round_robin"

run "$mahavishnu" pool list -o json
is "local running 2" "$(json '.pools[0] | "\(.name) \(.status) \(.workers)"')" "the pool in the list"

run "$mahavishnu" pool spwan
is 2 "$exit_code" "exit code of an unknown command"

# Ctrl-C in a command ends its task.
mkfifo box
"$mahavishnu" pool execute local --prompt "echo \$\$ > $work/box; exec sleep 1000" >/dev/null 2>&1 &
command=$!
read -r child <box
kill -TERM $command # a shell has its background jobs ignore SIGINT
wait $command 2>/dev/null || true
gone "$child" || fail "the task of a command that ended still runs"

run "$mahavishnu" pool close local -o json
is closed "$(json .status)" "status of a closed pool"

run "$mahavishnu" down
is 0 "$exit_code" "exit code of down"
runs "$pid" && fail "the server still runs after down"
run "$mahavishnu" down
is 0 "$exit_code" "exit code of a second down"
[ -z "$(ls -A "$work/state" | grep -v -e server.lock -e server.log)" ] ||
  fail "left behind: $(ls -A "$work/state")"
