// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace mahavishnu::test {

/// A server of tests/mcp/servers in a process of its own. That ends with this, and also when the
/// whole test is killed: it lives as long as its standard input.
class node_server {
public:
  /// Nothing when there is no Node.js, which is said, and is a failure where
  /// MAHAVISHNU_TEST_NODE=required.
  static std::unique_ptr<node_server> start(const std::string& script,
                                            const std::vector<std::string>& arguments = {},
                                            const std::string& token = {});
  node_server(const node_server&) = delete;
  ~node_server();

  std::string url(const std::string& path = "/mcp") const {
    return "http://127.0.0.1:" + port_ + path;
  }

private:
  node_server() = default;

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string port_;
};

} // namespace mahavishnu::test
