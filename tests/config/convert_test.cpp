// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/mask.hpp"
#include "config/yaml_document.hpp"
#include "config/yaml_text.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::config;

namespace {

template <key_name Key>
const row& setting = rows[index_of<Key>()];

using list = std::vector<std::string>;

std::string refusal_of(const row& of, std::string_view text) {
  auto converted = convert(of, text);
  return converted ? "accepted" : converted.error().message;
}

} // namespace

TEST_CASE("a boolean has eight spellings in any case") {
  for (auto text : {"true", "Yes", "ON", "1"})
    CHECK(convert(setting<"debug">, text).value() == value{true});
  for (auto text : {"false", "No", "OFF", "0"})
    CHECK(convert(setting<"debug">, text).value() == value{false});
  CHECK(refusal_of(setting<"debug">, "maybe") == R"(debug must be true or false, not "maybe")");
}

TEST_CASE("an integer is taken as a whole or not at all") {
  CHECK(convert(setting<"mcp.port">, "0").value() == value{std::int64_t{0}});
  CHECK(convert(setting<"mcp.port">, "65535").value() == value{std::int64_t{65535}});
  for (auto text : {"", " 1", "1 ", "1x", "1.5", "0x10", "1e3", "one"})
    CHECK_THAT(refusal_of(setting<"mcp.port">, text),
               ContainsSubstring("mcp.port must be an integer between 0 and 65535, not \"" +
                                 std::string{text} + "\""));
}

TEST_CASE("a value out of range names the range") {
  CHECK(refusal_of(setting<"pools.max_workers">, "0") ==
        "pools.max_workers must be between 1 and 100, not 0");
  CHECK(refusal_of(setting<"pools.max_workers">, "101") ==
        "pools.max_workers must be between 1 and 100, not 101");
  CHECK(refusal_of(setting<"workers.timeout_seconds">, "5") ==
        "workers.timeout_seconds must be between 30 and 3600 seconds, not 5");
  CHECK_THAT(refusal_of(setting<"pools.max_workers">, "99999999999999999999"),
             ContainsSubstring("must be between 1 and 100"));
}

TEST_CASE("a number is finite and within its range") {
  CHECK(convert(setting<"otel_storage.similarity_threshold">, "1").value() == value{1.0});
  CHECK(convert(setting<"terminal.poll_interval">, "0.1").value() == value{0.1});
  for (auto text : {"nan", "inf", "-inf", "", "0.5s"})
    CHECK_THAT(refusal_of(setting<"terminal.poll_interval">, text),
               ContainsSubstring("must be a number between 0.1 and 10 seconds"));
  CHECK_THAT(refusal_of(setting<"terminal.poll_interval">, "1e999"),
             ContainsSubstring("must be between 0.1 and 10 seconds"));
}

TEST_CASE("a choice may be written in any case and is kept in its own") {
  CHECK(convert(setting<"log_level">, "warning").value() == value{std::string{"WARNING"}});
  CHECK(refusal_of(setting<"log_level">, "LOUD") ==
        R"(log_level must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not "LOUD")");
}

TEST_CASE("a list is separated by commas, or a JSON array") {
  CHECK(convert(setting<"qc.checks">, "a, b ,c").value() == value{list{"a", "b", "c"}});
  CHECK(convert(setting<"qc.checks">, R"(["a, b", "c"])").value() == value{list{"a, b", "c"}});
  CHECK(convert(setting<"qc.checks">, "").value() == value{list{}});
  CHECK_THAT(refusal_of(setting<"qc.checks">, R"(["a", 1])"), ContainsSubstring("list of texts"));
  CHECK_THAT(refusal_of(setting<"qc.checks">, R"(["a")"), ContainsSubstring("list of texts"));
  CHECK_THAT(refusal_of(setting<"qc.checks">, "a,,b"), ContainsSubstring("empty item"));
}

TEST_CASE("a text is one line of valid UTF-8") {
  CHECK_THAT(refusal_of(setting<"server_name">, "a\nb"), ContainsSubstring("one line"));
  CHECK_THAT(refusal_of(setting<"server_name">, "a\x1b[2J"), ContainsSubstring("one line"));
  CHECK_THAT(refusal_of(setting<"server_name">, "\xff"), ContainsSubstring("UTF-8"));
  CHECK(refusal_of(setting<"server_name">, "gr\xC3\xBC\xC3\x9F") == "accepted");
}

TEST_CASE("the text of a value converts to the same value again") {
  for (const auto& setting : rows)
    CHECK(convert(setting, to_text(default_of(setting))).value() == default_of(setting));
  value odd{list{"with, comma", "[", " spaces ", "\"quoted\""}};
  CHECK(convert(setting<"qc.checks">, to_text(odd)).value() == odd);
}

TEST_CASE("nothing of a secret is shown, and no password of an address") {
  CHECK(masked(setting<"auth.secret">, "hunter2") == "********");
  CHECK(masked(setting<"auth.secret">, "").empty());
  CHECK(masked(setting<"pools.akosha_url">, "http://me:hunter2@host/x") ==
        "http://me:********@host/x");
  CHECK(masked(setting<"pools.akosha_url">, "http://me:hun@ter2@host") ==
        "http://me:********@host");
  CHECK(masked(setting<"pools.akosha_url">, "http://host:80/a@b") == "http://host:80/a@b");
}

TEST_CASE("a text in a message is short, printable and valid UTF-8") {
  CHECK(in_quotes("a\x1b"
                  "b") == "\"a\\x1bb\"");
  CHECK(in_quotes("\xff") == "\"\\xff\"");
  CHECK(in_quotes(std::string(100, 'a')) == "\"" + std::string(80, 'a') + "...\"");
  CHECK(in_quotes(std::string(79, 'a') + "\xC3\xBC") == "\"" + std::string(79, 'a') + "...\"");
}

TEST_CASE("a text as YAML is read as the same text") {
  for (auto text :
       {"plain", "true", "no",  "null", "~",  "",   " x ",  "10",        "1.5",
        "a: b",  "# c",  "[x]", "{y}",  "'",  "\"", "\\",   "\\n",       "- a",
        "*a",    "&a",   "!a",  "%a",   "@a", "`a", "a #b", "tab\there", "gr\xC3\xBC\xC3\x9F",
        "a,b",   "?",    ":",   "key:"}) {
    INFO(text);
    auto document = parse_yaml("key: " + yaml_scalar(text) + "\nlist: " + yaml_list({text, "z"}));
    REQUIRE(document.problems.empty());
    CHECK(document.root.find("key")->value.kind == node_kind::scalar);
    CHECK(document.root.find("key")->value.text == text);
    REQUIRE(document.root.find("list")->value.items.size() == 2);
    CHECK(document.root.find("list")->value.items.front().text == text);
  }
}
