#!/usr/bin/env bash
# Single workers, as they were before there were pools.
. "$(dirname "$0")/lib.sh"

"$mahavishnu" up --detach --port 0 >/dev/null

run "$mahavishnu" workers spawn --type shell --count 2 -o json
is "0 2" "$exit_code $(json '.worker_ids | length')" "workers spawn ($err)"
contains "$err" "deprecated"
run "$mahavishnu" workers list -o json
is "shell idle" "$(json '.workers[1] | "\(.worker_type) \(.status)"')" "a worker in the list"
worker=$(json '.workers[0].worker_id')
run "$mahavishnu" workers health -o json
is "0 healthy 2" "$exit_code $(json '"\(.status) \(.workers_active)"')" "workers health"
run "$mahavishnu" workers close "$worker" -o json
is 1 "$(json .closed_count)" "workers close"
run "$mahavishnu" workers close "$worker"
is 5 "$exit_code" "exit code for a worker that is gone"
contains "$err" "there is no worker '$worker'"
run "$mahavishnu" workers close
is 2 "$exit_code" "exit code of workers close without a worker"
run "$mahavishnu" workers close --all
contains "$out" "Closed workers: 1"

run "$mahavishnu" workers execute --type shell --prompt 'echo hi' -o json
is "0 3" "$exit_code $(json '.results | map(select(.output == "hi\n")) | length')" "workers execute"
run "$mahavishnu" workers execute --type shell --count 1 --prompt 'exit 4'
is 1 "$exit_code" "exit code of workers execute with a failed task"
contains "$out" "Exit code: 4"
run "$mahavishnu" workers spawn --type nonsense
is 1 "$exit_code" "exit code for an unknown type of worker"
run "$mahavishnu" workers spawn --type shell --count 51
is 2 "$exit_code" "exit code for too many workers"

# Ctrl-C ends the tasks and the workers.
mkfifo box
env --default-signal=INT "$mahavishnu" workers execute --type shell --count 1 \
  --prompt "echo \$\$ > $work/box; exec sleep 1000" >/dev/null 2>&1 &
command=$!
read -r child <box
kill -INT $command
wait $command && fail "workers execute must not end with 0 after Ctrl-C"
gone "$child" || fail "the task of a command that ended still runs"
run "$mahavishnu" workers list -o json
is 0 "$(json '.workers | length')" "workers that are left"
