// SPDX-License-Identifier: MIT
#include "store/postgres_result.hpp"

namespace mahavishnu::store {

postgres_result::postgres_result(PGresult* given) : result_(given) {
  if (is_good())
    return;
  auto field = [given](int which) {
    const char* text = pq().PQresultErrorField(given, which);
    return std::string{text ? text : ""};
  };
  state_ = field(PG_DIAG_SQLSTATE);
  reason_ = field(PG_DIAG_MESSAGE_PRIMARY);
  if (auto detail = field(PG_DIAG_MESSAGE_DETAIL); !detail.empty())
    reason_ += " (" + detail + ")";
  if (reason_.empty())
    reason_ = pq().PQresultErrorMessage(given);
  while (!reason_.empty() && reason_.back() == '\n')
    reason_.pop_back();
}

postgres_result postgres_result::lost(std::string why) {
  postgres_result none;
  none.reason_ = std::move(why);
  return none;
}

bool postgres_result::is_good() const {
  switch (pq().PQresultStatus(result_.get())) {
  case PGRES_COMMAND_OK:
  case PGRES_TUPLES_OK:
  case PGRES_SINGLE_TUPLE:
  case PGRES_PIPELINE_SYNC: return true;
  default: return false;
  }
}

std::int64_t postgres_result::number(int column, int row) const {
  auto all = bytes(column, row);
  // The highest byte comes first, and has the sign.
  std::int64_t value = !all.empty() && (all[0] & 0x80) != 0 ? -1 : 0;
  for (char each : all)
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << 8 |
                                      static_cast<unsigned char>(each));
  return value;
}

} // namespace mahavishnu::store
