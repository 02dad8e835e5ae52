// SPDX-License-Identifier: MIT
#include "cli/completion.hpp"

namespace mahavishnu::cli {

namespace {

// Each of them hands over the words up to the cursor, and gets a line that says of what kind the
// answer is (`values`, `files` or `directories`) and then a line for each value, with what it is
// behind a tabulator.

constexpr std::string_view bash =
    R"script(# Completion of mahavishnu for bash: source <(mahavishnu completion bash)
_mahavishnu() {
    local program=${COMP_WORDS[0]} rest=${COMP_LINE:0:COMP_POINT} words=() word i
    # Bash also cuts words at : and =. What stands together on the line is one word.
    rest=$program${rest#*"$program"}
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
            rest=${rest#"${rest%%[![:space:]]*}"}
            words+=("")
        fi
        ((i < COMP_CWORD)) || word=$rest
        words[${#words[@]} - 1]+=$word
        rest=${rest#"$word"}
    done
    local current=${words[${#words[@]} - 1]} kind="" value description ends_open=yes
    COMPREPLY=()
    # Readline replaces only what is behind the last : or =, unless it is within quotes.
    local before=${current%"${current##*[:=]}"} cuts=0
    if [[ $current == [\"\']* ]]; then
        before=
    fi
    while [[ $before ]]; do
        [[ $COMP_WORDBREAKS != *"${before: -1}"* ]] || ((cuts++))
        before=${before%?}
        before=${before%"${before##*[:=]}"}
    done
    while IFS=$'\t' read -r value description; do
        if [[ ! $kind ]]; then
            kind=$value
            continue
        fi
        [[ $value == *= ]] || ends_open=
        if [[ $current != [\"\']* ]]; then
            printf -v value %q "$value"
            for ((i = 0; i < cuts; i++)); do
                value=${value#*[:=]}
            done
        fi
        COMPREPLY+=("$value")
    done < <("${program/#\~/$HOME}" __complete bash "${words[@]:1}" 2>/dev/null)
    case $kind in
        files) compopt -o default ;;
        directories) compopt -o dirnames ;;
        values) [[ ! $ends_open ]] || compopt -o nospace ;;
    esac
}
complete -F _mahavishnu mahavishnu
)script";

constexpr std::string_view zsh = R"script(#compdef mahavishnu
# Completion of mahavishnu for zsh: source <(mahavishnu completion zsh)
_mahavishnu() {
    local program=${~${(Q)words[1]}} tab=$'\t' kind line value
    local -a lines values shown open open_shown
    lines=("${(@f)$("$program" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    kind=$lines[1]
    shift lines
    case $kind in
        files|directories)
            [[ $PREFIX != -*=* ]] || compset -P '*='
            if [[ $kind == files ]]; then _files; else _files -/; fi
            return
            ;;
    esac
    for line in $lines; do
        value=${line%%$tab*}
        [[ $line == $value$tab?* ]] && line="$value  -- ${line#*$tab}" || line=$value
        if [[ $value == *= ]]; then
            open+=("$value") open_shown+=("$line")
        else
            values+=("$value") shown+=("$line")
        fi
    done
    local found=1
    (( ! $#values )) || { compadd -l -d shown -- "$values[@]" && found=0 }
    (( ! $#open )) || { compadd -S '' -l -d open_shown -- "$open[@]" && found=0 }
    return found
}
if [[ $funcstack[1] == _mahavishnu ]]; then
    _mahavishnu "$@"
elif (( $+functions[compdef] )); then
    compdef _mahavishnu mahavishnu
fi
)script";

constexpr std::string_view fish =
    R"script(# Completion of mahavishnu for fish: mahavishnu completion fish | source
function __mahavishnu_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete fish $words[2..-1] $current 2>/dev/null)
    set -l before (string match -r -- '^--[^=]*=' $current)
    set -l begun (string replace -r -- '^--[^=]*=' '' $current)
    switch "$lines[1]"
        case files
            for each in (__fish_complete_path "$begun")
                printf '%s\n' "$before$each"
            end
        case directories
            for each in (__fish_complete_directories "$begun" '')
                printf '%s\n' "$before$each"
            end
        case values
            printf '%s\n' $lines[2..-1]
    end
end
complete -c mahavishnu -f -k -a '(__mahavishnu_complete)'
)script";

} // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash")
    return bash;
  if (shell == "zsh")
    return zsh;
  return shell == "fish" ? fish : std::string_view{};
}

} // namespace mahavishnu::cli
