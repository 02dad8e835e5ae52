#!/usr/bin/env bash
# What one can do with pools besides running tasks on them, and listen to what they say.
. "$(dirname "$0")/lib.sh"

run "$mahavishnu" pool health
is 3 "$exit_code" "exit code of pool health without a server"
run "$mahavishnu" events
is 3 "$exit_code" "exit code of events without a server"
"$mahavishnu" up --detach --port 0 >/dev/null

# A pool as it was asked for.
run "$mahavishnu" pool spawn --name local --worker-type shell --min 1 --max 3 --auto-scale \
  --idle-limit 5 --concurrency 1 --queue-limit 20 --when-full wait --wait-limit 2.5 --timeout 30 \
  --retries 2 --retry-delay 0.1 --retry-on failed,lost --restart-limit 0 --history-limit 50 \
  --label zone=a --label disk=ssd --config key=value
is 0 "$exit_code" "exit code of pool spawn ($err)"
run "$mahavishnu" pool describe local -o json
is "1 3 true 5 1 20" \
  "$(json '.config | "\(.min_workers) \(.max_workers) \(.auto_scale) \(.idle_limit) \(.worker_concurrency) \(.queue_limit)"')" \
  "size of the pool"
is "wait 2.5 30 -1 50" \
  "$(json '.config | "\(.when_full) \(.wait_limit) \(.default_timeout) \(.restart_limit) \(.history_limit)"')" \
  "limits of the pool"
is "3 0.1 failed,lost" \
  "$(json '.config.retry | "\(.max_attempts) \(.delay) \(.on | join(","))"')" "retries of the pool"
is "a ssd value" "$(json '.config | "\(.labels.zone) \(.labels.disk) \(.extra_config.key)"')" \
  "labels of the pool"
pool=$(json .info.pool_id)
run "$mahavishnu" pool describe "$pool"
contains "$out" "wait up to 2.500 s"
contains "$out" "disk=ssd, zone=a"

# What cannot be.
refused 2 "--label takes NAME=VALUE, not 'zone'" pool spawn --label zone
refused 2 "--config takes NAME=VALUE, not '=x'" pool spawn --config =x
refused 2 "failed, timeout and lost" pool spawn --name other --worker-type shell --retry-on completed
refused 2 "sometimes" pool spawn --when-full sometimes
refused 2 "worker_concurrency" pool spawn --name other --worker-type shell --concurrency 5
for command in describe drain resume "scale --target 2"; do
  run "$mahavishnu" pool $command nope
  is 5 "$exit_code" "exit code of pool $command for an unknown pool"
  contains "$err" "there is no pool 'nope'"
done

# More workers, and fewer.
run "$mahavishnu" pool scale local --target 3 -o json
is "3 scaled" "$(json '"\(.target_workers) \(.status)"')" "pool scale"
run "$mahavishnu" pool scale local -t 1
is 0 "$exit_code" "exit code of pool scale -t"
refused 2 "target 9 outside range [1, 3]" pool scale local --target 9

# A drained pool takes nothing until it is resumed.
mkfifo box
run "$mahavishnu" task submit --pool local --prompt "cat $work/box" -o json
task=$(json .task_id)
"$mahavishnu" pool drain local -o json >drained &
drain=$!
exec 4>box # opens when the task reads
run "$mahavishnu" task show "$task" -o json
is running "$(json .status)" "status of a task in a pool that drains"
exec 4>&-
wait $drain || fail "pool drain ended with $?"
is drained "$(jq -r .status drained)" "status of a drained pool"
run "$mahavishnu" pool execute local --prompt true
is 6 "$exit_code" "exit code of a task on a drained pool"
contains "$err" "drained"
run "$mahavishnu" pool list
contains "$out" "draining"
run "$mahavishnu" pool resume local -o json
is running "$(json .status)" "status of a resumed pool"
run "$mahavishnu" pool execute local --prompt true
is 0 "$exit_code" "exit code of a task on a resumed pool"

# How they do.
run "$mahavishnu" pool health -o json
is "0 healthy 1" "$exit_code $(json '"\(.status) \(.pools_active)"')" "pool health"
run "$mahavishnu" pool monitor -o json
is 2 "$(json ".pools[\"$pool\"].metrics.tasks_completed")" "completed tasks in pool monitor"
run "$mahavishnu" pool monitor
contains "$out" "$pool  running"
run "$mahavishnu" pool monitor local nope -o json
is "1 not_found" "$exit_code $(json .pools.nope.status)" "pool monitor of an unknown pool"

# Those who listen.
follow() { # ARGUMENT...: starts following in the background
  env --default-signal=INT "$mahavishnu" events --follow "$@" >events 2>events.err &
  follower=$!
  local tries
  for tries in {1..400}; do # a subscription cannot be seen from outside, but by what it prints
    "$mahavishnu" pool execute local --prompt true >/dev/null
    [ -s events ] && return
  done
  fail "nothing came: $(cat events.err)"
}
follow --type task_completed -o json
is task_completed "$(head -1 events | jq -r .type)" "type of an event"
is "$pool" "$(head -1 events | jq -r .source_pool_id)" "source of an event"
kill -INT $follower
wait $follower || fail "events ended with $? after Ctrl-C ($(cat events.err))"
follow --pool local
contains "$(head -1 events)" "task_completed $pool: task_"
pid=$("$mahavishnu" status -o json | jq .pid)
kill -TERM $follower
wait $follower || fail "events ended with $? after SIGTERM"
run "$mahavishnu" events --wait 0.1
is 0 "$exit_code" "exit code of events for a while"
refused 2 "'nonsense' is not one of" events --type nonsense
run "$mahavishnu" events --pool nope
is 5 "$exit_code" "exit code of events of an unknown pool"
follow
kill -9 "$pid"
code=0
wait $follower || code=$?
is 3 "$code" "exit code of events when its server is killed"
contains "$(cat events.err)" "went away"
