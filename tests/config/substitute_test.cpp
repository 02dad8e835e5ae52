// SPDX-License-Identifier: MIT
#include "config/substitute.hpp"
#include "support/catch.hpp"

using namespace mahavishnu::config;

namespace {

const environment variables{{"HOST", "example.org"}, {"EMPTY", ""}, {"_X9", "y"}};

std::string error_of(std::string_view text) {
  auto replaced = substitute(text, variables);
  return replaced ? "no error" : replaced.error().message;
}

} // namespace

TEST_CASE("references become the values of their variables, several in one text") {
  CHECK(substitute("http://${HOST}:${PORT:-80}/${_X9}", variables).value() ==
        "http://example.org:80/y");
  CHECK(substitute("nothing", variables).value() == "nothing");
  CHECK(substitute("", variables).value().empty());
}

TEST_CASE("a default counts for a variable that is not set or empty") {
  CHECK(substitute("${NONE:-a b}", variables).value() == "a b");
  CHECK(substitute("${EMPTY:-x}", variables).value() == "x");
  CHECK(substitute("${EMPTY}", variables).value().empty());
  CHECK(substitute("${HOST:-x}", variables).value() == "example.org");
  CHECK(substitute("${NONE:-}", variables).value().empty());
}

TEST_CASE("two dollars write a brace that is no reference") {
  CHECK(substitute("$${HOST}", variables).value() == "${HOST}");
  CHECK(substitute("a$${b}${_X9}", variables).value() == "a${b}y");
  CHECK(substitute("$HOST $ {}", variables).value() == "$HOST $ {}");
}

TEST_CASE("the value of a variable is not looked through again") {
  environment nested{{"A", "${B}"}, {"B", "b"}};
  CHECK(substitute("${A}", nested).value() == "${B}");
}

TEST_CASE("a variable that is not set is an error that names it") {
  CHECK_THAT(error_of("x${NONE}"), ContainsSubstring("the variable NONE is not set"));
}

TEST_CASE("what is no reference is an error that shows nothing of the text") {
  CHECK_THAT(error_of("${hunter2"), ContainsSubstring("without its }"));
  for (auto text : {"${}", "${1A}", "${a-b}", "${:-x}", "${hunter 2}"})
    CHECK_THAT(error_of(text), ContainsSubstring("must look like ${NAME}"));
  CHECK(error_of("${hunter 2}").find("hunter") == std::string::npos);
}
