// SPDX-License-Identifier: MIT
#include "cli/script_commands.hpp"
#include "cli/text.hpp"
#include "mahavishnu/patterns/pattern_advisor.hpp"

#include <CLI/CLI.hpp>

#include <sstream>

namespace mahavishnu::cli {

namespace {

struct advise_wish {
  std::optional<double> duration;
  pattern_needs needs;
  bool no_result = false;
  std::string explain;
  bool compare = false;
};

json::value describe(task_pattern pattern) {
  const auto& about = pattern_advisor::explain(pattern);
  return {{"pattern", std::string{to_string(pattern)}}, {"name", std::string{about.name}},
          {"use_when", std::string{about.use_when}},    {"benefits", about.benefits},
          {"limitations", about.limitations},           {"example", std::string{about.example}}};
}

std::string show(task_pattern pattern) {
  const auto& about = pattern_advisor::explain(pattern);
  std::ostringstream text;
  text << to_string(pattern) << ": " << about.name << "\n  Use it when " << about.use_when << ".\n";
  for (auto each : about.benefits)
    text << "  + " << each << "\n";
  for (auto each : about.limitations)
    text << "  - " << each << "\n";
  text << "  " << about.example << "\n";
  return text.str();
}

int compare(const output& out) {
  auto all = json::value::array();
  grid table{{{.title = "PATTERN"}, {.title = "USE IT WHEN", .may_shrink = true}}};
  for (auto pattern : task_patterns) {
    all.push_back(describe(pattern));
    table.add(
        {std::string{to_string(pattern)}, std::string{pattern_advisor::explain(pattern).use_when}});
  }
  out.answer("pattern_list", {{"patterns", all}}, table);
  return done;
}

int advise(const output& out, advise_wish wish) {
  if (wish.compare)
    return compare(out);
  if (!wish.explain.empty()) {
    auto pattern = pattern_from_string(wish.explain);
    if (!pattern)
      return out.failure(pattern.error());
    out.answer("pattern", describe(*pattern), show(*pattern));
    return done;
  }
  wish.needs.expected_duration_seconds = wish.duration;
  wish.needs.needs_result = !wish.no_result;
  auto pattern = pattern_advisor::recommend(wish.needs);
  std::string reason{pattern_advisor::reason(wish.needs)};
  auto object = describe(pattern);
  object["reason"] = reason;
  out.answer("advice", object,
             std::string{to_string(pattern)} + ", because " + reason + "\n  " +
                 std::string{pattern_advisor::explain(pattern).example} + "\n");
  return done;
}

} // namespace

void add_advise_command(CLI::App& app, invocation& now) {
  auto* command = app.add_subcommand("advise", "Say which pattern of exec fits");
  auto wish = std::make_shared<advise_wish>();
  command->add_option("--duration", wish->duration, "Seconds that the script is likely to take")
      ->check(CLI::Range(0.0, 1e9));
  command->add_flag("--streaming", wish->needs.requires_streaming,
                    "Its output is wanted while it runs");
  command->add_option("--concurrent", wish->needs.concurrent_tasks, "How many run at a time")
      ->check(CLI::Range(1, 1'000'000'000));
  command->add_flag("--no-result", wish->no_result, "Nobody waits for the result");
  command->add_flag("--recurring", wish->needs.recurring, "It runs again and again");
  command->add_flag("--high-frequency", wish->needs.high_frequency, "More than ten times a minute");
  auto* explain = command->add_option("--explain", wish->explain, "Explain one pattern");
  command->add_flag("--compare", wish->compare, "Say when each of them fits")->excludes(explain);
  command->callback(
      [&now, wish] { now.action = [wish](output& out) { return advise(out, *wish); }; });
}

} // namespace mahavishnu::cli
