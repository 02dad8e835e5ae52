// SPDX-License-Identifier: MIT
#include "config/convert.hpp"

#include "base/text.hpp"
#include "config/mask.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace mahavishnu::config {

namespace {

error invalid(const row& setting, std::string_view text) {
  return {errc::invalid_settings, refusal(setting, in_quotes(masked(setting, text)))};
}

error out_of_range(const row& setting, std::string_view text) {
  auto message = key_of(setting) + " must be between " + number_text(setting.min) + " and " +
                 number_text(setting.max);
  if (!setting.unit.empty())
    message += " " + std::string{setting.unit};
  return {errc::invalid_settings, message + ", not " + std::string{text}};
}

result<value> to_boolean(const row& setting, std::string_view text) {
  auto word = to_lower(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1")
    return value{true};
  if (word == "false" || word == "no" || word == "off" || word == "0")
    return value{false};
  return invalid(setting, text);
}

template <class Number>
result<value> to_number(const row& setting, std::string_view text) {
  Number number{};
  auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || text.empty())
    return invalid(setting, text);
  if (trouble == std::errc::result_out_of_range)
    return out_of_range(setting, in_quotes(text));
  if (trouble != std::errc{} || !std::isfinite(static_cast<double>(number)))
    return invalid(setting, text);
  // The limits are small enough for a double to hold exactly, and rounding keeps the order.
  if (static_cast<double>(number) < setting.min || static_cast<double>(number) > setting.max)
    return out_of_range(setting, text);
  return value{number};
}

result<value> to_choice(const row& setting, std::string_view text) {
  for (auto choice : setting.choices)
    if (to_lower(choice) == to_lower(text))
      return value{std::string{choice}};
  return invalid(setting, text);
}

/// Control characters have no use in a setting, and would split a line of the log or a terminal.
result<value> to_plain_text(const row& setting, std::string_view text) {
  auto is_control = [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; };
  if (std::ranges::any_of(text, is_control))
    return error{errc::invalid_settings,
                 key_of(setting) + " must be one line without control characters"};
  if (first_invalid_utf8(text))
    return error{errc::invalid_settings, key_of(setting) + " must be valid UTF-8"};
  return value{std::string{text}};
}

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at <= text.size();) {
    auto comma = std::min(text.find(',', at), text.size());
    items.emplace_back(trimmed(text.substr(at, comma - at)));
    at = comma + 1;
  }
  return items;
}

result<value> to_list(const row& setting, std::string_view text) {
  auto content = trimmed(text);
  if (content.empty())
    return value{std::vector<std::string>{}};
  if (!content.starts_with('['))
    return convert(setting, split(content));
  auto array = nlohmann::json::parse(content, nullptr, false);
  std::vector<std::string> items;
  for (const auto& item : array) {
    if (!item.is_string())
      return invalid(setting, text);
    items.push_back(item.get<std::string>());
  }
  if (!array.is_array())
    return invalid(setting, text);
  return convert(setting, std::move(items));
}

} // namespace

result<value> convert(const row& setting, std::string_view text) {
  switch (setting.kind) {
  case kind::boolean: return to_boolean(setting, text);
  case kind::integer: return to_number<std::int64_t>(setting, text);
  case kind::number: return to_number<double>(setting, text);
  case kind::choice: return to_choice(setting, text);
  case kind::text: return to_plain_text(setting, text);
  case kind::text_list: return to_list(setting, text);
  }
  return error{errc::internal, "a kind of setting without a conversion"};
}

result<value> convert(const row& setting, std::vector<std::string> items) {
  for (const auto& item : items) {
    if (item.empty())
      return error{errc::invalid_settings, key_of(setting) + " must not have an empty item"};
    if (auto checked = to_plain_text(setting, item); checked.has_error())
      return checked.error();
  }
  return value{std::move(items)};
}

std::string refusal(const row& setting, std::string_view got) {
  return key_of(setting) + " must be " + expectation(setting) + ", not " + std::string{got};
}

std::string to_text(const value& of) {
  struct writer {
    std::string operator()(bool on) const { return on ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return number_text(number); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const std::vector<std::string>& items) const {
      // Only JSON can hold every item; commas read better where they can.
      auto is_simple = [](const std::string& item) {
        return item.find_first_of(",[\"") == std::string::npos && trimmed(item) == item;
      };
      if (!std::ranges::all_of(items, is_simple))
        return nlohmann::json(items).dump();
      std::string text;
      for (const auto& item : items)
        text += (text.empty() ? "" : ", ") + item;
      return text;
    }
  };
  return std::visit(writer{}, of);
}

std::string number_text(double number) {
  // Whole numbers without an exponent, whatever their size.
  std::array<char, 32> digits{};
  auto [end, trouble] = std::abs(number) < 1e15 && number == std::trunc(number)
                            ? std::to_chars(digits.data(), digits.data() + digits.size(),
                                            static_cast<std::int64_t>(number))
                            : std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return trouble == std::errc{} ? std::string(digits.data(), end) : std::string{};
}

value default_of(const row& setting) {
  // A test converts every default of the table.
  return convert(setting, setting.default_text).value();
}

} // namespace mahavishnu::config
