# What the end-to-end tests share. Each runs the real program in an instance of its own.
set -euo pipefail

mahavishnu=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
export MAHAVISHNU_STATE_DIR=$work/state
cd "$work"

# What a test has besides the server; it may say otherwise.
after_all() { :; }

# Whatever a test leaves behind ends here.
finish() {
  local code=$?
  "$mahavishnu" down >/dev/null 2>&1 || true
  after_all
  rm -rf "$work"
  exit $code
}
trap finish EXIT

fail() {
  echo "FAILED at line ${BASH_LINENO[-2]} of $(basename "$0"): $*" >&2
  exit 1
}

# is WANTED ACTUAL WHAT
is() {
  [ "$1" = "$2" ] || fail "$3: wanted '$1', got '$2'"
}

# contains TEXT PART
contains() {
  case $1 in *"$2"*) ;; *) fail "'$2' is not in: $1" ;; esac
}

# run COMMAND...: exit code in $exit_code, output in $out, standard error in $err
run() {
  local code=0
  "$@" >"$work/out" 2>"$work/err" || code=$?
  out=$(cat "$work/out")
  err=$(cat "$work/err")
  exit_code=$code
}

# refused CODE TEXT ARGUMENT...: the program ends with that code, and says so
refused() {
  local code=$1 text=$2
  shift 2
  run "$mahavishnu" "$@"
  is "$code" "$exit_code" "exit code of: $*"
  contains "$err" "$text"
}

# json FILTER: of the last output
json() { jq -r "$1" "$work/out"; }

# runs PID: whether the process is there and has not ended (a zombie has)
runs() {
  [ -r "/proc/$1/stat" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# gone PID: true when the process ends within 20 s; it is nobody's child here, so we have to look
gone() {
  local tries
  for tries in {1..400}; do
    runs "$1" || return 0
    read -rt 0.05 <> <(:) || true
  done
  return 1
}

# soon COMMAND...: true when it is within 20 s
soon() {
  local tries
  for tries in {1..400}; do
    "$@" && return
    read -rt 0.05 <> <(:) || true
  done
  return 1
}

# begun FILE: something has been written to it
begun() { [ -s "$1" ]; }

server_pid() { cat "$MAHAVISHNU_STATE_DIR/server.lock"; }

# kill_server: as if there was no time for anything
kill_server() {
  local pid
  pid=$(server_pid)
  kill -9 "$pid"
  gone "$pid" || fail "the server is still there"
}
