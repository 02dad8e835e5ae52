// SPDX-License-Identifier: MIT
#include "cli/schemas.hpp"

#include "cli/kinds.hpp"
#include "messages/json_schema.hpp"

#include <algorithm>

namespace mahavishnu::cli {

namespace {

using json::value;

/// All of our kinds are in their first version.
constexpr std::string_view version = "/1";

// -- words for kinds of our own ------------------------------------------------------------------

struct member {
  const char* name;
  value what;
  /// Not in every answer of the kind.
  bool is_optional = false;
};

value object(const std::vector<member>& all) {
  auto properties = value::object();
  auto required = value::array();
  for (const auto& each : all) {
    properties[each.name] = each.what;
    if (!each.is_optional)
      required.push_back(each.name);
  }
  value made{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty())
    made["required"] = std::move(required);
  return made;
}

value of_type(const char* type) {
  return {{"type", type}};
}
value text() {
  return of_type("string");
}
value whole() {
  return of_type("integer");
}
value truth() {
  return of_type("boolean");
}
value seconds_value() {
  return {{"type", "number"}, {"description", "seconds"}};
}
value or_null(value what) {
  what["type"] = value::array({what["type"], "null"});
  return what;
}
value list_of(value what) {
  return {{"type", "array"}, {"items", std::move(what)}};
}
value one_of(std::initializer_list<const char*> words) {
  auto names = value::array();
  for (const auto* each : words)
    names.push_back(each);
  return {{"type", "string"}, {"enum", std::move(names)}};
}
member optional(const char* name, value what) {
  return {name, std::move(what), true};
}

value pattern_members() {
  return object({{"pattern", text()},
                 {"name", text()},
                 {"use_when", text()},
                 {"benefits", list_of(text())},
                 {"limitations", list_of(text())},
                 {"example", text()},
                 optional("reason", text())});
}

value journal_members() {
  return object({{"path", text()},
                 {"pools", whole()},
                 {"open_tasks", whole()},
                 {"ended_tasks", whole()},
                 {"bytes", whole()},
                 {"problems", list_of(text())},
                 optional("before", text())});
}

/// How a script ended, behind what says which one it was.
value ended_script(std::vector<member> which) {
  which.insert(which.end(), {{"exit_code", whole()},
                             {"success", truth()},
                             {"error", or_null(text())},
                             {"stdout", text()},
                             {"stderr", text()},
                             {"stdout_truncated", truth()},
                             {"stderr_truncated", truth()}});
  return object(which);
}

value module_result_members() {
  return ended_script({{"index", whole()}, {"module_id", text()}});
}

value run_members() {
  return object({{"run_id", text()},
                 {"status", one_of({"queued", "running", "completed", "failed", "cancelled"})},
                 {"module_id", text()},
                 {"module_name", text()},
                 {"created_at", text()},
                 {"started_at", or_null(text())},
                 {"completed_at", or_null(text())},
                 {"duration_seconds", or_null(of_type("number"))},
                 {"progress_percent", or_null(of_type("number"))},
                 {"items_processed", or_null(whole())},
                 {"items_total", or_null(whole())},
                 {"exit_code", or_null(whole())},
                 {"error_message", or_null(text())},
                 {"parameters", of_type("object")},
                 {"pattern", or_null(text())},
                 {"command", list_of(text())},
                 {"working_directory", text()},
                 {"timeout_ms", whole()},
                 optional("output_file", text()),
                 optional("error_file", text())});
}

/// A server that does not run has no more to say than that.
value server_status_members() {
  auto made = json::schema_of<value, server_status>();
  made["properties"]["running"] = truth();
  made["required"] = value::array();
  return made;
}

value mcp_status_members() {
  auto made = json::schema_of<value, mcp_status>();
  made["required"] = value::array({"running"});
  return made;
}

template <class Message>
answer_kind message(std::string_view what) {
  return {kind_of<Message>(), what, json::schema_of<value, Message>};
}

std::vector<answer_kind> all_kinds() {
  std::vector<answer_kind> all{
      {"failure", "what went wrong, and what helps",
       [] {
         return object({{"status", one_of({"failed"})},
                        {"error", text()},
                        {"code", text()},
                        {"fix", text()}});
       }},
      {"overview", "how things stand, and what may be done next",
       [] {
         return object({{"running", truth()},
                        {"next", list_of(text())},
                        optional("uptime", seconds_value()),
                        optional("pools", whole()),
                        optional("tasks_running", whole()),
                        optional("tasks_waiting", whole()),
                        optional("tasks_completed", whole()),
                        optional("tasks_failed", whole()),
                        optional("unhealthy_pools", list_of(text()))});
       }},
      {"server_status", "whether the server is up, and where", server_status_members},
      {"server_stopped", "the server that has ended",
       [] {
         return object({{"running", truth()}, {"pid", whole()}, {"status", one_of({"stopped"})}});
       }},
      {"version", "of this program",
       [] {
         return object({{"name", text()}, {"version", text()}});
       }},
      message<pool_spawned>("a pool that has been started"),
      message<pool_list>("the pools"),
      message<pool_description>("all about a pool"),
      message<pools_health>("how the pools do"),
      message<aggregated_results>("what pools have done, by their ids"),
      message<pool_scaled>("how many workers a pool has now"),
      message<pool_drained>("a pool that takes no more tasks, and has none"),
      message<pool_resumed>("a pool that takes tasks again"),
      message<pool_closed>("a pool that is no more"),
      message<pools_closed>("pools that are no more"),
      message<task_result>("how a task ended"),
      message<batch_result>("how the tasks of a batch ended, in their order"),
      message<task_accepted>("a task that goes on without the command"),
      message<task_info>("where a task stands, and how it came so"),
      message<task_list>("tasks, the newest first"),
      message<task_cancelled>("what became of a task that was to end"),
      message<task_output>("what a task has written"),
      message<notice>("one thing that has happened"),
      message<worker_info>("a single worker"),
      message<worker_type_info>("what a worker can be"),
      message<terminals_launched>("terminals that have been opened"),
      message<terminal_list>("the terminals"),
      message<terminal_info>("a terminal, and what runs in it"),
      message<typed_into_terminal>("whether what was typed has been taken"),
      message<terminals_captured>("what terminals show"),
      message<terminals_closed>("terminals that are no more"),
      {"top", "pools, tasks and workers as they are now",
       [] {
         return object({optional("time", text()), optional("server", of_type("object")),
                        optional("tasks_running", whole()), optional("tasks_waiting", whole()),
                        optional("tasks_completed", whole()), optional("tasks_failed", whole()),
                        optional("tasks_per_second", or_null(of_type("number"))),
                        optional("pools", list_of(of_type("object"))),
                        optional("tasks", list_of(of_type("object"))),
                        optional("workers", list_of(of_type("object")))});
       }},
      {"each_job", "how one job of `each` ended",
       [] {
         return object({{"seq", whole()},
                        {"task_id", text()},
                        {"command", text()},
                        {"status", text()},
                        {"exit_code", whole()},
                        {"signal", whole()},
                        {"duration", seconds_value()},
                        {"attempts", whole()},
                        {"stdout", text()},
                        {"stderr", text()},
                        {"error", text()},
                        {"truncated", truth()}});
       }},
      message<workers_spawned>("single workers that have been started"),
      message<worker_list>("the single workers"),
      message<worker_results>("what single workers have done"),
      message<workers_health>("how the single workers do"),
      message<workers_closed>("single workers that are no more"),
      message<worker_type_list>("what workers can be"),
      message<periodic_info>("a periodic task"),
      message<periodic_list>("the periodic tasks"),
      message<memory_found>("what a search has found"),
      message<memory_stats>("what is remembered, and how its sending goes"),
      message<memory_synced>("what has been sent"),
      {"store_report", "what is in the journal, and what is wrong with it", journal_members},
      {"store_restored", "the journal of now, and where that of before is", journal_members},
      {"store_compacted", "what the journal took, and takes",
       [] {
         return object({{"bytes_before", whole()}, {"bytes_after", whole()}});
       }},
      {"config_check", "whether the settings are valid",
       [] {
         return object(
             {{"valid", truth()},
              {"problems",
               list_of(object({{"origin", text()}, {"key", text()}, {"message", text()}}))},
              {"warnings", list_of(text())}});
       }},
      {"config_change", "a setting that was changed, or would be",
       [] {
         return object({{"key", text()},
                        {"saved", truth()},
                        optional("file", text()),
                        optional("created", truth()),
                        optional("overridden_by", text())});
       }},
      {"config_file", "a settings file that was written",
       [] {
         return object({{"file", text()}, {"created", truth()}});
       }},
      {"config_migration", "what an old settings file has become",
       [] {
         return object({{"from", text()}, {"to", text()}, {"moved", list_of(text())}});
       }},
      {"mcp_status", "where the MCP endpoint is", mcp_status_members},
      {"mcp_health", "how the MCP endpoint answers",
       [] {
         return object({{"status", one_of({"healthy", "unhealthy"})},
                        optional("error", text()),
                        optional("url", text()),
                        optional("http", text()),
                        optional("mcp", text()),
                        optional("round_trip", seconds_value())});
       }},
      {"mcp_client_config", "what an MCP client is told of the server",
       [] {
         return object({{"client", text()},
                        {"scope", text()},
                        {"file", text()},
                        {"configuration", {{"type", value::array({"string", "object"})}}},
                        optional("changed", truth()),
                        optional("backup", text())});
       }},
      {"secret", "a new secret",
       [] {
         return object({{"secret", text()}});
       }},
      {"token", "a new token",
       [] {
         return object({{"token", text()},
                        {"user_id", text()},
                        {"scopes", list_of(text())},
                        {"algorithm", text()},
                        {"expires_at", text()}});
       }},
      {"token_claims", "what a token says, or why it is not valid",
       [] {
         return object({{"valid", truth()},
                        optional("status", text()),
                        optional("error", text()),
                        optional("code", text()),
                        optional("kind", text()),
                        optional("method", text()),
                        optional("user_id", text()),
                        optional("subject", text()),
                        optional("scopes", list_of(text())),
                        optional("subscription_type", or_null(text())),
                        optional("issuer", text()),
                        optional("audience", list_of(text())),
                        optional("token_id", text()),
                        optional("issued_at", or_null(text())),
                        optional("not_before", or_null(text())),
                        optional("expires_at", or_null(text()))});
       }},
      {"script_result", "how a script ended",
       [] {
         return ended_script({{"pattern", text()}, {"script", text()}});
       }},
      {"module_result", "how one of several scripts ended", module_result_members},
      {"script_results", "how several scripts ended",
       [] {
         return object({{"results", list_of(module_result_members()), true},
                        {"total", whole()},
                        {"succeeded", whole()},
                        {"failed", whole()}});
       }},
      {"run_line", "a line that a run has written",
       [] {
         return object({{"timestamp", text(), true},
                        {"level", text()},
                        {"stream", text()},
                        {"message", text()}});
       }},
      {"run_end", "how a run ended",
       [] {
         return object({{"pattern", text()},
                        {"run_id", text()},
                        {"exit_code", whole()},
                        {"success", truth()},
                        {"error", or_null(text())}});
       }},
      {"run", "a run of a script that is written down", run_members},
      {"run_list", "runs, the newest first",
       [] {
         return object({{"runs", list_of(run_members())}, {"problems", list_of(text())}});
       }},
      {"runs_removed", "runs that have been removed, or would be",
       [] {
         return object(
             {{"removed", list_of(text())}, {"dry_run", truth()}, {"problems", list_of(text())}});
       }},
      {"pattern", "when a pattern fits", pattern_members},
      {"pattern_list", "when each pattern fits",
       [] {
         return object({{"patterns", list_of(pattern_members())}});
       }},
      {"advice", "the pattern that fits, and why", pattern_members},
      {"doctor_report", "what this machine and this instance need",
       [] {
         return object(
             {{"status", one_of({"ok", "warning", "problem"})},
              {"version", text()},
              {"findings", list_of(object({{"check", text()},
                                           {"status", one_of({"ok", "warning", "problem"})},
                                           {"what", text()},
                                           {"fix", or_null(text())}}))}});
       }},
      {"command_reference", "the commands, their options and examples",
       [] {
         return object({{"command", text()},
                        {"help", text()},
                        {"usage", text()},
                        {"arguments", list_of(of_type("object"))},
                        {"options", list_of(of_type("object"))},
                        {"examples", list_of(text())},
                        {"commands", list_of(of_type("object"))}});
       }},
      {"man_pages", "the pages that were written",
       [] {
         return object({{"files", list_of(text())}});
       }},
      {"schema_list", "the kinds of answers", [] {
         return object({{"kinds", list_of(object({{"kind", text()}, {"what", text()}}))}});
       }}};
  std::ranges::sort(all, {}, &answer_kind::kind);
  return all;
}

} // namespace

const std::vector<answer_kind>& answer_kinds() {
  static const auto all = all_kinds();
  return all;
}

json::value schema_of_kind(std::string_view kind) {
  kind = kind.substr(0, kind.find('/'));
  const auto& all = answer_kinds();
  auto found = std::ranges::find(all, kind, &answer_kind::kind);
  if (found == all.end())
    return nullptr;
  auto members = found->members();
  auto properties = value::object();
  properties["schema"] = {{"const", std::string{kind}.append(version)}};
  properties.update(members["properties"]);
  auto required = value::array({"schema"});
  if (auto others = members.find("required"); others != members.end())
    for (const auto& each : *others)
      required.push_back(each);
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", std::string{kind}.append(version)},
          {"description", std::string{found->what}},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)}};
}

std::string render_schemas() {
  std::string page = "# Kinds of answers\n"
                     "\n"
                     "Made by `mahavishnu docs schemas > docs/schemas.md`; do not edit.\n"
                     "\n"
                     "With `-o json` and `-o yaml` every answer says by `schema` of which kind it "
                     "is, and in which\n"
                     "version. Members may be added to a kind; when one goes, or means something "
                     "else, the version\n"
                     "is the next one. `mahavishnu schema KIND` prints the JSON Schema. With `-o "
                     "jsonl` the items of a\n"
                     "list come alone, one on each line. Where there is a `task_id`, there is "
                     "`accepted_at`, too: the\n"
                     "moment at which the task was accepted.\n"
                     "\n"
                     "| kind | is | members |\n"
                     "|---|---|---|\n";
  for (const auto& each : answer_kinds()) {
    auto schema = schema_of_kind(each.kind);
    const auto& required = schema["required"];
    std::string members;
    for (const auto& [name, ignored] : schema["properties"].items())
      if (name != "schema") {
        auto is_required = std::find(required.begin(), required.end(), name) != required.end();
        members += (members.empty() ? "`" : ", `") + name + "`" + (is_required ? "" : "?");
      }
    page += "| `" + std::string{each.kind}.append(version) + "` | " + std::string{each.what} +
            " | " + members + " |\n";
  }
  return page + "\nMembers with a `?` are not in every answer of the kind.\n";
}

} // namespace mahavishnu::cli
