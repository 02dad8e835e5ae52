// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/bus.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mahavishnu::test {

/// Every type there is.
inline const std::vector<notice_type>& all_types() {
  static const std::vector<notice_type> types{notice_type::task_delegate, notice_type::result_share,
                                              notice_type::status_update, notice_type::heartbeat,
                                              notice_type::pool_created,  notice_type::pool_closed,
                                              notice_type::task_completed};
  return types;
}

/// A notice of that type, from one pool (or nobody) to another (or all).
inline notice notice_of(notice_type type, const std::string& source = {},
                        const std::string& target = {}) {
  notice made;
  made.source = pool_id{source};
  made.target = pool_id{target};
  switch (type) {
  case notice_type::task_delegate: made.payload = bus::task_delegate{task_id{1, 2}, {}, 3}; break;
  case notice_type::result_share: made.payload = bus::result_share{{}, 2}; break;
  case notice_type::status_update:
    made.payload = bus::status_update{pool_status::pending, pool_status::running, "started"};
    break;
  case notice_type::heartbeat: made.payload = bus::heartbeat{pool_status::running, 4, 3, 2}; break;
  case notice_type::pool_created: made.payload = bus::pool_created{pool_id{source}, "x", {}}; break;
  case notice_type::pool_closed: made.payload = bus::pool_closed{pool_id{source}, "asked"}; break;
  case notice_type::task_completed: made.payload = bus::task_completed{pool_id{source}, {}}; break;
  }
  return made;
}

inline std::vector<std::uint64_t> sequences(const notices& answer) {
  std::vector<std::uint64_t> all;
  for (const auto& each : answer.items)
    all.push_back(each.sequence);
  return all;
}

} // namespace mahavishnu::test
