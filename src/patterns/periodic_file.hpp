// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/patterns/periodic_table.hpp"

#include <string>
#include <string_view>

namespace mahavishnu {

/// What the file of a periodic task holds.
struct periodic_record {
  periodic_task task;
  schedule_state state;
};

/// As JSON, for people to read.
std::string to_json(const periodic_record& record);
/// Refuses what is no such record, naming the key.
result<periodic_record> periodic_record_from_json(std::string_view text);

} // namespace mahavishnu
