// SPDX-License-Identifier: MIT
#include "exec/keeper_program.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace mahavishnu::exec {

namespace {

constexpr const char* variable = "MAHAVISHNU_KEEPER";
constexpr const char* name = "mahavishnu-keeper";

bool is_program(const std::filesystem::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

} // namespace

result<std::string> keeper_program_for(const std::string& own_path, const char* named) {
  if (named != nullptr && *named != '\0') {
    std::filesystem::path path{named};
    if (path.is_absolute() && is_program(path))
      return path.string();
    return error{errc::not_found, std::string{variable} + " names '" + named +
                                      "', which is no program; give the absolute path of " + name +
                                      " or unset it"};
  }
  auto folder = std::filesystem::path{own_path}.parent_path();
  auto beside = folder / name;
  if (is_program(beside))
    return beside.string();
  auto installed = (folder / "../libexec/mahavishnu" / name).lexically_normal();
  if (is_program(installed))
    return installed.string();
  return error{errc::not_found, "there is no " + std::string{name} + " at '" + beside.string() +
                                    "' nor at '" + installed.string() +
                                    "'; install it there or name it in " + variable};
}

result<std::string> keeper_program() {
  std::error_code failure;
  auto own = std::filesystem::read_symlink("/proc/self/exe", failure);
  return keeper_program_for(failure ? std::string{} : own.string(), std::getenv(variable));
}

} // namespace mahavishnu::exec
