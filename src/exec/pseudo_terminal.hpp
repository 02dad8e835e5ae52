// SPDX-License-Identifier: MIT
#pragma once

#include "exec/terminal_size.hpp"
#include "exec/unique_fd.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// What is typed at the end of the input of a terminal: Ctrl-D.
inline constexpr std::string_view end_of_input = "\x04";

/// Our side of a terminal whose other side is a child's: spawn_options::terminal gives it to the
/// child as its streams and its controlling terminal. Never blocks.
class pseudo_terminal {
public:
  /// What a read found.
  struct piece {
    std::size_t size = 0;
    /// Nobody has the other side open any more.
    bool ended = false;
  };

  static result<pseudo_terminal> open(terminal_size size);

  /// The name of the other side.
  const std::string& path() const { return path_; }
  /// To watch; readable when the child has written or has closed its side.
  int descriptor() const { return master_.get(); }

  result<terminal_size> size() const;
  /// The foreground program of the child hears of it by SIGWINCH.
  result<void> resize(terminal_size size);

  /// Types the bytes, control characters included: how many of them were taken. 0 when the child
  /// does not read: try again when the descriptor is writable.
  result<std::size_t> write(std::string_view bytes);

  /// Reads what is there into the buffer; neither bytes nor the end when there is nothing yet.
  result<piece> read(std::span<char> buffer);

private:
  pseudo_terminal(unique_fd master, std::string path);

  unique_fd master_;
  std::string path_;
};

} // namespace mahavishnu::exec
