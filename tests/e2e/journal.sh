#!/usr/bin/env bash
# What was accepted outlives the server, whichever way it ends.
. "$(dirname "$0")/lib.sh"

up() { "$mahavishnu" up --detach --port 0 --set exec.grace_seconds=1 >/dev/null; }
# submit ARGUMENT...: the id of the new task
submit() { "$mahavishnu" task submit "$@" -o json | jq -r .task_id; }
# field TASK FILTER: of its result, when it has ended
field() { "$mahavishnu" task wait "$1" -o json | jq -r "$2"; }
stands() { [ "$(status_of "$1")" = "$2" ]; }
# noted_as_running TASK: waits until the journal says that it runs, which is a moment later
noted() { "$mahavishnu" store export --status running | grep -q "$1"; }
noted_as_running() { soon noted "$1" || fail "the journal should say that a task runs"; }
status_of() { "$mahavishnu" task show "$1" -o json | jq -r .status; }

up
"$mahavishnu" pool spawn --worker-type shell --name night --min 1 --max 1 >/dev/null
done_before=$(submit --pool night --key ended --prompt 'echo before; exit 3')
is 3 "$(field "$done_before" .exit_code)" "exit code of the first task"
"$mahavishnu" pool execute night --key waited-for --prompt "echo >> $work/once; echo once" >/dev/null
mkfifo go
running=$(submit --pool night --key mine --prompt "echo begun > $work/begun; read x < $work/go; echo over")
queued=$(submit --pool night --priority 1 --prompt 'echo waited')
soon begun begun || fail "a task should run"

# A killed server: the next one has the pool, the result, the task that waits and the one that runs.
kill_server
up
is night "$("$mahavishnu" pool list -o json | jq -r '.pools[].name')" "pools after a kill"
is 3 "$(field "$done_before" .exit_code)" "the result of before"
is "before" "$(field "$done_before" .output)" "the output of before"
is queued "$(status_of "$queued")" "the task that waited"
soon stands "$running" running || fail "the task that ran should run"
is "$done_before" "$(submit --pool night --key ended --prompt 'echo before; exit 3')" \
  "the task of a key that had ended"
run "$mahavishnu" pool execute night --key waited-for --prompt "echo >> $work/once; echo once" -o json
is "once 1" "$(json '.output[:-1]') $(wc -l <once)" "the result of a key that had ended"
is "$running" "$(submit --pool night --key mine --prompt "echo begun > $work/begun; read x < $work/go; echo over")" \
  "the task of a key that is known"

# The same when the server ends on request.
"$mahavishnu" down >/dev/null
up
soon stands "$running" running || fail "the task that ran when the server ended should run"
echo >go
is over "$(field "$running" .output)" "output of a task that has had three servers"
is 1 "$(field "$running" .attempts)" "attempts of a task that has had three servers"
is waited "$(field "$queued" .output)" "output of the task that waited"
is 1 "$(wc -l <begun)" "starts of the task that ran"

# All that ran is taken care of, however few workers there are to be at least; and what was to end
# when the server was killed is ended by the next one.
"$mahavishnu" pool spawn --worker-type shell --name wide --min 1 --max 3 >/dev/null
"$mahavishnu" pool scale wide --target 3 >/dev/null
wide=()
for i in 1 2 3; do
  rm -f "begun$i"
  wide+=("$(submit --pool wide --prompt "trap '' TERM; echo \$\$ > $work/begun$i; while :; do sleep 0.1; done")")
  soon begun "begun$i" || fail "a task should run"
done
"$mahavishnu" task cancel "${wide[0]}" >/dev/null # it takes all of its grace
kill_server
up
is cancelled "$(field "${wide[0]}" .status)" "a task that was being cancelled"
gone "$(cat begun1)" || fail "its process still runs"
soon stands "${wide[1]}" running && soon stands "${wide[2]}" running || fail "both should run"
"$mahavishnu" pool close wide >/dev/null
gone "$(cat begun2)" && gone "$(cat begun3)" || fail "what a closed pool ran still runs"

# The keeper dies as well: the task is lost, or tried again where that is wanted.
rm -f begun
lost=$(submit --pool night --prompt "echo begun > $work/begun; exec sleep 1000")
soon stands "$lost" running || fail "a task should run"
again=$(submit --pool night --retries 2 --retry-delay 0.01 --retry-on lost \
  --prompt "echo \$MAHAVISHNU_ATTEMPT >> $work/again; [ \$MAHAVISHNU_ATTEMPT != 1 ] || exec sleep 1000")
soon begun begun || fail "a task should run"
noted_as_running "$lost"
keeper=$(pgrep -f "mahavishnu-keeper --dir $MAHAVISHNU_STATE_DIR")
pid=$(server_pid)
kill -9 "$pid" "$keeper"
gone "$pid" && gone "$keeper" || fail "they are still there"
up
is lost "$(field "$lost" .status)" "a task whose keeper was killed"
soon begun again || fail "the next task should run"
noted_as_running "$again"
keeper=$(pgrep -f "mahavishnu-keeper --dir $MAHAVISHNU_STATE_DIR")
pid=$(server_pid)
kill -9 "$pid" "$keeper"
gone "$pid" && gone "$keeper" || fail "they are still there"
up
is completed "$(field "$again" .status)" "a task that is tried again when it is lost"

# What waits for another attempt does not begin at once with the next server; and a pool has as
# many workers as it was scaled to.
"$mahavishnu" pool spawn --worker-type shell --name patient --min 1 --max 5 --workers 2 >/dev/null
is 2 "$("$mahavishnu" pool describe patient -o json | jq .info.workers)" "workers to start with"
"$mahavishnu" pool scale patient --target 4 >/dev/null
later=$(submit --pool patient --retries 1 --retry-delay 1000 --prompt "echo >> $work/tries; exit 1")
soon stands "$later" parked || fail "a task should wait for another attempt"
kill_server
up
is parked "$(status_of "$later")" "a task that waits for another attempt"
is 1 "$(wc -l <tries)" "attempts of a task that waits"
is 4 "$("$mahavishnu" pool describe patient -o json | jq .info.workers)" "workers of a pool that was scaled"
"$mahavishnu" pool close patient >/dev/null

# A task that is bound to its command goes with it.
"$mahavishnu" pool execute night --prompt "echo \$\$ > $work/bound; exec sleep 1000" >/dev/null 2>&1 &
soon begun bound || fail "a task should run"
kill_server
wait
up
gone "$(cat bound)" || fail "a task whose command has gone still runs"

# What is closed is closed, and what is cancelled stays so.
endless=$(submit --pool night --prompt "echo \$\$ > $work/endless; exec sleep 1000")
soon begun endless || fail "a task should run"
"$mahavishnu" down --cancel >/dev/null
gone "$(cat endless)" || fail "a task outlives down --cancel"
up
is 0 "$("$mahavishnu" pool list -o json | jq '.pools | length')" "pools after down --cancel"
is cancelled "$(field "$endless" .status)" "a task after down --cancel"
is "before" "$(field "$done_before" .output)" "the result of a task whose pool was closed"
is 4 "$("$mahavishnu" task list -o json | jq '[.tasks[] | select(.status == "completed")] | length')" \
  "completed tasks in the list"

# A pool may want less.
"$mahavishnu" pool spawn --worker-type shell --name light --durability none >/dev/null
forgotten=$(submit --pool light --prompt 'echo x')
is none "$("$mahavishnu" task submit --pool light --prompt 'echo x' -o json | jq -r .durability)" "what is said of it"
kill_server
up
refused 5 "there is no task" task show "$forgotten"
is light "$("$mahavishnu" pool list -o json | jq -r '.pools[].name')" "the pool itself"

# A sticky key goes where it went, although there are more pools by now; with a killed server too.
"$mahavishnu" pool close light >/dev/null
homes_of_keys() {
  local key
  for key in {1..20}; do
    "$mahavishnu" task submit --prompt true --selector affinity --affinity "key $key" -o json | jq -r .pool_id
  done
}
for name in early late; do
  "$mahavishnu" pool spawn --worker-type shell --name $name --min 1 --max 1 >/dev/null
done
homes=$(homes_of_keys)
is 2 "$(sort -u <<<"$homes" | wc -l)" "pools of twenty keys"
for name in later latest; do
  "$mahavishnu" pool spawn --worker-type shell --name $name --min 1 --max 1 >/dev/null
done
is "$homes" "$(homes_of_keys)" "pools of sticky keys when there are more"
kill_server
up
is "$homes" "$(homes_of_keys)" "pools of sticky keys after a kill"
