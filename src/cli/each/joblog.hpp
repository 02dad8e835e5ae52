// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mahavishnu::cli::each {

/// A line of the joblog of GNU parallel: a job that has ended.
struct joblog_line {
  std::uint64_t seq = 0;
  std::string host = ":";
  double start = 0; // seconds since 1970
  double runtime = 0;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  /// -1 when there was none, since the time of the job was over.
  int exit_code = 0;
  int signal = 0;
  std::string command;

  bool is_good() const { return exit_code == 0 && signal == 0; }
  /// With its end of line; a line break in the command becomes NUL, as GNU parallel has it.
  std::string text() const;

  friend bool operator==(const joblog_line&, const joblog_line&) = default;
};

constexpr std::string_view joblog_header =
    "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

/// The text of a line without its end; nothing but the command may have spaces.
result<joblog_line> read_joblog_line(std::string_view line);

/// A set of numbers most of which follow each other.
class number_set {
public:
  void add(std::uint64_t number);
  bool contains(std::uint64_t number) const;
  std::uint64_t size() const { return size_; }

private:
  std::map<std::uint64_t, std::uint64_t> last_of_; // by the first of each run
  std::uint64_t size_ = 0;
};

/// What has been done already, from the joblog of an earlier run.
class done_jobs {
public:
  /// @param only_good jobs that failed are to be done again
  explicit done_jobs(bool only_good = false) : only_good_(only_good) {}

  /// A file that is not there has no lines. A last line that was cut off is left out.
  result<void> read(const std::string& file);

  bool contains(std::uint64_t seq) const { return jobs_.contains(seq); }
  std::uint64_t count() const { return jobs_.size(); }
  /// How often a job that is to be done again has failed.
  std::uint32_t failures(std::uint64_t seq) const {
    auto found = failures_.find(seq);
    return found == failures_.end() ? 0 : found->second;
  }
  /// Bytes at the end of the file that somebody was writing who was ended in the middle of it.
  std::uint64_t torn_bytes() const { return torn_bytes_; }

private:
  bool only_good_;
  std::uint64_t torn_bytes_ = 0;
  number_set jobs_;
  std::map<std::uint64_t, std::uint32_t> failures_;
};

/// The file, in which a line stands as soon as its job has ended.
class joblog_file {
public:
  joblog_file() = default;
  ~joblog_file();
  joblog_file(const joblog_file&) = delete;
  joblog_file& operator=(const joblog_file&) = delete;

  /// An empty one, or with what an earlier run has written but its torn bytes.
  result<void> create(const std::string& file);
  result<void> append_to(const std::string& file, std::uint64_t torn_bytes);
  bool is_open() const { return descriptor_ >= 0; }
  /// Which file this is among all that were ever there; empty when the system cannot tell.
  std::string identity() const;
  void add(const joblog_line& line);
  /// All that was added is with the system.
  result<void> flush();

private:
  result<void> open(const std::string& file, int flags);

  std::string file_;
  std::string pending_;
  int descriptor_ = -1;
  bool has_identity_ = false;
};

} // namespace mahavishnu::cli::each
