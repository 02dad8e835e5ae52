// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/companions/companion.hpp"

#include <string>
#include <string_view>

namespace mahavishnu::mcp {

/// With U+FFFD for each byte that is no part of valid UTF-8.
std::string valid_utf8(std::string_view bytes);

/// The item as it may be sent: valid UTF-8 and bounded. Content that was cut is said in the
/// metadata
/// (`truncated`, `original_bytes`), and so are metadata that were (`metadata_truncated`).
memory_item bounded(memory_item item, std::size_t max_content_bytes);

/// Strings among the tags of the metadata.
std::vector<std::string> tags_of(const json& metadata);

} // namespace mahavishnu::mcp
