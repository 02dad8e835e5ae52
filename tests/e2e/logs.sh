#!/usr/bin/env bash
# What tasks write: while they run, when they have ended, when it is long, and after a server was killed.
source "$(dirname "$0")/lib.sh"

start() {
  "$mahavishnu" up --detach --port 0 "$@" >"$work/up" 2>&1 || fail "up: $(cat "$work/up")"
}
# says TASK TEXT: that is in its log now
says() { [ "$("$mahavishnu" task logs "$1" 2>/dev/null)" = "$2" ]; }
# has FILE TEXT
has() { [ "$(cat "$1")" = "$2" ]; }

start
"$mahavishnu" pool spawn --worker-type shell --name local --min 2 --max 2 >/dev/null

# While it runs.
mkfifo go
run "$mahavishnu" task submit --pool local -o json \
  --prompt "echo one; echo two; echo bad >&2; read x <$work/go; echo three; echo worse >&2; exit 4"
task=$(json .task_id)
soon says "$task" "one
two" || fail "what a running task has written: $("$mahavishnu" task logs "$task" 2>&1)"
run "$mahavishnu" task logs "$task" --lines 1
is two "$out" "the last line of a running task"
run "$mahavishnu" task logs "$task" -n 0
is "" "$out" "no line of a running task"
run "$mahavishnu" task logs "$task" -o json
is "running stdout-1 8" "$(json '"\(.status) stdout-\(.attempt) \(.size)"')" "logs as JSON"

# Who follows gets the rest when it comes, and ends with the task.
"$mahavishnu" task logs "$task" --follow >followed 2>&1 &
follower=$!
soon has followed "one
two" || fail "who follows should have what was written: $(cat followed)"
echo on >go
wait $follower || fail "task logs --follow ended with $?"
is "one
two
three" "$(cat followed)" "what was followed"
run "$mahavishnu" task logs "$task" --stderr
is "bad
worse" "$out" "standard error of a task that has ended"
run "$mahavishnu" task logs "$task" -n 2
is "two
three" "$out" "the last two lines"
run "$mahavishnu" task logs "$task" -n 99
is "one
two
three" "$out" "more lines than there are"
run "$mahavishnu" task logs "$task" --follow
is "0 one
two
three" "$exit_code $out" "to follow a task that has ended"

# Ctrl-C ends the command and not the task.
run "$mahavishnu" task submit --pool local --prompt "echo begun; read x <$work/go; echo done" -o json
task=$(json .task_id)
"$mahavishnu" task logs "$task" -f >followed 2>&1 &
follower=$!
soon has followed begun || fail "who follows should have the first line: $(cat followed)"
kill -TERM $follower
wait $follower 2>/dev/null && fail "a command that got SIGTERM said that all was well"
echo on >go
run "$mahavishnu" task wait "$task"
is 0 "$exit_code" "the task whose follower went"

# Longer than a result can be: all of it is kept.
seq 400000 >expected
run "$mahavishnu" task submit --pool local --prompt 'seq 400000; echo short >&2' -o json
long=$(json .task_id)
run "$mahavishnu" task wait "$long" -o json
is true "$(json .truncated)" "whether a long output is cut in the result"
run "$mahavishnu" task logs "$long"
cmp -s out expected || fail "a long output is not the one that was written ($(wc -c <out) bytes; $err)"
run "$mahavishnu" task logs "$long" -n 3
is "399998
399999
400000" "$out" "the last lines of a long output"
run "$mahavishnu" task logs "$long" --stderr
is short "$out" "the other stream of it"
is "$long.1.out" "$(ls "$work/state/outputs")" "what is kept"
run bash -c "'$mahavishnu' task logs '$long' | head -n 1"
is 1 "$out" "the first line of a long output, and nobody who reads the rest"

# The server is killed while a task writes; the next one has what it wrote before and after.
run "$mahavishnu" task submit --pool local -o json \
  --prompt "echo before; read x <$work/go; echo after; seq 400000"
task=$(json .task_id)
soon says "$task" before || fail "what a task wrote before the server was killed"
"$mahavishnu" task logs "$task" -f >followed 2>followed.err &
follower=$!
soon has followed before || fail "who follows should have what was written before the kill"
kill_server
code=0
wait $follower || code=$?
is 3 "$code" "exit code of one who follows when the server is killed"
contains "$(cat followed.err)" "went away"
start
run "$mahavishnu" task logs "$task"
is before "$out" "what the next server has of it"
"$mahavishnu" task logs "$task" -f >followed 2>&1 &
follower=$!
echo on >go
wait $follower || fail "task logs --follow ended with $?: $(tail -n 2 followed)"
{ echo before; echo after; cat expected; } | cmp -s - followed ||
  fail "what was followed over two servers is not what was written ($(wc -c <followed) bytes)"
run "$mahavishnu" task logs "$long"
cmp -s out expected || fail "the next server does not have the long output"

# When its pool is no more, and the server is another one.
"$mahavishnu" pool close local >/dev/null
"$mahavishnu" down >/dev/null
start
run "$mahavishnu" task logs "$task" -n 1
is "0 400000" "$exit_code $out" "the log of a task whose pool is no more"

# When it is not kept any more.
rm "$work/state/outputs/$long.1.out"
run "$mahavishnu" task logs "$long"
contains "$out" "bytes left out"
contains "$err" "storage.output_bytes"
is 0 "$exit_code" "exit code with a part of an output"

# Lists of a time.
"$mahavishnu" pool spawn --worker-type shell --name later >/dev/null
then=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ) # later than all tasks so far
run "$mahavishnu" task submit --pool later --prompt true -o json
latest=$(json .task_id)
"$mahavishnu" task wait "$latest" >/dev/null
run "$mahavishnu" task list --since "$then" -o json
is "$latest" "$(json '.tasks[].task_id')" "tasks since then"
run "$mahavishnu" task list --until "$then" -o json
is "4 false" "$(json "\"\(.tasks | length) \(any(.tasks[]; .task_id == \"$latest\"))\"")" "tasks until then"
run "$mahavishnu" task list --since 1h --until "$then" --limit 1 -o json
is 1 "$(json '.tasks | length')" "one task of the last hour"
run "$mahavishnu" task list --since 9999-01-01 -o json
is 0 "$(json '.tasks | length')" "tasks of the future"

# What is wrong.
refused 2 "'nonsense' is no task id" task logs nonsense
refused 5 "there is no task" task logs task_00000000000000000000000001
refused 2 "no form in JSON" task logs "$task" --follow -o json
refused 2 "--since 'soon' is no moment" task list --since soon
"$mahavishnu" down >/dev/null
refused 3 "no server" task logs "$task"

# With nothing kept, and with no files at all.
start --set storage.output_bytes=0
nothing_in() { [ -z "$(ls "$1")" ]; }
soon nothing_in "$work/state/outputs" || fail "long outputs should go: $(ls "$work/state/outputs")"
run "$mahavishnu" task submit --pool later --prompt 'seq 400000' -o json
task=$(json .task_id)
"$mahavishnu" task wait "$task" >/dev/null
run "$mahavishnu" task logs "$task" -n 1
is 400000 "$out" "the last line of an output that is not kept whole"
contains "$err" "storage.output_bytes"
[ -e "$work/state/outputs/$task.1.out" ] && fail "an output is kept although none is to be"
run "$mahavishnu" task submit --pool later --prompt "seq 300000; read x <$work/go; seq 400000" -o json
task=$(json .task_id)
"$mahavishnu" task logs "$task" -f >followed 2>followed.err &
follower=$!
has_end() { [ "$(tail -n 1 "$1")" = "$2" ]; }
soon has_end followed 300000 || fail "who follows should have the first part"
echo on >go
wait $follower || fail "task logs --follow ended with $?"
contains "$(cat followed.err)" "is there only in part"
{ seq 300000; seq 400000; } >expected
[ "$(wc -c <followed)" -ge "$(seq 300000 | wc -c)" ] && cmp -s -n "$(wc -c <followed)" expected followed ||
  fail "who follows should have nothing but what was written"
"$mahavishnu" down >/dev/null
start --set exec.keepers=false
run "$mahavishnu" task submit --pool later --prompt "echo hidden; read x <$work/go" -o json
task=$(json .task_id)
stands() { [ "$("$mahavishnu" task show "$1" -o json | jq -r .status)" = "$2" ]; }
soon stands "$task" running || fail "the task should run"
refused 1 "exec.keepers" task logs "$task"
echo on >go
"$mahavishnu" task wait "$task" >/dev/null
run "$mahavishnu" task logs "$task"
is hidden "$out" "the log of a task without a keeper"
