// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// Cuts what a program writes to a terminal into whole pieces, wherever the reads have cut it: runs
/// of text, control sequences (`ESC [ 3 1 m`), strings (`ESC ] 2 ; title BEL`) and other escapes.
/// What is not whole yet is kept, within bounds: of a string that is too long the pieces are passed
/// on as they come, a control sequence that is too long is dropped.
class escape_splitter {
public:
  enum class kind { text, control_sequence, other };
  using receiver = std::function<void(kind, std::string_view)>;

  static constexpr std::size_t longest = 4096;

  void feed(std::string_view bytes, const receiver& piece);

private:
  std::string unfinished_;
};

} // namespace mahavishnu::exec
