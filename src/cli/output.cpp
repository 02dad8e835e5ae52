// SPDX-License-Identifier: MIT
#include "cli/output.hpp"

#include "base/moment_text.hpp"
#include "base/rfc3339.hpp"
#include "cli/yaml.hpp"

#include <algorithm>
#include <array>
#include <iostream>

namespace mahavishnu::cli {

namespace {

/// All of our kinds are in their first version; a member that goes, or means something else, makes
/// the next one.
constexpr std::string_view schema_version = "/1";

/// The id of a task begins with the moment at which it was accepted; machines read it as a moment.
void add_moments(json::value& to) {
  if (to.is_structured())
    for (auto& each : to)
      add_moments(each);
  if (!to.is_object() || to.contains("accepted_at"))
    return;
  if (auto id = to.find("task_id"); id != to.end() && id->is_string())
    if (auto task = task_id::parse(id->get_ref<const std::string&>()); task && !task->empty())
      to["accepted_at"] = rfc3339(
          moment_in_time{std::chrono::milliseconds{task->high() >> task_id::bits_below_time}});
}

json::value for_machines(json::value object) {
  add_moments(object);
  return object;
}

json::value with_schema(std::string_view kind, const json::value& object) {
  auto whole = json::value::object();
  whole["schema"] = std::string{kind}.append(schema_version);
  whole.update(for_machines(object));
  return whole;
}

/// A member that names the thing it is in.
bool is_name(std::string_view key) {
  return key == "id" || key == "name" || key == "key" || key == "type" || key.ends_with("_id");
}

std::optional<std::string> name_of(const json::value& object) {
  if (object.is_string())
    return object.get<std::string>();
  if (object.is_object())
    for (const auto& [key, value] : object.items())
      if (is_name(key) && value.is_string())
        return value.get<std::string>();
  return std::nullopt;
}

/// What helps against an error that does not say it itself.
std::string_view fix_of(errc code) {
  switch (code) {
  case errc::unreachable: return "look whether the server runs: mahavishnu status";
  case errc::not_found:
    return "correct the name; what there is, say: mahavishnu ps --all, pool list, periodic list, "
           "terminal list";
  case errc::already_exists: return "take another name, or remove what has it";
  case errc::unauthorized: return "run it as the user that started the server";
  case errc::pool_full: return "try again later, or have the pool wait: --when-full wait";
  case errc::no_pools: return "start a pool: mahavishnu pool spawn";
  case errc::shutting_down: return "start the server again: mahavishnu up --detach";
  case errc::timeout: return "try again, or look at what the server does: mahavishnu status";
  case errc::incompatible: return "use the same version on both sides: mahavishnu version";
  case errc::invalid_settings: return "look at what is wrong: mahavishnu config validate";
  case errc::internal: return "look at the log of the server, server.log in its state directory";
  case errc::cancelled:
  case errc::process_failed:
  case errc::io_failed:
  case errc::unsupported:
  case errc::lost:
  case errc::invalid_argument: break; // the help of the command
  }
  return "look at what this machine needs: mahavishnu doctor";
}

} // namespace

std::optional<output_form> output_form_of(std::string_view name) {
  constexpr auto names =
      std::to_array<std::string_view>({"table", "wide", "json", "jsonl", "yaml", "name", "text"});
  const auto* found = std::ranges::find(names, name);
  if (found == names.end())
    return std::nullopt;
  if (*found == "text")
    return output_form::table;
  return static_cast<output_form>(found - names.begin());
}

const json::value* items_of(const json::value& object) {
  const json::value* items = nullptr;
  for (const auto& value : object)
    if (value.is_array() && (value.empty() || value.front().is_object())) {
      if (items != nullptr && !value.empty() && !items->empty())
        return nullptr; // two lists: which of them is meant?
      if (items == nullptr || !value.empty())
        items = &value;
    }
  return items;
}

std::vector<std::string> names_in(const json::value& object) {
  std::vector<std::string> names;
  // Things that were made, of which there is nothing to say but their ids.
  if (object.is_object())
    for (const auto& [key, value] : object.items())
      if (key.ends_with("_ids") && value.is_array()) {
        for (const auto& each : value)
          names.push_back(each.is_string() ? each.get<std::string>() : json::text(each));
        return names;
      }
  auto add = [&](const json::value& thing) {
    auto name = name_of(thing);
    // Some are told with what holds around them: {"task": {"name": ...}, "next_run": ...}
    if (!name && thing.is_object())
      for (const auto& each : thing)
        if (!name && each.is_object())
          name = name_of(each);
    if (name)
      names.push_back(std::move(*name));
  };
  // A thing that has an id is no list, whatever it has besides.
  if (auto own = name_of(object); own || items_of(object) == nullptr)
    add(object);
  else
    std::ranges::for_each(*items_of(object), add);
  return names;
}

void output::answer(std::string_view kind, const json::value& object, const shown& text) const {
  switch (form_) {
  case output_form::json: std::cout << json::text(with_schema(kind, object), true) << '\n'; break;
  case output_form::yaml: std::cout << yaml_of(with_schema(kind, object)); break;
  case output_form::jsonl:
    if (const auto* items = items_of(object); items && !name_of(object))
      for (const auto& each : *items)
        std::cout << json::text(for_machines(each)) << '\n';
    else
      std::cout << json::text(with_schema(kind, object)) << '\n';
    break;
  case output_form::name:
    for (const auto& each : names_in(object))
      std::cout << each << '\n';
    break;
  case output_form::table:
  case output_form::wide:
    if (const auto* table = std::get_if<grid>(&text))
      std::cout << table->text(where_);
    else
      std::cout << std::get<std::string>(text);
  }
  std::cout << std::flush;
}

void output::item(std::string_view kind, const json::value& object, const std::string& line) const {
  switch (form_) {
  case output_form::json:
  case output_form::jsonl: std::cout << json::text(with_schema(kind, object)) << '\n'; break;
  case output_form::yaml: std::cout << "---\n" << yaml_of(with_schema(kind, object)); break;
  case output_form::name:
    for (const auto& each : names_in(object))
      std::cout << each << '\n';
    break;
  case output_form::table:
  case output_form::wide: std::cout << line << '\n';
  }
  std::cout << std::flush;
}

void output::document(const json::value& object, const std::string& text) const {
  switch (form_) {
  case output_form::json: std::cout << json::text(object, true) << '\n'; break;
  case output_form::jsonl: std::cout << json::text(object) << '\n'; break;
  case output_form::yaml: std::cout << yaml_of(object); break;
  case output_form::table:
  case output_form::wide:
  case output_form::name: std::cout << text;
  }
  std::cout << std::flush;
}

void output::talk(const std::string& line) const {
  if (!quiet_)
    warn(line);
}

void output::warn(const std::string& line) const {
  if (!silent_)
    std::cerr << line << '\n';
}

int code_when_written(int code) {
  if (std::cout.flush())
    return code;
  std::cerr << "error: the answer could not be written\nfix: look at where standard output goes\n";
  return code == done ? failed : code;
}

told_error told(const error& failure, const std::string& command) {
  const std::string_view text = failure.message;
  // What somebody has typed stands in quotes, and may have anything in it.
  auto is_quoted = [&](std::size_t at) {
    auto rest = text.substr(at);
    return std::ranges::count(rest, '\'') % 2 != 0 || std::ranges::count(rest, '"') % 2 != 0;
  };
  auto cut = text.rfind("; ");
  while (cut != std::string_view::npos && is_quoted(cut))
    cut = cut == 0 ? std::string_view::npos : text.rfind("; ", cut - 1);
  if (cut == std::string_view::npos)
    return {failure.message, failure.code == errc::invalid_argument
                                 ? "see: " + command + " --help"
                                 : std::string{fix_of(failure.code)}};
  return {failure.message.substr(0, cut), failure.message.substr(cut + 2)};
}

int output::failure(const error& what) const {
  auto parts = told(what, command_);
  if (!what.message.empty()) {
    warn(tinted("error:", tint::bad, talk_where_) + " " + harmless_lines(parts.what));
    warn("fix: " + harmless_lines(parts.fix));
  }
  if (form_ == output_form::yaml)
    std::cout << "---\n"; // there may be answers before it
  if (is_json())
    document(
        with_schema("failure", {{"status", "failed"},
                                {"error", what.message.empty() ? "see standard error" : parts.what},
                                {"code", std::string{to_string(what.code)}},
                                {"fix", parts.fix}}),
        {});
  return exit_code_of(what.code);
}

} // namespace mahavishnu::cli
