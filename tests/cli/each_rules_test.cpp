// SPDX-License-Identifier: MIT
#include "cli/each/halt.hpp"
#include "cli/each/job_message.hpp"
#include "cli/each/order_keeper.hpp"
#include "cli/each/plan.hpp"
#include "cli/each/printer.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

using namespace mahavishnu;
using namespace mahavishnu::cli::each;

namespace {

using verdict = halt_policy::verdict;

std::vector<verdict> verdicts(const char* text, const std::vector<int>& codes) {
  auto policy = halt_policy::of(text).value();
  std::vector<verdict> all;
  for (auto code : codes)
    all.push_back(policy.ended(code));
  return all;
}

} // namespace

TEST_CASE("a policy to halt counts what it is about") {
  auto go_on = verdict::go_on;
  CHECK(verdicts("never", {1, 1, 1}) == std::vector{go_on, go_on, go_on});
  CHECK(verdicts("now,fail=1", {0, 3, 0}) == std::vector{go_on, verdict::now, verdict::now});
  CHECK(verdicts("soon,fail=2", {1, 0, 1}) == std::vector{go_on, go_on, verdict::soon});
  CHECK(verdicts("now,success=1", {1, 0}) == std::vector{go_on, verdict::now});
  CHECK(verdicts("soon,done=2", {1, 0}) == std::vector{go_on, verdict::soon});
  CHECK(verdicts("now,fail=1", {-1}) == std::vector{verdict::now});
}

TEST_CASE("a share says something once three jobs have ended") {
  auto go_on = verdict::go_on;
  CHECK(verdicts("now,fail=50%", {1, 1, 1}) == std::vector{go_on, go_on, verdict::now});
  CHECK(verdicts("now,fail=50%", {0, 0, 1, 1}) == std::vector{go_on, go_on, go_on, verdict::now});
}

TEST_CASE("the job that ends it all gives its exit code") {
  auto code = [](const char* text, int exit_code) {
    auto policy = halt_policy::of(text).value();
    policy.ended(exit_code);
    policy.ended(9);
    return policy.exit_code();
  };
  CHECK(code("now,fail=1", 3) == 3);
  CHECK(code("now,fail=1", -1) == 1);
  CHECK(code("now,success=1", 0) == 0);
  CHECK(code("2", 4) == 4);
  CHECK_FALSE(code("never", 4));
}

TEST_CASE("a policy to halt that makes no sense is refused") {
  for (const auto* wrong : {"", "x", "now", "now,", "now,fail", "now,fail=", "now,fail=0",
                            "soon,fail=101%", "soon,fail=1x", "later,fail=1", "now,fail=-1", "3"})
    CHECK(halt_policy::of(wrong).error().code == errc::invalid_argument);
}

TEST_CASE("things come out in the order in which they were announced") {
  order_keeper<int> keeper{10};
  for (std::uint64_t each : {1, 2, 4})
    keeper.expect(each);
  CHECK_FALSE(keeper.take());
  keeper.add(2, 20, 6);
  CHECK_FALSE(keeper.take());
  CHECK_FALSE(keeper.is_full());
  keeper.add(4, 40, 6);
  CHECK(keeper.is_full());
  keeper.add(1, 10, 1);
  CHECK(keeper.take() == 10);
  CHECK(keeper.take() == 20);
  CHECK(keeper.take() == 40);
  CHECK_FALSE(keeper.take());
  CHECK(keeper.bytes() == 0);
}

TEST_CASE("what does not come after all is not waited for") {
  order_keeper<int> keeper{10};
  keeper.expect(1);
  keeper.expect(2);
  keeper.add(2, 20, 1);
  keeper.forget(1);
  CHECK(keeper.take() == 20);
}

TEST_CASE("a message has as many jobs as it may, whatever makes them large") {
  task_spec spec;
  spec.environment["DATA"] = std::string(10'000, 'x');
  shared_spec shared{spec};
  constexpr std::size_t longest = 65'536;
  job_message message{longest};
  CHECK(message.may_have(spec));
  std::size_t size = 0;
  for (std::uint64_t seq = 1; !message.is_full(); ++seq) {
    message.add({seq, shared});
    size += size_in_message(*shared);
  }
  CHECK(size > longest / 4);
  CHECK(size < longest);
  CHECK(message.take().size() == 2);
  spec.environment["MORE"] = std::string(longest / 2, 'x');
  CHECK_FALSE(message.may_have(spec));
}

TEST_CASE("many small jobs do not go out in one message") {
  job_message message{std::size_t{1} << 28};
  std::uint64_t seq = 0;
  while (!message.is_full())
    message.add({++seq, shared_spec{task_spec{}}});
  CHECK(seq == 500);
}

TEST_CASE("a tag stands before each line, also of a text that comes in pieces") {
  line_tagger tagger{"t\t"};
  CHECK(tagger.add("a\nb") == "t\ta\nt\tb");
  CHECK(tagger.add("c\n") == "c\n");
  CHECK(tagger.add("\n\nd") == "t\t\nt\t\nt\td");
  CHECK(line_tagger{"t"}.add("").empty());
}

TEST_CASE("a writer says that nobody reads") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  text_writer writer{ends[1]};
  writer.add("abc");
  writer.flush();
  std::array<char, 8> read{};
  CHECK(::read(ends[0], read.data(), read.size()) == 3);
  CHECK(writer.failure() == 0);
  CHECK(writer.last() == 'c');
  writer.add("");
  CHECK(writer.last() == 'c');
  ::close(ends[0]);
  auto before = std::signal(SIGPIPE, SIG_IGN);
  writer.add("d");
  writer.flush();
  std::signal(SIGPIPE, before);
  CHECK(writer.failure() == EPIPE);
  ::close(ends[1]);
}

TEST_CASE("jobs are numbered, and become commands") {
  each_plan plan;
  plan.input =
      std::make_shared<job_input>(job_input::open({{false, false, {"a b", "c"}}}, {}).value());
  plan.command = job_template::of_command({"echo", "{}", "{#}", "{%}"}, false);
  auto jobs = numbered_jobs::open(plan).value();
  auto first = jobs.take(3).value();
  CHECK(first.value.seq == 1);
  CHECK(first.value.command == "echo 'a b' 1 3");
  CHECK(jobs.take(1).value().value.command == "echo c 2 1");
  CHECK(jobs.take(1).value().state == taken<numbered_job>::how::end);
}

TEST_CASE("an argument with a zero byte cannot become a command") {
  each_plan plan;
  plan.input = std::make_shared<job_input>(
      job_input::open({{false, false, {std::string{"a\0b", 3}}}}, {}).value());
  plan.command = job_template::of_command({"echo"}, false);
  auto jobs = numbered_jobs::open(plan).value();
  CHECK(jobs.take().error().code == errc::invalid_argument);
}
