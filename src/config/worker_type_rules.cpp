// SPDX-License-Identifier: MIT
#include "config/worker_type_rules.hpp"

#include "base/text.hpp"
#include "config/mask.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::config {

namespace {

using message = std::optional<std::string>;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

message command_names_a_program(const std::vector<std::string>& items) {
  if (!items.empty())
    return std::nullopt;
  return "must have a program as its first item, like [my-tool, --fast]";
}

message assignments_have_names(const std::vector<std::string>& items) {
  auto is_name_part = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  std::set<std::string_view> names;
  for (std::size_t at = 0; at < items.size(); ++at) {
    std::string_view item = items[at];
    auto name = item.substr(0, item.find('='));
    auto which = "; item " + std::to_string(at + 1) + " ";
    if (name == item || name.empty() || is_digit(name.front()) ||
        !std::ranges::all_of(name, is_name_part))
      return "must have items like NAME=VALUE" + which + "is not";
    if (!names.insert(name).second)
      return "must set each variable once" + which + "sets " + in_quotes(name) + " again";
  }
  return std::nullopt;
}

message program_is_named(std::string_view name) {
  if (!name.empty())
    return std::nullopt;
  return "must be the name of a program, not empty";
}

/// What looks like an option would be taken for one by the program that starts containers.
message image_is_named(std::string_view image) {
  if (!image.empty() && image.front() != '-' && image.find_first_of(" \t") == image.npos)
    return std::nullopt;
  return "must be the name of an image, like debian:12";
}

message memory_is_an_amount(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  auto digits = text;
  if (std::string_view{"bkmgBKMG"}.find(text.back()) != std::string_view::npos)
    digits.remove_suffix(1);
  if (!digits.empty() && digits.size() <= 15 && digits.front() != '0' &&
      std::ranges::all_of(digits, is_digit))
    return std::nullopt;
  return "must be an amount like 512m or 2g (b, k, m or g), or empty for no limit";
}

bool is_builtin(std::string_view name) {
  return std::ranges::find(builtin_worker_types, name) != builtin_worker_types.end();
}

bool holds(const std::optional<std::vector<std::string>>& items, std::string_view word) {
  return items && std::ranges::any_of(*items, [&](const std::string& item) {
           return item.find(word) != std::string::npos;
         });
}

/// Looks at one type and collects what is wrong with it.
class checker {
public:
  checker(const worker_type_entry& type, std::vector<problem>& problems)
      : type_{type}, problems_{problems} {}

  void check() {
    check_command();
    check_placeholders();
    if (!type_.image && type_.name != "container")
      for (const auto& field : worker_type_fields)
        if (field.is_for_containers_only)
          check_absent(std::string{field.about.name});
  }

private:
  std::string key() const { return std::string{worker_types_key} + "." + type_.name; }

  void report(const origin& place, std::string about, const std::string& text) {
    problems_.push_back({to_string(place), about, about + text});
  }

  void check_command() {
    if (type_.command || type_.image || is_builtin(type_.name))
      return;
    std::string hint;
    if (auto meant = nearest(type_.name, builtin_worker_types))
      hint = "; did you mean the built-in type " + in_quotes(*meant) + "?";
    report(type_.place, key(),
           " must have a command, like \"command: [my-tool, --fast]\", or an image" + hint);
  }

  /// `{prompt}` stands for itself, which nobody wants, where the prompt goes another way.
  void check_placeholders() {
    auto way = type_.prompt.value_or("argument");
    if (holds(type_.command, "{prompt}") && way != "argument")
      report(latest_of("command", "prompt"), key() + ".command",
             " holds {prompt}, which needs prompt: argument, not " + way);
    if (holds(type_.command, "{file}") && way != "file")
      report(latest_of("command", "prompt"), key() + ".command",
             " holds {file}, which needs prompt: file, not " + way);
  }

  void check_absent(const std::string& field) {
    if (auto found = type_.places.find(field); found != type_.places.end())
      report(found->second, key() + "." + field,
             " is for containers only; give the type an image, or take this away");
  }

  /// Whoever spoke last made the contradiction.
  const origin& latest_of(std::string_view subject, std::string_view other) const {
    const auto& first = type_.places.find(subject)->second;
    auto second = type_.places.find(other);
    return second != type_.places.end() && second->second.layer > first.layer ? second->second
                                                                              : first;
  }

  const worker_type_entry& type_;
  std::vector<problem>& problems_;
};

} // namespace

bool is_worker_type_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  return !name.empty() && name.size() <= longest && name.front() != '-' &&
         std::ranges::all_of(name, [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

message check_content(content wanted, const value& given) {
  switch (wanted) {
  case content::anything: return std::nullopt;
  case content::command: return command_names_a_program(std::get<std::vector<std::string>>(given));
  case content::assignments:
    return assignments_have_names(std::get<std::vector<std::string>>(given));
  case content::program: return program_is_named(std::get<std::string>(given));
  case content::image: return image_is_named(std::get<std::string>(given));
  case content::memory: return memory_is_an_amount(std::get<std::string>(given));
  }
  return std::nullopt;
}

std::vector<problem> check_worker_types(const std::vector<worker_type_entry>& all,
                                        const std::set<std::string>& bad) {
  std::vector<problem> problems;
  for (const auto& type : all)
    if (!bad.contains(type.name))
      checker{type, problems}.check();
  return problems;
}

} // namespace mahavishnu::config
