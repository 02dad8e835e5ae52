// SPDX-License-Identifier: MIT
#include "mcp/node_server.hpp"

#include "support/catch.hpp"
#include "support/events.hpp"

#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string_view>

namespace mahavishnu::test {

namespace {

/// What a command says, if it succeeds.
std::optional<std::string> output_of(const std::string& command) {
  auto* pipe = ::popen(command.c_str(), "re");
  if (!pipe)
    return std::nullopt;
  std::string text;
  char bytes[4096];
  while (auto count = std::fread(bytes, 1, sizeof bytes, pipe))
    text.append(bytes, count);
  return ::pclose(pipe) == 0 ? std::optional{text} : std::nullopt;
}

/// Why the servers cannot run; empty when they can.
std::string what_is_missing() {
  auto version = output_of("node --version 2>/dev/null");
  if (!version || std::atoi(version->c_str() + 1) < 20)
    return "no Node.js of version 20 or later";
  auto installed = output_of("bash '" MAHAVISHNU_MCP_SERVERS "/install.sh' "
                             "'" MAHAVISHNU_MCP_SERVERS_INSTALLED "'");
  return installed ? "" : "the packages of the test servers could not be installed";
}

bool can_run() {
  static const std::string missing = what_is_missing();
  if (missing.empty())
    return true;
  const auto* wanted = std::getenv("MAHAVISHNU_TEST_NODE");
  if (wanted && std::string_view{wanted} == "required")
    FAIL(missing);
  std::cerr << "SKIPPED: " << missing << '\n';
  WARN("SKIPPED: " << missing);
  return false;
}

} // namespace

std::unique_ptr<node_server> node_server::start(const std::string& script,
                                                const std::vector<std::string>& arguments,
                                                const std::string& token) {
  if (!can_run())
    return nullptr;
  int input[2];
  int output[2];
  REQUIRE(::pipe2(input, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(output, O_CLOEXEC) == 0);
  auto path = MAHAVISHNU_MCP_SERVERS_INSTALLED "/" + script;
  std::vector<std::string> words{"env", "TEST_TOKEN=" + token, "node", path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  std::unique_ptr<node_server> server{new node_server};
  server->pid_ = ::fork();
  if (server->pid_ == 0) {
    ::dup2(input[0], 0);
    ::dup2(output[1], 1);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(input[0]);
  ::close(output[1]);
  server->input_ = input[1];
  server->output_ = output[0];
  REQUIRE(server->pid_ > 0);
  std::string line;
  for (char c = 0; c != '\n'; line += c) {
    // Longer than other waits: to start Node takes a second of a processor that may be shared.
    auto is_readable = [&] { return becomes_readable(server->output_); };
    REQUIRE((is_readable() || is_readable() || is_readable()));
    REQUIRE(::read(server->output_, &c, 1) == 1);
  }
  REQUIRE(line.starts_with("listening "));
  server->port_ = line.substr(10, line.size() - 11);
  return server;
}

node_server::~node_server() {
  ::close(input_);
  ::close(output_);
  if (pid_ <= 0)
    return;
  if (!ends(pid_))
    ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

} // namespace mahavishnu::test
