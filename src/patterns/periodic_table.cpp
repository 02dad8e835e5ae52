// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/periodic_table.hpp"

#include "base/durable_file.hpp"
#include "base/text.hpp"
#include "patterns/periodic_file.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace mahavishnu {

namespace {

constexpr std::size_t longest_name = 100;
constexpr std::uintmax_t largest_file = 1 << 20;
constexpr std::string_view extension = ".json";

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

result<void> check(const periodic_task& task) {
  if (!is_name(task.name))
    return error{errc::invalid_argument,
                 "a periodic task cannot be called '" + std::string{first_bytes(task.name, 120)} +
                     "'; take up to 100 letters, digits, '.', '_' and '-', and no '.' in front"};
  if (task.script.empty())
    return error{errc::invalid_argument,
                 "the periodic task '" + task.name + "' has no script; name one"};
  auto has_nul = [](const std::string& text) { return text.find('\0') != text.npos; };
  auto is_bad = [&](const std::string& text) { return has_nul(text) || first_invalid_utf8(text); };
  if (is_bad(task.script) || is_bad(task.working_directory) ||
      std::ranges::any_of(task.arguments, is_bad))
    return error{errc::invalid_argument,
                 "the script, the arguments and the directory of the periodic task '" + task.name +
                     "' have to be UTF-8 without NUL bytes"};
  return check(task.rule);
}

result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code failure;
  auto size = std::filesystem::file_size(path, failure);
  if (failure)
    return error{errc::io_failed, failure.message()};
  if (size > largest_file)
    return error{errc::invalid_argument, "it has " + std::to_string(size) +
                                             " bytes, more than any file of a periodic task"};
  std::ifstream stream{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{stream}, {}};
  if (!stream)
    return error{errc::io_failed, "it cannot be read"};
  return text;
}

} // namespace

result<periodic_table> periodic_table::open(std::filesystem::path directory, time_point now,
                                            std::uint64_t seed) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  std::vector<std::filesystem::path> files;
  if (!failure)
    for (std::filesystem::directory_iterator at{directory, failure}, end; !failure && at != end;
         at.increment(failure))
      files.push_back(at->path());
  if (failure)
    return error{errc::io_failed, "cannot read the periodic tasks in '" + directory.string() +
                                      "': " + failure.message()};
  // The order decides which task gets which chance.
  std::ranges::sort(files);
  periodic_table table{std::move(directory), seed};
  for (const auto& file : files)
    if (file.extension() == extension && is_name(file.stem().string()))
      table.load(file, now);
  return table;
}

void periodic_table::load(const std::filesystem::path& file, time_point now) {
  auto name = file.stem().string();
  auto refuse = [&](const std::string& reason) {
    damaged_.push_back({name, file.string(), reason});
  };
  auto text = read_file(file);
  if (!text)
    return refuse(text.error().message);
  auto record = periodic_record_from_json(*text);
  if (!record)
    return refuse(record.error().message);
  if (record->task.name != name)
    return refuse("it is the file of '" + std::string{first_bytes(record->task.name, 120)} + "'");
  if (auto good = check(record->task); !good)
    return refuse(good.error().message);
  auto when = schedule::resume(record->task.rule, std::move(record->state), now, chance_);
  if (!when)
    return refuse(when.error().message);
  members_.emplace(name, member{std::move(record->task), std::move(*when)});
}

result<void> periodic_table::add(periodic_task task, time_point now) {
  if (auto good = check(task); !good)
    return good.error();
  if (members_.contains(task.name))
    return error{errc::already_exists, "there is a periodic task '" + task.name +
                                           "' already; remove it first or take another name"};
  auto damaged = std::ranges::find(damaged_, task.name, &damaged_file::name);
  if (damaged != damaged_.end())
    return error{errc::already_exists, "the file of a periodic task '" + task.name + "', '" +
                                           damaged->path + "', is damaged (" + damaged->reason +
                                           "); repair it, or remove the task first"};
  auto when = schedule::make(task.rule, now, chance_);
  if (!when)
    return when.error();
  member added{std::move(task), std::move(*when)};
  if (auto saved = save(added); !saved)
    return saved.error();
  auto name = added.task.name;
  members_.emplace(std::move(name), std::move(added));
  return {};
}

result<std::vector<periodic_table::run_number>> periodic_table::remove(std::string_view name) {
  auto damaged = std::ranges::find(damaged_, name, &damaged_file::name);
  if (damaged != damaged_.end()) {
    if (auto removed = remove_file(damaged->path); !removed)
      return removed.error();
    damaged_.erase(damaged);
    return std::vector<run_number>{};
  }
  auto found = look_up(name);
  if (!found)
    return found.error();
  if (auto removed = remove_file(path_of(name)); !removed)
    return removed.error();
  auto running = (*found)->second.when.state().running;
  members_.erase(*found);
  return running;
}

result<void> periodic_table::set_enabled(std::string_view name, bool enabled) {
  auto found = look_up(name);
  if (!found)
    return found.error();
  auto& which = (*found)->second;
  auto changed = which;
  changed.when.set_enabled(enabled);
  if (auto saved = save(changed); !saved)
    return saved.error();
  which = std::move(changed);
  return {};
}

result<periodic_table::entry> periodic_table::find(std::string_view name) const {
  auto found = members_.find(name);
  if (found == members_.end())
    return unknown(name);
  const auto& [task, when] = found->second;
  entry known{task, when.state(), when.next_run()};
  known.task.rule = when.rule();
  return known;
}

std::vector<periodic_table::entry> periodic_table::list() const {
  std::vector<entry> all;
  for (const auto& [name, each] : members_) {
    all.push_back({each.task, each.when.state(), each.when.next_run()});
    all.back().task.rule = each.when.rule();
  }
  return all;
}

periodic_table::due_work periodic_table::due(time_point now) {
  due_work work;
  for (auto& [name, each] : members_) {
    auto before = each.when.state();
    auto todo = each.when.look(now, chance_);
    for (auto number : todo.cancel)
      work.cancel.push_back({name, number});
    for (auto number : todo.start)
      work.start.push_back({each.task, number});
    // On disk before the run starts, so that a crash does not make it run twice.
    if (each.when.state() != before)
      if (auto saved = save(each); !saved)
        work.problems.push_back(saved.error());
  }
  return work;
}

result<periodic_table::due_run> periodic_table::start_now(std::string_view name, time_point now) {
  auto found = look_up(name);
  if (!found)
    return found.error();
  auto& which = (*found)->second;
  auto changed = which;
  auto number = changed.when.start_now(now);
  if (auto saved = save(changed); !saved)
    return saved.error();
  which = std::move(changed);
  return due_run{which.task, number};
}

result<void> periodic_table::ended(std::string_view name, run_number number, time_point now,
                                   const std::optional<std::string>& failure) {
  auto found = members_.find(name);
  if (found == members_.end())
    return {};
  found->second.when.ended(number, now, failure, chance_);
  return save(found->second);
}

std::optional<periodic_table::time_point> periodic_table::next_wake() const {
  std::optional<time_point> earliest;
  for (const auto& [name, each] : members_)
    if (auto wake = each.when.next_wake(); wake && (!earliest || *wake < *earliest))
      earliest = wake;
  return earliest;
}

std::filesystem::path periodic_table::path_of(std::string_view name) const {
  return directory_ / (std::string{name} + std::string{extension});
}

result<void> periodic_table::save(const member& which) const {
  periodic_record record{which.task, which.when.state()};
  record.task.rule = which.when.rule();
  return replace_file(path_of(which.task.name), to_json(record));
}

result<periodic_table::members::iterator> periodic_table::look_up(std::string_view name) {
  auto found = members_.find(name);
  if (found == members_.end())
    return unknown(name);
  return found;
}

error periodic_table::unknown(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const auto& [known, each] : members_)
    names.emplace_back(known);
  auto text = "there is no periodic task '" + std::string{first_bytes(name, 120)} + "'";
  if (auto near = nearest(name, names))
    text += "; did you mean '" + std::string{*near} + "'?";
  else if (names.empty())
    text += "; there is none at all";
  return {errc::not_found, text};
}

} // namespace mahavishnu
