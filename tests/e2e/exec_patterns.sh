#!/usr/bin/env bash
# Scripts without a server: patterns, detached runs, and what becomes of them.
. "$(dirname "$0")/lib.sh"

script() { cat >"$1"; }

# simple: streams and exit code pass through, byte for byte
script both.sh <<'EOF'
printf 'a\1b\377'; echo "$@" >&2; exit 3
EOF
run "$mahavishnu" exec both.sh -- 'one two' --three
is "3 one two --three" "$exit_code $err" "exit code, standard error and arguments"
is "$(printf 'a\1b\377' | md5sum)" "$(md5sum <"$work/out")" "standard output byte for byte"
run "$mahavishnu" exec both.sh -o json
is "3 3 false simple" "$exit_code $(json '"\(.exit_code) \(.success) \(.pattern)"')" "simple as JSON"
is 0 "$("$mahavishnu" exec echo -- hi >/dev/null; echo $?)" "a program of PATH"

# exit codes as a shell has them
echo x >plain
refused 127 "there is no script 'nowhere.sh'" exec nowhere.sh
refused 127 "no program in PATH" exec no-such-program
refused 126 "is a directory" exec "$work"
refused 126 "chmod +x" exec ./plain
refused 124 "timed out after 0.2 s" exec --timeout 0.2 sleep -- 1000
refused 2 "does not exist" exec --cwd nowhere both.sh
refused 2 "there is no pattern 'parallel'" exec --pattern parallel both.sh
refused 2 "--pattern concurrent" exec --pattern simple both.sh both.sh
refused 2 "contradict" exec --no-wait --stream both.sh
refused 2 "--run-id is for" exec --run-id x both.sh
refused 2 "required" exec
refused 2 "there is no script to run" exec -- both.sh

# long_running: lines at once, progress in the registry
mkfifo go
script train.sh <<'EOF'
echo 'progress: 1/4'; read x <go; echo '{"items_processed": 4, "items_total": 4}'; exit 9
EOF
mkfifo lines
"$mahavishnu" exec --stream --run-id training train.sh >lines &
command=$!
exec 5<lines
read -r line <&5
is "progress: 1/4" "$line" "a line while the script runs"
run "$mahavishnu" runs show train -o json
is "running 1 long_running" "$(json '"\(.status) \(.items_total / 4) \(.pattern)"')" "runs show"
echo >go
code=0
wait $command || code=$?
is 9 "$code" "exit code of a long running script"
run "$mahavishnu" runs show training -o json
is "failed 9 100" "$(json '"\(.status) \(.exit_code) \(.progress_percent)"')" "its end"
exec 5<&-

# concurrent: in order, one that fails stops nothing
script word.sh <<'EOF'
echo "$1"; [ "$1" != bad ]
EOF
printf '%s\n' "'first word'" bad "" last >args
run "$mahavishnu" exec word.sh --args-file args
is "1 first word
bad
last" "$exit_code $out" "outputs in the order of the lines"
contains "$err" "1 of 3 failed"
run "$mahavishnu" exec word.sh --repeat 2 --max-concurrent 2 -o json -- x
is "0 2 x" "$exit_code $(json '"\(.total) \(.results[1].stdout | rtrimstr("\n"))"')" "concurrent as JSON"
is script_results/1 "$(json .schema)" "schema of several results"
run "$mahavishnu" exec word.sh --repeat 2 -o jsonl -- x
is "module_result/1 module_result/1 script_results/1" "$(jq -r .schema "$work/out" | xargs)" "concurrent as lines of JSON"
run "$mahavishnu" exec --stream word.sh -o jsonl -- x
is "run_line/1 run_end/1" "$(jq -r .schema "$work/out" | xargs)" "a run as lines of JSON"
if "$mahavishnu" exec word.sh -- x >/dev/full 2>"$work/err"; then fail "output that is lost is no success"; fi
run bash -c "yes x | head -n 500 | '$mahavishnu' exec word.sh --args-file - --max-concurrent 50 | sort | uniq -c"
contains "$out" "500 x"
echo "'open" >open
refused 2 "line 1 of 'open'" exec word.sh --args-file open
refused 2 "has no line that says anything" exec word.sh --args-file /dev/null

# Ctrl-C ends the script and says so
mkfifo box
script slow.sh <<'EOF'
echo $$ >box; exec sleep 1000
EOF
"$mahavishnu" exec slow.sh 2>"$work/err" &
command=$!
read -r child <box
kill -TERM $command
code=0
wait $command || code=$?
is 130 "$code" "exit code of an interrupted exec"
contains "$(cat "$work/err")" "Cancelling"
gone "$child" || fail "the script of an interrupted exec still runs"
# ... the second one at once, also what ignores it
script stubborn.sh <<'EOF'
trap '' TERM; setsid sh -c 'trap "" TERM; echo $$ >box; while :; do sleep 1000; done' & echo $$ >box; while :; do sleep 1000; done
EOF
exec 6<>box # one reader for both, or it loses a line
"$mahavishnu" exec stubborn.sh 2>"$work/err" &
command=$!
read -r child <&6
read -r other <&6
exec 6>&-
kill -TERM $command
for _ in $(seq 200); do grep -q Cancelling "$work/err" && break; read -rt 0.05 <> <(:) || true; done
kill -TERM $command
wait $command || true
gone "$child" || fail "a stubborn script outlives the second signal"
gone "$other" || fail "what a stubborn script started outlives the second signal"

# fire_and_forget: survives kill -9 of the command that started it
script left.sh <<'EOF'
echo begun; echo $$ >box; read x <go; echo 'progress: 50%'; echo ended; exit 7
EOF
"$mahavishnu" exec --no-wait left.sh -o json >started &
command=$!
read -r child <box
kill -9 $command 2>/dev/null || true # it may be done already
wait $command 2>/dev/null || true
runs "$child" || fail "a run that was left has ended with its command"
run "$mahavishnu" runs list --active -o json
is "left running" "$(json '.runs[0] | "\(.module_id) \(.status)"')" "runs list"
id=$(json '.runs[0].run_id')
"$mahavishnu" runs logs -f "$id" >followed &
follower=$!
for _ in $(seq 200); do grep -q begun followed && break; read -rt 0.05 <> <(:) || true; done
echo >go
code=0
wait $follower || code=$?
is "0 begun
progress: 50%
ended" "$code $(cat followed)" "runs logs -f, until the end"
run "$mahavishnu" runs show "${id%??}" -o json
is "failed 7 50" "$(json '"\(.status) \(.exit_code) \(.progress_percent)"')" "the end of a run that was left"
run "$mahavishnu" runs logs "$id" --tail 1 --stream stdout
is ended "$out" "runs logs --tail"
run "$mahavishnu" runs logs "$id" --tail 1 -o json
is "ended INFO" "$(json '"\(.message) \(.level)"')" "runs logs as JSON"

# cancel ends the tree
script tree.sh <<'EOF'
setsid sh -c 'echo $$ >box; exec sleep 1000' & wait
EOF
id=$("$mahavishnu" exec --no-wait tree.sh -o json | jq -r .run_id)
read -r child <box
run "$mahavishnu" runs cancel "$id" -o json
is "0 cancelled" "$exit_code $(json .status)" "runs cancel"
gone "$child" || fail "what a cancelled run had started still runs"
run "$mahavishnu" runs cancel "$id"
contains "$out" "had ended already: cancelled"

# a keeper that is killed: the run is lost, and said to be
id=$("$mahavishnu" exec --no-wait --run-id lost tree.sh -o json | jq -r .run_id)
read -r child <box
keeper=$(awk '/^PPid:/ {print $2}' "/proc/$child/status") # it adopts what leaves its parent
[ "$(cat "/proc/$keeper/comm")" = mahavishnu-keep ] ||
  keeper=$(awk '/^PPid:/ {print $2}' "/proc/$keeper/status")
is mahavishnu-keep "$(cat "/proc/$keeper/comm")" "the keeper of the run"
kill -9 "$keeper"
gone "$keeper" || fail "the keeper does not end"
run "$mahavishnu" runs show lost -o json
is "failed null" "$(json '"\(.status) \(.exit_code)"')" "a lost run"
contains "$(json .error_message)" "its keeper was killed"
"$mahavishnu" runs cancel lost >/dev/null
gone "$child" || fail "what a lost run left behind still runs"

# bad input
refused 5 "there is no run 'nope'" runs show nope
refused 5 "there is no run" runs logs ../../etc
"$mahavishnu" exec --no-wait --run-id lost2 /bin/true >/dev/null
refused 2 "runs begin with 'los'" runs show los
refused 2 "there is no status 'odd'" runs list --status odd
refused 125 "there is a run 'lost' already" exec --no-wait --run-id lost /bin/true
refused 2 "is no id of a run" exec --no-wait --run-id ../x /bin/true
MAHAVISHNU_KEEPER=/nowhere refused 127 "MAHAVISHNU_KEEPER names '/nowhere'" exec --no-wait /bin/true
echo '{' >"$work/state/runs/lost2/run.json"
run "$mahavishnu" runs list
is 0 "$exit_code" "a list with a damaged run"
contains "$err" "run 'lost2' cannot be read"
contains "$out" "training"

run "$mahavishnu" runs cleanup --days 0 --dry-run -o json
[ "$(json '.removed | length')" -ge 4 ] || fail "cleanup --dry-run: $(cat "$work/out")"
"$mahavishnu" runs cleanup --days 0 >/dev/null 2>&1
run "$mahavishnu" runs list -o json
is 0 "$(json '.runs | length')" "runs after a cleanup"

# advise
run "$mahavishnu" advise --duration 120 -o json
is "long_running it takes more than a minute" "$(json '"\(.pattern) \(.reason)"')" "advise"
run "$mahavishnu" advise --no-result
contains "$out" fire_and_forget
run "$mahavishnu" advise --compare -o json
is 6 "$(json '.patterns | length')" "advise --compare"
run "$mahavishnu" advise --explain pooled
contains "$out" "Resource Pooling"
refused 2 "there is no pattern 'x'" advise --explain x
