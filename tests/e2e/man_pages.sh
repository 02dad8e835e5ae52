#!/usr/bin/env bash
# The manual pages are such that the formatter has nothing against them, and nothing gets lost.
. "$(dirname "$0")/lib.sh"

run "$mahavishnu" docs man --directory pages
is 0 "$exit_code" "exit code ($err)"
commands=$("$mahavishnu" docs cli -o json | jq -r '.commands[].command' | tr ' ' -)
for command in mahavishnu $commands; do
  page=pages/$command.1
  [ -s "$page" ] || fail "there is no page of $command"
  LC_ALL=C.UTF-8 groff -ww -man -Tutf8 -rHY=0 "$page" >shown 2>problems || fail "groff: $(cat problems)"
  [ ! -s problems ] || fail "$command: $(cat problems)"
  LC_ALL=C.UTF-8 MANROFFOPT='' MANWIDTH=80 man --warnings -l "$page" >shown 2>problems
  [ ! -s problems ] || fail "man says of $command: $(cat problems)"
  for part in NAME SYNOPSIS EXAMPLES; do
    grep -q "^$part" shown || [ "$part" = EXAMPLES ] || fail "$command has no part $part"
  done
done

# What has to be escaped comes out as it was.
LC_ALL=C.UTF-8 man -l pages/mahavishnu-pool.1 2>/dev/null | col -bx >shown
grep -qF "seq 100 | sed 's/^/echo /' | mahavishnu pool batch --route --file - --stream" shown ||
  fail "an example is not as it was: $(grep seq shown)"
grep -qF "printf 'b\\na\\n' | mahavishnu" shown || fail "a backslash got lost: $(grep printf shown)"
LC_ALL=C.UTF-8 man -l pages/mahavishnu.1 2>/dev/null | col -bx >shown
grep -qF "124" shown || fail "the exit codes are missing"

run "$mahavishnu" docs man pool
is "$(cat pages/mahavishnu-pool.1)" "$out" "one page"
refused 5 "there is no page" docs man no-such-command
refused 1 "cannot write" docs man --directory /proc/nowhere
