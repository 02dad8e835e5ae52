// SPDX-License-Identifier: MIT
#include "cli/detach.hpp"

#include "cli/wait_for_end.hpp"
#include "messages/json.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>

extern char** environ;

namespace mahavishnu::cli {

namespace {

constexpr std::chrono::seconds start_limit{60};
constexpr int ready_descriptor = 3;

error failed_to(const std::string& what) {
  return {errc::process_failed, "cannot " + what + ": " + std::strerror(errno)};
}

/// Everything that comes until the other end closes or the time is over.
std::string read_all(int descriptor) {
  auto end = std::chrono::steady_clock::now() + start_limit;
  std::string text;
  char buffer[4096];
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd waiting{descriptor, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0)
      return text;
    auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count <= 0)
      return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string text_after(const std::filesystem::path& file, std::uintmax_t offset) {
  std::ifstream in{file, std::ios::binary};
  in.seekg(static_cast<std::streamoff>(offset));
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  while (text.ends_with('\n'))
    text.pop_back();
  return text;
}

} // namespace

void tell_ready(int descriptor, const server_status& server) {
  auto text = json::text(json::from(server));
  // Nobody may be left to hear it, which is no reason to stop.
  [[maybe_unused]] auto count = ::write(descriptor, text.data(), text.size());
  ::close(descriptor);
}

void tell_failure(int descriptor, const error& why) {
  auto text = json::text({{"error", why.message}, {"code", static_cast<int>(why.code)}});
  [[maybe_unused]] auto count = ::write(descriptor, text.data(), text.size());
  ::close(descriptor);
}

namespace {

std::optional<error> failure_in(const json::value& said) {
  if (!said.is_object() || !said.contains("error"))
    return std::nullopt;
  return error{static_cast<errc>(said.value("code", 0)), said.value("error", std::string{})};
}

} // namespace

result<server_status> start_detached(const std::vector<std::string>& arguments,
                                     const std::filesystem::path& log) {
  std::vector<std::string> words{"mahavishnu"};
  std::ranges::copy_if(arguments, std::back_inserter(words),
                       [](const std::string& word) { return word != "--detach" && word != "-d"; });
  words.push_back("--ready-fd=" + std::to_string(ready_descriptor));
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);

  int log_descriptor = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_descriptor < 0)
    return failed_to("open '" + log.string() + "'");
  auto log_size = ::lseek(log_descriptor, 0, SEEK_END);
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) {
    auto failure = failed_to("make a pipe");
    ::close(log_descriptor);
    return failure;
  }

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, log_descriptor, 2);
  posix_spawn_file_actions_adddup2(&files, ready[1], ready_descriptor);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
  pid_t child = 0;
  errno = ::posix_spawn(&child, "/proc/self/exe", &files, &how, argv.data(), environ);
  auto started = errno == 0;
  auto failure = failed_to("start the server");
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&how);
  ::close(log_descriptor);
  ::close(ready[1]);
  auto said = started ? read_all(ready[0]) : std::string{};
  ::close(ready[0]);
  if (!started)
    return failure;

  auto parsed = json::value::parse(said, nullptr, false);
  if (auto why = failure_in(parsed))
    return *why;
  if (!parsed.is_discarded())
    if (auto server = json::to<server_status>(parsed))
      return *server;
  if (!wait_for_end(child, start_limit)) {
    ::kill(child, SIGTERM);
    return error{errc::timeout,
                 "the server was not ready within 60 s and was ended; see '" + log.string() + "'"};
  }
  auto reason = text_after(log, static_cast<std::uintmax_t>(std::max<off_t>(log_size, 0)));
  if (auto at = reason.rfind("error: "); at != std::string::npos)
    reason = reason.substr(at + 7);
  return error{errc::process_failed, "the server did not start: " +
                                         (reason.empty() ? "see '" + log.string() + "'" : reason)};
}

} // namespace mahavishnu::cli
