// SPDX-License-Identifier: MIT
#pragma once

#include "store/libpq.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::store {

/// What a statement gave: rows, or why there are none.
class postgres_result {
public:
  postgres_result() = default;
  /// From the server.
  explicit postgres_result(PGresult* given);
  /// There was no answer from it.
  static postgres_result lost(std::string why);

  bool is_good() const;
  explicit operator bool() const { return is_good(); }

  /// Five characters that say what went wrong (SQLSTATE); empty when the server said nothing.
  const std::string& state() const { return state_; }
  /// The same in words, those of PostgreSQL.
  const std::string& reason() const { return reason_; }
  /// Whether the server found that what it has on disk is not what it wrote there.
  bool is_damage() const { return state_.starts_with("XX"); }

  /// What was done: "COMMIT".
  std::string_view done() const { return pq().PQcmdStatus(result_.get()); }

  // -- rows, of which columns count from 0 -------------------------------------------------------

  int rows() const { return result_ ? pq().PQntuples(result_.get()) : 0; }
  bool is_null(int column, int row = 0) const {
    return pq().PQgetisnull(result_.get(), row, column) != 0;
  }
  /// Good as long as the result is there.
  std::string_view bytes(int column, int row = 0) const {
    return {pq().PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(pq().PQgetlength(result_.get(), row, column))};
  }
  std::string text(int column, int row = 0) const { return std::string{bytes(column, row)}; }
  /// A whole number of any size, or true as 1.
  std::int64_t number(int column, int row = 0) const;

  PGresult* get() const { return result_.get(); }

private:
  struct clear {
    void operator()(PGresult* result) const { pq().PQclear(result); }
  };
  std::unique_ptr<PGresult, clear> result_;
  std::string state_;
  std::string reason_;
};

} // namespace mahavishnu::store
