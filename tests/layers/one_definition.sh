#!/usr/bin/env bash
# Fails when two files define a type of the same name in the same namespace: no compiler says so, and
# the linker takes one for the other.
#
#   one_definition.sh SOURCE_TREE
set -euo pipefail
cd "$1"

# "namespace::type file" for each type that is seen outside of its file.
types() {
  local folders=() each
  for each in src include tests bench; do
    [ ! -d "$each" ] || folders+=("$each")
  done
  find "${folders[@]}" -path tests/layers -prune -o -name '*.hpp' -print -o -name '*.cpp' -print | sort | xargs awk '
    FNR == 1 { depth = 0 }
    /^(inline )?namespace/ && /{$/ {
      name = $0; sub(/^(inline )?namespace */, "", name); sub(/ *{$/, "", name)
      spaces[++depth] = name == "" ? "?" : name
    }
    /^} \/\/ namespace/ { depth-- }
    /^(struct|class|union|enum class) [a-z_0-9]+( |$)/ && !/;$/ {
      place = ""
      for (i = 1; i <= depth; i++) place = place spaces[i] "::"
      if (depth > 0 && place !~ /\?/) print place ($1 == "enum" ? $3 : $2), FILENAME
    }'
}

all=$(types)
[ -n "$all" ] || { echo "no types were found; has the form of the sources changed?" >&2; exit 1; }
# A test program is linked from one folder of tests.
twice=$(awk '{ where = $2; sub(/\/[^\/]*$/, "", where); if (where !~ /^(tests|bench)/) where = "product";
               key = $1; if (seen[key, where]++ || (where != "product" && seen[key, "product"])) print $1 }' <<<"$all" | sort -u)
for name in $twice; do
  echo "$name is defined more than once; give one of them another name:" >&2
  grep "^$name " <<<"$all" | sed 's/^[^ ]* /  /' >&2
done
[ -z "$twice" ]
