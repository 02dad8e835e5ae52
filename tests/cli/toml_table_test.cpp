// SPDX-License-Identifier: MIT
#include "cli/toml_table.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using cli::with_toml_table;

namespace {

constexpr auto ours = "[mcp_servers.mahavishnu]\nurl = \"http://x/mcp\"\n";

result<std::string> with_ours(std::string_view file) {
  return with_toml_table(file, "mcp_servers", "mahavishnu", ours);
}

} // namespace

TEST_CASE("a TOML table comes at the end of a file that has none of it") {
  CHECK(with_ours("").value() == ours);
  CHECK(with_ours("model = \"m\"\n").value() == std::string{"model = \"m\"\n\n"} + ours);
  CHECK(with_ours("[a]\nb = 1").value() == std::string{"[a]\nb = 1\n\n"} + ours);
}

TEST_CASE("a TOML table takes the place of the one before, and all else stays") {
  const std::string before = "# mine\nmodel = \"m\" # which\n\n[mcp_servers.other]\n"
                             "command = \"[mcp_servers.mahavishnu]\"\nargs = [\n  \"[x]\", # y\n]\n"
                             "text = \"\"\"\n[mcp_servers.mahavishnu]\n\"\"\"\n\n";
  const std::string after = "\n# about the next\n[tui]\ntheme = 'dark'\n";
  const std::string old = "[ mcp_servers . \"mahavishnu\" ]\ncommand = \"old\"\n\n"
                          "[mcp_servers.mahavishnu.env]\nA = \"1\"\n";
  auto once = with_ours(before + old + after).value();
  CHECK(once == before + ours + "\n" + after);
  CHECK(with_ours(once).value() == once);
}

TEST_CASE("a TOML file that is not understood is refused") {
  for (const auto* each : {"model = \"m", "model", "= 1", "[a", "[a]]", "a = [1, 2", "a = {b = 1",
                           "a = \"\"\"x", "a = ", "a = 1 b = 2", "{\"json\": true}"}) {
    INFO(each);
    auto refused = with_ours(each);
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, ContainsSubstring("line 1"));
  }
}

TEST_CASE("a TOML file that has the table as a value is refused") {
  for (const auto* each : {"mcp_servers = {}\n", "mcp_servers.mahavishnu.url = 'x'\n",
                           "[mcp_servers]\nmahavishnu = {url = 'x'}\n"}) {
    INFO(each);
    CHECK_THAT(with_ours(each).error().message, ContainsSubstring("as a value"));
  }
  CHECK(with_ours("[mcp_servers]\nother = {url = 'x'}\n").has_value());
}

TEST_CASE("any text can be a TOML string") {
  CHECK(cli::toml_string("a\\b\"c\nd") == R"("a\\b\"c\u000Ad")");
}
