#!/usr/bin/env bash
# What the shells make of a tabulator: real ones, with a terminal, and a real server.
. "$(dirname "$0")/lib.sh"

for shell in bash zsh fish; do
  command -v "$shell" >/dev/null || { echo "SKIPPED: there is no $shell"; exit 77; }
done

mkdir -p home/.config bin zsh
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config XDG_DATA_HOME=$work/home/data TERM=xterm
unset ZDOTDIR
# Is asked by the shells for completions, and otherwise writes down its words. When there is a file
# `answer`, that is what the shells are told.
cat >bin/mahavishnu <<END
#!/bin/sh
if [ "\$1" = __complete ]; then
  [ -f $work/answer ] && exec cat $work/answer
  exec $mahavishnu "\$@"
fi
[ "\$1" = completion ] && exec $mahavishnu "\$@"
printf '<%s>' "\$@" >$work/words
: >$work/words.done
END
chmod +x bin/mahavishnu
PATH=$work/bin:$PATH

printf '%s\n' "bind 'set enable-bracketed-paste off'" "PS1='READY> '" \
  'source <(mahavishnu completion bash)' >bashrc
printf '%s\n' '. /usr/share/bash-completion/bash_completion' >bashrc_with_library
cat bashrc >>bashrc_with_library
cat >zsh/.zshrc <<'END'
autoload -Uz compinit
compinit -D -u
source <(mahavishnu completion zsh)
PS1='READY> '
END
cat >fishrc <<'END'
mahavishnu completion fish | source
function fish_greeting; end
function fish_prompt; printf 'READY> '; end
END

# typed HOW LINE: the words that the command gets when that is typed
typed() {
  local how=() file
  case $1 in
    bash) how=(bash --noprofile --rcfile "$work/bashrc" -i) ;;
    library) how=(bash --noprofile --rcfile "$work/bashrc_with_library" -i) ;;
    zsh) how=(env ZDOTDIR="$work/zsh" zsh -d -i) ;;
    fish) how=(fish --no-config -i -C "source $work/fishrc") ;;
  esac
  rm -f words words.done
  "$here/type_into_shell.py" "$work/words.done" "$2" "${how[@]}" >screen || fail "$1: $2"
  cat words
}

# A machine that is busy with other things may need more than the limit once.
completes() {
  local how tries
  for how in $shells; do
    for tries in {1..5}; do
      [ "$(typed "$how" "$1")" != "$2" ] || continue 2
    done
    fail "$how: '$1' became $(cat words), not $2; $(cat screen)"
  done
}

shells="bash zsh fish"
if [ -f /usr/share/bash-completion/bash_completion ]; then
  shells+=" library"
fi

# Without a server nothing is known of pools, and nobody is told of an error.
for how in $shells; do
  is "<pool><describe><my>" "$(typed "$how" 'mahavishnu pool desc\tmy\t')" "$how without a server"
  case $(cat screen) in *error* | *fix:*) fail "$how was told of an error: $(cat screen)" ;; esac
done

"$mahavishnu" up --detach --port 0 >/dev/null
"$mahavishnu" pool spawn --name my.pool --worker-type noop >/dev/null
"$mahavishnu" periodic add /bin/true --name nightly --later >/dev/null
"$mahavishnu" task submit --prompt hello -o json >accepted
task=$(jq -r .task_id accepted)
"$mahavishnu" exec --run-id training --stream /bin/true >/dev/null
touch report.py 'my file.txt'

completes 'mahavishnu vers\t' '<version>'
completes 'mahavishnu pool desc\tmy\t' '<pool><describe><my.pool>'
completes 'mahavishnu task show task\t' "<task><show><$task>"
completes 'mahavishnu runs logs --foll\ttr\t' '<runs><logs><--follow><training>'
completes 'mahavishnu periodic disable n\t' '<periodic><disable><nightly>'
completes 'mahavishnu task list --pool my\t' '<task><list><--pool><my.pool>'
completes 'mahavishnu task list --pool=my\t' '<task><list><--pool=my.pool>'
completes 'mahavishnu pool spawn -w noo\t' '<pool><spawn><-w><noop>'
completes 'mahavishnu pool route --sel\tleast\t' '<pool><route><--selector><least_loaded>'
completes 'mahavishnu config get pools.max_\t' '<config><get><pools.max_workers>'
completes 'mahavishnu --set pools.routing_s\tleast\tstatus' \
  '<--set><pools.routing_strategy=least_loaded><status>'
completes 'mahavishnu -o jsonl pool desc\tmy\t' '<-o><jsonl><pool><describe><my.pool>'
completes 'mahavishnu exec rep\t' '<exec><report.py>'
completes 'mahavishnu pool batch my\t--file my\t' '<pool><batch><my.pool><--file><my file.txt>'

# Names that a shell has to quote.
printf 'values\nmy pool:a=b\t2 workers: fine\n' >answer
completes 'mahavishnu pool describe my\t' '<pool><describe><my pool:a=b>'
completes 'mahavishnu pool describe my\ pool:a\t' '<pool><describe><my pool:a=b>'
completes 'mahavishnu pool describe "my po\t' '<pool><describe><my pool:a=b>'
printf "values\nit's (not) \$HOME\n" >answer
completes 'mahavishnu pool describe it\t' "<pool><describe><it's (not) \$HOME>"
rm answer

# A server that does not answer costs 200 ms, and says nothing.
kill -STOP "$(server_pid)"
begin=$(date +%s%N)
run "$mahavishnu" __complete zsh pool describe ''
took=$((($(date +%s%N) - begin) / 1000000))
kill -CONT "$(server_pid)"
is "0 values " "$exit_code $out $err" "what is said of a server that hangs"
[ "$took" -lt 2000 ] || fail "it took $took ms"
