// SPDX-License-Identifier: MIT
#include "cli/completion.hpp"

#include "base/shell_words.hpp"
#include "mahavishnu/config/rows.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace mahavishnu::cli {

namespace {

/// What an option or an argument takes: the first row that fits is it.
struct value_row {
  /// The beginning of the path of its command, behind the name of the program; empty: any.
  std::string_view command;
  std::string_view name;
  value_source source;
  std::string_view words = {};
};

using enum value_source;

constexpr auto value_rows = std::to_array<value_row>({
    {"", "--output", fixed, "table wide json jsonl yaml name"},
    {"", "--state-dir", directories},
    {"", "--settings-dir", directories},
    {"", "--directory", directories},
    {"", "--cwd", directories},
    {"", "--set", setting_assignments},
    {"config get", "key", settings},
    {"config set", "key", settings},
    {"config set", "value", setting_values},
    {"", "--pool", pools},
    {"", "pool", pools},
    {"", "pools", pools},
    {"", "--affinity", pools},
    {"", "task", tasks},
    {"attach", "name", tasks},
    {"inspect", "names", things},
    {"inspect", "--kind", fixed, "pool task periodic terminal worker worker-type run"},
    {"terminal", "terminal", terminals},
    {"", "tasks", tasks},
    {"", "--before", tasks},
    {"runs", "run", runs},
    {"", "run", runs},
    {"workers", "worker", workers},
    {"", "worker", workers},
    {"", "--worker-type", worker_types},
    {"workers", "--type", worker_types},
    {"worker-types", "type", worker_types},
    {"periodic add", "--name", none},
    {"periodic", "name", periodic},
    {"", "id", things},
    {"", "ids", things},
    {"", "what", things},
    {"", "--selector", fixed, "round_robin least_loaded random affinity"},
    {"", "--pattern", fixed, "simple long_running concurrent pooled fire_and_forget periodic"},
    {"", "--explain", fixed, "simple long_running concurrent pooled fire_and_forget periodic"},
    {"", "--overlap", fixed, "skip queue allow cancel_running"},
    {"", "--missed", fixed, "run_once skip run_all"},
    {"", "--cron", fixed, "@hourly @daily @weekly @monthly @yearly"},
    {"", "--retry-on", fixed, "failed timeout lost"},
    {"", "--scope", fixed, "read write execute admin"},
    {"runs", "--status", fixed, "queued running completed failed cancelled"},
    {"", "--status", fixed, "queued parked running completed failed timeout cancelled lost"},
    {"events", "--type", fixed,
     "task_delegate result_share status_update heartbeat pool_created pool_closed task_completed"},
    {"", "--file", files},
    {"", "--stdin", files},
    {"", "--args-file", files},
    {"", "--token-file", files},
    {"", "file", files},
    {"", "script", files},
    {"", "arguments", files},
    {"", "args", files},
    {"", "old", files},
    {"", "new", files},
});

/// Those of which several may be given with commas between.
constexpr auto comma_lists = std::to_array<std::string_view>({"--retry-on", "--scope"});

std::vector<suggestion> words_in(std::string_view text) {
  std::vector<suggestion> all;
  std::istringstream words{std::string{text}};
  for (std::string word; words >> word;)
    all.push_back({word, ""});
  return all;
}

const option_page* find_option(const std::vector<const command_page*>& path,
                               std::string_view name) {
  for (auto at = path.rbegin(); at != path.rend(); ++at)
    for (const auto& each : (*at)->options)
      if (std::ranges::find(each.names, name) != each.names.end())
        return &each;
  return nullptr;
}

/// The option of which `-xyv` is the last letter, when it has its value in the next word.
const option_page* last_of_cluster(const std::vector<const command_page*>& path,
                                   std::string_view word) {
  for (std::size_t at = 1; at < word.size(); ++at) {
    const auto* option = find_option(path, std::string{"-"} + word[at]);
    if (option == nullptr)
      return nullptr;
    if (!option->value.empty())
      return at + 1 == word.size() ? option : nullptr;
  }
  return nullptr;
}

/// Reads the words before the one that is to be completed.
class command_line_walk {
public:
  explicit command_line_walk(const command_page& program) { path_.push_back(&program); }

  void read(const std::string& word) {
    if (pending_ != nullptr) {
      note(*pending_, word);
      pending_ = nullptr;
    } else if (only_arguments_) {
      asked_.arguments.push_back(word);
    } else if (word == "--") {
      only_arguments_ = true;
    } else if (word.starts_with("--")) {
      auto equals = word.find('=');
      const auto* option = find_option(path_, word.substr(0, equals));
      if (option == nullptr || option->value.empty())
        return;
      if (equals == std::string::npos)
        pending_ = option;
      else
        note(*option, word.substr(equals + 1));
    } else if (word.starts_with('-') && word.size() > 1) {
      pending_ = last_of_cluster(path_, word);
    } else if (!descend(word)) {
      asked_.arguments.push_back(word);
    }
  }

  completion_question complete(const std::string& word) {
    asked_.begun = word;
    if (pending_ != nullptr)
      take_values(*pending_);
    else if (only_arguments_)
      take_argument();
    else if (auto equals = word.find('='); word.starts_with("--") && equals != std::string::npos)
      take_values_behind(equals);
    else if (word.starts_with('-'))
      take_options();
    else if (!path_.back()->commands.empty() && asked_.arguments.empty())
      take_commands();
    else
      take_argument();
    return std::move(asked_);
  }

private:
  void note(const option_page& option, const std::string& value) {
    const auto& name = option.names.front();
    if (name == "--state-dir")
      asked_.state_dir = value;
    else if (name == "--settings-dir")
      asked_.settings_dir = value;
    else if (name == "--set")
      asked_.sets.push_back(value);
  }

  bool descend(const std::string& word) {
    if (!asked_.arguments.empty())
      return false;
    for (const auto& each : path_.back()->commands)
      if (each.name == word) {
        path_.push_back(&each);
        return true;
      }
    return false;
  }

  void take_values(const option_page& option) {
    if (!option.choices.empty()) {
      for (const auto& each : option.choices)
        asked_.fixed.push_back({each, ""});
      asked_.source = fixed;
    } else {
      take_row(option.names.front());
    }
    auto comma = asked_.begun.rfind(',');
    if (std::ranges::find(comma_lists, option.names.front()) != comma_lists.end() &&
        comma != std::string::npos) {
      asked_.before += asked_.begun.substr(0, comma + 1);
      asked_.begun.erase(0, comma + 1);
    }
  }

  void take_row(std::string_view name) {
    auto command = path_.back()->path;
    command.erase(0, std::min(command.size(), command.find(' ')));
    for (const auto& row : value_rows)
      if (row.name == name && (row.command.empty() ||
                               (command + " ").starts_with(" " + std::string{row.command} + " "))) {
        asked_.source = row.source;
        asked_.fixed = words_in(row.words);
        return;
      }
  }

  void take_values_behind(std::size_t equals) {
    const auto* option = find_option(path_, asked_.begun.substr(0, equals));
    if (option == nullptr || option->value.empty())
      return;
    asked_.before = asked_.begun.substr(0, equals + 1);
    asked_.begun.erase(0, equals + 1);
    take_values(*option);
  }

  void take_argument() {
    const auto& all = path_.back()->arguments;
    if (all.empty())
      return;
    auto at = std::min(asked_.arguments.size(), all.size() - 1);
    if (at < asked_.arguments.size() && !all[at].takes_many)
      return;
    take_values(all[at]);
  }

  void take_options() {
    for (auto at = path_.rbegin(); at != path_.rend(); ++at)
      for (const auto& each : (*at)->options)
        for (const auto& name : each.names)
          if (name.starts_with("--"))
            asked_.fixed.push_back({name, each.help});
  }

  void take_commands() {
    for (const auto& each : path_.back()->commands)
      asked_.fixed.push_back({each.name, each.summary});
  }

  std::vector<const command_page*> path_;
  const option_page* pending_ = nullptr;
  bool only_arguments_ = false;
  completion_question asked_;
};

std::string key_of(const config::row& row) {
  return (row.group.empty() ? "" : std::string{row.group} + ".") + std::string{row.name};
}

} // namespace

completion_question question_of(const command_page& program,
                                const std::vector<std::string>& words) {
  command_line_walk walk{program};
  if (words.empty())
    return walk.complete("");
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    walk.read(words[i]);
  return walk.complete(words.back());
}

std::vector<suggestion> fitting(const completion_question& question,
                                std::vector<suggestion> from_source) {
  auto all = question.fixed;
  std::ranges::move(from_source, std::back_inserter(all));
  std::vector<suggestion> made;
  for (auto& each : all) {
    // What cannot stand on one line cannot be told to a shell, either.
    auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (each.value.empty() || !each.value.starts_with(question.begun) ||
        std::ranges::any_of(each.value, is_control))
      continue;
    auto value = question.before + each.value;
    if (std::ranges::find(made, value, &suggestion::value) == made.end())
      made.push_back({value, std::move(each.description)});
  }
  return made;
}

std::vector<suggestion> settings_suggested(bool with_groups) {
  std::vector<suggestion> all;
  for (const auto& row : config::rows)
    all.push_back({key_of(row), std::string{row.doc}});
  if (with_groups)
    for (const auto& group : config::groups)
      all.push_back({std::string{group.name}, std::string{group.doc}});
  return all;
}

std::vector<suggestion> values_of_setting(const std::string& key) {
  const auto row = std::ranges::find(config::rows, key, key_of);
  if (row == config::rows.end())
    return {};
  if (row->kind == config::kind::boolean)
    return {{"true", ""}, {"false", ""}};
  std::vector<suggestion> all;
  for (auto each : row->choices)
    all.push_back({std::string{each}, ""});
  if (all.empty() && !row->default_text.empty() && !row->secret)
    all.push_back({std::string{row->default_text}, "the default"});
  return all;
}

std::vector<suggestion> assignments_suggested(const std::string& begun) {
  auto equals = begun.find('=');
  auto all = equals == std::string::npos ? settings_suggested(false)
                                         : values_of_setting(begun.substr(0, equals));
  for (auto& each : all)
    each.value =
        equals == std::string::npos ? each.value + "=" : begun.substr(0, equals + 1) + each.value;
  return all;
}

std::string without_quotes(const std::string& word) {
  // Half an escape says nothing yet.
  auto whole = word.ends_with('\\') && !shell_words(word) ? word.substr(0, word.size() - 1) : word;
  for (const auto* end : {"", "'", "\""})
    if (auto words = shell_words(whole + end))
      return words->empty() ? "" : words->front();
  return word;
}

} // namespace mahavishnu::cli
