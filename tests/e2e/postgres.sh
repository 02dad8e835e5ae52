#!/usr/bin/env bash
# The journal in PostgreSQL: it outlives the server as one in a file does, and PostgreSQL may come
# and go.
. "$(dirname "$0")/lib.sh"
. "$here/postgres_server.sh"

up() { "$mahavishnu" up --detach --port 0 --set exec.grace_seconds=1 --set log_file="$work/server.log" >/dev/null; }
submit() { "$mahavishnu" task submit "$@" -o json | jq -r .task_id; }
# field TASK FILTER: of its result, when it has ended
field() { "$mahavishnu" task wait "$1" -o json | jq -r "$2"; }
accepted_after() { after=$(submit --pool night --prompt "echo after $1" 2>/dev/null); }
status_of() { "$mahavishnu" task show "$1" -o json | jq -r .status; }
stands() { [ "$(status_of "$1")" = "$2" ]; }

# Settings that cannot be meant, and a password that nobody sees.
refused 2 "storage.url must look like postgresql://" up --port 0 --set storage.url=journal.db
export MAHAVISHNU_STORAGE__URL
MAHAVISHNU_STORAGE__URL=$(postgres_url first)
run "$mahavishnu" config show
is 0 "$exit_code" "config show"
contains "$out" "url"
case $out in *"$postgres_password"*) fail "config show shows the password" ;; esac

# Without PostgreSQL no server starts, and it says why.
refused 1 "whether PostgreSQL runs there" up --port 0
refused 1 "whether PostgreSQL runs there" up --detach --port 0
refused 1 "whether PostgreSQL runs there" store check
contains "$err" "postgresql://mahavishnu@/postgres"

start_postgres
refused 5 "there is no journal" store check
refused 5 "there is no journal" store compact
up
[ ! -e "$MAHAVISHNU_STATE_DIR/journal.db" ] || fail "there is a journal in the state directory as well"
"$mahavishnu" pool spawn --worker-type shell --name night --min 1 --max 1 >/dev/null
done_before=$(submit --pool night --key ended --prompt 'echo before; exit 3')
is 3 "$(field "$done_before" .exit_code)" "exit code of the first task"
mkfifo go
running=$(submit --pool night --key mine --prompt "echo begun > $work/begun; read x < $work/go; echo over")
queued=$(submit --pool night --prompt 'echo waited')
soon begun begun || fail "a task should run"

# What a script is given has no secret in it.
"$mahavishnu" pool spawn --worker-type shell --name curious >/dev/null
run "$mahavishnu" pool execute curious --prompt 'env; echo all of it' -o json
contains "$(json .output)" "all of it"
case $out in *"$postgres_password"*) fail "a script gets the password" ;; esac
"$mahavishnu" pool close curious >/dev/null

# A killed server: the next one has all of it.
kill_server
up
is night "$("$mahavishnu" pool list -o json | jq -r '.pools[].name')" "pools after a kill"
is 3 "$(field "$done_before" .exit_code)" "the result of before"
is queued "$(status_of "$queued")" "the task that waited"
soon stands "$running" running || fail "the task that ran should run"
is "$done_before" "$(submit --pool night --key ended --prompt 'echo before; exit 3')" "the task of a key that had ended"

# Another server, and commands that nobody may use beside one.
refused 6 "in use by a server" up --port 0 --state-dir "$work/other"
refused 6 "in use by a server" store compact
run "$mahavishnu" store check -o json
is 0 "$exit_code" "a check beside a server"
is "1 2 2 0" "$(json '"\(.pools) \(.open_tasks) \(.ended_tasks) \(.problems | length)"')" "what it found"
contains "$(json .path)" "postgresql://mahavishnu@/postgres"
run "$mahavishnu" store backup copy.db
is 0 "$exit_code" "a backup beside a server"
is 600 "$(stat -c %a copy.db)" "its rights"
refused 6 "in use by a server" store restore copy.db
is "$done_before before 3" \
  "$("$mahavishnu" store export --status failed | jq -r '"\(.task_id) \(.result.output[:-1]) \(.result.exit_code)"')" \
  "what is exported of a task"

# PostgreSQL goes, in order and as in a crash: nothing is accepted, nothing is lost, and all goes on.
for signal in INT QUIT; do
  stop_postgres "$signal"
  refused 1 "no task is accepted while the journal cannot be written" task submit --pool night --prompt 'echo no'
  contains "$err" "whether PostgreSQL runs there"
  refused 1 "whether PostgreSQL runs there" task list
  is 0 "$("$mahavishnu" status >/dev/null && echo $?)" "the status of a server without its journal"
  if [ "$signal" = INT ]; then
    echo >go # it ends while nobody can write that down
  fi
  start_postgres
  soon "$mahavishnu" store check >/dev/null || fail "the journal should be whole"
  is over "$(field "$running" '.output[:-1]')" "output of the task that ran"
  is waited "$(field "$queued" '.output[:-1]')" "output of the task that waited"
  # The server tries each second whether it can write again.
  soon accepted_after "$signal" || fail "tasks should be accepted again"
  is "after $signal" "$(field "$after" '.output[:-1]')" "output of a task of afterwards"
done
is 1 "$(wc -l <begun)" "starts of the task that ran"
is 0 "$("$mahavishnu" task list -o json | jq '[.tasks[] | select(.spec.prompt == "echo no")] | length')" \
  "tasks that were refused"

# A server that is killed while PostgreSQL is away loses nothing either.
rm -f begun
lasting=$(submit --pool night --prompt "echo begun > $work/begun; read x < $work/go; echo lasted")
soon begun begun || fail "a task should run"
stop_postgres QUIT
kill_server
echo >go
refused 1 "whether PostgreSQL runs there" up --port 0
start_postgres
up
is lasted "$(field "$lasting" '.output[:-1]')" "output of a task that had neither server nor journal"
is 1 "$(wc -l <begun)" "its starts"

# What has ended can be searched, as with a journal in a file.
found() { "$mahavishnu" memory search "$1" -o json | jq -r "[.results[].content] | join(\" \")"; }
is lasted "$(found lasted)" "what is found of the last one"
is waited "$(found '"echo waited"')" "what is found of one of before"
"$mahavishnu" down >/dev/null

# Without a server.
run "$mahavishnu" store check
is 0 "$exit_code" "a check without a server"
contains "$out" "Ended tasks: 7"
run "$mahavishnu" store compact -o json
is 0 "$exit_code" "compacting"
"$mahavishnu" store backup whole.db >/dev/null
refused 6 "so nothing was done" store restore whole.db

# What was backed up comes into another schema, or into a file, and back.
export MAHAVISHNU_STORAGE__URL=
"$mahavishnu" store restore whole.db >/dev/null
exported=$("$mahavishnu" store export)
is 7 "$(wc -l <<<"$exported")" "tasks in the file"
MAHAVISHNU_STORAGE__URL=$(postgres_url second)
run "$mahavishnu" store restore "$MAHAVISHNU_STATE_DIR/journal.db" -o json
is 0 "$exit_code" "a restore into an empty schema"
is "1 0 7 0" "$(json '"\(.pools) \(.open_tasks) \(.ended_tasks) \(.problems | length)"')" "what came back"
is "$exported" "$("$mahavishnu" store export)" "tasks in the other schema"
up
is "$done_before" "$(submit --pool night --key ended --prompt 'echo before; exit 3')" "the task of a key after a restore"
"$mahavishnu" down >/dev/null

# A task that waits in a backup runs where it is restored; here from the first one, of a file.
MAHAVISHNU_STORAGE__URL=$(postgres_url third)
"$mahavishnu" store restore copy.db >/dev/null
up
is waited "$(field "$queued" '.output[:-1]')" "the task that waited in the backup"
"$mahavishnu" down >/dev/null

! grep -r "$postgres_password" "$work/server.log" "$MAHAVISHNU_STATE_DIR" || fail "the password is in a file"
