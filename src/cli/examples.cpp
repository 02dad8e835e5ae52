// SPDX-License-Identifier: MIT
#include "cli/examples.hpp"

#include <algorithm>
#include <array>

namespace mahavishnu::cli {

namespace {

struct example {
  std::string_view command;
  std::string_view line;
};

/// In the order of the commands in their help. A task, a run, a terminal and a worker of these ids,
/// a pool `local` and a periodic task `nightly` are what the test that runs them puts there.
constexpr auto examples = std::to_array<example>({
    {"mahavishnu", "mahavishnu"},
    {"mahavishnu", "mahavishnu up --detach"},
    {"mahavishnu", "mahavishnu pool spawn --name local --worker-type shell --min 2 --max 4"},
    {"mahavishnu", "mahavishnu pool route --prompt 'echo hi'"},
    {"mahavishnu", "mahavishnu each 'echo {}' ::: a b c"},
    {"mahavishnu", "mahavishnu ps --all"},
    {"mahavishnu up", "mahavishnu up --detach"},
    {"mahavishnu up", "mahavishnu up --host 127.0.0.1 --port 0"},
    {"mahavishnu down", "mahavishnu down"},
    {"mahavishnu down", "mahavishnu down --cancel"},
    {"mahavishnu status", "mahavishnu status"},
    {"mahavishnu status", "mahavishnu status -o json | jq .mcp.url"},
    {"mahavishnu version", "mahavishnu version -o name"},

    {"mahavishnu pool spawn",
     "mahavishnu pool spawn --name build --worker-type shell --min 2 --max 8"},
    {"mahavishnu pool spawn", "mahavishnu pool spawn --name night --worker-type shell --max 8 "
                              "--auto-scale --queue-limit 100 --when-full wait "
                              "--label zone=a"},
    {"mahavishnu pool spawn", "mahavishnu pool spawn --name flaky --worker-type shell --timeout 60 "
                              "--retries 3 --retry-on failed,lost"},
    {"mahavishnu pool list", "mahavishnu pool list"},
    {"mahavishnu pool list", "mahavishnu pool list -o wide"},
    {"mahavishnu pool describe", "mahavishnu pool describe local"},
    {"mahavishnu pool execute", "mahavishnu pool execute local --prompt 'make test' --timeout 600"},
    {"mahavishnu pool execute",
     "printf 'b\\na\\n' | mahavishnu pool execute local --command 'sort -u' --stdin -"},
    {"mahavishnu pool route", "mahavishnu pool route --prompt 'echo hi' --selector least_loaded"},
    {"mahavishnu pool route",
     "mahavishnu pool route --prompt 'echo hi' --selector affinity --affinity customer-7"},
    {"mahavishnu pool batch", "mahavishnu pool batch local --prompt 'echo a' --prompt 'echo b'"},
    {"mahavishnu pool batch",
     "seq 100 | sed 's/^/echo /' | mahavishnu pool batch --route --file - --stream"},
    {"mahavishnu pool scale", "mahavishnu pool scale local --target 4"},
    {"mahavishnu pool drain", "mahavishnu pool drain local"},
    {"mahavishnu pool resume", "mahavishnu pool resume local"},
    {"mahavishnu pool health", "mahavishnu pool health"},
    {"mahavishnu pool monitor", "mahavishnu pool monitor local"},
    {"mahavishnu pool search-memory", "mahavishnu pool search-memory --query quota --since 24h"},
    {"mahavishnu pool close", "mahavishnu pool close local"},
    {"mahavishnu pool close-all", "mahavishnu pool close-all"},

    {"mahavishnu task submit", "mahavishnu task submit --prompt 'sleep 5; echo done'"},
    {"mahavishnu task submit", "mahavishnu task submit --pool local --prompt ./nightly --key "
                               "nightly-2026-11-21 --meta owner=ann"},
    {"mahavishnu task wait", "mahavishnu task wait task_01kaxqzv8w6e3v5m9k2t7c4r1b"},
    {"mahavishnu task show", "mahavishnu task show task_01kaxqzv8w6e3v5m9k2t7c4r1b"},
    {"mahavishnu task list", "mahavishnu task list --pool local --status running --limit 20"},
    {"mahavishnu task list", "mahavishnu task list --since 2h --until 2026-11-21T08:00:00Z"},
    {"mahavishnu task logs", "mahavishnu task logs task_01kaxqzv8w6e3v5m9k2t7c4r1b --follow"},
    {"mahavishnu task logs", "mahavishnu task logs task_01kaxqzv8w6e3v5m9k2t7c4r1b --stderr -n 20"},
    {"mahavishnu task retry", "mahavishnu task retry task_01kaxqzv8w6e3v5m9k2t7c4r1b"},
    {"mahavishnu task cancel", "mahavishnu task cancel task_01kaxqzv8w6e3v5m9k2t7c4r1b"},

    {"mahavishnu ps", "mahavishnu ps"},
    {"mahavishnu ps", "mahavishnu ps --all --pool local --limit 20"},
    {"mahavishnu logs", "mahavishnu logs task_01kaxqzv8w6e3v5m9k2t7c4r1b --follow"},
    {"mahavishnu logs", "mahavishnu logs task_01kaxqzv8w6e3v5m9k2t7c4r1b --stderr -n 20"},
    {"mahavishnu wait", "mahavishnu wait task_01kaxqzv8w6e3v5m9k2t7c4r1b"},
    {"mahavishnu cancel", "mahavishnu cancel task_01kaxqzv8w6e3v5m9k2t7c4r1b"},
    {"mahavishnu attach", "mahavishnu attach task_01kaxqzv8w6e3v5m9k2t7c4r1b"},
    {"mahavishnu attach", "mahavishnu attach term_5b1f09c2"},
    {"mahavishnu inspect", "mahavishnu inspect local"},
    {"mahavishnu inspect", "mahavishnu inspect task_01kaxqzv8w6e3v5m9k2t7c4r1b -o json"},

    {"mahavishnu events", "mahavishnu events --follow"},
    {"mahavishnu events", "mahavishnu events --wait 2 --type task_completed --pool local -o jsonl"},

    {"mahavishnu terminal launch", "mahavishnu terminal launch bash"},
    {"mahavishnu terminal launch", "mahavishnu terminal launch htop --columns 200 --rows 60"},
    {"mahavishnu terminal list", "mahavishnu terminal list"},
    {"mahavishnu terminal send", "mahavishnu terminal send term_5b1f09c2 'make test'"},
    {"mahavishnu terminal capture", "mahavishnu terminal capture term_5b1f09c2 --lines 20"},
    {"mahavishnu terminal close", "mahavishnu terminal close term_5b1f09c2"},
    {"mahavishnu terminal close", "mahavishnu terminal close all"},
    {"mahavishnu top", "mahavishnu top"},
    {"mahavishnu top", "mahavishnu top --once"},
    {"mahavishnu top", "mahavishnu top -o jsonl --count 2 --interval 0.5"},

    {"mahavishnu workers spawn", "mahavishnu workers spawn --type shell --count 2"},
    {"mahavishnu workers list", "mahavishnu workers list"},
    {"mahavishnu workers execute",
     "mahavishnu workers execute --type shell --count 3 --prompt 'echo hi'"},
    {"mahavishnu workers health", "mahavishnu workers health"},
    {"mahavishnu workers close", "mahavishnu workers close worker_c3d81e07"},
    {"mahavishnu workers close", "mahavishnu workers close --all"},
    {"mahavishnu worker-types list", "mahavishnu worker-types list"},
    {"mahavishnu worker-types probe", "mahavishnu worker-types probe python"},

    {"mahavishnu periodic add",
     "mahavishnu periodic add clean.py --interval 3600 -- --older-than 7"},
    {"mahavishnu periodic add",
     "mahavishnu periodic add backup.sh --name nightly --cron '30 2 * * MON-FRI' --time-zone "
     "Europe/Berlin"},
    {"mahavishnu periodic list", "mahavishnu periodic list"},
    {"mahavishnu periodic show", "mahavishnu periodic show nightly"},
    {"mahavishnu periodic enable", "mahavishnu periodic enable nightly"},
    {"mahavishnu periodic disable", "mahavishnu periodic disable nightly"},
    {"mahavishnu periodic run", "mahavishnu periodic run nightly"},
    {"mahavishnu periodic remove", "mahavishnu periodic remove nightly"},

    {"mahavishnu memory search", "mahavishnu memory search quota exceeded"},
    {"mahavishnu memory search",
     "mahavishnu memory search '\"quota exceeded\"' --pool local --status failed --since 24h"},
    {"mahavishnu memory stats", "mahavishnu memory stats"},
    {"mahavishnu memory sync", "mahavishnu memory sync"},

    {"mahavishnu store check", "mahavishnu store check"},
    {"mahavishnu store backup", "mahavishnu store backup night.db"},
    {"mahavishnu store restore", "mahavishnu store restore night.db"},
    {"mahavishnu store compact", "mahavishnu store compact"},
    {"mahavishnu store export", "mahavishnu store export --status failed | jq .result.stderr"},

    {"mahavishnu config get", "mahavishnu config get pools.max_workers"},
    {"mahavishnu config set", "mahavishnu config set pools.max_workers 20 --save"},
    {"mahavishnu config show", "mahavishnu config show --origin"},
    {"mahavishnu config init", "mahavishnu config init"},
    {"mahavishnu config validate", "mahavishnu config validate"},
    {"mahavishnu config schema", "mahavishnu config schema > mahavishnu.schema.json"},
    {"mahavishnu config docs", "mahavishnu config docs > settings.md"},
    {"mahavishnu config migrate", "mahavishnu config migrate oneiric.yaml new/mahavishnu.yaml"},

    {"mahavishnu mcp start", "mahavishnu mcp start --port 0"},
    {"mahavishnu mcp stop", "mahavishnu mcp stop"},
    {"mahavishnu mcp restart", "mahavishnu mcp restart"},
    {"mahavishnu mcp status", "mahavishnu mcp status"},
    {"mahavishnu mcp health", "mahavishnu mcp health"},
    {"mahavishnu mcp stdio", "mahavishnu mcp stdio --connect"},
    {"mahavishnu mcp config", "mahavishnu mcp config --client claude"},

    {"mahavishnu auth secret", "mahavishnu auth secret"},
    {"mahavishnu auth token create",
     "mahavishnu auth token create --user alice --scope read,write --expire 30"},
    {"mahavishnu auth token verify", "mahavishnu auth token verify - < token.txt"},

    {"mahavishnu exec", "mahavishnu exec report.py -- --month 5"},
    {"mahavishnu exec", "mahavishnu exec word.sh --args-file words.txt --max-concurrent 8"},
    {"mahavishnu exec", "mahavishnu exec --no-wait clean.py"},
    {"mahavishnu each", "mahavishnu each -j 8 --pool local 'echo {}' ::: a b c"},
    {"mahavishnu each", "seq 100 | mahavishnu each --joblog done.log 'echo {#} {}'"},
    {"mahavishnu each",
     "seq 100 | mahavishnu each --joblog done.log --resume-failed 'echo {#} {}'"},
    {"mahavishnu runs list", "mahavishnu runs list --active"},
    {"mahavishnu runs show", "mahavishnu runs show run_20261121_1325"},
    {"mahavishnu runs logs", "mahavishnu runs logs --follow run_20261121_1325"},
    {"mahavishnu runs logs", "mahavishnu runs logs run_20261121_1325 --tail 20 --stream stderr"},
    {"mahavishnu runs cancel", "mahavishnu runs cancel run_20261121_1325"},
    {"mahavishnu runs cleanup", "mahavishnu runs cleanup --days 30 --dry-run"},
    {"mahavishnu advise", "mahavishnu advise --duration 120 --streaming"},
    {"mahavishnu advise", "mahavishnu advise --compare"},

    {"mahavishnu doctor", "mahavishnu doctor"},
    {"mahavishnu doctor",
     "mahavishnu doctor -o json | jq -r '.findings[] | select(.status != \"ok\") | .fix'"},
    {"mahavishnu completion",
     "mahavishnu completion bash > ~/.local/share/bash-completion/completions/mahavishnu"},
    {"mahavishnu completion", "mahavishnu completion zsh > ~/.zfunc/_mahavishnu"},
    {"mahavishnu completion",
     "mahavishnu completion fish > ~/.config/fish/completions/mahavishnu.fish"},
    {"mahavishnu docs schemas", "mahavishnu docs schemas > schemas.md"},
    {"mahavishnu schema", "mahavishnu schema"},
    {"mahavishnu schema", "mahavishnu schema pool_list > pool_list.schema.json"},
    {"mahavishnu docs man", "mahavishnu docs man pool > mahavishnu-pool.1"},
    {"mahavishnu docs man", "mahavishnu docs man --directory man1"},
    {"mahavishnu docs cli", "mahavishnu docs cli > cli.md"},
});

} // namespace

std::vector<std::string> examples_of(std::string_view path) {
  std::vector<std::string> lines;
  for (const auto& each : examples)
    if (each.command == path)
      lines.emplace_back(each.line);
  return lines;
}

std::vector<std::string_view> commands_with_examples() {
  std::vector<std::string_view> commands;
  for (const auto& each : examples)
    if (std::ranges::find(commands, each.command) == commands.end())
      commands.push_back(each.command);
  return commands;
}

} // namespace mahavishnu::cli
