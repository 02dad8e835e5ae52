#!/usr/bin/env bash
# The processes of a pool have a parent that outlives the server, and nothing outlives a pool.
. "$(dirname "$0")/lib.sh"

keepers=$MAHAVISHNU_STATE_DIR/keepers
up() { "$mahavishnu" up --detach --port 0 >/dev/null; }
# parent PID
parent() { awk '{ print $4 }' "/proc/$1/stat"; }
no_directory() { [ ! -e "$1" ]; }

up
"$mahavishnu" pool spawn --worker-type shell --name idle --min 3 >/dev/null
"$mahavishnu" pool spawn --worker-type shell --name build --min 1 >/dev/null
run ls "$keepers"
is "" "$out" "a pool that has run nothing has no keeper"

# A process is the child of the keeper of its pool, and says which run it is.
run "$mahavishnu" pool execute build --prompt 'echo $PPID $MAHAVISHNU_ATTEMPT; tr "\0" "\n" </proc/$PPID/cmdline | head -1' -o json
read -r keeper attempt <<<"$(json .output | head -1)"
is 1 "$attempt" "the first attempt"
contains "$(json .output)" mahavishnu-keeper
[ "$(parent "$keeper")" != "$(server_pid)" ] || fail "a keeper is no child of the server"
is 1 "$(ls "$keepers" | wc -l)" "keepers of pools that have run something"

# A closed pool leaves no keeper, no process and no directory.
"$mahavishnu" pool close build >/dev/null
gone "$keeper" || fail "the keeper of a closed pool is still there"
soon no_directory "$keepers"/pool_* || fail "the directory of a closed pool is still there"

# A killed server takes nothing with it ...
"$mahavishnu" pool spawn --worker-type shell --name night --min 2 >/dev/null
for i in 1 2; do
  "$mahavishnu" pool execute night --prompt "echo \$\$ >$work/pid$i; exec sleep 1000" >/dev/null 2>&1 &
done
soon begun "$work/pid1" && soon begun "$work/pid2" || fail "two tasks should run"
keeper=$(parent "$(cat pid1)")
kill -9 "$(server_pid)"
gone "$(server_pid)" || fail "the server is still there"
wait
runs "$(cat pid1)" && runs "$(cat pid2)" || fail "processes should outlive their server"
runs "$keeper" || fail "a keeper should outlive its server"

# ... and the next one ends what was bound to commands that have gone with it, and says so.
up
gone "$(cat pid1)" && gone "$(cat pid2)" || fail "a process of the killed server is still there"
run cat "$MAHAVISHNU_STATE_DIR/server.log"
contains "$out" "has gone with the server"
runs "$keeper" || fail "a keeper should be that of the pool again"
"$mahavishnu" pool close night >/dev/null
gone "$keeper" || fail "the keeper of a closed pool is still there"
soon no_directory "$keepers"/pool_* || fail "the directory of a closed pool is still there"

# Down ends all of it.
"$mahavishnu" pool spawn --worker-type shell --name last --min 1 >/dev/null
"$mahavishnu" pool execute last --prompt "echo \$\$ >$work/pid3; exec sleep 1000" >/dev/null 2>&1 &
soon begun "$work/pid3" || fail "a task should run"
keeper=$(parent "$(cat pid3)")
"$mahavishnu" down >/dev/null
gone "$(cat pid3)" && gone "$keeper" || fail "something outlives a server that was ended"
wait
is "" "$(ls "$keepers")" "directories after the end"

# A keeper that is not there is said at the start.
MAHAVISHNU_KEEPER=/nonexistent refused 5 "exec.keepers" up --port 0

# Where there are none, processes do not outlive their server.
"$mahavishnu" up --detach --port 0 --set exec.keepers=false >/dev/null
"$mahavishnu" pool spawn --worker-type shell --name bare --min 1 >/dev/null
"$mahavishnu" pool execute bare --prompt "echo \$\$ >$work/pid4; exec sleep 1000" >/dev/null 2>&1 &
soon begun "$work/pid4" || fail "a task should run"
kill -9 "$(server_pid)"
gone "$(cat pid4)" || fail "a process without a keeper outlives its server"
wait
