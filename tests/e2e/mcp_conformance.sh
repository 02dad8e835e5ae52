#!/usr/bin/env bash
# The official conformance suite in both revisions, every scenario of it, and the official inspector in both eras.
. "$(dirname "$0")/lib.sh"

if ! command -v npm >/dev/null; then
  [ "${MAHAVISHNU_TEST_NODE:-}" != required ] || fail "there is no Node.js"
  exit 0
fi
"$mahavishnu" up --detach --port 0 --conformance-fixtures >/dev/null
run "$here/../mcp/conformance/run.sh" "$here/../../build/mcp_conformance" \
  "$("$mahavishnu" status -o json | jq -r .mcp.url)"
is 0 "$exit_code" "what the suite says: $out $err"
is 2 "$(grep -c ' scenarios, 0 problems' <<<"$out")" "revisions without a problem"
