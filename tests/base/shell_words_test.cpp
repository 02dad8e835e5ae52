// SPDX-License-Identifier: MIT
#include "base/shell_words.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <random>

using namespace mahavishnu;

namespace {

using words = std::vector<std::string>;

words split(std::string_view line) {
  auto made = shell_words(line);
  REQUIRE(made.has_value());
  return *made;
}

/// What /bin/sh makes of it.
words by_the_shell(const std::string& line) {
  auto command = "printf '%s\\001' " + line;
  auto* out =
      popen(command.c_str(), "r"); // NOLINT(cert-env33-c): the shell is what we compare with
  REQUIRE(out);
  words found(1);
  for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out))
    if (c == 1)
      found.emplace_back();
    else
      found.back() += static_cast<char>(c);
  REQUIRE(pclose(out) == 0);
  found.pop_back();
  return found;
}

} // namespace

TEST_CASE("words are split as a shell splits them") {
  CHECK(split("").empty());
  CHECK(split(" \t\n ").empty());
  CHECK(split("run.py --name 'two words' x\\ y") == words{"run.py", "--name", "two words", "x y"});
  CHECK(split("a\"b 'c'\"d ''") == words{"ab 'c'd", ""});
  CHECK(split("\"say \\\"hi\\\" for \\$5 \\n\"") == words{"say \"hi\" for $5 \\n"});
  CHECK(split("one \\\n two") == words{"one", "two"});
}

TEST_CASE("nothing else of a shell has a meaning") {
  CHECK(split("echo $HOME *.c ; a|b >c &") == words{"echo", "$HOME", "*.c", ";", "a|b", ">c", "&"});
}

TEST_CASE("what is not closed is an error that says so") {
  CHECK_THAT(shell_words("say 'hi").error().message, ContainsSubstring("single quotes"));
  CHECK_THAT(shell_words("say \"hi").error().message, ContainsSubstring("double quotes"));
  CHECK_THAT(shell_words("say hi\\").error().message, ContainsSubstring("backslash"));
}

TEST_CASE("the shell agrees on every line that it does not expand") {
  std::mt19937 random{test::seed()};
  constexpr std::string_view letters = "ab '\"\\ \t";
  int compared = 0;
  for (int i = 0; i < 400; ++i) {
    std::string line = "x";
    for (auto length = random() % 12; length > 0; --length)
      line += letters[random() % letters.size()];
    auto ours = shell_words(line);
    if (!ours)
      continue;
    INFO(line);
    REQUIRE(*ours == by_the_shell(line));
    ++compared;
  }
  CHECK(compared > 50);
}

TEST_CASE("a word of a shell is quoted when it has to be") {
  CHECK(shell_word("plain-1.txt") == "plain-1.txt");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\"'\"'s'");
  CHECK(shell_word("$(reboot)") == "'$(reboot)'");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a\nb") == "'a\nb'");
  CHECK(shell_word("~") == "'~'");
  CHECK(shell_word("\xc3\xa4") == "'\xc3\xa4'");
}

TEST_CASE("any text is one word when it is quoted, for us and for the shell") {
  std::mt19937 random{test::seed()};
  constexpr std::string_view letters = "ab-~ '\"\\\t\n$`;&|*#!(){}[]<>?=";
  for (int i = 0; i < 200; ++i) {
    std::string text;
    for (auto length = random() % 12; length > 0; --length)
      text += letters[random() % letters.size()];
    INFO(text);
    REQUIRE(split(shell_word(text)) == words{text});
    REQUIRE(by_the_shell(shell_word(text)) == words{text});
  }
}
