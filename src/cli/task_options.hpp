// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/pool.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

/// Options that several commands have in common, and the parts of messages that they become.
namespace mahavishnu::cli {

/// Bytes of text that one request carries at most; what is longer belongs into a file.
constexpr std::size_t longest_text = 8u << 20;

/// An option that may be given many times, each time with one word.
CLI::Option* add_words(CLI::App& command, const std::string& name, std::vector<std::string>& words,
                       const std::string& help);

/// NAME=VALUE words as a map; `option` is for the error.
result<std::map<std::string, std::string>> parse_pairs(const std::string& option,
                                                       const std::vector<std::string>& words);

/// An option for seconds, with fractions.
CLI::Option* add_seconds(CLI::App& command, const std::string& name, double& value,
                         const std::string& help);
std::chrono::milliseconds milliseconds_of(double seconds);

/// The whole file; `-` is standard input.
result<std::string> read_text(const std::string& file);

/// From now on it reads nothing from a terminal: --no-input.
void ask_nothing();

/// When a task is tried again.
struct retry_options {
  std::optional<std::int32_t> retries;
  double delay = 0;
  std::vector<std::string> on;

  void add_to(CLI::App& command);
  retry_policy policy() const;
};

/// What every task may be given.
struct task_options {
  double timeout = 0;
  double deadline = 0;
  std::int32_t priority = 0;
  std::string directory;
  std::vector<std::string> environment;
  std::vector<std::string> metadata;
  retry_options retry;

  void add_to(CLI::App& command);
  result<task_spec> spec() const;
};

/// The same for a command that runs one task: what it does, and what it reads.
struct one_task_options {
  std::string prompt;
  std::string command;
  std::string standard_input;
  std::string key;
  task_options common;

  void add_to(CLI::App& app);
  result<task_spec> spec() const;
};

/// How a task that names no pool finds one.
struct route_options {
  std::string selector;
  std::string affinity;
  std::vector<std::string> labels;
  std::vector<CLI::Option*> all; // to exclude those that contradict them

  void add_to(CLI::App& command);
  result<label_map> required_labels() const { return parse_pairs("--label", labels); }
};

} // namespace mahavishnu::cli
