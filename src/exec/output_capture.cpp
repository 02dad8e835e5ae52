// SPDX-License-Identifier: MIT
#include "exec/output_capture.hpp"

#include <algorithm>
#include <cstring>

namespace mahavishnu::exec {

namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Bytes at the end of `text` that begin a UTF-8 sequence without finishing it.
std::size_t unfinished_at_end(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    auto lead = static_cast<unsigned char>(text[text.size() - back]);
    if (is_continuation(static_cast<char>(lead)))
      continue;
    std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/// Bytes at the start of `text` that finish a UTF-8 sequence which began before it.
std::size_t left_over_at_start(std::string_view text) {
  std::size_t count = 0;
  while (count < std::min<std::size_t>(3, text.size()) && is_continuation(text[count]))
    ++count;
  return count;
}

constexpr std::string_view mark_begin = "\n[... ";
constexpr std::string_view mark_end = " bytes left out ...]\n";

} // namespace

output_capture::output_capture(std::size_t limit) : limit_(limit), head_limit_(limit - limit / 2) {}

void output_capture::append(std::string_view bytes) {
  total_ += bytes.size();
  auto to_head = std::min(bytes.size(), head_limit_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  bytes.remove_prefix(to_head);

  auto tail_limit = limit_ - head_limit_;
  if (bytes.size() > tail_limit)
    bytes.remove_prefix(bytes.size() - tail_limit);
  auto to_grow = std::min(bytes.size(), tail_limit - tail_.size());
  tail_.append(bytes.substr(0, to_grow));
  bytes.remove_prefix(to_grow);

  while (!bytes.empty()) {
    auto count = std::min(bytes.size(), tail_.size() - tail_start_);
    std::memcpy(tail_.data() + tail_start_, bytes.data(), count);
    tail_start_ = (tail_start_ + count) % tail_.size();
    bytes.remove_prefix(count);
  }
}

std::string output_capture::take() {
  std::rotate(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(tail_start_), tail_.end());
  tail_start_ = 0;
  auto kept = std::move(head_);
  std::string_view tail = tail_;
  if (truncated()) {
    // The cut must not make invalid text out of valid text.
    kept.resize(kept.size() - unfinished_at_end(kept));
    tail.remove_prefix(left_over_at_start(tail));
    auto left_out = total_ - kept.size() - tail.size();
    kept.append(mark_begin).append(std::to_string(left_out)).append(mark_end);
  }
  kept += tail;
  head_.clear();
  tail_.clear();
  total_ = 0;
  return kept;
}

std::optional<output_capture::cut> output_capture::cut_of(std::string_view kept) {
  // Each half may lack up to three bytes of a character, and the first one have one byte more.
  constexpr std::size_t most_difference = 8;
  for (auto end = kept.find(mark_end); end != std::string_view::npos;
       end = kept.find(mark_end, end + 1)) {
    auto begin = end;
    while (begin > 0 && kept[begin - 1] >= '0' && kept[begin - 1] <= '9')
      --begin;
    if (begin == end || !kept.substr(0, begin).ends_with(mark_begin))
      continue;
    auto head = kept.substr(0, begin - mark_begin.size());
    auto tail = kept.substr(end + mark_end.size());
    if (std::max(head.size(), tail.size()) - std::min(head.size(), tail.size()) <= most_difference)
      return cut{head, tail};
  }
  return std::nullopt;
}

} // namespace mahavishnu::exec
