// SPDX-License-Identifier: MIT
#include "cli/each/input.hpp"
#include "cli/each/words.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

using namespace mahavishnu;
using namespace mahavishnu::cli::each;

namespace {

using rows = std::vector<value_list>;

rows all_of(job_input& input) {
  rows all;
  for (;;) {
    auto job = input.take().value();
    if (!job)
      return all;
    all.push_back(std::move(job.value));
  }
}

rows all_of(const value_list& words, input_options options = {}) {
  auto read = read_job_words(words).value();
  auto input = job_input::open(read.sources, std::move(options));
  return all_of(input.value());
}

class file_of {
public:
  explicit file_of(const std::string& text) {
    static int number = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("job_input_test." + std::to_string(::getpid()) + "." + std::to_string(++number)))
                .string();
    std::ofstream{path_, std::ios::binary} << text;
  }
  ~file_of() { std::filesystem::remove(path_); }
  file_of(const file_of&) = delete;
  file_of& operator=(const file_of&) = delete;
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

} // namespace

TEST_CASE("words of the command line are split into a command and its sources") {
  auto read = read_job_words({"echo", "{}", ":::", "a", "b", "::::", "f", ":::+", "c"}).value();
  CHECK(read.command == value_list{"echo", "{}"});
  CHECK(read.sources == std::vector<source_words>{{false, false, {"a", "b"}},
                                                  {true, false, {"f"}},
                                                  {false, true, {"c"}}});
  CHECK(read_job_words({"echo"}).value().sources ==
        std::vector<source_words>{{true, false, {"-"}}});
  CHECK(read_job_words({"echo"}, {"f", "g"}).value().sources ==
        std::vector<source_words>{{true, false, {"f"}}, {true, false, {"g"}}});
}

TEST_CASE("what each does not have is refused by name") {
  CHECK(read_job_words({"--pipe", "wc"}).error().message.find("no option '--pipe'") !=
        std::string::npos);
  CHECK(read_job_words({"--frob=1"}).error().message ==
        "each has no option '--frob'; see: mahavishnu each --help");
  CHECK(read_job_words({"x", "::::"}).error().code == errc::invalid_argument);
  CHECK(read_job_words({"x", ":::+", "a"}).error().code == errc::invalid_argument);
}

TEST_CASE("sources are combined, the last one changing fastest") {
  CHECK(all_of({"x", ":::", "a", "b", ":::", "c", "d"}) ==
        rows{{"a", "c"}, {"a", "d"}, {"b", "c"}, {"b", "d"}});
  CHECK(all_of({"x", ":::", "a", "b", ":::"}).empty());
  CHECK(all_of({"x", ":::"}).empty());
}

TEST_CASE("linked sources go along, as far as the shortest") {
  CHECK(all_of({"x", ":::", "a", "b", "c", ":::+", "d", "e"}) == rows{{"a", "d"}, {"b", "e"}});
  CHECK(all_of({"x", ":::", "0", "1", ":::", "a", "b", ":::+", "d", "e"}) ==
        rows{{"0", "a", "d"}, {"0", "b", "e"}, {"1", "a", "d"}, {"1", "b", "e"}});
}

TEST_CASE("records end with their delimiter, and the last one with the file") {
  file_of lines{"a b\n\nc"};
  CHECK(all_of({"x", "::::", lines.path()}) == rows{{"a b"}, {""}, {"c"}});
  file_of zeros{std::string{"a\nb\0c\0", 6}};
  input_options options;
  options.delimiter = '\0';
  CHECK(all_of({"x", "::::", zeros.path()}, options) == rows{{"a\nb"}, {"c"}});
  CHECK(all_of({"x", "::::", "/dev/null"}).empty());
}

TEST_CASE("records become columns, and several of them one job") {
  input_options options;
  options.column_separator = read_separator("[,;] *").value();
  CHECK(all_of({"x", ":::", "a, b;c", "d"}, options) == rows{{"a", "b", "c"}, {"d"}});
  options = {};
  options.records = 2;
  CHECK(all_of({"x", ":::", "a", "b", "c"}, options) == rows{{"a", "b"}, {"c"}});
  options.records = 0;
  CHECK(all_of({"x", ":::", "a", "b"}, options) == rows{{}, {}});
}

TEST_CASE("how many jobs there are is known of words and of files") {
  auto count = [](const value_list& words, input_options options = {}) {
    auto read = read_job_words(words).value();
    return job_input::open(read.sources, std::move(options)).value().count();
  };
  file_of three{"a\nb\nc"};
  CHECK(count({"x", ":::", "a", "b", ":::", "c", "d", "e"}) == 6);
  CHECK(count({"x", "::::", three.path(), ":::", "c", "d"}) == 6);
  CHECK(count({"x", "::::", three.path(), ":::+", "c", "d"}) == 2);
  input_options two;
  two.records = 2;
  CHECK(count({"x", "::::", three.path()}, two) == 2);
}

TEST_CASE("input that comes later is not waited for, and nothing of it is lost") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  auto name = "/proc/self/fd/" + std::to_string(ends[0]);
  auto input = job_input::open({{true, false, {name}}}, {});
  auto& jobs = input.value();
  auto write = [&](std::string_view text) {
    REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  };
  using how = taken<value_list>::how;
  CHECK_FALSE(jobs.count());
  CHECK(jobs.take().value().state == how::later);
  write("on");
  CHECK(jobs.take().value().state == how::later);
  write("e\ntwo\nthr");
  CHECK(jobs.take().value().value == value_list{"one"});
  CHECK(jobs.take().value().value == value_list{"two"});
  CHECK(jobs.take().value().state == how::later);
  CHECK(jobs.descriptor() >= 0);
  ::close(ends[1]);
  CHECK(jobs.take().value().value == value_list{"thr"});
  CHECK(jobs.take().value().state == how::end);
  ::close(ends[0]);
}

TEST_CASE("a file that cannot be read is named") {
  auto missing = job_input::open({{true, false, {"/no/such/file"}}}, {});
  CHECK(missing.error().code == errc::not_found);
  auto folder = job_input::open({{true, false, {"/"}}}, {});
  CHECK(folder.error().message.find("directory") != std::string::npos);
  auto twice = job_input::open({{true, false, {"-"}}, {true, false, {"-"}}}, {});
  CHECK(twice.error().code == errc::invalid_argument);
}

TEST_CASE("a record has a longest length") {
  file_of endless{std::string(std::size_t{9} << 20, 'x')};
  auto input = job_input::open({{true, false, {endless.path()}}}, {});
  CHECK(input.value().take().error().code == errc::invalid_argument);
}

TEST_CASE("delimiters are characters, or written as in C") {
  CHECK(read_delimiter(",").value() == ',');
  CHECK(read_delimiter("\\t").value() == '\t');
  CHECK(read_delimiter("\\0").value() == '\0');
  CHECK(read_delimiter("\\x1e").value() == '\x1e');
  CHECK(read_delimiter("\\036").value() == '\x1e');
  for (const auto* wrong : {"ab", "\\xzz", "\\q", "\\x100"})
    CHECK(read_delimiter(wrong).error().code == errc::invalid_argument);
}

TEST_CASE("how many jobs run at a time is a number or a share of the CPUs") {
  CHECK(read_jobs("3", 8, 250).value() == 3);
  CHECK(read_jobs("50%", 8, 250).value() == 4);
  CHECK(read_jobs("1%", 8, 250).value() == 1);
  CHECK(read_jobs("+2", 8, 250).value() == 10);
  CHECK(read_jobs("0", 8, 250).value() == 250);
  CHECK(read_jobs("1000", 8, 250).value() == 250);
  for (const auto* wrong : {"", "x", "-1", "1.5", "3x", "%", "99999999999999999999"})
    CHECK(read_jobs(wrong, 8, 250).error().code == errc::invalid_argument);
}

TEST_CASE("a separator that is no expression is refused") {
  CHECK(read_separator("(").error().code == errc::invalid_argument);
}
