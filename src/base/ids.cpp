// SPDX-License-Identifier: MIT
#include "mahavishnu/base/ids.hpp"

namespace mahavishnu {

namespace {

constexpr std::string_view prefix = "task_";
/// Crockford's alphabet: no letter looks like a digit, and it sorts like its values.
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t digits = 26; // 130 bits, of which the first two are always 0

} // namespace

std::string task_id::str() const {
  std::string text{prefix};
  text.resize(prefix.size() + digits);
  auto high = high_;
  auto low = low_;
  for (auto at = text.size(); at-- > prefix.size();) {
    text[at] = alphabet[low & 31];
    low = low >> 5 | high << 59;
    high >>= 5;
  }
  return text;
}

std::optional<task_id> task_id::parse(std::string_view text) {
  if (!text.starts_with(prefix) || text.size() != prefix.size() + digits)
    return std::nullopt;
  task_id parsed;
  for (auto each : text.substr(prefix.size())) {
    auto value = alphabet.find(each);
    if (value == std::string_view::npos || parsed.high_ >> 59 != 0)
      return std::nullopt;
    parsed.high_ = parsed.high_ << 5 | parsed.low_ >> 59;
    parsed.low_ = parsed.low_ << 5 | value;
  }
  return parsed;
}

} // namespace mahavishnu
