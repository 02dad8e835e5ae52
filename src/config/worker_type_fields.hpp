// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mahavishnu::config {

/// What the key `worker_types` is about.
inline constexpr std::string_view worker_types_doc =
    "Worker types of your own, and changes of built-in ones; for files only.";

/// What a field has to hold beyond its kind.
enum class content : std::uint8_t {
  anything,
  /// A program and its arguments.
  command,
  /// Items like NAME=VALUE, some of which are secrets.
  assignments,
  /// The name of a program.
  program,
  /// The name of a container image.
  image,
  /// An amount of memory, or nothing.
  memory,
};

/// One field of a worker type: what may stand there, and where an entry keeps it.
struct worker_type_field {
  row about;
  /// What the example of the template and the docs holds, as somebody would write it.
  std::string_view example;
  std::variant<std::optional<std::vector<std::string>> worker_type_entry::*,
               std::optional<std::string> worker_type_entry::*,
               std::optional<double> worker_type_entry::*>
      member;
  config::content content = content::anything;
  bool is_for_containers_only = false;
};

/// Every field, declared once, in the order in which people read about them.
inline constexpr auto worker_type_fields = std::to_array<worker_type_field>({
    {words::list(worker_types_key, "command", "",
                 "Program and arguments, without a shell. {prompt} stands for the prompt, {file} "
                 "for the path of its file. Required, unless there is an image or the type is a "
                 "built-in one.")
         .used(),
     "my-tool, --fast, {prompt}", &worker_type_entry::command, content::command},
    {words::choice(worker_types_key, "prompt", "argument",
                   {"argument", "words", "stdin", "file", "none"},
                   "How the command gets the prompt: as one argument, as one argument a word, on "
                   "its standard input, in a file, or not at all.")
         .used(),
     "argument", &worker_type_entry::prompt},
    {words::text(worker_types_key, "description", "", "What workers of this type do.").used(),
     "Runs my tool.", &worker_type_entry::description},
    {words::list(worker_types_key, "environment", "",
                 "Variables of the command, as NAME=VALUE. Where the name holds KEY, TOKEN, SECRET "
                 "or PASSWORD, the value is never shown.")
         .used(),
     "LANG=C, TOKEN=${MY_TOKEN}", &worker_type_entry::environment, content::assignments},
    {words::number(worker_types_key, "timeout_seconds", "0", 0, 86400,
                   "Time that a task gets when it names none; 0: workers.timeout_seconds.")
         .in("seconds")
         .used(),
     "60", &worker_type_entry::timeout_seconds},
    {words::text(worker_types_key, "requires_tool", "",
                 "Program that must be installed; not set: the first word of the command.")
         .used(),
     "my-tool", &worker_type_entry::requires_tool, content::program},
    {words::list(worker_types_key, "version_command", "",
                 "Program and arguments that print the version of the tool.")
         .used(),
     "my-tool, --version", &worker_type_entry::version_command, content::command},
    {words::text(worker_types_key, "image", "",
                 "Image of a container, which the command then runs in.")
         .used(),
     "debian:12", &worker_type_entry::image, content::image},
    {words::choice(worker_types_key, "network", "none", {"none", "bridge", "host"},
                   "Network that a container sees.")
         .used(),
     "none", &worker_type_entry::network, content::anything, true},
    {words::text(worker_types_key, "memory", "",
                 "Memory that a container may use, like 512m or 2g; empty: no limit.")
         .used(),
     "512m", &worker_type_entry::memory, content::memory, true},
    {words::number(worker_types_key, "cpus", "0", 0, 1024,
                   "Processors that a container may use; 0: no limit.")
         .used(),
     "1.5", &worker_type_entry::cpus, content::anything, true},
});

/// The field of that name, or nothing.
const worker_type_field* find_worker_type_field(std::string_view name);

/// The same row under another group, which `group` must outlive: messages then name the type, as in
/// "worker_types.my-tool.cpus".
row row_in(const worker_type_field& field, std::string_view group);

/// What an entry holds in a field, if anybody set it.
std::optional<value> value_of(const worker_type_entry& from, const worker_type_field& field);

/// Sets a field to a value of its kind.
void set_field(worker_type_entry& of, const worker_type_field& field, value to, origin place);

/// Puts the fields that `more` has set over those of `base`.
void overlay(worker_type_entry& base, const worker_type_entry& more);

/// What the example holds, as YAML.
std::string yaml_example(const worker_type_field& field);

/// A value as people may see it: no passwords and no secret variables.
value masked(const worker_type_field& field, value of);

} // namespace mahavishnu::config
