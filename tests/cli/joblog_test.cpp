// SPDX-License-Identifier: MIT
#include "cli/each/joblog.hpp"
#include "cli/each/outcome.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace mahavishnu;
using namespace mahavishnu::cli::each;

namespace {

class log_file {
public:
  log_file() { std::filesystem::remove(path_); }
  explicit log_file(const std::string& text) { std::ofstream{path_, std::ios::binary} << text; }
  ~log_file() { std::filesystem::remove(path_); }
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;
  const std::string& path() const { return path_; }
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream{path_, std::ios::binary}.rdbuf();
    return all.str();
  }

private:
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("joblog_test." + std::to_string(::getpid())))
          .string();
};

joblog_line line_of(std::uint64_t seq, int exit_code = 0) {
  joblog_line line;
  line.seq = seq;
  line.start = 1795369531.72;
  line.runtime = 0.0191;
  line.received = 2;
  line.exit_code = exit_code;
  line.command = "echo " + std::to_string(seq);
  return line;
}

const std::string header{joblog_header};

} // namespace

TEST_CASE("a line of a joblog is written as GNU parallel does") {
  CHECK(line_of(1).text() == "1\t:\t1795369531.720\t     0.019\t0\t2\t0\t0\techo 1\n");
  auto two = line_of(2, -1);
  two.signal = 15;
  two.command = "a\tb\nc";
  CHECK(two.text() == std::string{"2\t:\t1795369531.720\t     0.019\t0\t2\t-1\t15\ta\tb\0c\n", 46});
}

TEST_CASE("a line of a joblog is read as it was written") {
  auto line = line_of(3, 7);
  line.command = "a\tb\nc ";
  line.runtime = 0.5;
  auto text = line.text();
  text.pop_back();
  CHECK(read_joblog_line(text).value() == line);
}

TEST_CASE("what is no line of a joblog is refused") {
  for (const auto* wrong : {"", "1", "1\t:\t1.0\t1.0\t0\t0\t0\t0", "x\t:\t1.0\t1.0\t0\t0\t0\t0\tc",
                            "0\t:\t1.0\t1.0\t0\t0\t0\t0\tc", "1\t:\t1.0\t1.0\t0\t0\tzero\t0\tc",
                            "1\t:\t1.0\t1.0\t0\t-4\t0\t0\tc"})
    CHECK(read_joblog_line(wrong).error().code == errc::invalid_argument);
}

TEST_CASE("numbers that follow each other take no room") {
  number_set numbers;
  for (std::uint64_t each : {5, 1, 3, 2, 9, 4, 4, 7, 8})
    numbers.add(each);
  CHECK(numbers.size() == 8);
  for (std::uint64_t each : {1, 2, 3, 4, 5, 7, 8, 9})
    CHECK(numbers.contains(each));
  for (std::uint64_t each : {0, 6, 10})
    CHECK_FALSE(numbers.contains(each));
}

TEST_CASE("jobs of a joblog are done, and failed ones only if that is wanted") {
  log_file file{header + line_of(1).text() + line_of(3, 1).text() + line_of(4, 1).text() +
                line_of(4).text() + line_of(5, 2).text() + line_of(5, 2).text()};
  done_jobs all;
  REQUIRE(all.read(file.path()));
  CHECK(all.count() == 4);
  CHECK(all.contains(3));
  done_jobs good{true};
  REQUIRE(good.read(file.path()));
  CHECK(good.contains(1));
  CHECK_FALSE(good.contains(3));
  CHECK(good.contains(4));
  CHECK(good.failures(3) == 1);
  CHECK(good.failures(5) == 2);
  CHECK(good.failures(1) == 0);
}

TEST_CASE("a joblog that is not there has no jobs, and another file is refused") {
  done_jobs none;
  CHECK(none.read("/no/such/joblog"));
  log_file letter{"Dear Sir,\n"};
  CHECK(done_jobs{}.read(letter.path()).error().message.find("is no joblog") != std::string::npos);
  log_file damaged{header + "1\t:\tgarbage\n" + line_of(2).text()};
  CHECK(done_jobs{}.read(damaged.path()).error().message.find("line 2") != std::string::npos);
}

TEST_CASE("a line that was cut off is done again, and goes when more is written") {
  auto whole = header + line_of(1).text();
  for (auto cut : {std::size_t{1}, std::size_t{9}, line_of(2).text().size() - 1}) {
    log_file file{whole + line_of(2).text().substr(0, cut)};
    done_jobs before;
    REQUIRE(before.read(file.path()));
    CHECK(before.contains(1));
    CHECK_FALSE(before.contains(2));
    CHECK(before.torn_bytes() == cut);
    joblog_file again;
    REQUIRE(again.append_to(file.path(), before.torn_bytes()));
    again.add(line_of(3));
    REQUIRE(again.flush());
    CHECK(file.text() == whole + line_of(3).text());
  }
}

TEST_CASE("a joblog begins with its header, once") {
  log_file file;
  {
    joblog_file log;
    REQUIRE(log.append_to(file.path(), 0));
    log.add(line_of(1));
    REQUIRE(log.flush());
  }
  {
    joblog_file log;
    REQUIRE(log.append_to(file.path(), 0));
    log.add(line_of(2));
    REQUIRE(log.flush());
  }
  CHECK(file.text() == header + line_of(1).text() + line_of(2).text());
  joblog_file anew;
  REQUIRE(anew.create(file.path()));
  CHECK(file.text() == header);
}

TEST_CASE("a joblog is the same file until it is begun anew") {
  log_file file;
  std::string first;
  {
    joblog_file log;
    REQUIRE(log.create(file.path()));
    first = log.identity();
  }
  {
    joblog_file log;
    REQUIRE(log.append_to(file.path(), 0));
    CHECK(log.identity() == first);
  }
  auto link = file.path() + ".link";
  std::filesystem::create_symlink(file.path(), link);
  joblog_file through;
  REQUIRE(through.create(link));
  CHECK(through.identity().empty());
  std::filesystem::remove(link);
}

TEST_CASE("a joblog that cannot be written says so") {
  joblog_file log;
  CHECK(log.create("/no/such/folder/joblog").error().code == errc::io_failed);
}

TEST_CASE("how a task ended becomes what GNU parallel says of a job") {
  task_result how;
  how.status = task_status::completed;
  how.exit_code = 0;
  CHECK(job_exit_of(how) == job_exit{0, 0});
  how.status = task_status::failed;
  how.exit_code = 7;
  CHECK(job_exit_of(how) == job_exit{7, 0});
  how.exit_code = 137;
  CHECK(job_exit_of(how) == job_exit{137, 0});
  how.error = "ended by signal 9";
  CHECK(job_exit_of(how) == job_exit{0, 9});
  how.exit_code = -1;
  how.error = "there is no such directory";
  CHECK(job_exit_of(how) == job_exit{-1, 0});
  how.status = task_status::timed_out;
  CHECK(job_exit_of(how) == job_exit{-1, 15});
  how.status = task_status::lost;
  CHECK(job_exit_of(how) == job_exit{-1, 0});
}

TEST_CASE("a job starts when it ended less what it took") {
  task_result how;
  how.status = task_status::completed;
  how.exit_code = 0;
  how.duration = std::chrono::milliseconds{1500};
  how.output = shared_text{"abc"};
  auto line = joblog_line_of(4, "c", how,
                             std::chrono::system_clock::time_point{} + std::chrono::seconds{100});
  CHECK(std::abs(line.start - 98.5) < 1e-6);
  CHECK(std::abs(line.runtime - 1.5) < 1e-6);
  CHECK(line.received == 3);
}

TEST_CASE("the key of a job is the same for the same work only") {
  task_spec spec;
  spec.prompt = shared_text{"echo a"};
  auto key = job_key("x", 1, 0, spec);
  CHECK(job_key("x", 1, 0, spec) == key);
  CHECK(job_key("y", 1, 0, spec) != key);
  CHECK(job_key("x", 2, 0, spec) != key);
  CHECK(job_key("x", 1, 1, spec) != key);
  auto other = spec;
  other.prompt = shared_text{"echo b"};
  CHECK(job_key("x", 1, 0, other) != key);
  other = spec;
  other.environment["A"] = "1";
  CHECK(job_key("x", 1, 0, other) != key);
  other = spec;
  other.working_directory = "/";
  CHECK(job_key("x", 1, 0, other) != key);
  other = spec;
  other.timeout = std::chrono::seconds{1};
  CHECK(job_key("x", 1, 0, other) != key);
}
