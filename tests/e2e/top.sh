#!/usr/bin/env bash
# The view that fills the screen, in a terminal that is looked at from outside, and the same as lines.
source "$(dirname "$0")/lib.sh"

command -v tmux >/dev/null || { echo "SKIPPED: there is no tmux"; exit 77; }
export LC_ALL=C.UTF-8 TMUX_TMPDIR=$work
unset NO_COLOR TMUX

t() { tmux -L top "$@"; }
after_all() { t kill-server >/dev/null 2>&1 || true; }
type_keys() { t send-keys -t top "$@"; }
picture() { t capture-pane -p -t top; }
shows() { picture | grep -qF -- "$1"; }
hides() { ! shows "$1"; }
# see TEXT: it comes on the screen
see() { soon shows "$1" || fail "'$1' should be on the screen:
$(picture)"; }
see_no() { soon hides "$1" || fail "'$1' should not be on the screen:
$(picture)"; }
# begin COMMAND...: in the terminal, with its exit code and what it did to the terminal told afterwards
begin() {
  rm -f before after code
  type_keys -l "clear; stty -a >before; $*; echo \$? >code.new; stty -a >after; mv code.new code"
  type_keys Enter
}
# ended CODE: that was its exit code, and the terminal is as it was
ended() {
  soon test -e code || fail "the command should end:
$(picture)"
  is "$1" "$(cat code)" "exit code"
  is "$(cat before)" "$(cat after)" "the terminal afterwards"
  is "0 1" "$(t display -p -t top '#{alternate_on} #{cursor_flag}')" "alternate screen and cursor"
}
status_of() { "$mahavishnu" task show "$1" -o json | jq -r .status; }
stands() { [ "$(status_of "$1")" = "$2" ]; }
start() { "$mahavishnu" up --detach --port 0 >"$work/up" 2>&1 || fail "up: $(cat "$work/up")"; }
submit() { "$mahavishnu" task submit --pool "$1" --prompt "$2" -o json | jq -r .task_id; }
# The one process that the shell in the terminal has.
command_pid() { pgrep -P "$(t display -p -t top '#{pane_pid}')" -f "$mahavishnu top"; }
has_command() { command_pid >/dev/null; }

start
"$mahavishnu" pool spawn --worker-type shell --name local --min 2 --max 2 >/dev/null
"$mahavishnu" pool spawn --worker-type shell --name other --min 1 --max 1 >/dev/null
mkfifo go
long=$(submit local "echo first words; read x <$work/go; echo last words")
doomed=$(submit local "sleep 1000 # doomed")
bad=$(submit other "echo oh no >&2; exit 3")
"$mahavishnu" task wait "$bad" >/dev/null || true
soon stands "$long" running && soon stands "$doomed" running || fail "two tasks should run"

t -f /dev/null -u new-session -d -s top -x 80 -y 24 "env PS1='% ' sh"
t set -g status off
t resize-window -t top -x 80 -y 24
see "%"

# -- what is seen, and keys
begin "$mahavishnu top --interval 0.2"
see "2 Tasks (3)"
see "2 pools, tasks: 2 running, 0 waiting, 0 done, 1 failed"
see "first words"
see "failed"
see "c cancel"
is 24 "$(picture | wc -l)" "lines on the screen"
is 80 "$(picture | wc -L)" "columns on the screen"
t capture-pane -pe -t top | grep -q $'\e\\[33m' || fail "what runs should have a colour"
type_keys 1
see "2 (2-2)"
see "other"
type_keys Tab Tab
see "worker_" # those that run something
see "1 worker"
type_keys Tab Tab
see "2 Tasks (3)"

type_keys / ; type_keys -l doom
see "/doom"
see_no "first words"
see "2 Tasks (1)"
type_keys Enter
see "with doom"
type_keys Escape
see "2 Tasks (3)"

type_keys G p # the oldest last: by status
see "pool other"
see "2 Tasks (1)"
type_keys p
see "2 Tasks (3)"
type_keys '>' '>'
see "AGE^"
type_keys r
see "AGEv"
type_keys h
see "pools, tasks, workers"
type_keys q
see_no "Keys"

# The log of the task that runs, as it comes.
type_keys / ; type_keys -l "first" ; type_keys Enter l
see "Log of $long: running"
see "follows"
see "first words"
echo on >go
see "last words"
see "$long: completed"
type_keys Escape
see "with first"
type_keys i
see "status: completed"
type_keys q Escape
see "2 Tasks (3)"
type_keys / ; type_keys -l "oh no" ; type_keys Enter a e
see "oh no"
type_keys q Escape

# A task is cancelled when the question is answered, and not before.
type_keys / ; type_keys -l "doomed" ; type_keys Enter c
see "? y/n"
type_keys n
see "Not cancelled"
is running "$(status_of "$doomed")" "a task that was not cancelled"
type_keys c y
soon stands "$doomed" cancelled || fail "the task should be cancelled: $(picture)"
see "cancelled"
type_keys Escape

type_keys Space
see PAUSED
third=$(submit local "echo 漢字; sleep 1000 # third")
type_keys Space
see_no PAUSED
see "漢字"

# -- another size
t resize-window -t top -x 50 -y 10
soon eval '[ "$(picture | sed -n 10p | cut -c1-6)" = "q quit" ]' || fail "the last line should have moved: $(picture)"
t resize-window -t top -x 20 -y 5
soon eval 'picture | sed -n 5p | grep -q "q quit"' || fail "five lines should do: $(picture)"
t resize-window -t top -x 80 -y 24
see "3 Workers"

# -- a server that does not answer, one that is killed, and the next one
kill -STOP "$(server_pid)"
see "it does not answer"
type_keys 1
see "HEALTH"
kill -CONT "$(server_pid)"
see_no "No server"
kill_server
see "No server for"
see "local" # what was there before
type_keys 2
start
see_no "No server"
see "漢字"
is running "$(status_of "$third")" "a task of before the crash"

# -- leaving
type_keys q
ended 0
see "%"
begin "$mahavishnu top"
see "3 Workers"
type_keys C-c
ended 130
begin "$mahavishnu top --view pools"
see "1 Pools (2)"
soon has_command || fail "no process"
kill -TERM "$(command_pid)"
ended 143

# While the server does not answer.
begin "$mahavishnu top"
see "3 Workers"
kill -STOP "$(server_pid)"
see "it does not answer"
type_keys q
ended 0
kill -CONT "$(server_pid)"

# Stopped by Ctrl-Z, and back.
begin "$mahavishnu top"
see "3 Workers"
type_keys C-z
soon eval '[ "$(t display -p -t top "#{alternate_on}")" = 0 ]' || fail "Ctrl-Z should give the terminal back"
type_keys -l "clear; fg"
type_keys Enter
see "3 Workers"
type_keys q
soon eval '[ "$(t display -p -t top "#{alternate_on}")" = 0 ]' || fail "it should leave after Ctrl-Z"
type_keys C-l

# -- terminals that can less
begin "NO_COLOR=1 $mahavishnu top"
see "3 Workers"
t capture-pane -pe -t top | grep -qE $'\e\\[[0-9;]*3[0-7]m' && fail "NO_COLOR should mean no colour"
type_keys q
ended 0
begin "LC_ALL=C $mahavishnu top"
see "echo ????"
type_keys q
ended 0
begin "TERM=dumb $mahavishnu top --interval 0.1 --count 2 --limit 1"
ended 0
is 2 "$(picture | grep -c "tasks: 1 running")" "pictures on a dumb terminal"
begin "TERM=dumb $mahavishnu top --interval 0.1"
see "tasks: 1 running"
type_keys C-c
ended 130
begin "TERM=no-such-terminal $mahavishnu top --interval 0.1 --count 1"
see "tasks: 1 running"
ended 0
begin "TERM=no-such-terminal $mahavishnu top"
see "see TERM"
type_keys C-c
ended 130
begin "$mahavishnu top --once"
ended 0
see "漢字"
t capture-pane -pe -t top | grep -q $'\e' && fail "--once should print plain text"
[ "$(t capture-pane -pJ -t top | wc -L)" -le 80 ] || fail "--once should fit: $(picture)"

# -- as lines
run "$mahavishnu" top --once
is 0 "$exit_code" "exit code of --once"
contains "$out" "2 pools, tasks: 1 running"
contains "$out" "echo 漢字; sleep 1000 # third"
contains "$out" "$bad"
run "$mahavishnu" top --count 2 --interval 0.1 --limit 1
is 2 "$(grep -c "tasks: 1 running" <<<"$out")" "pictures in a pipe"
is 2 "$(grep -c "task_" <<<"$out")" "tasks in two pictures with one each"
contains "$out" "0.0/s"
run "$mahavishnu" top -o json
is "top/1 2 4 1" "$(json '"\(.schema) \(.pools | length) \(.tasks | length) \(.tasks_running)"')" "a picture as JSON"
run "$mahavishnu" top -o jsonl --count 2 --interval 0.1
is "null true" "$(jq -s -r '"\(.[0].tasks_per_second) \(.[1].tasks_per_second == 0)"' <<<"$out")" "rates"
"$mahavishnu" top --interval 0.1 2>/dev/null | head -n 2 >/dev/null || true # ends with its reader
"$mahavishnu" top --interval 0.1 >lines 2>errors &
printer=$!
soon begun lines || fail "pictures should be printed"
kill_server
code=0
wait $printer || code=$?
is 3 $code "exit code when the server goes"
contains "$(cat errors)" "fix:"
start
is running "$(status_of "$third")" "what runs goes on"
refused 2 "--view" top --view nodes
refused 2 "--interval" top --interval 0

# What the parent has us ignore does not end it.
(trap '' HUP && exec "$mahavishnu" top -o jsonl --interval 0.1 --count 10 >pictures) &
command=$!
soon begun pictures || fail "no picture comes"
kill -HUP "$command"
code=0
wait "$command" || code=$?
is "0 10" "$code $(wc -l <pictures)" "pictures although the terminal has gone"

# -- pool monitor
run "$mahavishnu" pool monitor
is 0 "$exit_code" "pool monitor in a pipe"
contains "$out" "COMPLETED"
run "$mahavishnu" pool monitor nowhere
is 1 "$exit_code" "pool monitor of an unknown pool"
begin "$mahavishnu pool monitor nowhere"
ended 1
see "not_found"
begin "$mahavishnu pool monitor --once"
ended 0
see "COMPLETED"
begin "$mahavishnu pool monitor other"
see "1 Pools (1)"
see "1 pool, tasks: 0 running"
see_no "local"
type_keys 2
see "2 Tasks (1)"
type_keys q
ended 0

"$mahavishnu" task cancel "$third" >/dev/null
"$mahavishnu" down >/dev/null
refused 3 "no server" top --once
begin "$mahavishnu top"
ended 3
see "mahavishnu up"
