// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/tool.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::mcp {

/// What to give for an embedding of a text: its beginning, without the characters that are refused.
/// Models read a few hundred words, and Akosha refuses texts of more than ten thousand characters.
std::string text_to_embed(std::string_view content);

/// The embeddings in an answer, as many as there were texts, of `size` numbers each. Understood
/// are, in structured content or as JSON text: `{"embedding": [...]}`, `{"embeddings": [[...],
/// ...]}`,
/// `{"embeddings": [{"embedding": [...]}, ...]}`, and the arrays alone; any of them under `result`.
/// The error is a phrase: what the answer is instead.
result<std::vector<json>> read_embeddings(const tool_result& answer, std::size_t texts,
                                          std::size_t size);

} // namespace mahavishnu::mcp
