// SPDX-License-Identifier: MIT
#include "cli/names.hpp"

#include <algorithm>

namespace mahavishnu::cli {

namespace {

constexpr std::string_view prefix_of_tasks = "task_";
/// Behind the prefix; the first one has three bits only.
constexpr std::size_t digits_of_tasks = 26;

} // namespace

result<std::optional<std::string>> meant_by(const std::string& word, std::string_view kind,
                                            const std::vector<std::string>& names) {
  if (std::ranges::find(names, word) != names.end())
    return std::optional{word};
  std::vector<std::string> found;
  if (!word.empty())
    std::ranges::copy_if(names, std::back_inserter(found),
                         [&](const std::string& name) { return name.starts_with(word); });
  if (found.empty())
    return std::optional<std::string>{};
  if (found.size() == 1)
    return std::optional{found.front()};
  std::ranges::sort(found);
  return error{errc::invalid_argument, std::to_string(found.size()) + " " + std::string{kind} +
                                           "s begin with '" + word + "', among them " +
                                           found.front() + " and " + found.back() +
                                           "; write more of it"};
}

std::optional<task_range> tasks_that_begin_with(std::string_view text) {
  if (text.starts_with(prefix_of_tasks))
    text.remove_prefix(prefix_of_tasks.size());
  if (text.empty() || text.size() > digits_of_tasks)
    return std::nullopt;
  auto filled = [&](char with) {
    auto whole = std::string{prefix_of_tasks}.append(text);
    whole.append(digits_of_tasks - text.size(), with);
    return task_id::parse(whole);
  };
  auto first = filled('0');
  auto last = filled('z');
  if (!first || !last)
    return std::nullopt;
  return task_range{*first, last->after(1)};
}

} // namespace mahavishnu::cli
