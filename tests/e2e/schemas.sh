#!/usr/bin/env bash
# Answers of real commands are what their schemas say; the validator is in the second argument.
. "$(dirname "$0")/lib.sh"
validator=$2

export MAHAVISHNU_MCP__PORT=0 MAHAVISHNU_TERMINAL__ENABLED=true MAHAVISHNU_AUTH__SECRET=0123456789abcdef0123456789abcdef0123456789
export MAHAVISHNU_WORKERS__DEFAULT_TYPE=shell
export MAHAVISHNU_POOLS__SESSION_BUDDY_URL= MAHAVISHNU_POOLS__AKOSHA_URL=
mkdir answers
count=0

# answers KIND ARGUMENT...: keeps the answer, whichever way the command ends
answers() {
  local kind=$1
  shift
  count=$((count + 1))
  run timeout 60 "$mahavishnu" -o json "$@"
  is "$kind/1" "$(json .schema)" "schema of: $* ($err)"
  cp "$work/out" "answers/$count.json"
}

printf '#!/bin/sh\necho "$@"\n' >script.sh
chmod +x script.sh
answers overview
answers server_status status
answers failure pool list
answers version version
answers server_status up --detach
answers overview
answers server_status status
answers pool_list pool list
answers pool_spawned pool spawn --name local --min 1 --max 2
answers pool_list pool list
answers pool_description pool describe local
answers pools_health pool health
answers task_result pool execute local --prompt 'echo hi'
answers task_result pool route --prompt 'exit 3'
answers batch_result pool batch local --prompt 'echo a' --prompt 'exit 1'
answers pool_scaled pool scale local --target 2
answers aggregated_results pool monitor local
answers memory_found memory search hi
answers memory_stats memory stats
answers memory_synced memory sync
answers task_accepted task submit --prompt 'sleep 100'
task=$(json .task_id)
answers task_info task show "$task"
answers task_list task list
answers task_cancelled task cancel "$task"
answers task_result task wait "$task"
answers workers_spawned workers spawn --type shell --count 2
answers worker_list workers list
answers workers_health workers health
answers worker_results workers execute --type shell --count 1 --prompt 'echo hi'
answers workers_closed workers close --all
answers worker_type_list worker-types list
answers periodic_info periodic add "$work/script.sh" --name nightly --later
answers periodic_list periodic list
answers mcp_status mcp status
answers mcp_health mcp health
answers mcp_client_config mcp config --client claude
answers mcp_status mcp stop
answers mcp_health mcp health
answers top top --once
answers each_job each --pool local 'echo {}' ::: a
answers task_list ps --all
answers pool_description inspect local
answers worker_type_info inspect shell
answers terminals_launched terminal launch cat
terminal=$(json '.session_ids[0]')
answers typed_into_terminal terminal send "$terminal" hello
answers terminals_captured terminal capture "$terminal"
answers terminal_list terminal list
answers terminal_info inspect "$terminal"
answers terminals_closed terminal close all
answers pool_drained pool drain local
answers pool_resumed pool resume local
answers pool_closed pool close local
answers pools_closed pool close-all
answers doctor_report doctor
answers store_report store check
answers store_report store backup night.db
answers server_stopped down
answers store_restored store restore night.db
answers store_compacted store compact
answers config_file config init
answers config_check config validate
answers config_check config validate --set pools.max_workers=many
answers config_change config set pools.max_workers 5
answers config_change config set pools.max_workers 5 --save
answers secret auth secret
answers token auth token create --user alice
answers token_claims auth token verify "$(json .token)"
answers token_claims auth token verify nonsense
answers script_result exec "$work/script.sh" -- --month 5
answers run exec --no-wait "$work/script.sh"
answers run runs show "$(json .run_id)"
answers run_list runs list
answers runs_removed runs cleanup --days 0 --dry-run
answers pattern_list advise --compare
answers pattern advise --explain pooled
answers advice advise --streaming
answers command_reference docs cli
answers man_pages docs man --directory man1
answers schema_list schema
answers failure schema no-such-kind

MAHAVISHNU_ANSWERS=$work/answers "$validator" '[.answers]' >validated 2>&1 ||
  fail "$(cat validated)"
echo "$count answers are of their kinds"
