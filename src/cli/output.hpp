// SPDX-License-Identifier: MIT
#pragma once

#include "cli/exit_codes.hpp"
#include "cli/grid.hpp"
#include "messages/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace mahavishnu::cli {

enum class output_form { table, wide, json, jsonl, yaml, name };

/// The form of that name; `text` is what `table` was called once.
std::optional<output_form> output_form_of(std::string_view name);

/// What people see: a text, or a table that is laid out for where it goes.
using shown = std::variant<std::string, grid>;

/// Where a command's words go: data to standard output, talk to standard error.
class output {
public:
  explicit output(output_form form = output_form::table, look where = {}, look talk_where = {},
                  bool quiet = false)
      : form_(form), where_(where), talk_where_(talk_where), quiet_(quiet) {
    where_.wide = form == output_form::wide;
  }

  /// Says nothing at all, not even what went wrong: for who asks on the side.
  static output silent() {
    output nobody;
    nobody.quiet_ = true;
    nobody.silent_ = true;
    return nobody;
  }

  /// Of which command its errors are, such as `mahavishnu pool list`.
  void belongs_to(std::string command) { command_ = std::move(command); }

  /// Whether a program reads it: JSON or YAML.
  bool is_json() const {
    return form_ == output_form::json || form_ == output_form::jsonl || form_ == output_form::yaml;
  }
  output_form form() const { return form_; }
  const look& where() const { return where_; }
  const look& talk_where() const { return talk_where_; }
  bool is_quiet() const { return quiet_; }

  /// The answer of the command: one of the forms of the same thing. The kind names its schema.
  void answer(std::string_view kind, const json::value& object, const shown& text) const;

  /// One of several answers, of which more may come: on one line, and not kept back.
  void item(std::string_view kind, const json::value& object, const std::string& line) const;

  /// A document that is of no kind of ours: a schema, a settings file.
  void document(const json::value& object, const std::string& text) const;

  /// Something for a person, no part of the answer.
  void talk(const std::string& line) const;

  /// The same, although --quiet was given.
  void warn(const std::string& line) const;

  /// Says what went wrong and what helps, in all forms, and returns the exit code for it; without a
  /// message it has been said already.
  int failure(const error& what) const;

private:
  output_form form_;
  look where_;
  look talk_where_;
  bool quiet_;
  bool silent_ = false;
  std::string command_ = "mahavishnu";
};

/// The exit code of a command that has said its answer: that it could not be written is a failure.
int code_when_written(int code);

/// An error as people read it: what follows the last `; ` of its text that is not in quotes is what
/// helps, and else the help of the command, or what its code suggests.
struct told_error {
  std::string what;
  std::string fix;
};
told_error told(const error& failure, const std::string& command = "mahavishnu");

/// What `-o name` prints of an object: the ids of the things that it lists, or its own.
std::vector<std::string> names_in(const json::value& object);

/// The list of things in an object that is such a list, for `-o jsonl`.
const json::value* items_of(const json::value& object);

} // namespace mahavishnu::cli
