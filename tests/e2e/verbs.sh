#!/usr/bin/env bash
# What people type most: ps, logs, attach, wait, cancel, inspect, names by their beginnings, all forms of answers, and
# the exit codes.
. "$(dirname "$0")/lib.sh"

run "$mahavishnu"
is 0 "$exit_code" "exit code without a command and without a server"
contains "$out" "mahavishnu up --detach"
run "$mahavishnu" ps -o json
is "3 unreachable" "$exit_code $(json .code)" "ps without a server"
contains "$err" "fix: start one with: mahavishnu up --detach"

"$mahavishnu" up --detach --port 0 --set terminal.enabled=true >/dev/null
run "$mahavishnu"
contains "$out" "mahavishnu pool spawn"
"$mahavishnu" pool spawn --name build-a --worker-type shell --min 2 --max 4 >/dev/null
"$mahavishnu" pool spawn --name night --worker-type shell >/dev/null

# Every form is the same answer.
run "$mahavishnu" pool list -o json
is "pool_list/1 build-a" "$(json '"\(.schema) \(.pools[0].name)"')" "pools as JSON"
pool=$(json '.pools[0].pool_id')
run "$mahavishnu" pool list -o name
is "$pool" "$(head -1 <<<"$out")" "names of pools"
run "$mahavishnu" pool list -o jsonl
is "build-a night" "$(jq -rs 'map(.name) | join(" ")' "$work/out")" "pools as lines of JSON"
run "$mahavishnu" pool list -o yaml
contains "$out" "  name: build-a"
run "$mahavishnu" pool list
is "NAME" "${out%% *}" "the first word of a table"
run "$mahavishnu" pool list -o wide
contains "$out" "$pool"
refused 2 "there is no form 'xml'" pool list -o xml
refused 2 "take one of: spawn, list" pool
refused 2 "did you mean 'list'?" pool lst
is "" "$(COLUMNS=60 script -qec "stty cols 60; $mahavishnu worker-types list" /dev/null | tr -d '\r' | grep -E '^.{61}' || true)" "lines that are wider than the terminal"
run env NO_COLOR=1 TERM=xterm script -qec "$mahavishnu pool list" /dev/null
case $out in *$'\e'*) fail "colour, although NO_COLOR is set: $out" ;; esac
run env -u NO_COLOR TERM=xterm script -qec "$mahavishnu pool list" /dev/null
contains "$out" $'\e[32mhealthy'
run env -u NO_COLOR TERM=dumb script -qec "$mahavishnu pool list" /dev/null
case $out in *$'\e'*) fail "colour, although the terminal is dumb: $out" ;; esac

# Beginnings of names and ids.
run "$mahavishnu" pool describe bui -o json
is "$pool" "$(json .info.pool_id)" "a pool by the beginning of its name"
run "$mahavishnu" pool execute "${pool:0:9}" -p 'echo here' -o json
is "completed $pool" "$(json '"\(.status) \(.pool_id)"')" "a pool by the beginning of its id"
is "task_result/1" "$(json .schema)" "schema of a result"
[ "$(json .accepted_at | cut -c1-2)" = 20 ] || fail "accepted_at is $(json .accepted_at)"
"$mahavishnu" pool spawn --name build-b --worker-type shell >/dev/null
refused 2 "build-a and build-b" pool describe build
refused 5 "there is no pool 'nope'" pool describe nope
# A pool that has gone must not stand for another one.
refused 5 "if it is meant, write: night" pool close nig
refused 5 "if it is meant, write: night" task submit --pool nig -p true

# A task from its beginning to its end.
mkfifo box
has_in_ps() { "$mahavishnu" ps | grep -q "$1"; }
# Who has mistyped one id is told before anything happens to the others.
spared=$("$mahavishnu" task submit --pool night -p 'exec sleep 1000' -o name)
refused 2 "is no task id" cancel "$spared" nonsense
refused 2 "is no task id" wait "$spared" nonsense
is running "$("$mahavishnu" task show "$spared" -o json | jq -r .status)" "the one that was spelt rightly"
"$mahavishnu" cancel "$spared" >/dev/null
run "$mahavishnu" wait "$spared"
run script -qec "$mahavishnu --no-input pool execute night --prompt -" /dev/null
contains "$out" "nothing is read from a terminal"
if "$mahavishnu" ps >/dev/full 2>"$work/err"; then fail "an answer that is lost is no success"; fi
contains "$(cat "$work/err")" "could not be written"

run "$mahavishnu" task submit --pool night -p "echo first; echo worse >&2; read -r word <$work/box; echo \$word; exit 7" -o name
task=$out
soon has_in_ps "$task" || fail "ps does not list $task"
env --default-signal=INT "$mahavishnu" attach "${task:0:25}" >attached 2>attached.err &
attached=$!
soon grep -q first attached || fail "attach shows nothing: $(cat attached attached.err)"
env --default-signal=INT "$mahavishnu" attach "$task" >/dev/null 2>left.err &
left=$!
soon grep -q worse left.err || fail "attach shows nothing of standard error"
kill -INT $left
code=0; wait $left || code=$?
is 130 "$code" "exit code of attach after Ctrl-C"
contains "$(cat left.err)" "the task goes on"
env --default-signal=INT "$mahavishnu" wait "$task" >waited &
waiting=$!
echo last >box
code=0; wait $attached || code=$?
is 7 "$code" "exit code of attach is that of the task ($(cat attached.err))"
is "first
last" "$(cat attached)" "what was attached to"
contains "$(cat attached.err)" worse
code=0; wait $waiting || code=$?
is 7 "$code" "exit code of wait is that of the task"
run "$mahavishnu" logs "$task"
is "first
last" "$out" "logs"
run "$mahavishnu" ps
contains "$out" "Nothing runs or waits"
run "$mahavishnu" ps --all --status failed -o name
is "$task" "$out" "failed tasks"
refused 2 "has no such form" attach "$task" -o json
refused 5 "neither a task nor a terminal" attach nothing
refused 2 "write more of it" attach "${task:0:7}"

# Several at once.
one=$("$mahavishnu" task submit --pool night -p true -o name)
two=$("$mahavishnu" task submit --pool night -p 'exit 9' -o name)
run "$mahavishnu" wait "$one" "$two" -o jsonl
is "1 completed failed" "$exit_code $(jq -rs 'map(.status) | join(" ")' "$work/out")" "wait for two tasks"
one=$("$mahavishnu" task submit --pool night -p 'exec sleep 1000' -o name)
two=$("$mahavishnu" task submit --pool night -p 'exec sleep 1000' -o name)
run "$mahavishnu" cancel "$one" "$two"
is 0 "$exit_code" "cancel two tasks"
run "$mahavishnu" wait "$one"
is 130 "$exit_code" "exit code of wait for a cancelled task"
refused 2 "several tasks begin with" task show "${one:0:7}"
refused 5 "there is no task that begins with" task show task_7zz
run "$mahavishnu" cancel "$one" task_00000000000000000000000001
is 5 "$exit_code" "cancel where one is not known"

run "$mahavishnu" cancel "$one" task_00000000000000000000000001 -o yaml
is 2 "$(grep -c '^---' "$work/out")" "documents of two answers as YAML"

# What went wrong is said whatever is asked for, and foreign text moves no cursor.
run "$mahavishnu" --quiet --set nope=1 status
contains "$err" nope
code=0; "$mahavishnu" ps --all >/dev/full 2>full.err || code=$?
is 1 "$code" "exit code when the answer cannot be written"
one=$("$mahavishnu" task submit --pool night -p $'echo \e[31mred' --meta $'k=\e[2Jv' -o name)
run "$mahavishnu" task show "$one"
case $out in *$'\e'*) fail "escape sequences of a task in: $out" ;; esac

# All that is known of anything.
run "$mahavishnu" inspect night -o json
is "pool_description/1" "$(json .schema)" "inspect a pool"
run "$mahavishnu" inspect "$task" -o json
is "task_info/1 failed" "$(json '"\(.schema) \(.status)"')" "inspect a task"
run "$mahavishnu" inspect shell night
contains "$out" "name: shell"
contains "$out" "name: night"
refused 5 "nothing of the name 'nope'" inspect nope

# Terminals.
run "$mahavishnu" terminal launch 'PS1="ready> " exec bash --norc' -o name
terminal=$out
shows() { "$mahavishnu" terminal capture "$terminal" | grep -q "$1"; }
soon shows '^ready>' || fail "the shell shows no prompt: $("$mahavishnu" terminal capture "$terminal")"
"$mahavishnu" terminal send "${terminal:0:10}" 'echo $((6 * 7)); tty' >/dev/null
soon shows '^42' || fail "the shell has not answered"
run "$mahavishnu" attach "$terminal"
contains "$out" 42
contains "$err" "terminal send"
run "$mahavishnu" terminal list
contains "$out" running
tmux -L "$$" -f /dev/null new-session -d -x 90 -y 30 "$mahavishnu attach $terminal; echo left with \$?; exec cat"
seen() { tmux -L "$$" capture-pane -p | grep -q "$1"; }
soon seen '^42' || fail "attach in tmux: $(tmux -L "$$" capture-pane -p)"
tmux -L "$$" send-keys 'echo typed-$((1+1))' Enter
soon seen '^typed-2' || fail "what was typed: $(tmux -L "$$" capture-pane -p)"
# Long output scrolls: what is below stays below.
tmux -L "$$" send-keys 'seq 100; echo end' Enter
soon seen '^end' || fail "after much output: $(tmux -L "$$" capture-pane -p)"
tmux -L "$$" send-keys C-c
tmux -L "$$" send-keys C-p C-q
soon seen 'left with 0' || fail "leaving: $(tmux -L "$$" capture-pane -p)"
soon shows 'ready>' || fail "the terminal did not go on"
tmux -L "$$" kill-server
refused 2 "40" terminal launch bash --columns 10
run "$mahavishnu" terminal close all
is 0 "$exit_code" "exit code of terminal close all"

# The server goes while somebody waits.
one=$("$mahavishnu" task submit --pool night -p 'exec sleep 1000' -o name)
pid=$("$mahavishnu" status -o json | jq .pid)
"$mahavishnu" wait "$one" >/dev/null 2>gone.err &
waiting=$!
listens() { [ "$(ss -xnp 2>/dev/null | grep -c "pid=$waiting")" -gt 0 ]; }
soon listens || fail "wait has not connected"
kill -9 "$pid"
code=0; wait $waiting || code=$?
is 3 "$code" "exit code of wait when the server is killed ($(cat gone.err))"
