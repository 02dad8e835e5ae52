#!/usr/bin/env bash
# Settings through the command line.
. "$(dirname "$0")/lib.sh"
unset MAHAVISHNU_STATE_DIR

run env MAHAVISHNU_POOLS__MAX_WORKERS=0 "$mahavishnu" config validate
is 2 "$exit_code" "exit code for a value out of range"
contains "$err" "pools.max_workers"
contains "$err" "MAHAVISHNU_POOLS__MAX_WORKERS"
contains "$err" "1"
contains "$err" "100"

run "$mahavishnu" config validate -o json
is "0 true" "$exit_code $(json .valid)" "validate with defaults"

run "$mahavishnu" config init
is 0 "$exit_code" "exit code of init"
[ -f settings/mahavishnu.yaml ] || fail "init wrote no file"
run "$mahavishnu" config init
is 6 "$exit_code" "exit code of a second init"
run "$mahavishnu" config validate
is 0 "$exit_code" "exit code of validate after init"

run "$mahavishnu" config get pools.max_workers
is 10 "$out" "a default"
run "$mahavishnu" config set pools.max_workers 7
contains "$err" "Nothing was saved"
run "$mahavishnu" config set pools.max_workers 7 --save
is 0 "$exit_code" "exit code of set ($err)"
run "$mahavishnu" config get pools.max_workers -o json
is 7 "$(json '.. | numbers')" "a saved value"
run "$mahavishnu" config set pools.max_workers 700 --save
is 2 "$exit_code" "exit code of set with a bad value"
run "$mahavishnu" config get pools.max_workers
is 7 "$out" "a value after a refused change"

run "$mahavishnu" config show --origin
contains "$out" "settings/mahavishnu.yaml:"
run env MAHAVISHNU_POOLS__MAX_WORKERS=9 "$mahavishnu" config show --origin
contains "$out" "MAHAVISHNU_POOLS__MAX_WORKERS"

run "$mahavishnu" config get pools.max_wokers
is 2 "$exit_code" "exit code for an unknown key"
contains "$err" "max_workers"

run env MAHAVISHNU_AUTH__ENABLED=true "$mahavishnu" up --port 0 --state-dir "$work/state"
is 2 "$exit_code" "exit code of a server with auth and no secret"
contains "$err" "MAHAVISHNU_AUTH__SECRET"

printf 'pools_enabled: true\nmax_concurrent_workers: 4\n' >oneiric.yaml
run "$mahavishnu" config migrate oneiric.yaml new/mahavishnu.yaml
is 0 "$exit_code" "exit code of migrate ($err)"
run "$mahavishnu" config validate --settings-dir new
is 0 "$exit_code" "exit code of validate after migrate ($err)"
run "$mahavishnu" config get workers.max_concurrent --settings-dir new
is 4 "$out" "a migrated value"

run "$mahavishnu" config validate --settings-dir nowhere
is 2 "$exit_code" "exit code for a settings directory that is not there"

run "$mahavishnu" config schema
contains "$(json ".type | tostring")" object
run "$mahavishnu" config get mcp.port --set mcp.port=70000
is 2 "$exit_code" "exit code for a flag out of range"
