#!/usr/bin/env bash
# The journal itself: checked, copied, put back, made smaller and read out, beside a server and
# without one, whole and damaged.
. "$(dirname "$0")/lib.sh"

up() { "$mahavishnu" up --detach --port 0 >/dev/null; }
submit() { "$mahavishnu" task submit "$@" -o json | jq -r .task_id; }
journal=$MAHAVISHNU_STATE_DIR/journal.db

# There is none yet.
refused 5 "there is no journal" store check
refused 5 "there is no journal" store backup copy.db
refused 5 "there is no journal" store export
refused 5 "there is no journal" store restore missing.db

up
"$mahavishnu" pool spawn --worker-type shell --name local --min 2 >/dev/null
first=$(submit --pool local --prompt 'echo one; echo two >&2; exit 3')
"$mahavishnu" task wait "$first" >/dev/null || true
mkfifo go
open=$(submit --pool local --retries 2 --retry-delay 0.01 --retry-on lost --prompt "read x < $work/go; echo over")

# Beside a server.
run "$mahavishnu" store check -o json
is 0 "$exit_code" "a check beside a server"
is "1 1 1 0" "$(json '"\(.pools) \(.open_tasks) \(.ended_tasks) \(.problems | length)"')" "what it found"
run "$mahavishnu" store backup copy.db
is 0 "$exit_code" "a backup beside a server"
is 600 "$(stat -c %a copy.db)" "its rights"
is copy.db "$(ls copy.db*)" "its files"
refused 6 "is there already" store backup copy.db
refused 6 "a server is running already" store compact
refused 6 "a server is running already" store restore copy.db
run "$mahavishnu" store export --status failed
is "$first one two 3" "$(json '"\(.task_id) \(.result.output[:-1]) \(.result.stderr[:-1]) \(.result.exit_code)"')" \
  "what is exported of a task"
is 2 "$("$mahavishnu" store export --pool local | wc -l)" "tasks of a pool"
refused 2 "is not one of" store export --status nonsense
echo mine >mine
refused 2 "is not one of" store export --status nonsense --file mine
is mine "$(cat mine)" "a file when there was nothing to write"
"$mahavishnu" store export --file mine
is 2 "$(wc -l <mine)" "lines of the exported file"

# A task again, and pages of the list.
again=$("$mahavishnu" task retry "$first" -o json | jq -r .task_id)
run "$mahavishnu" task wait "$again" -o json
is 3 "$(json .exit_code)" "exit code of the second time"
is "$first" "$("$mahavishnu" task show "$again" -o json | jq -r .spec.metadata.retry_of)" "whose second time it is"
refused 2 "has not ended" task retry "$open"
is "$again" "$("$mahavishnu" task list --limit 1 -o json | jq -r '.tasks[].task_id')" "the first page"
is "$open" "$("$mahavishnu" task list --limit 1 --before "$again" -o json | jq -r '.tasks[].task_id')" "the second"
echo >go
"$mahavishnu" task wait "$open" >/dev/null
"$mahavishnu" down >/dev/null

# Without one.
run "$mahavishnu" store check
is 0 "$exit_code" "a check without a server"
contains "$out" "Ended tasks: 3"
is journal.db "$(cd "$MAHAVISHNU_STATE_DIR" && ls journal.db*)" "the files of a journal that nobody uses"
"$mahavishnu" store backup whole.db >/dev/null
run "$mahavishnu" store compact -o json
is 0 "$exit_code" "compacting"

# Back to the copy: the task that has ended since is lost, so it is tried again, and the other journal is kept.
run "$mahavishnu" store restore copy.db -o json
is 0 "$exit_code" "a restore"
before=$(json .before)
[ -s "$before" ] || fail "the journal of before is gone"
up
(echo >go) &
is over "$("$mahavishnu" task wait "$open" -o json | jq -r '.output[:-1]')" "a task that had not ended in the backup"
refused 5 "there is no task" task show "$again"
"$mahavishnu" down >/dev/null
wait

# Damaged ones are named, neither copied nor taken as a backup, and cost nothing else.
flip() { # flip FILE TEXT: changes the first letter of the text where it stands in the file
  python3 - "$1" "$2" <<'PY'
import sys
bytes_ = bytearray(open(sys.argv[1], "rb").read())
at = bytes_.find(sys.argv[2].encode())
assert at >= 0, "the text is not there"
while at >= 0:
    bytes_[at] ^= 1
    at = bytes_.find(sys.argv[2].encode())
open(sys.argv[1], "wb").write(bytes_)
PY
}
cp "$journal" good.db
flip "$journal" "echo one"
run "$mahavishnu" store check
is 1 "$exit_code" "a check of a damaged journal"
contains "$out" "$first"
refused 1 "$first" store backup bad.db
[ ! -e bad.db ] || fail "a backup of a damaged journal is there"
refused 1 "$first" store compact
cp "$journal" bad.db
refused 1 "is damaged, so nothing was done" store restore bad.db
run "$mahavishnu" store export
is 1 "$exit_code" "an export of a damaged journal"
contains "$err" "$first"
up
run "$mahavishnu" task list -o json
is 1 "$exit_code" "a list of a damaged journal"
contains "$(json '.problems[0]')" "$first"
is "$open" "$(json '.tasks[].task_id')" "the rest of the list"
refused 1 "is damaged" task show "$first"
"$mahavishnu" down >/dev/null
"$mahavishnu" store restore good.db >/dev/null
run "$mahavishnu" store check
is 0 "$exit_code" "a check after a good backup came back"

# Nor does a damaged pool cost its tasks, or what runs of them.
up
rm -f begun
runs_on=$(submit --pool local --prompt "echo \$\$ > $work/begun; read x < $work/go; echo over")
until [ -s begun ]; do read -rt 0.05 <> <(:) || true; done
"$mahavishnu" down >/dev/null
cp "$journal" good.db.2
flip "$journal" "local"
up
is 0 "$("$mahavishnu" pool list -o json | jq '.pools | length')" "pools of a journal whose pool is damaged"
"$mahavishnu" down >/dev/null
runs "$(cat begun)" || fail "what ran of a damaged pool was ended"
cp good.db.2 "$journal"
up
echo >go
is over "$("$mahavishnu" task wait "$runs_on" -o json | jq -r '.output[:-1]')" "a task of a pool that came back"
"$mahavishnu" down >/dev/null

# The wrong files.
echo nonsense >text.db
refused 1 "no SQLite file" store restore text.db
refused 2 "name a backup" store restore "$journal"
rm "$journal"
echo x >"$journal-wal"
refused 1 "journal.db-wal" up --port 0
