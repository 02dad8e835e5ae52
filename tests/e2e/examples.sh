#!/usr/bin/env bash
# Every example in the help of a command does what it says, or is among those that cannot.
. "$(dirname "$0")/lib.sh"

# Why an example is not run here.
declare -A not_run=(
  ["mahavishnu up --host 127.0.0.1 --port 0"]="goes on until Ctrl-C"
  ["mahavishnu events --follow"]="goes on until Ctrl-C"
  ["mahavishnu top"]="goes on until Ctrl-C where there is no terminal"
  ["mahavishnu terminal launch htop --columns 200 --rows 60"]="htop may not be there"
  ["mahavishnu mcp stdio --connect"]="speaks the protocol of its client"
  ["mahavishnu config migrate oneiric.yaml new/mahavishnu.yaml"]="is tried in config.sh"
)
# What ends other than with 0, and why.
declare -A ends_with=(
  ["mahavishnu pool execute local --prompt 'make test' --timeout 600"]=2 # there is no Makefile
  ["mahavishnu mcp stop"]=0
)

export PATH=$work/bin:$PATH
export HOME=$work
mkdir -p bin new .zfunc .local/share/bash-completion/completions .config/fish/completions && ln -s "$mahavishnu" bin/mahavishnu
export MAHAVISHNU_MCP__PORT=0 MAHAVISHNU_TERMINAL__ENABLED=true
export MAHAVISHNU_AUTH__SECRET=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
export MAHAVISHNU_POOLS__SESSION_BUDDY_URL= MAHAVISHNU_POOLS__AKOSHA_URL=
printf 'import sys\nprint(sys.argv)\n' | tee report.py >clean.py
printf '#!/bin/sh\necho "$@"\n' | tee word.sh >backup.sh
printf 'one\ntwo words\n' >words.txt
printf '#!/bin/sh\necho night\n' >nightly
chmod +x nightly word.sh backup.sh
mahavishnu auth token create --user alice >token.txt

# prepare LINE: what the examples name is there
prepare() {
  case $1 in
    *"store restore"* | *"store compact"*) mahavishnu down >/dev/null 2>&1; return ;;
    *"up --detach"*) mahavishnu down >/dev/null 2>&1; return ;;
  esac
  mahavishnu status >/dev/null 2>&1 || mahavishnu up --detach >/dev/null
  local name=${1##*--name }
  case $1 in *"pool spawn"*) mahavishnu pool close "${name%% *}" >/dev/null 2>&1 || true; return ;; esac
  mahavishnu pool describe local >/dev/null 2>&1 ||
    mahavishnu pool spawn --name local --worker-type shell --min 1 --max 4 >/dev/null
  mahavishnu pool resume local >/dev/null
  case $1 in
    *"periodic add"*) mahavishnu periodic remove nightly >/dev/null 2>&1 || true ;;
    *periodic*) mahavishnu periodic show nightly >/dev/null 2>&1 ||
      mahavishnu periodic add backup.sh --name nightly --later >/dev/null ;;
    *"store backup"*) rm -f night.db ;;
    *"mcp health"* | *"mcp status"* | *"mcp config"*) mahavishnu mcp start >/dev/null ;;
    *"config init"*) rm -rf settings ;;
  esac
}

task_of() { mahavishnu task submit --pool local --prompt 'echo done' -o name | head -n 1; }

# of_here LINE: with ids that there are
of_here() {
  local line=$1
  case $line in *task_01kaxqzv8w6e3v5m9k2t7c4r1b*)
    local task
    task=$(task_of)
    mahavishnu task wait "$task" >/dev/null
    line=${line//task_01kaxqzv8w6e3v5m9k2t7c4r1b/$task}
    ;;
  esac
  case $line in *term_5b1f09c2*)
    line=${line//term_5b1f09c2/$(mahavishnu terminal launch cat -o json | jq -r '.session_ids[0]')} ;;
  esac
  case $line in *worker_c3d81e07*)
    line=${line//worker_c3d81e07/$(mahavishnu workers spawn --type shell --count 1 -o json 2>/dev/null |
      grep -o 'worker_[0-9a-f]\{8\}' | head -n 1)} ;;
  esac
  case $line in *run_20261121_1325*)
    line=${line//run_20261121_1325/$(mahavishnu exec --no-wait clean.py -o json | jq -r .run_id)} ;;
  esac
  echo "$line"
}

"$mahavishnu" docs cli -o json >pages.json
jq -r '.. | objects | .examples? // empty | .[]' pages.json >lines
[ "$(wc -l <lines)" -gt 90 ] || fail "there are only $(wc -l <lines) examples"
ran=0 problems=
while IFS= read -r line <&3; do
  [ -z "${not_run[$line]:-}" ] || continue
  prepare "$line"
  here_line=$(of_here "$line")
  run timeout 30 bash -c "set -o pipefail; $here_line" </dev/null
  [ "$exit_code" = "${ends_with[$line]:-0}" ] ||
    problems+="$line
  ends with $exit_code: $err
"
  ran=$((ran + 1))
done 3<lines
for line in "${!not_run[@]}" "${!ends_with[@]}"; do
  grep -qxF "$line" lines || fail "there is no example '$line' any more"
done
[ -z "$problems" ] || fail "these examples do not what they say:
$problems"
echo "$ran examples were run"
