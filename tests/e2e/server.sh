#!/usr/bin/env bash
# The life of a server: in the foreground, twice, side by side, killed, and what it keeps from others.
. "$(dirname "$0")/lib.sh"

# In the foreground; SIGINT ends it and what runs in it.
mkfifo ready box
"$mahavishnu" up --port 0 -o json >ready 2>server.err &
server=$!
exec 3<ready
read -r line <&3
is "{" "$line" "the first line of a ready server"
"$mahavishnu" pool spawn --worker-type shell >/dev/null
"$mahavishnu" pool execute default --prompt "echo \$\$ > $work/box; exec sleep 1000" -o json \
  >result 2>/dev/null &
command=$!
read -r child <box
kill -INT $server
wait $server || fail "a server that got SIGINT ended with $? ($(cat server.err))"
exec 3<&-
gone "$child" || fail "a task outlives its server"
wait $command && fail "the command of a cancelled task must not end with 0"
is cancelled "$(jq -r .status result)" "status of a task when its server ends"

# A second server in the same directory is refused, and the first does not mind.
"$mahavishnu" up --detach --port 0 >/dev/null
run "$mahavishnu" up --detach --port 0
is 6 "$exit_code" "exit code of a second server"
contains "$err" "is running already"
run "$mahavishnu" up --port 0
is 6 "$exit_code" "exit code of a second server in the foreground"
run "$mahavishnu" status
is 0 "$exit_code" "exit code of status beside a refused server"

# Two servers side by side know nothing of each other.
run "$mahavishnu" --state-dir "$work/other" up --detach --port 0
is 0 "$exit_code" "exit code of a server in another directory ($err)"
"$mahavishnu" pool spawn --name mine --worker-type shell >/dev/null
run "$mahavishnu" pool list --state-dir "$work/other" -o json
is 0 "$(json '.pools | length')" "pools of the other server"

# A port that is taken is named, with what to do.
run "$mahavishnu" status -o json
port=$(json .mcp.url | sed 's,.*:\([0-9]*\)/.*,\1,')
run "$mahavishnu" up --detach --port "$port" --state-dir "$work/third"
is 1 "$exit_code" "exit code when the port is taken"
contains "$err" "$port"

# No other port is open: MCP is the only one that listens.
pid=$("$mahavishnu" status -o json | jq .pid)
inodes=$(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n')
listening=$(awk '$4 == "0A" { print $10 }' /proc/net/tcp /proc/net/tcp6 | grep -cFx "$inodes" || true)
is 1 "$listening" "listening TCP sockets of a server"
is 600 "$(stat -c %a state/control.sock)" "mode of the control socket"
is 700 "$(stat -c %a state)" "mode of the state directory"

# With a journal in a file, nobody pays for the library of PostgreSQL.
! grep -q libpq "/proc/$pid/maps" || fail "a server without PostgreSQL has loaded its library"

# kill -9: commands say so at once, and the next server starts over what it left.
mkfifo box2
"$mahavishnu" pool execute mine --prompt "echo \$\$ > $work/box2; exec sleep 1000" \
  >/dev/null 2>command.err &
command=$!
read -r orphan <box2
kill -9 "$pid"
code=0
wait $command || code=$?
is 3 "$code" "exit code of a command whose server was killed"
contains "$(cat command.err)" "went away"
kill "$orphan" # nobody owns it until processes survive their server
run "$mahavishnu" status
is 3 "$exit_code" "exit code of status after a kill"
run "$mahavishnu" up --detach --port 0
is 0 "$exit_code" "exit code of up after a kill ($err)"

# A state directory that others can write to, or a file in its place, is refused.
mkdir -m 777 open && chmod 777 open
run "$mahavishnu" up --detach --port 0 --state-dir open
is 4 "$exit_code" "exit code for a directory that others can write to"
contains "$err" "chmod 700"
touch file
run "$mahavishnu" up --port 0 --state-dir file
is 1 "$exit_code" "exit code for a file in place of the directory"

# A path longer than a socket address.
long=$work/$(printf 'x%.0s' {1..120})
run "$mahavishnu" up --detach --port 0 --state-dir "$long"
is 0 "$exit_code" "exit code of up in a long path ($err)"
run "$mahavishnu" status --state-dir "$long"
is 0 "$exit_code" "exit code of status in a long path"
"$mahavishnu" down --state-dir "$long" >/dev/null

# Another user of the machine gets nowhere.
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$work"
  cp "$mahavishnu" "$work/program" && chmod 755 "$work/program"
  run setpriv --reuid 65534 --regid 65534 --clear-groups \
    env HOME=/nonexistent "$work/program" pool list
  [ "$exit_code" != 0 ] || fail "another user reached the server"
  chmod 755 state && chmod 666 state/control.sock
  run setpriv --reuid 65534 --regid 65534 --clear-groups \
    env HOME=/nonexistent "$work/program" pool list
  [ "$exit_code" != 0 ] || fail "another user reached the server through an open socket"
else
  echo "SKIPPED: another user (needs root)"
fi

"$mahavishnu" --state-dir "$work/other" down >/dev/null
