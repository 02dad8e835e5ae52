#!/usr/bin/env bash
# What workers can be: built in, in a container, and not usable here.
. "$(dirname "$0")/lib.sh"

# A container engine that notes what it is told and runs the command outside of any container.
mkdir bin
cat >bin/podman <<'EOF'
#!/bin/sh
echo "$@" >>"$ENGINE_LOG"
case $1 in
--version) echo "podman version 9.9"; exit ;;
rm) exit ;;
esac
while [ "$1" != debian:stable-slim ]; do shift; done
shift
exec "$@"
EOF
# A tool of a user, which gets its prompt as a file.
cat >bin/my-tool <<'EOF'
#!/bin/sh
[ "$1" != --version ] || { echo "my-tool 1.0"; exit; }
echo "$GREETING, $(cat "$2")"
EOF
chmod +x bin/podman bin/my-tool
mkdir settings
cat >settings/mahavishnu.yaml <<'EOF'
worker_types:
  my-tool:
    command: [my-tool, --file, "{file}"]
    prompt: file
    description: Greets.
    environment: [GREETING=Hello]
    version_command: [my-tool, --version]
  shell:
    timeout_seconds: 0.3
EOF
export ENGINE_LOG=$work/engine.log PATH=$work/bin:/usr/bin:/bin
"$mahavishnu" up --detach --port 0 >/dev/null

run "$mahavishnu" worker-types list -o json
is "0 true /bin/sh" "$exit_code $(json '.types[] | select(.name == "shell") | "\(.usable) \(.program)"')" "shell"
is "$work/bin/podman" "$(json '.types[] | select(.name == "container") | .program')" "the engine"
run "$mahavishnu" worker-types list
contains "$out" "The prompt is a command line"
run "$mahavishnu" worker-types probe container -o json
is "0 podman version 9.9" "$exit_code $(json '.types[0].version')" "a probed version"
refused 5 "there is no worker type 'nonsense'" worker-types probe nonsense

# A command line without a shell
"$mahavishnu" pool spawn --name words --worker-type process --min 1 >/dev/null
run "$mahavishnu" pool execute words --prompt "printf '%s|' 'two words' \$HOME *" -o json
is '0 two words|$HOME|*|' "$exit_code $(json .output)" "a process gets its words as they are"
run "$mahavishnu" pool execute words --prompt "printf 'open" -o json
is "1 failed" "$exit_code $(json .status)" "a command line that is not closed"
contains "$(json .error)" "single quotes"

# A container has the variables and the directory of its task, no network, and an end.
"$mahavishnu" pool spawn --name boxes --worker-type container --min 1 >/dev/null
mkdir src
run "$mahavishnu" pool execute boxes --cwd "$work/src" --env COLOR=red --prompt 'echo $COLOR; pwd' -o json
is "0 red
$work/src" "$exit_code $(json .output)" "a task in a container"
contains "$(cat "$ENGINE_LOG")" "--network none"
contains "$(cat "$ENGINE_LOG")" "--env COLOR --volume $work/src:$work/src --workdir $work/src"
run "$mahavishnu" pool execute boxes --timeout 0.2 --prompt 'sleep 1000' -o json
is timeout "$(json .status)" "a task in a container that takes too long"
task=$(json .task_id)
for _ in $(seq 200); do grep -q "rm --force mahavishnu-$task" "$ENGINE_LOG" && break; sleep 0.05; done
contains "$(cat "$ENGINE_LOG")" "rm --force mahavishnu-$task"

# Types of the settings
run "$mahavishnu" worker-types probe my-tool -o json
is "0 my-tool 1.0 false" "$exit_code $(json '.types[0] | "\(.version) \(.built_in)"')" "a type of the settings"
"$mahavishnu" pool spawn --name greeters --worker-type my-tool --min 1 >/dev/null
run "$mahavishnu" pool execute greeters --prompt 'it is me' -o json
is "0 Hello, it is me" "$exit_code $(json .output)" "a task for a tool of a user"
"$mahavishnu" pool spawn --name impatient --worker-type shell --min 1 >/dev/null
run "$mahavishnu" pool execute impatient --prompt 'sleep 1000' -o json
is timeout "$(json .status)" "the time-out of a type"

# What is not there
rm bin/podman
if ! command -v podman >/dev/null; then
  refused 1 "install the package podman" pool spawn --name more --worker-type container
fi
