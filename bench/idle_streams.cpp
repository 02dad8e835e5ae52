// SPDX-License-Identifier: MIT
/// Five thousand event streams on which nothing happens but that they are kept alive.
#include "net/http_server.hpp"
#include "report.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

[[noreturn]] void die(const std::string& why) {
  std::cerr << "idle_streams: " << why << "\n";
  std::_Exit(1);
}

void raise_limit_on_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// The clients, in a process of their own: what they take is not the server's. They read nothing
/// but the heads of their answers, and a keep-alive is small enough to wait in their sockets.
class clients {
public:
  clients() {
    if (pipe2(orders_.data(), O_CLOEXEC) != 0 || (process_ = fork()) < 0)
      die("cannot start the clients");
    if (process_ == 0)
      open_all();
    ::close(orders_[0]);
  }
  ~clients() {
    ::close(orders_[1]);
    ::waitpid(process_, nullptr, 0);
  }
  clients(const clients&) = delete;
  clients& operator=(const clients&) = delete;

  void open(std::uint16_t port, std::uint32_t count) {
    std::array<std::uint32_t, 2> order{port, count};
    if (::write(orders_[1], order.data(), sizeof order) != sizeof order)
      die("the clients have ended");
  }

private:
  [[noreturn]] void open_all() {
    ::close(orders_[1]);
    std::array<std::uint32_t, 2> order{};
    if (::read(orders_[0], order.data(), sizeof order) != sizeof order)
      std::_Exit(0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(order[0]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (std::uint32_t i = 0; i < order[1]; ++i) {
      int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
          ::send(fd, request.data(), request.size(), 0) < 0)
        die("a client cannot connect; raise the limit on open files (ulimit -n)");
    }
    char end = 0;
    (void)!::read(orders_[0], &end, 1);
    std::_Exit(0);
  }

  std::array<int, 2> orders_{-1, -1};
  pid_t process_ = -1;
};

/// MB, and % of a core.
std::vector<double> measure(const arguments& how) {
  auto count = static_cast<std::uint32_t>(how.scaled(5000));
  clients all; // before there is any thread
  std::atomic<std::uint32_t> begun{0};
  net::http_options options;
  options.max_connections = count;
  auto server = net::http_server::start(
      options, [&begun](const net::http_request&, const net::http_answer& answer) {
        net::http_response head;
        head.content_type = "text/event-stream";
        head.body = ":\n\n";
        answer.begin(std::move(head));
        answer.keep_alive(std::chrono::seconds{15}, ":\n\n");
        ++begun;
      });
  if (!server)
    die(server.error().message);
  all.open((*server)->port(), count);
  auto start = bench::clock::now();
  while (begun < count) {
    if (seconds_since(start) > 60)
      die("not all streams have begun within a minute");
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  constexpr double window = 20; // each is kept alive once, at least
  auto before = cpu_seconds();
  start = bench::clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>{window});
  auto share = 100 * (cpu_seconds() - before) / seconds_since(start);
  return {resident_mb(), share};
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  raise_limit_on_files();
  report results{"idle_streams", how};
  auto& memory = results.number("5000 idle event streams, memory", "MB").at_most(150);
  auto& share = results.number("5000 idle event streams, CPU, 20 s", "% of a core").at_most(5);
  for (std::size_t i = 0; i < how.runs; ++i)
    add(in_child([&] { return measure(how); }), memory, share);
}
