// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace mahavishnu::test {

/// Stands between a client and PostgreSQL, and loses connections when it is told to.
class postgres_proxy {
public:
  enum class loss {
    none,
    /// What the client says never arrives.
    of_request,
    /// All is done, and the client does not hear of it.
    of_answer,
    /// The same, and the server does not hear that the client is gone.
    of_answer_unseen,
    /// The client is left alone at once, and the server does not hear of it.
    of_client,
    /// All is done and said, and then the server goes down instead of being ready.
    of_server,
  };

  /// Clients find it in the directory as they would find the server.
  postgres_proxy(const std::filesystem::path& directory, std::string server_socket);
  ~postgres_proxy();
  postgres_proxy(const postgres_proxy&) = delete;
  postgres_proxy& operator=(const postgres_proxy&) = delete;

  /// Happens once, to whoever speaks next.
  void lose_next(loss how) { next_ = how; }
  bool has_lost() const { return next_ == loss::none; }
  /// Whether nobody is let in any more.
  void close_door(bool is_closed) { is_closed_ = is_closed; }

private:
  struct pair {
    int client;
    int server;
    loss how = loss::none;
    /// By the server, since something is to be lost.
    std::string said;
  };

  void serve();
  void accept_one();
  void from_client(pair& each);
  void from_server(pair& each);

  std::string server_socket_;
  int listening_ = -1;
  std::vector<pair> pairs_;
  std::atomic<loss> next_ = loss::none;
  std::atomic<bool> is_closed_ = false;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

} // namespace mahavishnu::test
