// SPDX-License-Identifier: MIT
#pragma once

#include "base/byte_codec.hpp"
#include "exec/run_state.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What a server and a keeper say to each other: frames of a length (u32, of what follows), a type
/// (u8) and fields. Unaware of sockets.
namespace mahavishnu::exec::keeper_wire {

inline constexpr std::uint32_t version = 2;

/// No frame is longer, its length aside.
inline constexpr std::size_t largest_frame = std::size_t{4} << 20;

// -- from a server -------------------------------------------------------------------------------

/// The first word. Whoever has the greater epoch is obeyed; the name tells the same server, which
/// has lost its connection, from another one with the same epoch.
struct hello {
  std::uint32_t version = keeper_wire::version;
  std::uint64_t epoch = 0;
  std::string server;
  /// What children are to inherit from the server.
  std::string working_directory;
  std::vector<std::string> environment;
};
/// Start it, unless the run is known already; answered by its state.
struct start {
  process_spec spec;
};
/// End it, with its own grace if this is negative.
struct stop {
  std::string run;
  std::int64_t grace_ms = -1;
};
/// Answered by input_taken when there is room for more. What stands before `position` of all the
/// run's input has been given already: so what is said again, after a connection was lost, is taken
/// once.
struct write_input {
  std::uint64_t request = 0;
  std::string run;
  std::uint64_t position = 0;
  std::string bytes;
  bool last = false;
};
struct resize {
  std::string run;
  terminal_size size;
};
/// Answered by measured.
struct measure {
  std::uint64_t request = 0;
  std::string run;
};
/// Say from now on how long its output is.
struct follow {
  std::string run;
};
struct unfollow {
  std::string run;
};
/// The server has the end of the run; its record may go.
struct heard {
  std::string run;
};
/// Nobody needs the files of the run any more.
struct forget {
  std::string run;
};
/// End everything and yourself.
struct close {
  std::int64_t longest_grace_ms = 0;
};
/// Answered by pong.
struct ping {
  std::uint64_t request = 0;
};

using command = std::variant<hello, start, stop, write_input, resize, measure, follow, unfollow,
                             heard, forget, close, ping>;

// -- from a keeper -------------------------------------------------------------------------------

/// The server is obeyed from now on. So many states follow: all that runs, and what has ended and
/// nobody has heard.
struct welcome {
  std::uint32_t version = keeper_wire::version;
  std::int32_t pid = -1;
  /// The same as long as the directory is the same.
  std::string mark;
  /// Whether every run that was ever started there and not heard is among them for sure.
  bool knows_all = true;
  std::uint64_t runs = 0;
};
/// The server is not obeyed.
struct refused {
  error why;
};
/// A server with this greater epoch has come; nothing more is said on this connection.
struct superseded {
  std::uint64_t epoch = 0;
};
/// A run has started, goes on or has ended.
struct state {
  run_state of;
};
struct input_taken {
  std::uint64_t request = 0;
  std::optional<error> failure;
};
struct measured {
  std::uint64_t request = 0;
  std::uint64_t bytes = 0;
};
struct grown {
  std::string run;
  output_growth::stream which = output_growth::stream::output;
  std::uint64_t bytes = 0;
};
struct pong {
  std::uint64_t request = 0;
};

using notice =
    std::variant<welcome, refused, superseded, state, input_taken, measured, grown, pong>;

// -- frames --------------------------------------------------------------------------------------

/// The whole frame. Fails when it would be too long.
result<std::string> encode(const command& what);
result<std::string> encode(const notice& what);

/// What a frame says, its length taken off. Nothing when that makes no sense.
std::optional<command> decode_command(std::string_view frame);
std::optional<notice> decode_notice(std::string_view frame);

/// The fields of one run, as records of a keeper keep them as well.
void put(byte_writer& to, const run_state& state);
std::optional<run_state> read_run_state(byte_reader& from);

/// Cuts a stream of bytes into frames.
class frame_reader {
public:
  void add(std::string_view bytes);

  /// The next frame without its length, valid until the next call; nothing when there is none yet
  /// or the stream makes no sense any more.
  std::optional<std::string_view> next();

  /// A frame was announced that is longer than any may be, or empty.
  bool is_broken() const { return broken_; }

private:
  std::string bytes_;
  std::size_t read_ = 0;
  bool broken_ = false;
};

} // namespace mahavishnu::exec::keeper_wire
