// SPDX-License-Identifier: MIT
#include "cli/command_tree.hpp"
#include "cli/wrong_line.hpp"
#include "support/catch.hpp"

#include <CLI/CLI.hpp>

using namespace mahavishnu;
using namespace mahavishnu::cli;

namespace {

std::string said_of(const std::vector<std::string>& words) {
  services above;
  invocation now{above, words, {}, {}, {}};
  auto tree = command_tree(now);
  try {
    tree->parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& failure) {
    auto wrong = wrong_line(*tree, failure);
    CHECK(wrong.code == errc::invalid_argument);
    return wrong.message;
  }
  return "";
}

} // namespace

TEST_CASE("a command line that cannot be read is answered with what was meant") {
  CHECK(said_of({"statu"}) ==
        "'mahavishnu' has no command 'statu'; did you mean 'status'? See: mahavishnu --help");
  CHECK(said_of({"pool", "lst"}) == "'mahavishnu pool' has no command 'lst'; did you mean 'list'? "
                                    "See: mahavishnu pool --help");
  CHECK(said_of({"pool", "something-else"}) ==
        "'mahavishnu pool' has no command 'something-else'; see: mahavishnu pool --help");
  CHECK(said_of({"pool", "spawn", "--nme=a"}) ==
        "'mahavishnu pool spawn' has no option '--nme'; did you mean '--name'? "
        "See: mahavishnu pool spawn --help");
  CHECK(said_of({"status", "--ouput", "json"}) ==
        "'mahavishnu status' has no option '--ouput'; did you mean '--output'? "
        "See: mahavishnu status --help");
  CHECK(said_of({"status", "now"}) ==
        "'mahavishnu status' takes no argument 'now'; see: mahavishnu status --help");
  CHECK_THAT(said_of({"pool"}), Catch::Matchers::StartsWith(
                                    "'mahavishnu pool' lacks a command; take one of: spawn, list"));
  CHECK_THAT(said_of({"inspect"}), Catch::Matchers::EndsWith("; see: mahavishnu inspect --help"));
  CHECK(said_of({"status"}).empty());
  // A value that is wrong, before words that nobody has read.
  CHECK_THAT(said_of({"each", "--retries", "0", "echo", ":::", "a"}),
             Catch::Matchers::StartsWith("--retries: "));
}
