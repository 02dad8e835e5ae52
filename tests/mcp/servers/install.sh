#!/usr/bin/env bash
# Installs the packages of the test servers, at the versions that are pinned beside this file, once.
#
#   install.sh DIRECTORY
#
# Copies the servers there too, since they look for their packages beside themselves. Several may
# run at once. Without the scripts that packages bring along: nothing here needs them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${1:?usage: install.sh DIRECTORY}
mkdir -p "$target"
exec 9>"$target/.lock"
flock 9
# Never written in place: a server that another test starts at this moment would be read half.
for server in "$here"/*.mjs; do
  installed=$target/$(basename "$server")
  if ! cmp -s "$server" "$installed"; then
    cp "$server" "$installed.new"
    mv -f "$installed.new" "$installed"
  fi
done
if cmp -s "$here/package-lock.json" "$target/.installed"; then
  exit 0
fi
cp "$here/package.json" "$here/package-lock.json" "$target"
(cd "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2
cp "$here/package-lock.json" "$target/.installed"
