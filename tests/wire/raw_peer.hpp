// SPDX-License-Identifier: MIT
#pragma once

#include "wire/frames.hpp"
#include "wire/unix_socket.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mahavishnu::wire::test {

inline constexpr std::chrono::seconds patience{20};

/// Waits until `condition` holds, for things that give no event of their own.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = patience);

long resident_kib();

/// A connection without CAF behind it.
class raw_peer {
public:
  explicit raw_peer(const std::filesystem::path& socket);
  explicit raw_peer(descriptor fd) : fd_(std::move(fd)) {}

  bool connected() const { return static_cast<bool>(fd_); }

  /// Whether all bytes went out before the other side closed.
  bool send(std::string_view bytes);

  /// Whether the other side closes in time; takes whatever it says before.
  bool sees_end(std::chrono::milliseconds limit = patience);

  /// Exactly this many bytes, fewer when the other side closes or the time is over.
  std::string receive(std::size_t size, std::chrono::milliseconds limit = patience);

  /// The next frame.
  std::string receive_frame();

  /// All that comes within a time.
  std::string receive_for(std::chrono::milliseconds limit);

  void hang_up() { fd_.reset(); }
  int fd() const { return fd_.get(); }

private:
  descriptor fd_;
};

/// Accepts on a socket file and lets a script speak with each connection, one after the other.
class raw_server {
public:
  using script = std::function<void(raw_peer&)>;

  raw_server(const std::filesystem::path& socket, script play);
  ~raw_server();

private:
  void run();

  descriptor listener_;
  descriptor wake_;
  script play_;
  std::thread thread_;
};

/// Stands between a client and a server, forwards everything and remembers it.
class recorder {
public:
  recorder(const std::filesystem::path& front, const std::filesystem::path& back);

  /// Cuts the connection.
  ~recorder();

  std::string from_client();
  std::string from_server();

private:
  void forward(raw_peer& client);

  std::filesystem::path back_;
  descriptor stop_;
  std::mutex mutex_;
  std::string from_client_;
  std::string from_server_;
  raw_server server_;
};

} // namespace mahavishnu::wire::test
