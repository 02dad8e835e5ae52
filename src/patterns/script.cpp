// SPDX-License-Identifier: MIT
#include "patterns/script.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

namespace mahavishnu {

namespace {

namespace fs = std::filesystem;

struct interpreter {
  const char* ending;
  const char* program;
  const char* package;
};

constexpr interpreter interpreters[] = {
    {".py", "python3", "python3"},
    {".js", "node", "nodejs"},
    {".mjs", "node", "nodejs"},
    {".sh", "/bin/sh", "dash"},
};

bool is_program(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

std::optional<std::string> find_in(const std::string& search_path, const std::string& name) {
  for (std::size_t at = 0; at <= search_path.size();) {
    auto end = std::min(search_path.find(':', at), search_path.size());
    auto folder = search_path.substr(at, end - at);
    at = end + 1;
    // A relative one would change with the folder that the script runs in.
    if (folder.starts_with('/') && is_program(folder + "/" + name))
      return folder + "/" + name;
  }
  return std::nullopt;
}

result<std::string> find_interpreter(const interpreter& which, const std::string& script,
                                     const std::string& search_path) {
  std::string program = which.program;
  if (program.starts_with('/')) {
    if (is_program(program))
      return program;
  } else if (auto found = find_in(search_path, program)) {
    return *found;
  }
  return error{errc::not_found, "script '" + script + "' needs " + program +
                                    ", which is not here; install the package " + which.package +
                                    (program.starts_with('/') ? "" : " or correct PATH")};
}

} // namespace

std::string stem_of(const std::string& script) {
  return fs::path{script}.stem().string();
}

result<found_script> find_script(const script_call& call, const std::string& search_path) {
  const auto& name = call.script;
  if (name.empty())
    return error{errc::invalid_argument, "there is no script to run; name a file"};
  if (name.find('\0') != std::string::npos)
    return error{errc::invalid_argument, "the name of a script contains a NUL byte; remove it"};
  std::error_code failure;
  auto path = fs::absolute(name, failure).lexically_normal();
  if (failure)
    return error{errc::io_failed,
                 "cannot tell which directory this is: " + failure.message() + "; change to one"};
  found_script found;
  found.stem = stem_of(name);
  struct stat looked {};
  if (::stat(path.c_str(), &looked) != 0) {
    auto why = errno;
    if (why == ENOENT && name.find('/') == std::string::npos) {
      auto program = find_in(search_path, name);
      if (!program)
        return error{errc::not_found, "there is no script '" + name +
                                          "': no file here has that name, and no program in PATH; "
                                          "correct the name or give its path"};
      found.folder = fs::current_path(failure).string();
      found.argv = {*program};
      found.argv.insert(found.argv.end(), call.args.begin(), call.args.end());
      return found;
    }
    if (why == EACCES)
      return error{errc::unauthorized, "script '" + name +
                                           "' cannot be reached: permission denied; change the "
                                           "mode of the directories above it"};
    return error{errc::not_found,
                 "there is no script '" + name + "': " + std::strerror(why) + "; correct its path"};
  }
  if (S_ISDIR(looked.st_mode))
    return error{errc::unauthorized,
                 "script '" + name + "' is a directory; name a file that is in it"};
  if (!S_ISREG(looked.st_mode))
    return error{errc::unauthorized, "script '" + name + "' is no regular file; name one"};
  found.folder = path.parent_path().string();
  auto ending = path.extension();
  for (const auto& each : interpreters) {
    if (ending != each.ending)
      continue;
    auto program = find_interpreter(each, name, search_path);
    if (!program)
      return program.error();
    if (::access(path.c_str(), R_OK) != 0)
      return error{errc::unauthorized,
                   "script '" + name + "' cannot be read; run: chmod u+r '" + path.string() + "'"};
    found.argv = {*program, path.string()};
  }
  if (found.argv.empty()) {
    if (::access(path.c_str(), X_OK) != 0)
      return error{errc::unauthorized, "script '" + name + "' cannot be executed; run: chmod +x '" +
                                           path.string() +
                                           "', or give it the ending .py, .js, .mjs or .sh"};
    found.argv = {path.string()};
  }
  found.argv.insert(found.argv.end(), call.args.begin(), call.args.end());
  return found;
}

result<found_script> find_script(const script_call& call) {
  const char* search_path = std::getenv("PATH");
  return find_script(call, search_path ? search_path : "/usr/local/bin:/usr/bin:/bin");
}

} // namespace mahavishnu
