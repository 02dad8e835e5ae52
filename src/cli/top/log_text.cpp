// SPDX-License-Identifier: MIT
#include "cli/top/log_text.hpp"

#include "cli/columns.hpp"
#include "cli/look.hpp"

#include <algorithm>

namespace mahavishnu::cli::top {

namespace {

constexpr std::size_t tab_width = 8;
constexpr std::size_t longest_line = 16'384;

/// The end of the escape sequence that begins here: one for colours or the cursor, a title, or a
/// pair.
std::size_t end_of_sequence(std::string_view text, std::size_t escape) {
  auto at = escape + 1;
  if (at >= text.size())
    return at;
  if (text[at] == '[') {
    ++at;
    while (at < text.size() && text[at] >= 0x20 && text[at] < 0x40)
      ++at;
  } else if (text[at] == ']') {
    while (at < text.size() && text[at] != '\a' && text[at] != '\x1b')
      ++at;
    if (at < text.size() && text[at] == '\x1b')
      ++at;
  }
  return std::min(at + 1, text.size());
}

std::string without_sequences(std::string_view line) {
  std::string plain;
  for (std::size_t at = 0; at < line.size();)
    if (line[at] == '\x1b')
      at = end_of_sequence(line, at);
    else
      plain += line[at++];
  return plain;
}

} // namespace

std::string line_for_people(std::string_view line) {
  auto plain = without_sequences(line);
  while (plain.ends_with('\r'))
    plain.pop_back();
  std::string_view rest = plain;
  rest.remove_prefix(rest.rfind('\r') + 1); // 0 when there is none
  std::string text;
  std::size_t columns = 0;
  while (true) {
    auto tab = rest.find('\t');
    auto part = harmless(rest.substr(0, tab));
    columns += columns_of(part);
    text += part;
    if (tab == std::string_view::npos)
      return text;
    auto gap = tab_width - columns % tab_width;
    columns += gap;
    text.append(gap, ' ');
    rest.remove_prefix(tab + 1);
  }
}

read_output log_text::next() const {
  return {task_, stream_, offset_, has_begun_ ? bytes_of_piece : 0};
}

void log_text::begin(const task_output& piece) {
  offset_ = std::max<std::int64_t>(piece.size - most_bytes, 0);
  is_cut_ = offset_ > 0;
  is_complete_ = false;
  has_begun_ = true;
  attempt_ = piece.attempt;
  note_ = piece.note;
  dropped_ += lines_.size();
  lines_.clear();
  open_.clear();
}

bool log_text::take(const read_output& question, const task_output& piece) {
  if (question != next())
    return false; // of before somebody wanted the other stream
  status_ = piece.status;
  // What is there only in part is not where it was when all of it was there.
  bool is_other = piece.attempt != attempt_ || piece.note != note_ || piece.size < offset_;
  if (!has_begun_ || is_other) {
    begin(piece);
    is_complete_ = is_final(piece.status) && piece.size == 0;
    return !is_complete_ && piece.size > 0;
  }
  append(piece.bytes);
  offset_ += static_cast<std::int64_t>(piece.bytes.size());
  is_complete_ = is_final(piece.status) && offset_ >= piece.size;
  return !piece.bytes.empty() && offset_ < piece.size;
}

void log_text::append(std::string_view bytes) {
  if (bytes.empty())
    return;
  if (!open_.empty())
    lines_.pop_back();
  open_ += bytes;
  std::string_view rest = open_;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    lines_.push_back(line_for_people(rest.substr(0, std::min(end, longest_line))));
    rest.remove_prefix(end + 1);
  }
  rest.remove_prefix(rest.size() - std::min(rest.size(), longest_line));
  open_ = std::string{rest};
  if (!open_.empty())
    lines_.push_back(line_for_people(open_));
  for (; lines_.size() > most_lines; ++dropped_) {
    lines_.pop_front();
    is_cut_ = true;
  }
}

} // namespace mahavishnu::cli::top
