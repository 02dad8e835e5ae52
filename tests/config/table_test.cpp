// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "mahavishnu/config/table.hpp"
#include "support/catch.hpp"

#include <map>
#include <set>
#include <type_traits>

using namespace mahavishnu;
using namespace mahavishnu::config;

TEST_CASE("every default of the table is a good value") {
  for (const auto& setting : rows) {
    INFO(key_of(setting));
    CHECK(convert(setting, setting.default_text).has_value());
  }
}

TEST_CASE("every name of the table is there once, and no name hides another") {
  std::set<std::string> names;
  std::set<std::string> variables;
  for (const auto& known : groups)
    CHECK(names.insert(std::string{known.name}).second);
  for (const auto& setting : rows) {
    INFO(key_of(setting));
    CHECK(names.insert(key_of(setting)).second);
    CHECK(variables.insert(variable_of(setting)).second);
    for (auto old_name : setting.old_names) {
      CHECK(names.insert(std::string{old_name}).second);
      CHECK(variables.insert(variable_of_old_name(old_name)).second);
    }
  }
}

TEST_CASE("the rows of a group stand together, and every group has rows and is declared") {
  std::size_t count = rows_of("").size();
  for (const auto& known : groups) {
    CHECK_FALSE(rows_of(known.name).empty());
    CHECK_FALSE(known.doc.empty());
    count += rows_of(known.name).size();
  }
  CHECK(count == rows.size());
}

TEST_CASE("every row says what it is about and has a range that its default is in") {
  for (const auto& setting : rows) {
    INFO(key_of(setting));
    CHECK(setting.doc.ends_with('.'));
    CHECK(setting.has_range() == (setting.min < setting.max));
    CHECK((setting.kind == kind::choice) == !setting.choices.empty());
  }
}

TEST_CASE("the name of a variable follows from group and name") {
  CHECK(variable_of(rows[index_of<"pools.max_workers">()]) == "MAHAVISHNU_POOLS__MAX_WORKERS");
  CHECK(variable_of(rows[index_of<"state_dir">()]) == "MAHAVISHNU_STATE_DIR");
  CHECK(variable_of_old_name("pools_enabled") == "MAHAVISHNU_POOLS_ENABLED");
}

TEST_CASE("an unknown key is answered with the nearest one of its group") {
  CHECK(unknown_key_text("pools.max_wokers") ==
        R"(unknown key "pools.max_wokers"; did you mean "pools.max_workers"?)");
  CHECK(unknown_key_text("log_levle") == R"(unknown key "log_levle"; did you mean "log_level"?)");
}

TEST_CASE("a key that another group has is answered with that group") {
  CHECK(unknown_key_text("max_workers") ==
        R"(unknown key "max_workers"; did you mean "pools.max_workers"?)");
  CHECK(unknown_key_text("pools.grace_seconds") ==
        R"(unknown key "pools.grace_seconds"; did you mean "exec.grace_seconds"?)");
  CHECK(unknown_key_text("port") == R"(unknown key "port"; did you mean "mcp.port"?)");
}

TEST_CASE("a key that is like nothing gets no suggestion") {
  CHECK(unknown_key_text("xyzzyxyzzy") == R"(unknown key "xyzzyxyzzy")");
}
