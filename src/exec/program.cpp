// SPDX-License-Identifier: MIT
#include "exec/program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <unordered_map>

namespace mahavishnu::exec {

namespace {

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::string in_quotes(std::string_view name) {
  return "'" + std::string(name) + "'";
}

/// Where a relative `path` of the child points to.
std::string in_directory(const std::string& directory, std::string path) {
  if (directory.empty() || path.starts_with('/'))
    return path;
  return directory + '/' + path;
}

std::string_view name_of(std::string_view line) {
  return line.substr(0, line.find('='));
}

std::string_view value_of(const std::vector<std::string>& environment, std::string_view name,
                          std::string_view fallback) {
  for (const auto& line : environment)
    if (name_of(line) == name && line.size() > name.size())
      return std::string_view(line).substr(name.size() + 1);
  return fallback;
}

enum class program_state { missing, unusable, usable };

program_state look_at(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0)
    return errno == EACCES ? program_state::unusable : program_state::missing;
  if (!S_ISREG(info.st_mode) || faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0)
    return program_state::unusable;
  return program_state::usable;
}

std::optional<error> explain_directory(const std::string& path) {
  if (path.empty())
    return std::nullopt;
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno == EACCES)
      return error{errc::process_failed, "working directory " + in_quotes(path) +
                                             " may not be entered: permission denied; change its "
                                             "mode or that of the directories above it"};
    return error{errc::not_found, "working directory " + in_quotes(path) +
                                      " does not exist; create it or name another one"};
  }
  if (!S_ISDIR(info.st_mode))
    return error{errc::invalid_argument, "working directory " + in_quotes(path) +
                                             " is not a directory; name the directory it is in"};
  if (faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0)
    return error{errc::process_failed, "working directory " + in_quotes(path) +
                                           " may not be entered: permission denied; change its "
                                           "mode or name another one"};
  return std::nullopt;
}

/// More than this no system takes as one argument: 32 pages with the NUL byte at the end.
std::size_t longest_argument() {
  return 32 * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) - 1;
}

error explain_length(const process_spec& spec, const std::string& what) {
  constexpr auto fix = "; pass the data by stdin or in a file";
  auto too_long = [&](const std::string& name, std::size_t size) {
    return error{errc::invalid_argument,
                 name + " of " + what + " is too long for the system: " + std::to_string(size) +
                     " bytes, and " + std::to_string(longest_argument()) + " are the most" + fix};
  };
  for (std::size_t i = 0; i < spec.argv.size(); ++i)
    if (spec.argv[i].size() > longest_argument())
      return too_long("argument " + std::to_string(i), spec.argv[i].size());
  for (const auto& [name, value] : spec.environment)
    if (auto size = name.size() + 1 + value.size(); size > longest_argument())
      return too_long("the environment variable " + in_quotes(name), size);
  return {errc::invalid_argument, "the arguments and the environment of " + what +
                                      " are together too long for the system" + fix +
                                      ", or raise the limit on the stack, of which they may take "
                                      "a quarter (ulimit -s)"};
}

error not_executable(const std::string& program) {
  struct stat info {};
  if (stat(program.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    return {errc::invalid_argument,
            "program " + in_quotes(program) + " is a directory; name a program in it"};
  return {errc::process_failed, "program " + in_quotes(program) +
                                    " may not be executed: permission denied; make it executable "
                                    "(chmod +x) and its directories accessible"};
}

} // namespace

result<void> check_spec(const process_spec& spec) {
  auto refuse = [](std::string text) { return error{errc::invalid_argument, std::move(text)}; };
  if (spec.argv.empty() || spec.argv.front().empty())
    return refuse("there is no program to run; give its name as the first argument");
  for (std::size_t i = 0; i < spec.argv.size(); ++i)
    if (has_nul(spec.argv[i]))
      return refuse("argument " + std::to_string(i) +
                    " contains a NUL byte; pass binary data by stdin or in a file");
  if (has_nul(spec.working_directory))
    return refuse("the name of the working directory contains a NUL byte; remove it");
  for (const auto& [name, value] : spec.environment) {
    if (name.empty())
      return refuse("an environment variable has an empty name; name it");
    if (has_nul(name) || name.find('=') != std::string::npos)
      return refuse("the name of the environment variable " +
                    in_quotes(name.substr(0, name.find('\0'))) +
                    " contains '=' or a NUL byte; use another name");
    if (has_nul(value))
      return refuse("the environment variable " + in_quotes(name) +
                    " contains a NUL byte; pass binary data by stdin or in a file");
  }
  return {};
}

std::vector<std::string> merge_environment(const std::vector<std::string>& inherited,
                                           const process_spec& spec) {
  if (spec.environment.empty())
    return inherited;
  std::unordered_map<std::string_view, std::string_view> added;
  for (const auto& [name, value] : spec.environment)
    added[name] = value;
  std::vector<std::string> merged;
  merged.reserve(inherited.size() + added.size());
  for (const auto& line : inherited)
    if (!added.contains(name_of(line)))
      merged.push_back(line);
  for (const auto& [name, value] : added)
    merged.push_back(std::string(name) + '=' + std::string(value));
  return merged;
}

result<std::string> find_program(const process_spec& spec,
                                 const std::vector<std::string>& environment) {
  const auto& name = spec.argv.front();
  if (name.find('/') != std::string::npos)
    return name;
  std::optional<std::string> unusable;
  auto path = value_of(environment, "PATH", "/usr/local/bin:/usr/bin:/bin");
  for (std::size_t at = 0; at <= path.size();) {
    auto end = std::min(path.find(':', at), path.size());
    auto directory = std::string(path.substr(at, end - at));
    at = end + 1;
    auto candidate = (directory.empty() ? "." : directory) + '/' + name;
    auto state = look_at(in_directory(spec.working_directory, candidate));
    if (state == program_state::usable)
      return candidate;
    if (state == program_state::unusable && !unusable)
      unusable = candidate;
  }
  // Of a directory that nobody else may enter we cannot know whether the program is in it.
  if (unusable && access(in_directory(spec.working_directory, *unusable).c_str(), F_OK) == 0)
    return not_executable(*unusable);
  return error{errc::not_found, "program " + in_quotes(name) +
                                    " is in no directory of PATH; install it, correct PATH or give "
                                    "its full path"};
}

error explain_spawn_failure(int number, const process_spec& spec, const std::string& program) {
  auto what = "program " + in_quotes(program);
  auto full = in_directory(spec.working_directory, program);
  switch (number) {
  case ENOENT:
  case ENOTDIR:
  case EACCES:
  case EPERM: {
    if (auto directory = explain_directory(spec.working_directory))
      return *directory;
    auto state = look_at(full);
    if (state == program_state::unusable)
      return not_executable(full);
    if (state == program_state::missing)
      return {errc::not_found, what + " does not exist; correct its path or install it"};
    if (number == ENOENT)
      return {errc::not_found, what + " needs an interpreter that does not exist; install the one "
                                      "its first line (#!) names, or correct that line"};
    return {errc::process_failed,
            what + " may not be executed: " + std::generic_category().message(number) +
                "; look at the rights of its interpreter and at the mount "
                "options of its file system (noexec)"};
  }
  case ENOEXEC:
    return {errc::process_failed, what + " is in no format this system can execute; a script needs "
                                         "a first line such as #!/bin/sh"};
  case E2BIG: return explain_length(spec, what);
  case ENFILE:
    return {errc::process_failed, "no file descriptor is free on this system to start " + what +
                                      "; raise fs.file-max or run fewer at once"};
  case EMFILE:
    return {errc::process_failed, "no file descriptor is free to start " + what +
                                      "; raise the limit (ulimit -n) or run fewer at once"};
  case EAGAIN:
    return {errc::process_failed, "the limit on processes is reached, cannot start " + what +
                                      "; raise it (ulimit -u, pids.max) or run fewer at once"};
  case ENOMEM:
    return {errc::process_failed,
            "no memory is free to start " + what + "; run fewer at once or add memory"};
  case ETXTBSY:
    return {errc::process_failed, what + " is open for writing; start it when it has been written"};
  default:
    return {errc::process_failed,
            what + " cannot be started: " + std::generic_category().message(number) +
                "; run it by hand to see more"};
  }
}

} // namespace mahavishnu::exec
