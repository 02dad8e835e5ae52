// SPDX-License-Identifier: MIT
#include "cli/schemas.hpp"
#include "support/catch.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

using namespace mahavishnu;
using namespace mahavishnu::cli;

namespace {

namespace fs = std::filesystem;

const fs::path repository = MAHAVISHNU_SOURCE_DIR;

bool is_valid(std::string_view kind, const nlohmann::json& answer) {
  auto text = schema_of_kind(kind).dump();
  auto described = nlohmann::json::parse(text);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  valijson::adapters::NlohmannJsonAdapter adapter{described};
  parser.populateSchema(adapter, schema);
  valijson::Validator validator;
  valijson::adapters::NlohmannJsonAdapter target{answer};
  return validator.validate(schema, target, nullptr);
}

std::string text_of_file(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("docs/schemas.md is up to date") {
  INFO("run: mahavishnu docs schemas > docs/schemas.md");
  CHECK((text_of_file(repository / "docs/schemas.md") == render_schemas()));
}

TEST_CASE("every kind that a command answers with has a schema") {
  std::set<std::string> kinds;
  const std::regex word{R"re((?:answer|item)\(\s*"([a-z_]+)")re"};
  const std::regex message{R"re((?:kind_of|ask_and_show)<([a-z_]+)>)re"};
  for (const auto& each : fs::recursive_directory_iterator{repository / "src/cli"}) {
    if (each.path().extension() != ".cpp")
      continue;
    auto text = text_of_file(each.path());
    for (const auto& pattern : {word, message})
      for (std::sregex_iterator at{text.begin(), text.end(), pattern}, end; at != end; ++at)
        kinds.insert((*at)[1]);
  }
  CHECK(kinds.size() > 30);
  for (const auto& kind : kinds) {
    INFO(kind);
    CHECK_FALSE(schema_of_kind(kind).is_null());
  }
}

TEST_CASE("a kind is described once, in a sentence, and can be named with its version") {
  std::set<std::string_view> kinds;
  for (const auto& each : answer_kinds()) {
    INFO(each.kind);
    CHECK(kinds.insert(each.kind).second);
    CHECK_FALSE(each.what.empty());
    CHECK(schema_of_kind(each.kind)["title"] == std::string{each.kind} + "/1");
  }
  CHECK(schema_of_kind("pool_list/1") == schema_of_kind("pool_list"));
  CHECK(schema_of_kind("no_such_kind").is_null());
}

TEST_CASE("an answer is valid when it has what its kind has") {
  nlohmann::json answer{{"schema", "store_compacted/1"}, {"bytes_before", 5}, {"bytes_after", 3}};
  CHECK(is_valid("store_compacted", answer));
  answer["bytes_after"] = "3";
  CHECK_FALSE(is_valid("store_compacted", answer));
  answer.erase("bytes_after");
  CHECK_FALSE(is_valid("store_compacted", answer));
  CHECK_FALSE(is_valid("store_compacted",
                       {{"schema", "store_compacted/2"}, {"bytes_before", 5}, {"bytes_after", 3}}));
}

// Run by tests/e2e/schemas.sh, which puts answers there.
TEST_CASE("answers of real commands are of their kinds", "[.answers]") {
  const auto* directory = std::getenv("MAHAVISHNU_ANSWERS");
  REQUIRE(directory != nullptr);
  std::size_t count = 0;
  for (const auto& each : fs::directory_iterator{directory}) {
    auto answer = nlohmann::json::parse(text_of_file(each.path()));
    auto kind = answer.at("schema").get<std::string>();
    INFO(each.path() << ": " << kind);
    CHECK_FALSE(schema_of_kind(kind).is_null());
    CHECK(is_valid(kind, answer));
    ++count;
  }
  CHECK(count > 20);
}
