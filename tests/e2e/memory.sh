#!/usr/bin/env bash
# What ended tasks were asked and have said can be searched, whatever has become of the server.
. "$(dirname "$0")/lib.sh"

# Nobody listens at these; what waits for them is kept.
up() {
  "$mahavishnu" up --detach --port 0 --set pools.session_buddy_url=http://127.0.0.1:1/mcp \
    --set pools.akosha_url= >/dev/null
}
search() { run "$mahavishnu" memory search -o json "$@"; }

up
"$mahavishnu" pool spawn --worker-type shell --name night --min 2 >/dev/null
"$mahavishnu" pool execute night --meta ticket=42 --prompt 'echo "disk quota exceeded on /srv"' >/dev/null
run "$mahavishnu" pool execute night --prompt 'echo lost+found >&2; exit 4'
"$mahavishnu" pool batch night --prompt 'echo same' --prompt 'printf "same\n"' >/dev/null

# At once, by what was said, by what was asked, and by where it comes from.
search quota disk
is "1 completed night ticket=42" \
  "$(json '"\(.total) \(.results[0].metadata | "\(.status) \(.pool) \(.tags[0])")"')" "the hit"
is "disk quota exceeded on /srv" "$(json '.results[0].content[:-1]')" "its content"
contains "$(json '.results[0].snippet')" "[quota]"
search '"quota exceeded"'
is 1 "$(json .total)" "hits of a phrase"
search '"exceeded quota"'
is 0 "$(json .total)" "hits of a phrase that is not there"
search 'exc*' --tag ticket=42
is 1 "$(json .total)" "hits of a beginning"
search exceeded --tag ticket=41
is 0 "$(json .total)" "hits with another tag"
search --status failed
is "1 4" "$(json '"\(.total) \(.results[0].title[-1:])"')" "the failed one"
contains "$(json '.results[0].content')" "lost+found"
search same
is "1 2" "$(json '"\(.total) \(.results[0].times)"')" "the same content of two tasks"
search --since 1h
is 3 "$(json .total)" "what ended within the last hour"
search --until 1h
is 0 "$(json .total)" "what ended before that"
run "$mahavishnu" pool search-memory --query quota -o json
is 1 "$(json .total)" "the same as a command of pool"
run "$mahavishnu" memory search quota
contains "$out" "[quota]"
contains "$out" "1 of 1"

# Page by page, each once.
search --limit 2
first=$(json '[.results[].metadata.task_id] | join(" ")')
next=$(json .next)
search --limit 2 --page "$next"
is "3 " "$(printf '%s %s' "$first" "$(json '[.results[].metadata.task_id] | join(" ")')" |
  tr ' ' '\n' | sort -u | wc -l) $(json .next)" "different ones on two pages"

# Nothing that a user types is more than a search.
for text in '"' 'a AND' 'NEAR(' '*' 'title:x' "'; drop table records; --" '^a' '-b' '{x}'; do
  search -- "$text"
  is 0 "$exit_code" "exit code of a search for: $text"
done

# Bad input.
refused 2 "done" memory search --status 'done'
refused 2 "no moment" memory search --since yesterday
refused 2 "limit" memory search --limit 0

# What waits for a server that is down is kept, and says why.
run "$mahavishnu" memory sync -o json
is "1 3 0" "$exit_code $(json '"\(.waiting) \(.sent)"')" "a turn of sending"
contains "$(json '.problems[0]')" "http://127.0.0.1:1/mcp"
run "$mahavishnu" memory stats -o json
is "4 3 3 session_buddy" \
  "$(json '"\(.records) \(.contents) \(.targets[0] | "\(.waiting) \(.service)")"')" "what is there"
is "night 4" "$(json '.pools[0] | "\(.pool) \(.memory_count)"')" "of the pool"

# A killed server forgets nothing, and remembers nothing twice.
pid=$(server_pid)
"$mahavishnu" pool execute night --prompt 'echo after the others' >/dev/null
kill -9 "$pid"
gone "$pid" || fail "the server is still there"
up
search '"after the others"'
is 1 "$(json .total)" "what ended just before the kill"
run "$mahavishnu" memory stats -o json
is "5 4" "$(json '"\(.records) \(.targets[0].waiting)"')" "what is there after a kill"

# A pool that is not to be remembered.
"$mahavishnu" pool spawn --worker-type shell --name quiet --min 1 --no-memory >/dev/null
"$mahavishnu" pool execute quiet --prompt 'echo whispered' >/dev/null
search whispered
is 0 "$(json .total)" "hits of what was not to be remembered"

# A memory that is lost comes back from the journal; one that cannot be read stops nothing.
"$mahavishnu" down >/dev/null
rm "$MAHAVISHNU_STATE_DIR"/memory.db*
up
search '"after the others"'
is 1 "$(json .total)" "hits in a memory that was lost"
"$mahavishnu" down >/dev/null
rm "$MAHAVISHNU_STATE_DIR"/memory.db*
echo 'this is no database, however long one looks at it' >"$MAHAVISHNU_STATE_DIR/memory.db"
up
refused 1 "log" memory search quota
run "$mahavishnu" pool execute night --prompt 'echo over' -o json
is "completed" "$(json .status)" "a task without a memory"
run cat "$MAHAVISHNU_STATE_DIR/server.log"
contains "$out" "memory.db"
"$mahavishnu" down >/dev/null
run "$mahavishnu" up --detach --port 0 --set pools.memory_aggregation_enabled=false
refused 1 "pools.memory_aggregation_enabled" memory search quota
