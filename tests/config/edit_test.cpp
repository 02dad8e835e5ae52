// SPDX-License-Identifier: MIT
#include "config/yaml_edit.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::config;

namespace {

/// The edited text, or "line: message".
std::string edit(std::string_view text, std::string_view key, const std::string& value) {
  auto made = edit_yaml(text, rows[*find_row(key)], value);
  if (made.text)
    return *made.text;
  return std::to_string(made.problem.at.line) + ": " + made.problem.message;
}

} // namespace

TEST_CASE("a value is replaced and every other byte stays") {
  CHECK(edit("# head\npools:   # all of them\n    max_workers:   5   # few\n    enabled: yes\n",
             "pools.max_workers", "6") ==
        "# head\npools:   # all of them\n    max_workers:   6   # few\n    enabled: yes\n");
}

TEST_CASE("values in quotes, braces and brackets are replaced") {
  CHECK(edit("server_name: \"a \\\" # b\" # c\n", "server_name", "new") ==
        "server_name: new # c\n");
  CHECK(edit("server_name: 'it''s' # c\n", "server_name", "new") == "server_name: new # c\n");
  CHECK(edit("pools: {max_workers: 5, enabled: true} # c\n", "pools.max_workers", "6") ==
        "pools: {max_workers: 6, enabled: true} # c\n");
  CHECK(edit("qc:\n  checks: [a, \"]\", 'b']  # c\n", "qc.checks", "[x]") ==
        "qc:\n  checks: [x]  # c\n");
  CHECK(edit("qc:\n  checks: [a,\n    b]\n  min_score: 5\n", "qc.checks", "[x]") ==
        "qc:\n  checks: [x]\n  min_score: 5\n");
  CHECK(edit("\"debug\": no\n", "debug", "true") == "\"debug\": true\n");
}

TEST_CASE("an empty value gets one") {
  CHECK(edit("server_name:\n", "server_name", "new") == "server_name: new\n");
  CHECK(edit("server_name: # none\n", "server_name", "new") == "server_name: new # none\n");
  CHECK(edit("server_name: ~ # none\n", "server_name", "new") == "server_name: new # none\n");
  CHECK(edit("server_name:  null\n", "server_name", "new") == "server_name: new\n");
}

TEST_CASE("a new key goes below the last one of its group, indented alike") {
  CHECK(edit("pools:\n    # why\n    min_workers: 2 # two\n\n# next\nmcp:\n    port: 1\n",
             "pools.max_workers", "6") ==
        "pools:\n    # why\n    min_workers: 2 # two\n    max_workers: 6\n\n# next\nmcp:\n"
        "    port: 1\n");
  CHECK(edit("qc:\n  checks:\n  - a\n  - b\nmcp:\n  port: 1\n", "qc.min_score", "5") ==
        "qc:\n  checks:\n  - a\n  - b\n  min_score: 5\nmcp:\n  port: 1\n");
  CHECK(edit("pools:\n  min_workers: 2", "pools.max_workers", "6") ==
        "pools:\n  min_workers: 2\n  max_workers: 6");
}

TEST_CASE("a new key goes below the comment that shows it") {
  CHECK(
      edit("pools:\n  min_workers: 2\n\n  # How many.\n  # max_workers: 10\n\n  # x\n"
           "  # queue_limit: 5\nmcp:\n",
           "pools.max_workers", "6") ==
      "pools:\n  min_workers: 2\n\n  # How many.\n  # max_workers: 10\n  max_workers: 6\n\n  # x\n"
      "  # queue_limit: 5\nmcp:\n");
  CHECK(edit("# debug: false\n\n# log_level: INFO\n\npools:\n  # enabled: true\n", "log_level",
             "DEBUG") ==
        "# debug: false\n\n# log_level: INFO\nlog_level: DEBUG\n\npools:\n  # enabled: true\n");
}

TEST_CASE("a group without keys gets its first one") {
  CHECK(edit("pools:\n  # nothing yet\nmcp:\n", "pools.max_workers", "6") ==
        "pools:\n  max_workers: 6\n  # nothing yet\nmcp:\n");
  CHECK(edit("pools: {}\n", "pools.max_workers", "6") == "pools: {max_workers: 6}\n");
  CHECK(edit("pools: ~ # c\n", "pools.max_workers", "6") == "pools: {max_workers: 6} # c\n");
  CHECK(edit("pools: {enabled: true,}\n", "pools.max_workers", "6") ==
        "pools: {enabled: true, max_workers: 6}\n");
  CHECK(edit("pools: { enabled: true }\n", "pools.max_workers", "6") ==
        "pools: { enabled: true, max_workers: 6 }\n");
}

TEST_CASE("a group that is missing comes at the end") {
  CHECK(edit("", "pools.max_workers", "6") == "pools:\n  max_workers: 6\n");
  CHECK(edit("debug: true", "pools.max_workers", "6") == "debug: true\n\npools:\n  max_workers: 6");
  CHECK(edit("debug: true\n", "pools.max_workers", "6") ==
        "debug: true\n\npools:\n  max_workers: 6\n");
}

TEST_CASE("a new key of the top level stands with its like") {
  CHECK(edit("debug: true\npools:\n  enabled: true\n", "log_level", "DEBUG") ==
        "debug: true\nlog_level: DEBUG\npools:\n  enabled: true\n");
  CHECK(edit("pools:\n  enabled: true\n", "log_level", "DEBUG") ==
        "pools:\n  enabled: true\nlog_level: DEBUG\n");
  CHECK(edit("", "debug", "true") == "debug: true\n");
}

TEST_CASE("a JSON file stays a JSON file") {
  CHECK(edit(R"({"pools": {"max_workers": 5}})", "pools.max_workers", "6") ==
        R"({"pools": {"max_workers": 6}})");
  CHECK(edit(R"({"pools": {"max_workers": 5}})", "debug", "true") ==
        R"({"pools": {"max_workers": 5}, debug: true})");
  CHECK(edit("{}", "pools.max_workers", "6") == "{pools: {max_workers: 6}}");
}

TEST_CASE("the ends of lines and a byte order mark stay") {
  CHECK(edit("# h\r\npools:\r\n  min_workers: 2\r\nmcp:\r\n", "pools.max_workers", "6") ==
        "# h\r\npools:\r\n  min_workers: 2\r\n  max_workers: 6\r\nmcp:\r\n");
  CHECK(edit("pools:\r\n  max_workers: 5 # c\r\n", "pools.max_workers", "6") ==
        "pools:\r\n  max_workers: 6 # c\r\n");
  CHECK(edit("\xEF\xBB\xBF"
             "debug: no\n",
             "debug", "true") == "\xEF\xBB\xBF"
                                 "debug: true\n");
  CHECK(edit("# gr\xC3\xBC\xC3\x9F\nserver_name: \"\xC3\xBC\" # \xC3\x9F\n", "server_name", "x") ==
        "# gr\xC3\xBC\xC3\x9F\nserver_name: x # \xC3\x9F\n");
}

TEST_CASE("a key under its old name is changed there") {
  CHECK(edit("max_concurrent_workers: 5 # old\n", "workers.max_concurrent", "6") ==
        "max_concurrent_workers: 6 # old\n");
  CHECK(edit("pools_enabled: true\npools:\n  enabled: true\n", "pools.enabled", "false") ==
        "pools_enabled: true\npools:\n  enabled: false\n");
}

TEST_CASE("what cannot be changed safely is left to a person, with the line") {
  const std::string by_hand = "by hand";
  CHECK_THAT(edit("qc:\n  checks:\n    - a\n", "qc.checks", "[x]"),
             ContainsSubstring("2: ") && ContainsSubstring("change qc.checks " + by_hand));
  CHECK_THAT(edit("debug: true\nserver_name: >\n  a\n  b\n", "server_name", "x"),
             ContainsSubstring("2: ") && ContainsSubstring(by_hand));
  CHECK_THAT(edit("server_name: &a x\nllm:\n  model: *a\n", "server_name", "y"),
             ContainsSubstring(by_hand));
  CHECK_THAT(edit("server_name: a\n  b\n", "server_name", "x"), ContainsSubstring(by_hand));
  CHECK_THAT(edit("terminal: &t {enabled: true}\nqc: *t\n", "qc.min_score", "5"),
             ContainsSubstring("2: ") && ContainsSubstring(by_hand));
}

TEST_CASE("a file that cannot be read is not changed") {
  CHECK_THAT(edit("debug: true\ndebug: false\n", "debug", "true"),
             ContainsSubstring("duplicate key"));
  CHECK_THAT(edit("debug: [\n", "debug", "true"), ContainsSubstring("not valid YAML"));
}
