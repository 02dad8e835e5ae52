#!/usr/bin/env bash
# `mahavishnu each` beside GNU parallel: the same results and the same joblog, and what happens when
# it, its reader or its server ends in the middle.
. "$(dirname "$0")/lib.sh"

command -v parallel >/dev/null || fail "this needs GNU parallel; run: scripts/setup test"
export PARALLEL_HOME=$work/.parallel
mkdir -p "$PARALLEL_HOME"
touch "$PARALLEL_HOME/will-cite"
unset PARALLEL

each() { "$mahavishnu" each "$@"; }
pools() { "$mahavishnu" pool list -o json | jq -r '.pools | length'; }

# Without a server.
refused 3 "mahavishnu up --detach" each echo ::: a
run each --dry-run 'echo {} {#}' ::: 'a b' c
is "echo 'a b' 1
echo c 2" "$out" "a dry run needs no server"

"$mahavishnu" up --detach --port 0 >/dev/null

# same ARGUMENT...: both print the same, with the same standard input
same() {
  local ours theirs
  ours=$("$mahavishnu" each -k "$@" 2>err <in) || true
  theirs=$(parallel -k "$@" 2>/dev/null <in) || true
  is "$theirs" "$ours" "each -k $* ($(cat err))"
}
printf 'one\ntwo words\n\nit'"'"'s\n$HOME\nlast' >in
same echo
same 'echo {} | tr a-z A-Z'
same echo {#} {}
same --dry-run 'echo {} {.} {/} {//} {/.} {#}' ::: a/b.c/d.e.f x .h /x/.h
same echo {1}-{2} ::: a b ::: c d
same echo {} ::: a b c :::+ d e ::: f g
same echo {2} {1} {-1} :::: in ::: x y
same -a in echo
same -N2 echo {1}-{2}
same -q sh -c 'printf "[%s]" "$@"' x {} ::: 'a  b' c
same -d, echo ::: a
same -I@ echo @ {} ::: a
same --tag 'echo {}; echo more' ::: 'a b' c
same --tagstring '{1}:{#}' 'echo x' ::: 'a b' c
printf 'a,b\nc,d\n' >in
same --colsep , echo {2}-{1}
printf 'a b\0c\nd\0' >in
same -0 echo
printf 'echo a; exit 0\n\necho b | cat\n' >in
same
printf 'a\nb\n' >in
same 'cat; echo {}' # standard input of a job is empty
is 0 "$(pools)" "pools that are left"
# Behind two dashes all is the command, and those of the command stay.
is "a" "$(each -k -- echo ::: a)" "the end of the options"
is "-- a" "$(each -q -- echo -- {} ::: a)" "dashes of the command"
is "git log -- a" "$(each --dry-run git log -- {} ::: a)" "dashes of the command only"
refused 2 "runs no Perl" each 'echo {= s/a/b/ =}' ::: a
is "{= =}" "$(each echo ::: '{= =}')" "an argument is no Perl"

# Where it runs, and with what.
mkdir -p sub
cd sub
is "$work/sub" "$(each pwd ::: 2>/dev/null; each -N0 pwd ::: x)" "the directory of a job"
cd ..
is / "$(each --cwd / -N0 pwd ::: x)" "another directory"
is "yes no-" "$(WE=yes each --env WE --env OTHER=no 'echo $WE $OTHER-{}' ::: '')" "variables"
is "all" "$(ALL=all each --env _ -N0 'echo $ALL' ::: x)" "all variables"
refused 2 "is not set" each --env NOT_THERE echo ::: a
is "7" "$(each -N0 'echo $PARALLEL_SEQ' ::: 1 2 3 4 5 6 7 | sort -n | tail -1)" "the number of a job"

# Output of a job is in one piece, and both streams are where they belong.
run each -j4 'for i in 1 2 3; do echo {}$i; sleep 0.02; done; echo e{} >&2' ::: a b c d
is 4 "$(uniq -w1 "$work/out" | wc -l)" "outputs in one piece each"
is "ea eb ec ed" "$(echo "$err" | sort | xargs)" "standard error"
is "$(seq 40)" "$(seq 40 | each -k -j8 'sleep 0.0$((RANDOM % 5)); echo {}')" "order"
# What is longer than a result is fetched.
is "3000000" "$(each 'head -c {} /dev/zero' ::: 3000000 | wc -c)" "a long output"

# Many jobs with large variables, which go out in several messages, also when they are sent again.
big=$(head -c 100000 /dev/zero | tr '\0' x)
is "300" "$(seq 300 | each -j250 --env BIG="$big" 'echo ${#BIG}' | grep -c '^100000 ')" "large variables"

# How many run at a time, and their places.
run each -j2 'echo +; sleep 0.05; echo {%}' ::: 1 2 3 4 5 6
is "1 2" "$(grep -v + "$work/out" | sort -u | xargs)" "places of jobs"
"$mahavishnu" pool spawn --name four --worker-type shell --min 4 --max 4 >/dev/null
run each --pool four -j1 -N0 'mkdir lock && sleep 0.02 && rmdir lock' ::: 1 2 3 4 5
is 0 "$exit_code" "one at a time in a pool of four ($err)"
run each --selector round_robin -N0 'echo $MAHAVISHNU_POOL_ID' ::: 1
is "$("$mahavishnu" pool list -o json | jq -r '.pools[0].pool_id')" "$out" "a pool that was found"
refused 5 "there is no pool 'nope'" each --pool nope echo ::: a

# Exit codes.
run each 'exit {}' ::: 0 0
is 0 "$exit_code" "all good"
run each 'exit {}' ::: 0 3 4
is 1 "$exit_code" "some bad"
contains "$err" "2 jobs of 3 failed."
refused 2 "no option '--pipe'" each --pipe wc
refused 2 "no option '--frob'" each --frob wc
refused 2 "--halt does not know" each --halt x true ::: 1
refused 2 "give --joblog" each --resume true ::: 1
refused 5 "no-such-file" each -a no-such-file echo
run each -o jsonl 'echo {}; exit 3' ::: a
is "1 3 failed a each_job/1" "$(json '"\(.seq) \(.exit_code) \(.status) \(.stdout[:-1]) \(.schema)"')" \
  "a job as JSON"

# Who is refused is told so at once, and need not wait until all is cancelled.
started=$SECONDS
run each --label no=where echo ::: 1 2
is 6 "$exit_code" "exit code of what no pool takes ($err)"
[ $((SECONDS - started)) -lt 8 ] || fail "a refusal takes $((SECONDS - started)) s"

refused 2 "leave these out" each 'echo "{}"' ::: '$(touch x)'
is '"$(touch x)"' "$(each -q echo '"{}"' ::: '$(touch x)')" "an argument in quotes that are quoted"
[ ! -e x ] || fail "an argument was run"

# Halting.
run each -j1 --halt now,fail=1 'echo {}; exit {}' ::: 0 5 0 0
is "5 0 5" "$exit_code $(xargs <"$work/out")" "halt at the first failure"
run each -j2 --halt now,success=1 'sleep {}' ::: 0.1 1000
is 0 "$exit_code" "halt at the first success"
run each -j1 --halt soon,done=2 'echo {}' ::: a b c d
is "a b" "$(xargs <"$work/out")" "halt after two"
run each --timeout 0.2 --joblog log sleep ::: 1000
is "1 -1 15" "$exit_code $(tail -1 log | cut -f7,8 | tr '\t' ' ')" "a job that took too long"
run each --retries 3 -N0 'echo x >>tries; test $(wc -l <tries) = 3' ::: a
is "0 3" "$exit_code $(wc -l <tries)" "retries"

# The joblog: written and read by both.
jobs='test -e good{} || exit {}; echo did{}'
rm -f log good*
run each -j1 --joblog log "$jobs" ::: 1 2 3
is "$(printf 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand')" "$(head -1 log)" \
  "the header"
is "1 2 3" "$(tail -n +2 log | cut -f7 | xargs)" "exit codes in the joblog"
touch good2
is "" "$(each --joblog log --resume "$jobs" ::: 1 2 3)" "all has been done"
cp log theirs
is "did2" "$(each -j1 --joblog log --resume-failed "$jobs" ::: 1 2 3)" "what failed is done again"
is "did2" "$(parallel -j1 --joblog theirs --resume-failed "$jobs" ::: 1 2 3)" "parallel reads ours"
touch good1 good3
is "did1 did3 did4" "$(touch good4; each -k --joblog theirs --resume-failed "$jobs" ::: 1 2 3 4 | xargs)" \
  "we read that of parallel"
is "did5" "$(touch good5; parallel --joblog theirs --resume "$jobs" ::: 1 2 3 4 5)" "and parallel again"
is "" "$(each --joblog theirs --resume-failed "$jobs" ::: 1 2 3 4 5)" "nothing is left"
run each --joblog log 'kill -9 $$' ::: a
is "0 9" "$(tail -1 log | cut -f7,8 | xargs)" "a signal in the joblog"
is 2 "$(wc -l <log)" "a joblog is begun anew"
each --joblog log "echo {};
echo b" ::: a >/dev/null
parallel --joblog log --resume "echo {};
echo b" ::: a c >/dev/null
is "a c" "$(tail -n +2 log | tr '\0' ' ' | cut -f9 | cut -d' ' -f2 | tr -d ';' | xargs)" "line breaks"
printf '9\t:\t1.0\t0.1\t0\t0\t0' >>log
is "3" "$(each --joblog log --resume 'echo {#}' ::: a b c)" "a line that was cut off"
# With a plus the file is the same one.
rm -f log
each --joblog +log 'echo {#}' ::: a >/dev/null
is "2" "$(each --joblog +log --resume 'echo {#}' ::: a b)" "going on with a file that is added to"
is "" "$(each --joblog +log --resume 'echo {#}' ::: a b)" "all is in the file that is added to"
printf '9\t:\t1.0\t0.1\t0\t0\t0' >>log
each --joblog +log 'echo {#}' ::: c >/dev/null
is "1 2 1" "$(tail -n +2 log | cut -f1 | xargs)" "a line that was cut off is not gone on with"
[ ! -e +log ] || fail "a file has a plus in its name"
echo "Dear Sir," >letter
refused 2 "is no joblog" each --joblog letter --resume true ::: a

# A reader that goes, and an endless input.
run bash -c "yes | '$mahavishnu' each echo 2>/dev/null | head -1"
is y "$out" "the first line of an endless input"
soon test "$(pools)" = 1 || fail "its pool is left"
# Many lines take no room.
seq 1000000 >many
# A sanitizer would keep what is given back for a while.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1 python3 - "$mahavishnu" many <<'END' >out
import resource, subprocess, sys
subprocess.run([sys.argv[1], "each", "--dry-run", "echo"], stdin=open(sys.argv[2]), stdout=open("dry", "w"), check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
is "echo 1000000" "$(tail -1 dry)" "the last of many lines"
[ "$(cat out)" -lt 500 ] || fail "many lines take $(cat out) MiB"
rm many dry
# Input that comes slowly is worked on as it comes.
mkfifo slow
rm out
each echo <slow >out &
command=$!
exec 9>slow
echo first >&9
soon begun out || fail "a line waits for the next one"
echo second >&9
exec 9>&-
wait "$command" || fail "exit code with slow input"
is "first second" "$(xargs <out)" "slow input"
# And who waits for it takes no processor; with one second of that it has to last for a while.
(export TERM=xterm && ulimit -t 1 && exec script -qefc "'$mahavishnu' each echo <slow" typescript >/dev/null) &
command=$!
exec 9>slow
echo first >&9
soon grep -q first typescript || fail "a line waits for the next one on a terminal"
sleep 3
runs "$command" || fail "waiting for input takes the processor: $(cat typescript)"
echo second >&9
exec 9>&-
wait "$command" || fail "exit code on a terminal: $(cat typescript)"
contains "$(cat typescript)" second

# Ctrl-C cancels, closes the pool, and what has not ended is done with --resume.
mkfifo pids
rm log
env --default-signal=INT "$mahavishnu" each -j2 --joblog log \
  'case {} in 1) exit 0;; 2) until grep -q ^1 log; do sleep 0.02; done; echo $$ >pids;; esac; exec sleep 1000' \
  ::: 1 2 3 4 2>err &
command=$!
exec 8<>pids
read -r child <&8
kill -INT "$command"
code=0
wait "$command" || code=$?
is 130 "$code" "exit code after Ctrl-C ($(cat err))"
contains "$(cat err)" "once more to leave at once"
gone "$child" || fail "a job outlives Ctrl-C"
is 1 "$(pools)" "pools after Ctrl-C"
is "1" "$(tail -n +2 log | cut -f1 | xargs)" "jobs in the joblog after Ctrl-C"

# So it is in a pool that stays, which knows what was cancelled: twice, to see that it counts.
rm -f log go
again='case {} in 1) exit 0;; 2) echo $$ >pids; [ -e go ] || exec sleep 1000;; esac; echo {}'
for round in 1 2; do
  env --default-signal=INT "$mahavishnu" each --pool four -j2 --joblog log --resume "$again" \
    ::: 1 2 3 >/dev/null 2>err &
  command=$!
  read -rt 20 child <&8 || fail "round $round does not run what was cancelled before"
  kill -INT "$command"
  code=0
  wait "$command" || code=$?
  is 130 "$code" "exit code after Ctrl-C in round $round ($(cat err))"
done
if grep -q '^2' log; then fail "a job that was cancelled has a line: $(cat log)"; fi
touch go
run each --pool four -k --joblog log --resume "$again" ::: 1 2 3
read -rt 20 child <&8 || fail "the job did not run again"
is 0 "$exit_code" "going on after Ctrl-C in a pool ($err)"
contains " $(xargs <"$work/out") " " 2 "
is "1 2 3" "$(tail -n +2 log | cut -f1 | sort | xargs)" "all in the joblog after Ctrl-C in a pool"
rm go
# Somebody else may cancel one, and then it has failed.
"$mahavishnu" each --pool four --joblog log -N0 'echo $MAHAVISHNU_TASK_ID >pids; exec sleep 1000' ::: a 2>err &
command=$!
read -r task <&8
"$mahavishnu" task cancel "$task" >/dev/null
code=0
wait "$command" || code=$?
is "1 -1 15" "$code $(tail -1 log | cut -f7,8 | xargs)" "a job that somebody cancelled"

# A server that is killed and comes back: each job runs once, and no result is lost.
rm -f ran.* log
env --default-signal=INT "$mahavishnu" each -k -j2 --joblog log --reconnect 60 \
  'echo {} >>ran.{}; if [ {} = 5 ]; then echo $$ >pids; while ! [ -e go ]; do sleep 0.02; done; fi; echo {}' \
  ::: 1 2 3 4 5 6 7 8 >out 2>err &
command=$!
read -r child <&8
kill_server
runs "$child" || fail "the job went with the server"
soon grep -q 'server went away' err || fail "nobody said that the server went: $(cat err)"
touch go
"$mahavishnu" up --detach --port 0 >/dev/null
code=0
wait "$command" || code=$?
is 0 "$code" "exit code over a restart ($(cat err))"
is "1 2 3 4 5 6 7 8" "$(xargs <out)" "results over a restart"
is "1 2 3 4 5 6 7 8" "$(cat ran.* | sort -n | xargs)" "each job has run once"
is 8 "$(tail -n +2 log | wc -l)" "lines of the joblog over a restart"

# One that stays away: exit code 3, and the jobs in flight are not run twice by --resume.
rm -f ran.* log go
"$mahavishnu" each -j2 --joblog log --reconnect 0.5 \
  'echo {} >>ran.{}; if [ {} = 2 ]; then echo $$ >pids; while ! [ -e go ]; do sleep 0.02; done; fi' \
  ::: 1 2 3 2>err &
command=$!
read -r child <&8
kill_server
code=0
wait "$command" || code=$?
is 3 "$code" "exit code without a server ($(cat err))"
contains "$(cat err)" "--resume"
touch go
"$mahavishnu" up --detach --port 0 >/dev/null
run each -j2 --joblog log --resume \
  'echo {} >>ran.{}; if [ {} = 2 ]; then echo $$ >pids; while ! [ -e go ]; do sleep 0.02; done; fi' \
  ::: 1 2 3
is 0 "$exit_code" "going on after that ($err)"
is "1 2 3" "$(cat ran.* | sort -n | xargs)" "each job has run once"
is "1 2 3" "$(tail -n +2 log | cut -f1 | sort | xargs)" "all in the joblog"

# With -k, what has ended is printed although the one before it has not.
rm -f log go
"$mahavishnu" each -j2 -k --joblog log --reconnect 0.5 \
  'if [ {} = 1 ]; then echo $$ >pids; while ! [ -e go ]; do sleep 0.02; done; fi; echo {}' \
  ::: 1 2 3 >out 2>err &
command=$!
read -r child <&8
soon grep -q '2/3 done' err || fail "two jobs do not end: $(cat err)"
kill_server
wait "$command" || true
is "2 3" "$(xargs <out)" "what had ended without the first one"
is "2 3" "$(tail -n +2 log | cut -f1 | xargs)" "what had ended is in the joblog"
touch go
"$mahavishnu" up --detach --port 0 >/dev/null

# Where a pool is found that keeps nothing, what went with it is lost and does not run again.
rm -f ran.* log go
"$mahavishnu" pool spawn --name forgets --worker-type shell --durability none >/dev/null
"$mahavishnu" each --affinity forgets --joblog log 'echo {} >>ran.{}; echo $$ >pids; exec sleep 1000' \
  ::: 1 2>err &
command=$!
read -r child <&8
kill_server
"$mahavishnu" up --detach --port 0 >/dev/null
code=0
wait "$command" || code=$?
is "1 1 -1 0" "$code $(wc -l <ran.1) $(tail -1 log | cut -f7,8 | xargs)" "a job that went with its pool"
kill "$child" 2>/dev/null || true

# Killed itself: the same.
rm -f ran.* log go
"$mahavishnu" each -j2 --joblog log \
  'echo {} >>ran.{}; if [ {} = 2 ]; then echo $$ >pids; while ! [ -e go ]; do sleep 0.02; done; fi' \
  ::: 1 2 3 &
command=$!
read -r child <&8
kill -9 "$command"
wait "$command" 2>/dev/null || true
touch go
run each -j2 --joblog log --resume \
  'echo {} >>ran.{}; if [ {} = 2 ]; then echo $$ >pids; while ! [ -e go ]; do sleep 0.02; done; fi' \
  ::: 1 2 3
is 0 "$exit_code" "going on after kill -9 ($err)"
is "1 2 3" "$(cat ran.* | sort -n | xargs)" "each job has run once"

# Its pool goes with the next command, and pools of others that are called like it do not.
"$mahavishnu" pool spawn --name each-999999999 --worker-type shell >/dev/null
each true ::: 1
is "each-999999999 forgets four" "$("$mahavishnu" pool list -o json | jq -r '.pools[].name' | sort | xargs)" \
  "pools that are left"

# What nobody asks for any more does not keep the server.
run timeout 20 "$mahavishnu" down
is 0 "$exit_code" "ending the server ($err)"
