// SPDX-License-Identifier: MIT
#include "cli/each/pool_owner.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>

namespace mahavishnu::cli::each {

namespace {

std::optional<std::uint64_t> own_namespace() {
  struct stat found {};
  if (::stat("/proc/self/ns/pid", &found) != 0)
    return std::nullopt;
  return found.st_ino;
}

std::optional<std::uint64_t> start_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  auto name_end = text.rfind(')'); // the name may have spaces
  if (name_end == std::string::npos)
    return std::nullopt;
  std::istringstream fields{text.substr(name_end + 1)};
  constexpr int before_start = 19;
  std::string skipped;
  for (int i = 0; i < before_start; ++i)
    fields >> skipped;
  std::uint64_t start = 0;
  return fields >> start ? std::optional{start} : std::nullopt;
}

template <class Number>
bool take_number(std::string_view& text, Number& into) {
  auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (failure != std::errc{})
    return false;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (text.starts_with('.'))
    text.remove_prefix(1);
  return true;
}

} // namespace

std::optional<pool_owner> pool_owner::self() {
  auto space = own_namespace();
  auto start = start_of(::getpid());
  if (!space || !start)
    return std::nullopt;
  return pool_owner{*space, ::getpid(), *start};
}

std::optional<pool_owner> pool_owner::parse(std::string_view text) {
  pool_owner made;
  if (take_number(text, made.pid_namespace) && take_number(text, made.pid) &&
      take_number(text, made.started) && text.empty() && made.pid > 0)
    return made;
  return std::nullopt;
}

std::string pool_owner::text() const {
  return std::to_string(pid_namespace) + "." + std::to_string(pid) + "." + std::to_string(started);
}

bool pool_owner::is_gone() const {
  if (own_namespace() != pid_namespace)
    return false;
  if (::kill(pid, 0) != 0 && errno == ESRCH)
    return true;
  auto start = start_of(pid);
  return start && *start != started;
}

} // namespace mahavishnu::cli::each
