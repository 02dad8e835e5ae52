// SPDX-License-Identifier: MIT
#include "store/page_token.hpp"

#include <charconv>
#include <limits>
#include <system_error>

namespace mahavishnu::store {

namespace {

template <class Number>
std::string text_of(char kind, const std::vector<Number>& numbers) {
  std::string text{kind};
  for (auto each : numbers)
    text += (text.size() > 1 ? "." : "") + std::to_string(each);
  return text;
}

/// Empty when it is no such text.
template <class Number>
std::vector<Number> numbers_of(char kind, std::string_view text) {
  std::vector<Number> numbers;
  if (!text.starts_with(kind))
    return {};
  const auto* at = text.data() + 1;
  const auto* end = text.data() + text.size();
  for (;;) {
    auto read = std::from_chars(at, end, numbers.emplace_back());
    if (read.ec != std::errc{} || (read.ptr != end && *read.ptr != '.'))
      return {};
    if (read.ptr == end)
      return numbers;
    at = read.ptr + 1;
  }
}

} // namespace

std::optional<ranked_place> ranked_place::parse(std::string_view text) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  auto numbers = numbers_of<std::uint64_t>('r', text);
  if (numbers.size() < 3 || numbers[0] > most || numbers[2] == 0)
    return std::nullopt;
  return ranked_place{static_cast<std::int64_t>(numbers[0]),
                      numbers[1],
                      numbers[2],
                      {numbers.begin() + 3, numbers.end()}};
}

std::string ranked_place::text() const {
  std::vector<std::uint64_t> numbers{static_cast<std::uint64_t>(last_document), behind, usual_size};
  numbers.insert(numbers.end(), rarity.begin(), rarity.end());
  return text_of('r', numbers);
}

std::optional<listed_place> listed_place::parse(std::string_view text) {
  auto numbers = numbers_of<std::int64_t>('n', text);
  if (numbers.size() != 2)
    return std::nullopt;
  return listed_place{numbers[0], numbers[1]};
}

std::string listed_place::text() const {
  return text_of('n', std::vector<std::int64_t>{newest_at, content});
}

} // namespace mahavishnu::store
