// SPDX-License-Identifier: MIT
#include "mcp/companions/embeddings.hpp"

#include "base/text.hpp"
#include "mcp/companions/send_meaning.hpp"

#include <algorithm>
#include <cmath>

namespace mahavishnu::mcp {

namespace {

constexpr std::size_t most_bytes_to_embed = 8000;

error phrase(std::string text) {
  return {errc::incompatible, std::move(text)};
}

/// The member, or the value itself when there is none.
json member_or_self(json value, const char* name) {
  if (!value.is_object())
    return value;
  auto found = value.find(name);
  return found == value.end() ? json{} : std::move(*found);
}

bool is_finite_number(const json& value) {
  return value.is_number() && std::isfinite(value.get<double>());
}

} // namespace

std::string text_to_embed(std::string_view content) {
  std::string text{first_bytes(content, most_bytes_to_embed)};
  std::ranges::replace(text, '\0', ' ');
  return text;
}

result<std::vector<json>> read_embeddings(const tool_result& answer, std::size_t texts,
                                          std::size_t size) {
  auto found = object_in(answer);
  if (!found)
    return phrase("no JSON");
  auto list = std::move(*found);
  if (list.is_object() && list.contains("embedding"))
    list = json::array({std::move(list["embedding"])});
  else
    list = member_or_self(std::move(list), "embeddings");
  if (!list.is_array())
    return phrase("without an array of embeddings");
  if (texts == 1 && !list.empty() && list.front().is_number())
    list = json::array({std::move(list)});
  if (list.size() != texts)
    return phrase(std::to_string(list.size()) + " embeddings instead of " + std::to_string(texts));
  std::vector<json> read;
  for (auto& one : list) {
    auto numbers = member_or_self(std::move(one), "embedding");
    if (!numbers.is_array() || !std::ranges::all_of(numbers, is_finite_number))
      return phrase("an embedding that is no array of numbers");
    if (numbers.size() != size)
      return phrase("an embedding of " + std::to_string(numbers.size()) + " numbers instead of " +
                    std::to_string(size));
    read.push_back(std::move(numbers));
  }
  return read;
}

} // namespace mahavishnu::mcp
