#!/usr/bin/env bash
# Many tasks at once, and that they go when their command does.
. "$(dirname "$0")/lib.sh"

"$mahavishnu" up --detach --port 0 >/dev/null
"$mahavishnu" pool spawn --name local --worker-type shell --min 2 --max 2 >/dev/null

run "$mahavishnu" pool batch local -p 'echo a; echo more' -p 'exit 3' -p 'echo c'
is 1 "$exit_code" "exit code of a batch with a failed task"
contains "$out" "    0  completed     0  a..."
contains "$out" "    1  failed        3  exited with code 3"
contains "$err" "2 of 3 tasks completed"

run "$mahavishnu" pool batch local -p 'echo a' -p 'exit 3' -o json
is "2 1 1" "$(json '"\(.total) \(.completed) \(.failed)"')" "counts of a batch"
is "completed failed" "$(json '.results | map(.status) | join(" ")')" "results in order"

# A line is a task, an empty one is none; more of them than one answer of the server has.
seq 250 | sed 's/^/echo /; 100s/$/\n/' >tasks.txt
run "$mahavishnu" pool batch local --file tasks.txt -o json
is "0 250" "$exit_code $(json .completed)" "a batch from a file ($err)"
is "$(seq 250)" "$(json '.results[].output' | sed '/^$/d')" "outputs in the order of the file"
run bash -c "'$mahavishnu' pool batch --route -s round_robin -f - --stream <tasks.txt"
is 0 "$exit_code" "exit code of a routed batch from standard input"
is "$(seq 0 249)" "$(json .index | sort -n)" "each index once"
is "17" "$(jq -j 'select(.index == 16).output' "$work/out")" "the output that belongs to an index"

# What every task of it gets.
run "$mahavishnu" pool batch local -p 'echo $GREETING; pwd' --env GREETING=hello --cwd / -o json
is "hello
/" "$(json '.results[0].output')" "environment and directory of a task of a batch"
run "$mahavishnu" pool batch local -p 'echo >>tries; exit 1' --retries 2 --retry-delay 0.01 -o json
is 3 "$(json '.results[0].attempts')" "attempts of a task of a batch"

# What cannot be.
printf '\n  \n' >empty.txt
refused 2 "'empty.txt' has no line that says anything" pool batch local --file empty.txt
refused 2 "give --prompt or --file" pool batch local
refused 2 "name a pool, or give --route" pool batch -p true
refused 2 "not both" pool batch local --route -p true
refused 2 "requires --route" pool batch local --selector random -p true
refused 2 "--label takes NAME=VALUE" pool batch --route --label zone -p true
refused 5 "there is no pool 'nope'" pool batch nope -p true
refused 1 "cannot read 'nowhere'" pool batch local --file nowhere
printf "echo $(printf 'x%.0s' {1..1000}) %d\n" {1..20000} >huge.txt
refused 2 "the batch is too large" pool batch local --file huge.txt
run "$mahavishnu" pool batch --route --label zone=a -p true -o json
is "1 failed" "$exit_code $(json '.results[0].status')" "a batch that no pool may have"

# A batch that runs: one task has ended, one says its pid and goes on, one waits for its worker.
"$mahavishnu" pool spawn --name one --worker-type shell --min 1 --max 1 >/dev/null
mkfifo box
start_batch() {
  env --default-signal=INT "$mahavishnu" pool batch one -p 'echo first' \
    -p "echo \$\$ > $work/box; exec sleep 1000" -p 'exec sleep 1000' -o json >result 2>err &
  command=$!
  read -r child <box
}

# Ctrl-C cancels it, and says what came of it.
start_batch
kill -INT $command
code=0
wait $command || code=$?
is 130 "$code" "exit code of a batch that was cancelled ($(cat err))"
is "completed cancelled cancelled" "$(jq -r '.results | map(.status) | join(" ")' result)" \
  "results of a batch that was cancelled"
contains "$(cat err)" "Cancelling the batch"
gone "$child" || fail "a task of a cancelled batch still runs"

# A command that is killed cannot say anything, but its batch goes.
start_batch
kill -9 $command
wait $command 2>/dev/null || true
gone "$child" || fail "a task of a killed batch still runs"
run timeout 20 "$mahavishnu" pool drain one
is 0 "$exit_code" "exit code of drain after a batch was killed: nothing may be left of it"
"$mahavishnu" pool resume one >/dev/null

# A server that is killed meanwhile.
start_batch
kill -9 "$("$mahavishnu" status -o json | jq .pid)"
code=0
wait $command || code=$?
is 3 "$code" "exit code of a batch whose server was killed"
contains "$(cat err)" "went away"
is unreachable "$(jq -r .code result)" "code of the failure"
kill "$child" # nobody owns it until processes survive their server
