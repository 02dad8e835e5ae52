#!/usr/bin/env bash
# Runs the official conformance suite, in both revisions, and the official inspector, in both eras, against a server
# that was started with --conformance-fixtures.
#
#   run.sh DIRECTORY URL [SCENARIO]
#
# The packages, at the versions that are pinned beside this file, are installed into DIRECTORY once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage="usage: run.sh DIRECTORY URL [SCENARIO]"
directory=${1:?$usage}
url=${2:?$usage}
scenario=${3:-}

mkdir -p "$directory"
exec 9>"$directory/.lock"
flock 9
if ! cmp -s "$here/package-lock.json" "$directory/.installed"; then
  cp "$here/package.json" "$here/package-lock.json" "$directory"
  (cd "$directory" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2
  cp "$here/package-lock.json" "$directory/.installed"
fi
exec 9>&-

# The suite needs a newer Node than many systems have.
node=$(find "$directory"/node_modules/node-linux-*/bin/node)
suite=$directory/node_modules/@modelcontextprotocol/conformance
inspector=$directory/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js
results=$(mktemp -d "$directory/results.XXXXXX")
trap 'rm -rf "$results"' EXIT
failed=0

# conformance REVISION SCENARIOS
conformance() {
  local which=(--requirements "$1") least=$2
  if [ -n "$scenario" ]; then
    which=(--scenario "$scenario" --spec-version "$1")
    least=1
  fi
  echo "== conformance, $1"
  # Its own exit status knows only what is required.
  "$node" "$suite/dist/index.js" server --url "$url" "${which[@]}" -o "$results/$1" >"$results/log" 2>&1 || tail -5 "$results/log"
  "$node" "$here/check.mjs" "$results/$1" "$least" || failed=1
}

# inspect ERA
inspect() {
  local common=(--cli "$url" --transport http --protocol-era "$1" --stored-auth-only)
  echo "== inspector, $1"
  "$node" "$inspector" "${common[@]}" --method initialize --format json >"$results/out" || { cat "$results/out"; failed=1; }
  "$node" "$inspector" "${common[@]}" --method tools/list --strict >"$results/out" || { cat "$results/out"; failed=1; }
}

conformance 2025-11-25 33
conformance 2026-07-28 50
if [ -z "$scenario" ]; then
  inspect legacy
  inspect modern
fi
exit "$failed"
