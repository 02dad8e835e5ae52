// SPDX-License-Identifier: MIT
#include "mcp/companions/bounded_item.hpp"

#include "base/text.hpp"

#include <array>

namespace mahavishnu::mcp {

namespace {

constexpr std::size_t longest_value = 1024;
constexpr std::size_t most_metadata_bytes = std::size_t{16} << 10;
constexpr std::size_t most_tags = 32;
constexpr std::size_t longest_tag = 100;
constexpr std::array known{"type",      "pool_id", "pool_name", "pool_type",
                           "worker_id", "status",  "timestamp", "title"};

/// No byte of the text but those that may be in the result are looked at.
std::string first_valid_bytes(std::string_view text, std::size_t most) {
  // The last character of the piece may be cut in two; it begins after the limit then.
  auto valid = valid_utf8(text.substr(0, most + 4));
  valid.resize(first_bytes(valid, most).size());
  return valid;
}

/// What remains of metadata that are too much: the plain values under names of our own.
json known_values(const json& metadata) {
  auto kept = json::object();
  for (const auto* name : known)
    if (auto found = metadata.find(name); found != metadata.end() && found->is_primitive())
      kept[name] = *found;
  if (metadata.contains("tags"))
    kept["tags"] = tags_of(metadata);
  return kept;
}

json bounded_metadata(json metadata) {
  if (!metadata.is_object())
    return json::object();
  for (auto& value : metadata)
    if (value.is_string())
      value = first_valid_bytes(value.get_ref<const std::string&>(), longest_value);
  if (metadata.contains("tags"))
    metadata["tags"] = tags_of(metadata);
  if (to_text(metadata).size() <= most_metadata_bytes)
    return metadata;
  metadata = known_values(metadata);
  metadata["metadata_truncated"] = true;
  return metadata;
}

} // namespace

std::string valid_utf8(std::string_view bytes) {
  std::string valid;
  while (auto bad = first_invalid_utf8(bytes)) {
    valid += bytes.substr(0, *bad);
    valid += "\xEF\xBF\xBD";
    bytes.remove_prefix(*bad + 1);
  }
  return valid += bytes;
}

std::vector<std::string> tags_of(const json& metadata) {
  std::vector<std::string> tags;
  auto found = metadata.find("tags");
  if (found == metadata.end() || !found->is_array())
    return tags;
  for (const auto& tag : *found) {
    if (tags.size() == most_tags)
      break;
    if (tag.is_string() && !tag.get_ref<const std::string&>().empty())
      tags.push_back(first_valid_bytes(tag.get_ref<const std::string&>(), longest_tag));
  }
  return tags;
}

memory_item bounded(memory_item item, std::size_t max_content_bytes) {
  auto original = item.content.size();
  item.metadata = bounded_metadata(std::move(item.metadata));
  auto whole = original <= max_content_bytes ? valid_utf8(item.content) : std::string{};
  if (original <= max_content_bytes && whole.size() <= max_content_bytes) {
    item.content = std::move(whole);
    return item;
  }
  item.content = first_valid_bytes(item.content, max_content_bytes);
  item.metadata["truncated"] = true;
  item.metadata["original_bytes"] = original;
  return item;
}

} // namespace mahavishnu::mcp
