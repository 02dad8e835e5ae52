// SPDX-License-Identifier: MIT
#include "mcp/tools/periodic_tools.hpp"

#include "mcp/tools/schema.hpp"

#include <filesystem>

namespace mahavishnu::mcp::server {

namespace {

constexpr tool_hints reads{true, false, true, false, auth::scope::read};
constexpr tool_hints sets{false, false, true, false, auth::scope::write};
constexpr tool_hints ends{false, true, true, false, auth::scope::write};
/// What a script does may be anything.
constexpr tool_hints runs{false, true, false, true, auth::scope::execute};

constexpr double longest_interval = 10.0 * 366 * 24 * 3600;
constexpr double longest_timeout = 30.0 * 24 * 3600;

schema::argument name_argument() {
  return {"name", schema::name("Of the periodic task, as periodic_list gives it"), true};
}

json one_of(std::string_view description, json values, json otherwise) {
  return {{"type", "string"},
          {"description", description},
          {"enum", std::move(values)},
          {"default", std::move(otherwise)}};
}

/// What the call says of it, and the defaults of the message for the rest.
add_periodic task_of_call(const tool_call& call) {
  add_periodic wish;
  wish.script = text_of(call, "script");
  wish.name = text_of(call, "name");
  if (wish.name.empty())
    wish.name = std::filesystem::path{wish.script}.stem().string();
  wish.arguments = texts_of(call, "arguments");
  wish.working_directory = text_of(call, "cwd");
  if (call.arguments().contains("interval"))
    wish.interval = time_of(call, "interval");
  wish.fixed_rate = number_of<bool>(call, "fixed_rate", wish.fixed_rate);
  wish.cron = text_of(call, "cron");
  wish.time_zone = text_of(call, "time_zone");
  wish.first = text_of(call, "first");
  if (auto overlap = text_of(call, "overlap"); !overlap.empty())
    wish.overlap = overlap;
  wish.most_at_once = number_of<std::int32_t>(call, "most_at_once", wish.most_at_once);
  if (auto missed = text_of(call, "missed"); !missed.empty())
    wish.missed = missed;
  wish.jitter = time_of(call, "jitter");
  wish.timeout = time_of(call, "timeout");
  wish.enabled = number_of<bool>(call, "enabled", wish.enabled);
  return wish;
}

tool add(const control_door& door) {
  using namespace schema;
  return {
      "periodic_add",
      "Run a script again and again",
      "Has the server run a script at an interval or by a cron line, also after it was started "
      "anew, until periodic_remove. .py runs with python3, .js and .mjs with node, .sh with "
      "/bin/sh; any other file has to be executable.",
      object(
          {{"script",
            text("Absolute path of the script, or a program that the PATH of the server has"),
            true},
           {"name", text("What it is called from then on (default: the name of the script)", 256)},
           {"arguments", texts("Of the script")},
           {"cwd", text("Absolute path of where it runs (default: the folder of the "
                        "script)")},
           {"interval",
            with_default(seconds("Seconds from the end of a run to the next", longest_interval),
                         3600)},
           {"fixed_rate", truth("Count the interval from start to start")},
           {"cron", text("Instead of an interval: MINUTE HOUR DAY MONTH WEEKDAY, or @hourly, "
                         "@daily, @weekly, @monthly, @yearly",
                         256)},
           {"time_zone", text("Of the cron line, such as Europe/Berlin (default: that of the "
                              "server)",
                              128)},
           {"first",
            {{"type", "string"},
             {"description", "When the first run is (default: at once with an interval, when "
                             "it is due with a cron line)"},
             {"enum", {"at_once", "later"}}}},
           {"overlap", one_of("A run that is due while an earlier one goes on",
                              {"skip", "queue", "allow", "cancel_running"}, "skip")},
           {"most_at_once", with_default(whole("Runs that overlap=allow lets run", 1, 1000), 1)},
           {"missed", one_of("Runs whose time passed without a server",
                             {"run_once", "skip", "run_all"}, "run_once")},
           {"jitter", seconds("Each run is late by chance, up to this", longest_interval)},
           {"timeout", seconds("Seconds that a run may take (default: no end)", longest_timeout)},
           {"enabled", with_default(truth("False: it runs when it has been enabled"), true)}}),
      schema::of<periodic_info>(),
      runs,
      [door](const call_ptr& call) { pass_on<periodic_info>(door, call, task_of_call(*call)); }};
}

tool list(const control_door& door) {
  return {"periodic_list",
          "List periodic tasks",
          "All scripts that run again and again, and what has become of their last runs.",
          schema::object({}),
          schema::of<periodic_list>(),
          reads,
          [door](const call_ptr& call) { pass_on<periodic_list>(door, call, list_periodic{}); }};
}

tool show(const control_door& door) {
  return {"periodic_show",
          "Where a periodic task stands",
          "When it ran last and runs next, how often it failed, and the end of what it wrote.",
          schema::object({name_argument()}),
          schema::of<periodic_info>(),
          reads,
          [door](const call_ptr& call) {
            ask_for<periodic_list>(door, call, list_periodic{text_of(*call, "name")},
                                   [](const periodic_list& one) {
                                     return structured(mahavishnu::json::from(one.tasks.at(0)));
                                   });
          }};
}

tool change(const control_door& door, std::string name, std::string title, std::string description,
            const tool_hints& hints, periodic_change what) {
  return {std::move(name),
          std::move(title),
          std::move(description),
          schema::object({name_argument()}),
          schema::of<periodic_info>(),
          hints,
          [door, what](const call_ptr& call) {
            pass_on<periodic_info>(door, call, change_periodic{text_of(*call, "name"), what});
          }};
}

} // namespace

std::vector<tool> periodic_tools(const control_door& door) {
  return {add(door),
          list(door),
          show(door),
          change(door, "periodic_enable", "Let a periodic task run",
                 "Lets it run again when it is due.", sets, periodic_change::enable),
          change(door, "periodic_disable", "Pause a periodic task",
                 "Lets it run no more until periodic_enable; what runs now goes on.", sets,
                 periodic_change::disable),
          change(door, "periodic_run", "Run a periodic task now",
                 "Starts a run now, besides those that are due, and does not wait for its end: ask "
                 "periodic_show for it.",
                 runs, periodic_change::run),
          change(door, "periodic_remove", "Remove a periodic task",
                 "Removes it, and ends what runs now. Answers with what it was.", ends,
                 periodic_change::remove)};
}

} // namespace mahavishnu::mcp::server
