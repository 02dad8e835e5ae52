// SPDX-License-Identifier: MIT
#include "net/sse_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace mahavishnu::net {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::int64_t longest_retry_ms = 86'400'000;

} // namespace

bool sse_reader::feed(std::string_view piece, const event_handler& take) {
  while (!piece.empty() && !is_broken_) {
    if (std::exchange(after_cr_, false) && piece.front() == '\n') {
      piece.remove_prefix(1);
      continue;
    }
    auto end = piece.find_first_of("\r\n");
    auto part = piece.substr(0, end);
    if (line_.size() + data_.size() + part.size() > most_) {
      is_broken_ = true;
      break;
    }
    line_ += part;
    if (end == std::string_view::npos)
      break;
    after_cr_ = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    end_line(take);
  }
  return !is_broken_;
}

void sse_reader::end_line(const event_handler& take) {
  auto whole = std::exchange(line_, {});
  std::string_view line = whole;
  if (std::exchange(is_first_line_, false) && line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size());
  if (line.empty())
    return end_event(take);
  auto colon = line.find(':');
  if (colon == 0)
    return; // a comment: only says that the other side is still there
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  read_field(line.substr(0, colon), value);
}

void sse_reader::read_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (std::exchange(has_data_, true))
      data_ += '\n';
    data_ += value;
  } else if (name == "event") {
    name_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos)
      next_id_ = value;
  } else if (name == "retry") {
    std::int64_t time = 0;
    auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), time);
    auto is_number = failure == std::errc{} && end == value.data() + value.size() && time >= 0;
    if (is_number)
      retry_ = std::chrono::milliseconds{std::min(time, longest_retry_ms)};
  }
}

void sse_reader::end_event(const event_handler& take) {
  last_id_ = next_id_;
  sse_event event;
  if (auto name = std::exchange(name_, {}); !name.empty())
    event.name = std::move(name);
  event.data = std::exchange(data_, {});
  if (std::exchange(has_data_, false))
    take(std::move(event));
}

} // namespace mahavishnu::net
