// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace mahavishnu::cli::each {

/// A value, or none any more, or none before more bytes can be read.
template <class Value>
struct taken {
  enum class how { value, end, later } state = how::end;
  Value value{};

  static taken later() { return {how::later, {}}; }
  static taken of(Value value) { return {how::value, std::move(value)}; }
  explicit operator bool() const { return state == how::value; }
};

using value_list = std::vector<std::string>;

/// Where values come from, one after the other.
class value_source {
public:
  virtual ~value_source() = default;
  virtual result<taken<std::string>> take() = 0;
  /// What has to become readable after `later`, for poll(2).
  virtual int descriptor() const { return -1; }
  /// How many values there are in all, where that can be told without taking them.
  virtual std::optional<std::uint64_t> count() { return std::nullopt; }
};

/// Words of the command line.
std::unique_ptr<value_source> words_source(value_list words);

/// The records of a file, `-` for standard input, which end with that character. Read as they are
/// asked for, and never further than one piece ahead; blocks only if nobody polls.
result<std::unique_ptr<value_source>> file_source(const std::string& file, char delimiter);

/// An input source as it is written: `:::`, `::::`, `:::+` or `::::+`.
struct source_words {
  bool are_files = false;
  /// Goes along with the source before it, one by one.
  bool is_linked = false;
  value_list words;

  friend bool operator==(const source_words&, const source_words&) = default;
};

struct input_options {
  char delimiter = '\n';
  /// Splits each value into several arguments.
  std::optional<std::regex> column_separator;
  /// So many records make one job; 0: one, and none of its values is put into the command.
  std::size_t records = 1;
};

/// The arguments of job after job: all combinations of the sources, the last one changing fastest.
/// Only the first source is read as it is needed, all others are kept.
class job_input {
public:
  static result<job_input> open(const std::vector<source_words>& sources, input_options options);

  result<taken<value_list>> take();
  int descriptor() const;
  /// How many jobs that makes, where it can be told.
  std::optional<std::uint64_t> count() const { return count_; }

private:
  struct linked {
    std::vector<std::unique_ptr<value_source>> sources;
    value_list so_far; // of the record that is being put together
  };

  static result<taken<value_list>> take_from(linked& group);
  result<taken<value_list>> take_combination();
  result<void> keep_others(std::vector<linked> groups);
  void split_columns(value_list& record) const;

  input_options options_;
  linked first_;
  std::vector<std::vector<value_list>> others_;
  std::vector<std::size_t> at_; // the combination of the others that is next
  std::optional<value_list> now_;
  value_list job_;
  std::size_t records_in_job_ = 0;
  std::optional<std::uint64_t> count_;
};

} // namespace mahavishnu::cli::each
