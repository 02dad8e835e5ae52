// SPDX-License-Identifier: MIT
#pragma once

#include "exec/terminal_size.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// Writes what happens on a terminal as an asciicast of version 2, which players of others can
/// play: a line of JSON about the whole, then one for each event. Bytes that are no UTF-8 become
/// U+FFFD, and a character that comes in two pieces is kept for the later event. Unaware of where
/// the lines go and of the clock.
class terminal_recording {
public:
  using sink = std::function<void(std::string_view)>;
  using time = std::chrono::microseconds;

  struct header {
    terminal_size size;
    /// Seconds since 1970.
    std::int64_t timestamp = 0;
    std::string command;
    std::string title;
    /// The value of TERM.
    std::string terminal;
  };

  /// Each call of `line` gets one whole line with its end.
  terminal_recording(const header& about, sink line);

  /// Times count from the start. One that is before that of the last event is taken for the same.
  void output(time at, std::string_view bytes);
  void input(time at, std::string_view bytes);
  void resize(time at, terminal_size size);

  /// Writes what is left of characters that will never be complete.
  void finish(time at);

private:
  void record(time at, std::string& unfinished, char kind, std::string_view bytes);
  void write_event(time at, char kind, std::string_view text);

  sink line_;
  time last_{0};
  std::string unfinished_output_;
  std::string unfinished_input_;
};

/// The text between two quotation marks as JSON wants it. @pre it is valid UTF-8.
std::string json_string(std::string_view text);

} // namespace mahavishnu::exec
