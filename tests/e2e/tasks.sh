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
is 6 "$exit_code" "exit code of a second pool of that name"
contains "$err" "'local' already"

run "$mahavishnu" pool route --prompt 'echo hi; exit 3' --selector least_loaded -o json
is 3 "$exit_code" "exit code of a failed task, which is its own"
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
is "124 timeout" "$exit_code $(json .status)" "status of a task that takes too long"

run "$mahavishnu" pool execute nope --prompt true
is 5 "$exit_code" "exit code for an unknown pool"
contains "$err" "error: there is no pool 'nope'
fix: the pools are local"

run "$mahavishnu" pool route --prompt true --selector fastest
is 2 "$exit_code" "exit code for an unknown selector"
contains "$err" "round_robin"

run "$mahavishnu" pool list -o json
is "local running 2" "$(json '.pools[0] | "\(.name) \(.status) \(.workers)"')" "the pool in the list"

run "$mahavishnu" pool spwan
is 2 "$exit_code" "exit code of an unknown command"

# What a task may be given.
echo "from a file" >input
run "$mahavishnu" pool execute local --command 'cat' --stdin input --meta who=me --priority 3 \
  --deadline 60 -o json
is "from a file" "$(json .output)" "standard input of a task"
run bash -c "echo piped | '$mahavishnu' pool execute local --prompt cat --stdin - -o json"
is piped "$(json .output)" "standard input of the command as that of a task"
run "$mahavishnu" pool execute local --prompt 'exit 1' --retries 2 --retry-delay 0.01 -o json
is 3 "$(json .attempts)" "attempts of a task with two retries"
run "$mahavishnu" pool execute local --prompt 'date +%N' --key once -o json
first=$(json .task_id)
run "$mahavishnu" pool execute local --prompt 'date +%N' --key once -o json
is "$first" "$(json .task_id)" "the task of a key that is given twice"
run "$mahavishnu" pool execute local --prompt 'echo other' --key once
is 2 "$exit_code" "exit code for another task with the same key"

refused 2 "give --prompt or --command" pool execute local
refused 2 "excludes" pool execute local --prompt a --command b
refused 2 "cannot both read standard input" pool execute local --prompt - --stdin -
refused 1 "cannot read 'nowhere'" pool execute local --prompt cat --stdin nowhere
refused 2 "--meta takes NAME=VALUE, not 'x'" pool execute local --prompt a --meta x
refused 6 "no pool that takes tasks has the labels zone=b" pool route --prompt a --label zone=b
refused 2 "excludes" task submit --pool local --selector random --prompt a

# A task without a command that waits.
mkfifo box3
run "$mahavishnu" task submit --prompt "echo begun; cat $work/box3" --meta who=me -o json
is "0 queued" "$exit_code $(json .status)" "task submit ($err)"
task=$(json .task_id)
exec 4>box3 # opens when the task reads
run "$mahavishnu" task show "$task" -o json
is "running local me" "$(json '"\(.status) \(.pool) \(.spec.metadata.who)"')" "task show"
run "$mahavishnu" task list --status running -o json
is "$task" "$(json '.tasks[].task_id')" "running tasks"
echo ended >&4
exec 4>&-
run "$mahavishnu" task wait "$task" -o json
is "0 begun
ended" "$exit_code $(json '.output | rtrimstr("\n")')" "task wait"
run "$mahavishnu" task show "$task"
contains "$out" "Ended well"
contains "$out" "routed by"
run "$mahavishnu" task cancel "$task"
contains "$out" "had ended already: completed"

mkfifo box4
run "$mahavishnu" task submit --pool local --prompt "echo \$\$ > $work/box4; exec sleep 1000" -o json
task=$(json .task_id)
read -r child <box4
run "$mahavishnu" task cancel "$task"
is 0 "$exit_code" "exit code of task cancel"
run "$mahavishnu" task wait "$task" -o json
is "130 cancelled" "$exit_code $(json .status)" "task wait for a cancelled task"
gone "$child" || fail "a cancelled task still runs"
run "$mahavishnu" task list --pool local --limit 1
is 2 "$(wc -l <<<"$out")" "lines of a list of one task"

unknown=task_00000000000000000000000001
for command in wait show cancel; do
  refused 5 "there is no task '$unknown'" task $command $unknown
  refused 2 "'nonsense' is no task id" task $command nonsense
done
refused 5 "there is no pool 'nope'" task list --pool nope
refused 2 "'nonsense' is not one of" task list --status nonsense
refused 2 "between 1 and 10000" task list --limit 0

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
is "affinity epoch journal.db keepers mcp.key memory.db periodic server.lock server.log" "$(ls -A "$work/state" | xargs)" "what is left behind"
is "" "$(ls -A "$work/state/keepers" "$work/state/periodic" | grep -v :)" "keepers and periodic tasks that are left"
