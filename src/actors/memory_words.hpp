// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/memory.hpp"
#include "store/journal_records.hpp"
#include "store/memory_records.hpp"

#include <optional>
#include <string>

/// The memory as messages speak of it, and as the store does.
namespace mahavishnu::memory_words {

/// How far the journal has been read, as the memory notes it; of nothing and of another one,
/// the beginning.
std::string text_of(const store::end_position& position, const std::string& journal);
store::end_position position_of(const std::string& text, const std::string& journal);

/// An error that says what cannot be looked for.
result<store::memory_query> query_of(const search_memory& wish);

/// `whole` is the same record with its content, if it is still there.
memory_record found(const store::memory_hit& hit, const std::optional<store::memory_record>& whole);

/// As it is sent to others.
memory_record sent(const store::memory_record& record);

memory_of_pool about(const store::pool_memory& pool);

} // namespace mahavishnu::memory_words
