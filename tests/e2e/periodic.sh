#!/usr/bin/env bash
# Scripts that run again and again.
. "$(dirname "$0")/lib.sh"

# lines FILE COUNT: it has so many lines within 20 s
lines() {
  local i
  for ((i = 0; i < 400; i++)); do
    [ "$(cat "$1" 2>/dev/null | wc -l)" -ge "$2" ] && return
    sleep 0.05
  done
  return 1
}
# ended NAME COUNT: so many runs have ended within 20 s
ended() {
  local i
  for ((i = 0; i < 400; i++)); do
    run "$mahavishnu" periodic show "$1" -o json
    [ "$(json '.tasks[0] | "\(.run_count) \(.is_running)"')" = "$2 false" ] && return
    sleep 0.05
  done
  return 1
}

mkdir scripts
cat >scripts/tick.sh <<EOF
echo "\$1" >>$work/ticks
pwd
EOF
echo 'echo oh >&2; exit 3' >scripts/broken.sh

refused 3 "no server" periodic list
"$mahavishnu" up --detach --port 0 >/dev/null

# The first run is at once; the next when the interval is over.
run "$mahavishnu" periodic add scripts/tick.sh --interval 0.2 -o json -- one
is "0 tick $work/scripts/tick.sh" "$exit_code $(json '.task | "\(.name) \(.script)"')" "an added task ($err)"
lines ticks 3 || fail "a task with a short interval should have run three times"
run "$mahavishnu" periodic show tick -o json
is "$work/scripts" "$(json '.tasks[0].last_output')" "the folder of a script is where it runs"
is 0 "$(json '.tasks[0].error_count')" "errors"
run "$mahavishnu" periodic list
contains "$out" "every 0.2"

# Disabled it rests; by hand it runs all the same.
"$mahavishnu" periodic disable tick >/dev/null
run "$mahavishnu" periodic show tick -o json
is false "$(json '.tasks[0].task.enabled')" "enabled"
before=$(wc -l <ticks)
"$mahavishnu" periodic run tick >/dev/null
lines ticks $((before + 1)) || fail "a task should run by hand"

# Errors are counted and end nothing.
"$mahavishnu" periodic add scripts/broken.sh --name broken --cron '@yearly' --time-zone Europe/Berlin >/dev/null
run "$mahavishnu" periodic show broken -o json
is "0 false" "$(json '.tasks[0] | "\(.run_count) \(.is_running)"')" "a cron line waits for its time"
contains "$(json '.tasks[0].next_run')" "12-31T23:00:00"
for i in 1 2; do
  "$mahavishnu" periodic run broken >/dev/null
  ended broken $i || fail "run $i should have ended"
done
is "2 2 3" "$(json '.tasks[0] | "\(.error_count) \(.consecutive_errors) \(.last_exit_code)"')" "errors of a broken script"
contains "$(json '.tasks[0].last_error')" "code 3"

# They survive the server, however it ends.
kill -9 "$(server_pid)"
gone "$(server_pid)" || fail "the server is still there"
echo '{ not json' >"$MAHAVISHNU_STATE_DIR/periodic/damaged.json"
"$mahavishnu" up --detach --port 0 >/dev/null
run "$mahavishnu" periodic list -o json
is "broken 2 tick false" "$(json '[.tasks[] | .task.name, (if .task.name == "broken" then .run_count else .task.enabled end)] | join(" ")')" "tasks of the earlier server"
contains "$(json '.damaged[0]')" damaged.json
before=$(wc -l <ticks)
"$mahavishnu" periodic enable tick >/dev/null
lines ticks $((before + 1)) || fail "an enabled task should run"

# Removed it is gone.
"$mahavishnu" periodic remove tick >/dev/null
"$mahavishnu" periodic remove damaged >/dev/null
refused 5 "did you mean 'broken'" periodic show brokn
run "$mahavishnu" periodic list -o json
is "1 0" "$(json '"\(.tasks | length) \(.damaged | length)"')" "what is left"

# Bad wishes
refused 5 "/nonexistent.sh" periodic add /nonexistent.sh
refused 2 "minute" periodic add scripts/tick.sh --cron '61 * * * *'
refused 2 "cancel_running" periodic add scripts/tick.sh --overlap sometimes
refused 2 "--cron" periodic add scripts/tick.sh --time-zone UTC
refused 6 "already" periodic add scripts/broken.sh
