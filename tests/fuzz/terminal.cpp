// SPDX-License-Identifier: MIT
// What programs write to a terminal, whole and in pieces: the screen, the recording and the lines
// of it must be valid text of bounded size, and the same for the recording however it was cut.
#include "base/text.hpp"
#include "exec/line_splitter.hpp"
#include "exec/terminal_recording.hpp"
#include "exec/terminal_screen.hpp"
#include "exec/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using namespace mahavishnu;

void require(bool condition) {
  if (!condition)
    std::abort();
}

void require_text(std::string_view text) {
  require(!first_invalid_utf8(text));
}

void show(const std::vector<std::string_view>& pieces, exec::terminal_size changed) {
  auto screen = exec::terminal_screen::open({8, 20}, 5);
  require(screen.has_value());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    screen->feed(pieces[i]);
    if (i == pieces.size() / 2)
      (void)screen->resize(changed); // may be an impossible one
    auto cursor = screen->cursor();
    auto size = screen->size();
    require(cursor.row >= 0 && cursor.row < size.rows);
    require(cursor.column >= 0 && cursor.column < size.columns);
  }
  for (const auto& row : screen->rows())
    require_text(row);
  for (const auto& line : screen->scrollback())
    require_text(line);
  require(screen->scrollback().size() <= 5);
  require_text(screen->title());
}

/// The text of all events, as JSON has it.
std::string record(const std::vector<std::string_view>& pieces) {
  std::string text;
  exec::terminal_recording recording{{}, [&](std::string_view line) {
                                       require_text(line);
                                       require(line.ends_with("\n"));
                                       require(line.find('\n') == line.size() - 1);
                                       constexpr std::string_view before = "[0.000000, \"o\", \"";
                                       if (line.starts_with(before))
                                         text += line.substr(before.size(),
                                                             line.size() - before.size() - 3);
                                     }};
  for (auto piece : pieces)
    recording.output({}, piece);
  recording.finish({});
  return text;
}

std::vector<std::string> split(const std::vector<std::string_view>& pieces) {
  constexpr std::size_t longest = 16;
  std::vector<std::string> lines;
  auto keep = [&](std::string_view line) {
    require(line.size() <= longest + 64);
    lines.emplace_back(line);
  };
  exec::line_splitter splitter{longest};
  for (auto piece : pieces)
    splitter.feed(piece, keep);
  splitter.finish(keep);
  return lines;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3)
    return 0;
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  auto step = 1 + std::size_t{data[0]} % 16;
  exec::terminal_size changed{data[1] % 40, data[2]};
  bytes.remove_prefix(3);
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += step)
    pieces.push_back(bytes.substr(at, step));

  show({bytes}, changed);
  show(pieces, changed);
  require(record({bytes}) == record(pieces));
  require(split({bytes}) == split(pieces));
  require_text(exec::to_utf8(bytes).text);
  require(exec::unfinished_utf8(bytes) <= std::min<std::size_t>(3, bytes.size()));
  return 0;
}
