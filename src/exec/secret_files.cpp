// SPDX-License-Identifier: MIT
#include "exec/secret_files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mahavishnu::exec {

namespace {

constexpr std::size_t most_secrets = 64;
constexpr std::size_t most_bytes = std::size_t{1} << 20;

/// The first number behind the streams of a process.
constexpr int first_number = STDERR_FILENO + 1;

error refuse(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

/// What every shell takes for the name of a variable.
bool is_variable_name(std::string_view name) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string variable_of(const std::string& name) {
  return name + "_FD";
}

result<void> check(const process_spec& spec) {
  if (spec.secrets.size() > most_secrets)
    return refuse("a process is given no more than " + std::to_string(most_secrets) +
                  " secrets, not " + std::to_string(spec.secrets.size()) +
                  "; put several into one");
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < spec.secrets.size(); ++i) {
    const auto& name = spec.secrets[i].name;
    if (!is_variable_name(name))
      return refuse("the name of secret " + std::to_string(i) +
                    " is none for a variable; use letters, digits and '_'");
    if (std::ranges::count(spec.secrets, name, &secret::name) > 1)
      return refuse("two secrets have the name '" + name + "'; give each a name of its own");
    for (const auto& variable : spec.environment)
      if (variable.first == variable_of(name))
        return refuse("the environment variable '" + variable.first +
                      "' is to have a value, but it tells where the secret '" + name +
                      "' is; rename one of them");
    bytes += spec.secrets[i].value.size();
  }
  if (bytes > most_bytes)
    return refuse("the secrets of a process have " + std::to_string(bytes) +
                  " bytes together, and at most " + std::to_string(most_bytes) +
                  " are taken; pass what is no secret in a file");
  return {};
}

unique_fd write_sealed(const secret& what) {
  unique_fd file{::memfd_create("secret", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  std::string_view rest = what.value;
  while (file && !rest.empty()) {
    auto count = ::write(file.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return {};
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  constexpr int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (!file || ::lseek(file.get(), 0, SEEK_SET) != 0 || ::fcntl(file.get(), F_ADD_SEALS, all) != 0)
    return {};
  return file;
}

} // namespace

result<secret_files> secret_files::make(const process_spec& spec) {
  if (auto checked = check(spec); !checked)
    return checked.error();
  secret_files made;
  for (const auto& each : spec.secrets) {
    auto file = write_sealed(each);
    if (!file)
      return error{errc::process_failed,
                   "the secret '" + each.name +
                       "' cannot be given to a process: " + std::generic_category().message(errno) +
                       "; raise the limit on open files (ulimit -n) or free memory"};
    made.files_.emplace_back(each.name, std::move(file));
  }
  return made;
}

void secret_files::give(process_spec& spec, spawn_options& how) const {
  auto number = first_number;
  for (const auto& [name, file] : files_) {
    how.descriptors.push_back({number, file.get()});
    spec.environment.emplace_back(variable_of(name), std::to_string(number));
    ++number;
  }
}

} // namespace mahavishnu::exec
