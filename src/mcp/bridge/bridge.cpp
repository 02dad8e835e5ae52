// SPDX-License-Identifier: MIT
#include "mcp/bridge/bridge.hpp"

#include "mcp/bridge/line_reader.hpp"
#include "mcp/bridge/relay.hpp"
#include "net/http_client.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <semaphore>

namespace mahavishnu::mcp::bridge {

namespace {

/// Of lines that were read and not looked at yet.
constexpr std::ptrdiff_t most_unread_lines = 64;
/// What a pipe takes without blocking when it says that it takes something.
constexpr std::size_t most_at_once = 4096;

/// Something that poll() can wait for.
class event {
public:
  event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~event() { ::close(descriptor_); }
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  int descriptor() const { return descriptor_; }
  void raise() { ::eventfd_write(descriptor_, 1); }
  void lower() {
    eventfd_t ignored = 0;
    ::eventfd_read(descriptor_, &ignored);
  }

private:
  const int descriptor_;
};

/// Lines to the client. Blocks its caller while that does not read, which slows down the server in
/// turn; until it is stopped.
class line_writer {
public:
  explicit line_writer(int descriptor) : descriptor_(descriptor) {}

  void write(const std::string& line) {
    auto text = line + '\n';
    std::string_view rest{text};
    while (!rest.empty() && !has_failed_) {
      std::array<pollfd, 2> waiting{
          {{descriptor_, POLLOUT, 0}, {stopped_.descriptor(), POLLIN, 0}}};
      if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
        has_failed_ = true;
      if (waiting[1].revents != 0)
        has_failed_ = true;
      if (has_failed_ || waiting[0].revents == 0)
        continue;
      auto count = ::write(descriptor_, rest.data(), std::min(rest.size(), most_at_once));
      if (count > 0)
        rest.remove_prefix(static_cast<std::size_t>(count));
      else if (errno != EINTR && errno != EAGAIN)
        has_failed_ = true;
    }
  }

  void stop() { stopped_.raise(); }
  bool has_failed() const { return has_failed_; }

private:
  const int descriptor_;
  event stopped_;
  std::atomic<bool> has_failed_{false};
};

class bridge {
public:
  explicit bridge(bridge_options options)
      : options_(std::move(options)),
        writer_(options_.output),
        lines_(options_.max_message_bytes) {}

  result<void> start();
  void run(const std::stop_token& stop);

private:
  /// On the thread of the relay.
  void post(std::function<void(relay&)> task) {
    unread_.acquire();
    http_->post([this, task = std::move(task)] {
      task(*relay_);
      unread_.release();
    });
  }
  void read_input();

  const bridge_options options_;
  event woken_;
  std::atomic<bool> wants_url_{false};
  std::atomic<bool> has_ended_{false};
  line_writer writer_;
  line_reader lines_;
  bool has_input_ = true;
  std::counting_semaphore<most_unread_lines> unread_{most_unread_lines};
  std::shared_ptr<relay> relay_;
  std::unique_ptr<net::http_client> http_;
};

result<void> bridge::start() {
  net::client_options how;
  how.max_connections_per_origin = options_.most_requests + 8;
  how.idle_timeout = std::chrono::seconds{10};
  how.ca_file = options_.ca_file;
  auto client = net::http_client::start(how);
  if (!client)
    return client.error();
  http_ = std::move(*client);
  relay_options relaying;
  relaying.token = options_.token;
  relaying.max_message_bytes = options_.max_message_bytes;
  relaying.most_requests = options_.most_requests;
  relaying.time_to_end = options_.time_to_end;
  relaying.write = [this](const std::string& line) {
    writer_.write(line);
    if (writer_.has_failed())
      woken_.raise();
  };
  relaying.find_url = [this] {
    wants_url_ = true;
    woken_.raise();
  };
  relay_ = std::make_shared<relay>(*http_, std::move(relaying));
  return {};
}

void bridge::run(const std::stop_token& stop) {
  std::stop_callback on_stop{stop, [this] {
                               writer_.stop();
                               woken_.raise();
                             }};
  while (!has_ended_ && !writer_.has_failed() && !stop.stop_requested()) {
    std::array<pollfd, 2> waiting{
        {{woken_.descriptor(), POLLIN, 0}, {has_input_ ? options_.input : -1, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
      break;
    if (waiting[0].revents != 0)
      woken_.lower();
    if (wants_url_.exchange(false)) {
      auto url = options_.find_url();
      post([url = std::move(url)](relay& to) { to.on_url(url); });
    }
    if (has_input_ && waiting[1].revents != 0)
      read_input();
  }
  writer_.stop();
  http_->post([this] { relay_->stop(); });
  http_.reset();
}

void bridge::read_input() {
  std::array<char, std::size_t{64} << 10> buffer{};
  auto count = ::read(options_.input, buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (count <= 0) {
    has_input_ = false;
    return post([this](relay& to) {
      to.end([this] {
        has_ended_ = true;
        woken_.raise();
      });
    });
  }
  lines_.feed(
      {buffer.data(), static_cast<std::size_t>(count)},
      [this](std::string line) {
        post([line = std::move(line)](relay& to) mutable { to.on_line(std::move(line)); });
      },
      [this] { post([](relay& to) { to.on_long_line(); }); });
}

} // namespace

result<void> run_bridge(bridge_options options, std::stop_token stop) {
  std::signal(SIGPIPE, SIG_IGN); // a client that goes away is noticed by what write() says
  bridge all{std::move(options)};
  if (auto started = all.start(); !started)
    return started;
  all.run(stop);
  return {};
}

} // namespace mahavishnu::mcp::bridge
