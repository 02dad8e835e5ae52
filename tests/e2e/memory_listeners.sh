#!/usr/bin/env bash
# Records do not go to whoever listens where Session-Buddy usually does.
if [ -z "${IN_ITS_OWN_NETWORK:-}" ]; then
  IN_ITS_OWN_NETWORK=yes exec unshare --net bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"

python3 - <<'END'
import fcntl, socket, struct
with socket.socket() as s: # brings the loopback interface up
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1 | 64))
END
"$mahavishnu" up --detach --port 0 --set pools.akosha_url= >/dev/null
"$mahavishnu" pool spawn --worker-type shell --name night --min 1 >/dev/null
"$mahavishnu" pool execute night --prompt 'echo secret' >/dev/null

# Listens as user $1, says so, and ends with "met" at the first who connects.
listen_as() {
  coproc listener { exec python3 -c '
import os, socket, sys
os.setuid(int(sys.argv[1]))
with socket.create_server(("127.0.0.1", 8678)) as server:
    print("listening", flush=True)
    server.accept()[0].close()
    print("met", flush=True)
' "$1"; }
  exec {heard}<&"${listener[0]}" # which Bash forgets when the listener ends
  read -r said <&"$heard"
  is listening "$said" "a listener"
}

listen_as 65534
run "$mahavishnu" memory sync -o json
is "1 1" "$exit_code $(json .waiting)" "a turn of sending to another user"
contains "$(json '.problems[0]')" "port 8678 belongs to user 65534"
contains "$(json '.problems[0]')" "pools.session_buddy_url"

# Unless one wants that.
"$mahavishnu" down >/dev/null
"$mahavishnu" up --detach --port 0 --set pools.akosha_url= \
  --set pools.session_buddy_url=http://localhost:8678/mcp >/dev/null
run "$mahavishnu" memory sync -o json
read -r said <&"$heard"
is met "$said" "somebody who was named"

# The same user is not asked about.
"$mahavishnu" down >/dev/null
"$mahavishnu" up --detach --port 0 --set pools.akosha_url= >/dev/null
listen_as "$(id -u)"
run "$mahavishnu" memory sync -o json
read -r said <&"$heard"
is met "$said" "the user whose records they are"
"$mahavishnu" down >/dev/null
