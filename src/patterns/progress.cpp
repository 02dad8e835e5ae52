// SPDX-License-Identifier: MIT
#include "patterns/progress.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>

namespace mahavishnu {

namespace {

/// A longer line is data and no word about progress.
constexpr std::size_t longest_line = 4096;

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The whole text as a number that is not negative.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  auto end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || !(number >= 0))
    return std::nullopt;
  return number;
}

/// Completes the percentage; nothing when the numbers contradict each other.
std::optional<run_progress> checked(run_progress found) {
  if (found.percent && !(*found.percent >= 0 && *found.percent <= 100))
    return std::nullopt;
  if ((found.items_processed && *found.items_processed < 0) ||
      (found.items_total && *found.items_total < 0))
    return std::nullopt;
  if (found.items_processed && found.items_total && *found.items_processed > *found.items_total)
    return std::nullopt;
  if (!found.percent && found.items_processed && found.items_total && *found.items_total > 0)
    found.percent = 100.0 * static_cast<double>(*found.items_processed) /
                    static_cast<double>(*found.items_total);
  return found;
}

std::optional<run_progress> from_json(std::string_view line) {
  auto object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object())
    return std::nullopt;
  run_progress found;
  bool says_something = false;
  auto items = [&](const char* name, std::optional<std::int64_t>& number) {
    auto at = object.find(name);
    if (at == object.end())
      return true;
    says_something = true;
    if (!at->is_number_integer() ||
        (at->is_number_unsigned() && at->get<std::uint64_t>() > INT64_MAX))
      return false;
    number = at->get<std::int64_t>();
    return true;
  };
  if (!items("items_processed", found.items_processed) || !items("items_total", found.items_total))
    return std::nullopt;
  if (auto percent = object.find("percent"); percent != object.end()) {
    says_something = true;
    if (!percent->is_number())
      return std::nullopt;
    found.percent = percent->get<double>();
  }
  return says_something ? checked(found) : std::nullopt;
}

std::optional<run_progress> from_words(std::string_view text) {
  run_progress found;
  if (text.ends_with('%')) {
    auto percent = number_of<double>(trimmed(text.substr(0, text.size() - 1)));
    if (!percent)
      return std::nullopt;
    found.percent = percent;
    return checked(found);
  }
  auto slash = text.find('/');
  if (slash == std::string_view::npos)
    return std::nullopt;
  found.items_processed = number_of<std::int64_t>(trimmed(text.substr(0, slash)));
  found.items_total = number_of<std::int64_t>(trimmed(text.substr(slash + 1)));
  if (!found.items_processed || !found.items_total)
    return std::nullopt;
  return checked(found);
}

} // namespace

std::optional<run_progress> parse_progress(std::string_view line) {
  constexpr std::string_view word = "progress:";
  if (line.size() > longest_line)
    return std::nullopt;
  line = trimmed(line);
  if (line.starts_with('{'))
    return from_json(line);
  if (line.starts_with(word))
    return from_words(trimmed(line.substr(word.size())));
  return std::nullopt;
}

std::optional<run_progress> last_progress(std::string_view text) {
  while (!text.empty()) {
    auto end = text.find_last_not_of('\n');
    if (end == std::string_view::npos)
      break;
    text = text.substr(0, end + 1);
    auto start = text.rfind('\n');
    auto line = start == std::string_view::npos ? text : text.substr(start + 1);
    if (auto found = parse_progress(line))
      return found;
    if (start == std::string_view::npos)
      break;
    text = text.substr(0, start);
  }
  return std::nullopt;
}

} // namespace mahavishnu
