// SPDX-License-Identifier: MIT
#include "cli/each/job_template.hpp"
#include "support/catch.hpp"

using namespace mahavishnu::cli::each;

namespace {

std::string line(const std::string& command, std::vector<std::string> arguments,
                 std::uint64_t seq = 1, std::uint64_t slot = 1) {
  return job_template::of_command({command}, false).command_line({seq, slot, std::move(arguments)});
}

} // namespace

TEST_CASE("replacement strings become what GNU parallel puts there") {
  CHECK(line("echo {}", {"a b"}) == "echo 'a b'");
  CHECK(line("echo \"{}\"", {"a"}) == "echo \"a\"");
  CHECK(line("{.}|{/}|{//}|{/.}", {"d/c.txt.gz"}) == "d/c.txt|c.txt.gz|d|c.txt");
  CHECK(line("{.}|{/}|{//}|{/.}", {"x"}) == "x|x|.|x");
  CHECK(line("{.}|{/}|{//}|{/.}", {".hid"}) == "''|.hid|.|''");
  CHECK(line("{.}|{/}|{//}|{/.}", {"/x/.hid"}) == "/x/|.hid|/x|''");
  CHECK(line("{.}|{/}|{//}|{/.}", {"a.b/c"}) == "a.b/c|c|a.b|c");
  CHECK(line("{//}", {"/x"}) == "/");
  CHECK(line("echo {#} {%}", {"a"}, 7, 3) == "echo 7 3");
}

TEST_CASE("replacement strings take arguments by their number, from both ends") {
  CHECK(line("{2/.} {1.} {2//} {3}", {"a.x", "c/y.z"}) == "y a c ");
  CHECK(line("{-1} {-2} {-3}", {"a", "b"}) == "b a ");
  CHECK(line("{}", {"a", "b c"}) == "a 'b c'");
  CHECK(line("{1}{} {", {"a"}) == "aa {");
}

TEST_CASE("other braces are left to the shell") {
  CHECK(line("echo ${HOME} {a,b} {0} {1x} {99999999999999} {} {", {"v"}) ==
        "echo ${HOME} {a,b} {0} {1x} {99999999999999} v {");
}

TEST_CASE("a command without replacement strings gets the arguments behind it") {
  CHECK(line("gzip -9", {"a b", "c"}) == "gzip -9 'a b' c");
  CHECK(line("echo {#}", {"a"}) == "echo 1");
}

TEST_CASE("without a command the argument is the command") {
  auto whole = job_template::of_command({}, false);
  CHECK(whole.command_line({1, 1, {"echo a   b | wc"}}) == "echo a   b | wc");
}

TEST_CASE("with --quote the shell sees the words as they were given") {
  auto command = job_template::of_command({"sh", "-c", "echo $1  {}", "x y", ""}, true);
  CHECK(command.command_line({1, 1, {"a b"}}) == "sh -c 'echo $1  ''a b' 'x y' ''");
}

TEST_CASE("an argument may not stand where the shell would read it") {
  auto misplaced = [](const std::string& command) {
    return job_template::of_command({command}, false).misplaced();
  };
  for (const auto* good :
       {"echo {}", "echo 'a b'{}\"c\"", "echo \"$(basename {})\" {}", "(cd {} && (ls {}))",
        "echo \"$(cat \"x\" {})\" {}", "echo # it's\necho {}", "echo a#'b' {}", "echo \\\\{}",
        "echo \\' {} \\\"", "case x in x) echo {};; esac", "echo `ls` {}", "echo ${#HOME} {}",
        "echo '{#}' \"{%}\" {}", "echo $(ls '{#}') {} $HOME {}", "echo \"$((1 + (2)))\" {}"})
    CHECK(misplaced(good).empty());
  CHECK(misplaced("echo \"{}\"") == "{}");
  CHECK(misplaced("echo {} '{2/.}'") == "{2/.}");
  for (const auto* wrong :
       {"echo 'a {} b'", "echo \"$(ls) {}\"", "echo \"$(ls \"{}\")\"", "echo \\{}", "echo ${}",
        "echo `ls {}`", "echo \"`ls {}`\"", "echo \"\\\"{}\"", "echo it\\'s '{}'",
        "echo \"${X:-{}}\"", "echo $'{}'"})
    CHECK_FALSE(misplaced(wrong).empty());
}

TEST_CASE("words that are quoted as they were given may have quotes around arguments") {
  auto command = job_template::of_command({"echo", "\"{}\""}, true);
  CHECK(command.misplaced().empty());
  CHECK(command.command_line({1, 1, {"$(x)"}}) == "echo '\"''$(x)''\"'");
  CHECK(job_template::of_command({}, false).misplaced().empty());
}

TEST_CASE("another mark takes the place of the braces") {
  auto command = job_template::of_command({"mv", "X", "{}.{#}"}, false, "X");
  CHECK(command.command_line({4, 1, {"a"}}) == "mv a {}.4");
}

TEST_CASE("a tag has the arguments as they are") {
  auto tag = job_template::of("{1}/{#} {2}");
  CHECK(tag.text({3, 1, {"a b", "it's"}}) == "a b/3 it's");
  CHECK_FALSE(tag.uses_slots());
  CHECK(job_template::of("{%}").uses_slots());
}
