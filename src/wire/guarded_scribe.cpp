// SPDX-License-Identifier: MIT
#include "wire/guarded_scribe.hpp"

#include <caf/actor_system.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/io/basp/header.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/scoped_execution_unit.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace mahavishnu::wire {

namespace {

namespace network = caf::io::network;

static_assert(frame_header_size == caf::io::basp::header_size);

/// A payload is taken in pieces, so that memory grows with what was sent and not with what was
/// announced.
constexpr std::size_t piece_size = 64u << 10;

class plain_transport final : public transport {
public:
  explicit plain_transport(std::string peer) : peer_(std::move(peer)) {}

  transfer read(int fd, std::span<char> into) override {
    const auto got = ::recv(fd, into.data(), into.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return got == 0 ? transfer{0, true} : outcome(got);
  }

  transfer write(int fd, std::span<const char> bytes) override {
    return outcome(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }

  bool has_pending() const override { return false; }

  std::string peer() const override { return peer_; }

private:
  static transfer outcome(ssize_t moved) {
    if (moved >= 0)
      return {static_cast<std::size_t>(moved), false};
    return {0, errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR};
  }

  std::string peer_;
};

/// Fits a transport into CAF's stream.
struct stream_policy {
  std::unique_ptr<transport> bytes;

  network::rw_state read_some(std::size_t& moved, network::native_socket fd, void* into,
                              std::size_t size) {
    moved = 0;
    if (size == 0)
      return network::rw_state::indeterminate;
    return finish(moved, bytes->read(fd, {static_cast<char*>(into), size}));
  }

  network::rw_state write_some(std::size_t& moved, network::native_socket fd, const void* from,
                               std::size_t size) {
    moved = 0;
    if (size == 0) // tells the stream that there is nothing left to write
      return network::rw_state::indeterminate;
    return finish(moved, bytes->write(fd, {static_cast<const char*>(from), size}));
  }

  bool must_read_more(network::native_socket, std::size_t) const { return bytes->has_pending(); }

private:
  static network::rw_state finish(std::size_t& moved, const transfer& result) {
    moved = result.bytes;
    return result.failed ? network::rw_state::failure : network::rw_state::success;
  }
};

/// Reads frames itself and replays to CAF those that the guard lets through.
class guarded_scribe final : public caf::io::scribe {
public:
  guarded_scribe(network::default_multiplexer& multiplexer, network::native_socket fd,
                 std::unique_ptr<transport> bytes, std::shared_ptr<const frame_rules> rules,
                 std::shared_ptr<connection_stats> stats)
      : scribe(network::conn_hdl_from_socket(fd)),
        rules_(std::move(rules)),
        stats_(std::move(stats)),
        guard_(*rules_),
        control_(std::make_shared<connection_control>(fd)),
        peer_(bytes->peer()),
        stream_(multiplexer, fd, stream_policy{std::move(bytes)}) {
    stats_->opened();
    expect_header();
  }

  ~guarded_scribe() override {
    control_->release();
    stats_->ended();
  }

  const std::shared_ptr<connection_control>& control() const { return control_; }

  /// What CAF asks for is what the guard reads anyway: only the first call, which starts the
  /// connection, means something.
  void configure_read(caf::io::receive_policy::config) override {
    if (!launched_) {
      launched_ = true;
      stream_.start(this);
    }
  }

  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return stream_.wr_buf(); }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }

  void graceful_shutdown() override {
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }

  /// A stranger learns nothing: an accepted connection stays silent until the peer has introduced
  /// itself.
  void flush() override {
    if (rules_->side == role::connecting || guard_.has_greeted())
      stream_.flush(this);
  }

  /// CAF would ask the descriptor, and ends the process when that is not of an internet socket.
  std::string addr() const override { return peer_; }
  std::uint16_t port() const override { return 0; }

  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

  bool consume(caf::execution_unit* context, const void* data, std::size_t size) override {
    const std::span bytes{static_cast<const std::byte*>(data), size};
    switch (state_) {
    case state::header: return take_header(context, bytes);
    case state::payload: return take_payload(context, bytes);
    case state::skipping:
      skipped_ += size;
      if (skipped_ >= guard_.payload_size())
        expect_header();
      else
        expect_piece(guard_.payload_size() - skipped_);
      return true;
    }
    return false;
  }

private:
  enum class state {
    /// The next bytes are a header.
    header,
    /// The next bytes belong to a payload that the guard wants to see.
    payload,
    /// The next bytes belong to a frame that was dropped.
    skipping,
  };

  bool take_header(caf::execution_unit* context, std::span<const std::byte> bytes) {
    if (bytes.size() != frame_header_size)
      return refuse(close_reason::header_malformed);
    std::ranges::copy(bytes, header_.begin());
    switch (guard_.header(header_)) {
    case verdict::pass: stats_->passed(); return replay(context, header_);
    case verdict::hold:
      state_ = state::payload;
      expect_piece(guard_.payload_size());
      return true;
    case verdict::drop:
      stats_->dropped(guard_.dropped());
      state_ = state::skipping;
      skipped_ = 0;
      expect_piece(guard_.payload_size());
      return true;
    case verdict::close: break;
    }
    return refuse(guard_.reason());
  }

  bool take_payload(caf::execution_unit* context, std::span<const std::byte> bytes) {
    payload_.insert(payload_.end(), bytes.begin(), bytes.end());
    if (payload_.size() < guard_.payload_size()) {
      expect_piece(guard_.payload_size() - payload_.size());
      return true;
    }
    const auto payload = std::exchange(payload_, {});
    // The guard lets nothing else come before it.
    const bool is_greeting = !guard_.is_established();
    expect_header();
    switch (guard_.payload(payload)) {
    case verdict::pass:
      if (guard_.is_established())
        control_->introduce();
      stats_->passed();
      return replay(context, header_) &&
             (is_greeting ? replay_greeting(context, payload) : replay(context, payload));
    case verdict::drop: stats_->dropped(guard_.dropped()); return true;
    case verdict::hold:
    case verdict::close: break;
    }
    return refuse(guard_.reason());
  }

  /// For each node that it meets the broker starts a helper, which asks that node for an actor that
  /// starts others, and it keeps both for ever. So while it reads the greeting we have it find a
  /// helper there already, an empty one. All of this is in its own thread.
  bool replay_greeting(caf::execution_unit* context, std::span<const std::byte> bytes) {
    if (detached())
      return false;
    caf::node_id peer;
    const auto& node = guard_.peer_node();
    caf::binary_deserializer source{context, node.data(), node.size()};
    if (source(peer)) // it reads what the guard has read
      return refuse(close_reason::handshake_malformed);
    auto& broker = static_cast<caf::io::basp_broker&>(*parent());
    const caf::strong_actor_ptr keep{broker.ctrl()};
    const bool added = broker.spawn_servers.emplace(peer, caf::actor{}).second;
    const bool alive = replay(context, bytes);
    if (added)
      broker.spawn_servers.erase(peer);
    return alive;
  }

  bool replay(caf::execution_unit* context, std::span<const std::byte> bytes) {
    auto& buffer = stream_.rd_buf();
    const auto* first = reinterpret_cast<const char*>(bytes.data());
    buffer.assign(first, first + bytes.size());
    const bool alive = scribe::consume(context, buffer.data(), buffer.size());
    if (buffer.capacity() > piece_size) // an idle connection keeps no large message's memory
      std::vector<char>{}.swap(buffer);
    return alive;
  }

  void expect_header() {
    state_ = state::header;
    stream_.configure_read(caf::io::receive_policy::exactly(frame_header_size));
  }

  void expect_piece(std::size_t left) {
    stream_.configure_read(caf::io::receive_policy::at_most(std::min(left, piece_size)));
  }

  bool refuse(close_reason reason) {
    stats_->closed(reason);
    const caf::io::scribe_ptr keep{this};
    control_->cut();
    io_failure(&stream_.backend(), network::operation::read);
    return false;
  }

  std::shared_ptr<const frame_rules> rules_;
  std::shared_ptr<connection_stats> stats_;
  frame_guard guard_;
  std::shared_ptr<connection_control> control_;
  std::string peer_;
  bool launched_ = false;
  state state_ = state::header;
  std::array<std::byte, frame_header_size> header_{};
  std::vector<std::byte> payload_;
  std::size_t skipped_ = 0;
  network::stream_impl<stream_policy> stream_;
};

} // namespace

std::unique_ptr<transport> make_plain_transport(std::string peer) {
  return std::make_unique<plain_transport>(std::move(peer));
}

guarded_connection make_guarded_connection(caf::actor_system& system, descriptor fd,
                                           std::unique_ptr<transport> bytes,
                                           std::shared_ptr<const frame_rules> rules,
                                           std::shared_ptr<connection_stats> stats) {
  auto& multiplexer = static_cast<network::default_multiplexer&>(system.middleman().backend());
  auto scribe = caf::make_counted<guarded_scribe>(multiplexer, fd.release(), std::move(bytes),
                                                  std::move(rules), std::move(stats));
  auto control = scribe->control();
  return {std::move(scribe), std::move(control)};
}

caf::actor basp_broker_of(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

std::string serialized_node(caf::actor_system& system) {
  std::vector<char> bytes;
  caf::scoped_execution_unit context{&system};
  caf::binary_serializer sink{&context, bytes};
  if (sink(system.node()))
    return {};
  return {bytes.begin(), bytes.end()};
}

} // namespace mahavishnu::wire
