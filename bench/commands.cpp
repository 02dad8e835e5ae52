// SPDX-License-Identifier: MIT
/// A command that asks the server for one thing, as a whole process: its wall time, beside a
/// program that does nothing but connect and ask, and what the server keeps of thousands of them.
#include "must.hpp"
#include "report.hpp"
#include "scratch.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

/// A process of a program, with its output thrown away or in a pipe.
class child {
public:
  enum class use { quietly, as_server };

  child(const std::vector<std::string>& words, use how) {
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    std::array<int, 2> input{-1, -1}, answer{-1, -1};
    if (how == use::as_server) {
      if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(answer.data(), O_CLOEXEC) != 0)
        die("no pipe");
      ::posix_spawn_file_actions_adddup2(&files, input[0], STDIN_FILENO);
      ::posix_spawn_file_actions_adddup2(&files, answer[1], STDOUT_FILENO);
    } else {
      ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    std::vector<char*> arguments;
    for (const auto& word : words)
      arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    if (::posix_spawn(&pid_, arguments[0], &files, nullptr, arguments.data(), environ) != 0)
      die("cannot start " + words[0]);
    ::posix_spawn_file_actions_destroy(&files);
    ::close(input[0]);
    ::close(answer[1]);
    input_ = input[1];
    answer_ = answer[0];
  }

  ~child() { end(); }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  void wait_until_ready() const {
    char first = 0;
    if (::read(answer_, &first, 1) != 1)
      die("the server of the floor does not start");
  }

  /// Its exit code; a server ends with its input.
  int end() {
    if (pid_ < 0)
      return 0;
    ::close(input_);
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    ::close(answer_);
    return status;
  }

private:
  pid_t pid_ = -1;
  int input_ = -1;
  int answer_ = -1;
};

void run(const std::vector<std::string>& words) {
  if (child{words, child::use::quietly}.end() != 0)
    die("'" + words[0] + " " + words[1] + "' fails");
}

double milliseconds_of(const std::vector<std::string>& words) {
  const auto begin = clock::now();
  run(words);
  return seconds_since(begin) * 1e3;
}

std::vector<std::string> mahavishnu_words(const scratch& place, std::vector<std::string> more) {
  const auto where = place.path().string();
  more.insert(more.begin(), {MAHAVISHNU_PROGRAM, "--state-dir", where, "--settings-dir", where});
  return more;
}

/// Memory of a process that no file stands behind, in MiB.
double private_mib(pid_t pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string word; status >> word;)
    if (word == "RssAnon:") {
      double kib = 0;
      status >> kib;
      return kib / 1024;
    }
  die("the server is not there");
}

pid_t server_of(const scratch& place) {
  pid_t pid = 0;
  std::ifstream{place / "server.lock"} >> pid;
  return pid;
}

} // namespace

int main(int argc, char** argv) {
  const auto how = parse(argc, argv);
  report results{"commands", how};
  auto& asking =
      results.number("status -o json, the whole process", "ms").at_most(20).ratio_at_most(2);
  auto& slow = results.number("status -o json, p95", "ms");
  auto& nothing = results.number("version, which asks nobody", "ms");
  auto& growth = results.number("growth of the server over 10,000 commands", "MiB").at_most(2);

  const auto place = scratch::on_disk();
  const auto bare_socket = place / "bare.sock";
  const child bare{{MAHAVISHNU_BARE_COMMAND, "serve", bare_socket}, child::use::as_server};
  bare.wait_until_ready();
  run(mahavishnu_words(place, {"up", "--detach", "--port", "0"}));
  const auto status = mahavishnu_words(place, {"status", "-o", "json"});
  const auto version = mahavishnu_words(place, {"version"});

  for (std::size_t i = 0; i < how.runs; ++i) {
    std::vector<double> ours, floor, least;
    for (std::int64_t k = 0; k < how.scaled(40); ++k) {
      floor.push_back(milliseconds_of({MAHAVISHNU_BARE_COMMAND, "ask", bare_socket}));
      ours.push_back(milliseconds_of(status));
      least.push_back(milliseconds_of(version));
    }
    add({quantile(ours, 0.5), quantile(ours, 0.95), quantile(least, 0.5)}, asking, slow, nothing);
    add_floor({quantile(floor, 0.5), quantile(floor, 0.95)}, asking, slow);
  }

  // What the first ones leave are pages that the next ones use again.
  for (std::int64_t k = 0; k < how.scaled(500); ++k)
    run(status);
  const auto before = private_mib(server_of(place));
  for (std::int64_t k = 0; k < how.scaled(10'000); ++k)
    run(status);
  growth.add(private_mib(server_of(place)) - before);

  run(mahavishnu_words(place, {"down"}));
  return results.exit_code();
}
