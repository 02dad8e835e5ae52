// SPDX-License-Identifier: MIT
#include "wire/acceptor.hpp"

#include "wire/guarded_scribe.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <set>
#include <string>
#include <thread>

namespace mahavishnu::wire {

namespace {

using clock = std::chrono::steady_clock;

/// How long the listener rests when the machine cannot take a connection.
constexpr std::chrono::milliseconds rest{100};

/// A new connection and the time until which it has to introduce itself.
struct newcomer {
  clock::time_point deadline;
  std::shared_ptr<connection_control> control;
};

} // namespace

struct acceptor::impl {
  impl(caf::actor_system& the_system, acceptor_options the_options)
      : system(the_system),
        options(std::move(the_options)),
        stats(std::make_shared<connection_stats>(options.log)) {}

  void run();
  void take_connections();
  void admit(descriptor fd);
  void shed_one();
  void expire(clock::time_point now);
  int milliseconds_to_wait(clock::time_point now) const;

  caf::actor_system& system;
  acceptor_options options;
  std::shared_ptr<connection_stats> stats;
  std::filesystem::path path;
  caf::strong_actor_ptr whom;
  caf::actor broker;
  std::set<std::string> handshake;
  std::shared_ptr<const frame_rules> rules;
  descriptor listener;
  descriptor wake;
  /// Given up for a moment when descriptors run out, so that waiting connections can be closed
  /// instead of waking the thread for ever.
  descriptor reserve;
  clock::time_point resting_until{};
  /// All wait equally long, so the first to expire is in front.
  std::deque<newcomer> newcomers;
  std::thread thread;
};

void acceptor::impl::run() {
  for (;;) {
    const auto now = clock::now();
    expire(now);
    const bool resting = now < resting_until;
    pollfd watched[] = {{wake.get(), POLLIN, 0}, {listener.get(), POLLIN, 0}};
    if (::poll(watched, resting ? 1 : 2, milliseconds_to_wait(now)) < 0 && errno != EINTR)
      return stats->failed("the acceptor cannot wait: " + std::string{std::strerror(errno)});
    if (watched[0].revents != 0)
      return;
    if (watched[1].revents != 0)
      take_connections();
  }
}

void acceptor::impl::take_connections() {
  // Bounded, so that a flood of connections delays neither deadlines nor stop().
  for (int i = 0; i < 64; ++i) {
    descriptor fd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (fd) {
      admit(std::move(fd));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED)
      continue;
    if (errno == EMFILE || errno == ENFILE)
      shed_one();
    else if (errno != EAGAIN && errno != EWOULDBLOCK)
      resting_until = clock::now() + rest;
    return;
  }
}

void acceptor::impl::admit(descriptor fd) {
  if (!is_same_user(fd.get()))
    return stats->refused_user();
  if (stats->open() >= options.max_connections)
    return stats->refused_full();
  auto connection = make_guarded_connection(system, std::move(fd),
                                            make_plain_transport(path.string()), rules, stats);
  newcomers.push_back({clock::now() + options.handshake_timeout, connection.control});
  stats->accepted();
  caf::anon_send(broker, caf::publish_atom::value, std::move(connection.scribe), options.door, whom,
                 handshake);
}

void acceptor::impl::shed_one() {
  reserve.reset();
  const descriptor refused{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (refused)
    stats->refused_full();
  else
    resting_until = clock::now() + rest;
  // `refused` still holds the number; without a reserve the next round rests.
}

void acceptor::impl::expire(clock::time_point now) {
  if (!reserve)
    reserve.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (; !newcomers.empty() && newcomers.front().deadline <= now; newcomers.pop_front())
    if (newcomers.front().control->expire())
      stats->timed_out();
}

int acceptor::impl::milliseconds_to_wait(clock::time_point now) const {
  auto until = clock::time_point::max();
  if (!newcomers.empty())
    until = newcomers.front().deadline;
  if (now < resting_until)
    until = std::min(until, resting_until);
  if (until == clock::time_point::max())
    return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

result<std::unique_ptr<acceptor>>
acceptor::start(caf::actor_system& system, const std::filesystem::path& socket,
                caf::strong_actor_ptr whom, wire_interface interface, acceptor_options options) {
  auto state = std::make_unique<impl>(system, std::move(options));
  auto listener = listen_unix(socket, state->options.existing);
  if (!listener)
    return listener.error();
  state->listener = std::move(*listener);
  state->wake.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  state->reserve.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!state->wake || !state->reserve) {
    ::unlink(socket.c_str());
    return error{errc::io_failed, "cannot watch '" + socket.string() +
                                      "': too many open files; raise the limit (ulimit -n)"};
  }
  state->path = socket;
  state->whom = std::move(whom);
  state->broker = basp_broker_of(system);
  state->handshake = std::move(interface.handshake);
  frame_rules rules;
  rules.side = role::accepting;
  rules.max_payload = state->options.max_message_bytes;
  rules.signatures = std::move(interface.requests);
  rules.receiver = state->options.any_receiver ? 0 : state->whom->id();
  rules.own_node = serialized_node(system);
  state->rules = std::make_shared<const frame_rules>(std::move(rules));
  state->thread = std::thread{[raw = state.get()] { raw->run(); }};
  return std::unique_ptr<acceptor>{new acceptor{std::move(state)}};
}

acceptor::acceptor(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

acceptor::~acceptor() {
  stop();
}

void acceptor::stop() {
  if (!impl_->thread.joinable())
    return;
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from full.
  [[maybe_unused]] const auto written = ::write(impl_->wake.get(), &one, sizeof one);
  impl_->thread.join();
  ::unlink(impl_->path.c_str());
  impl_->listener.reset();
  for (const auto& waiting : impl_->newcomers)
    waiting.control->expire();
  impl_->newcomers.clear();
  caf::anon_send(impl_->broker, caf::close_atom::value, impl_->options.door);
  impl_->broker = nullptr;
  impl_->whom = nullptr;
}

connection_counts acceptor::counts() const {
  return impl_->stats->read();
}

} // namespace mahavishnu::wire
