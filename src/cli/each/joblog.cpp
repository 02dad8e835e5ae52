// SPDX-License-Identifier: MIT
#include "cli/each/joblog.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace mahavishnu::cli::each {

namespace {

constexpr std::size_t columns = 9;

template <class Number>
bool read_number(std::string_view text, Number& into) {
  while (text.starts_with(' ')) // GNU parallel aligns some
    text.remove_prefix(1);
  const auto* end = text.data() + text.size();
  auto [rest, failure] = std::from_chars(text.data(), end, into);
  return failure == std::errc{} && rest == end;
}

error about(const std::string& file, const std::string& what) {
  return {errc::io_failed, "the joblog '" + file + "' " + what + ": " + std::strerror(errno) +
                               "; name another file, or make room"};
}

bool is_there(const std::string& file) {
  struct stat found {};
  return ::lstat(file.c_str(), &found) == 0;
}

/// A plain file without other names, which a new one may take the place of.
bool is_ours_alone(const std::string& file) {
  struct stat found {};
  return ::lstat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 1;
}

} // namespace

std::string joblog_line::text() const {
  std::array<char, 64> times{};
  std::snprintf(times.data(), times.size(), "%.3f\t%10.3f", start, runtime);
  auto line = std::to_string(seq) + "\t" + host + "\t" + times.data() + "\t" +
              std::to_string(sent) + "\t" + std::to_string(received) + "\t" +
              std::to_string(exit_code) + "\t" + std::to_string(signal) + "\t" + command;
  std::ranges::replace(line, '\n', '\0');
  return line + "\n";
}

result<joblog_line> read_joblog_line(std::string_view line) {
  std::array<std::string_view, columns> parts;
  auto rest = line;
  for (std::size_t i = 0; i + 1 < columns; ++i) {
    auto tab = rest.find('\t');
    if (tab == std::string_view::npos)
      return error{errc::invalid_argument, "it has " + std::to_string(i + 1) + " columns, not 9"};
    parts[i] = rest.substr(0, tab);
    rest.remove_prefix(tab + 1);
  }
  parts[columns - 1] = rest;
  joblog_line job;
  job.host = parts[1];
  job.command = parts[8];
  std::ranges::replace(job.command, '\0', '\n');
  if (!read_number(parts[0], job.seq) || job.seq == 0)
    return error{errc::invalid_argument, "its first column is no number of a job"};
  if (!read_number(parts[2], job.start) || !read_number(parts[3], job.runtime) ||
      !read_number(parts[4], job.sent) || !read_number(parts[5], job.received) ||
      !read_number(parts[6], job.exit_code) || !read_number(parts[7], job.signal))
    return error{errc::invalid_argument, "a column that has to be a number is none"};
  return job;
}

void number_set::add(std::uint64_t number) {
  if (contains(number))
    return;
  ++size_;
  auto last = number;
  if (auto next = last_of_.find(number + 1); next != last_of_.end()) {
    last = next->second;
    last_of_.erase(next);
  }
  auto after = last_of_.upper_bound(number);
  if (after != last_of_.begin() && std::prev(after)->second + 1 == number)
    std::prev(after)->second = last;
  else
    last_of_.emplace(number, last);
}

bool number_set::contains(std::uint64_t number) const {
  auto after = last_of_.upper_bound(number);
  return after != last_of_.begin() && std::prev(after)->second >= number;
}

result<void> done_jobs::read(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    if (errno == ENOENT)
      return {};
    return about(file, "cannot be read");
  }
  std::uint64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (in.eof()) {
      torn_bytes_ = line.size();
      break;
    }
    if (number == 1) {
      if (!line.starts_with("Seq\t"))
        return error{errc::invalid_argument,
                     "'" + file +
                         "' is no joblog, its first line is not 'Seq Host Starttime ...'; name the "
                         "file that --joblog has written"};
      continue;
    }
    auto job = read_joblog_line(line);
    if (!job)
      return error{errc::invalid_argument, "line " + std::to_string(number) + " of the joblog '" +
                                               file + "' makes no sense, " + job.error().message +
                                               "; correct it, or take it out"};
    if (!only_good_ || job->is_good())
      jobs_.add(job->seq);
    else
      ++failures_[job->seq];
  }
  if (in.bad())
    return about(file, "cannot be read");
  return {};
}

joblog_file::~joblog_file() {
  if (descriptor_ > STDERR_FILENO)
    ::close(descriptor_);
}

result<void> joblog_file::open(const std::string& file, int flags) {
  file_ = file;
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | flags, 0666);
  if (descriptor_ < 0)
    return about(file, "cannot be written");
  return {};
}

result<void> joblog_file::create(const std::string& file) {
  // A new file, if it may be: what asks for its jobs again must not get the answers of the old one.
  has_identity_ = !is_there(file) || (is_ours_alone(file) && ::unlink(file.c_str()) == 0);
  if (auto good = open(file, O_TRUNC); !good)
    return good;
  pending_ = joblog_header;
  return flush();
}

result<void> joblog_file::append_to(const std::string& file, std::uint64_t torn_bytes) {
  has_identity_ = !is_there(file) || is_ours_alone(file);
  if (auto good = open(file, 0); !good)
    return good;
  struct stat now {};
  if (::fstat(descriptor_, &now) != 0)
    return about(file, "cannot be written");
  auto whole = now.st_size - static_cast<off_t>(torn_bytes);
  if (torn_bytes > 0 && ::ftruncate(descriptor_, whole) != 0)
    return about(file, "cannot be written");
  if (whole == 0)
    pending_ = joblog_header;
  return flush();
}

std::string joblog_file::identity() const {
  struct statx about {};
  if (!has_identity_ ||
      ::statx(descriptor_, "", AT_EMPTY_PATH, STATX_BTIME | STATX_INO, &about) != 0 ||
      (about.stx_mask & STATX_BTIME) == 0)
    return {};
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%x.%x.%llx.%llx.%x", about.stx_dev_major,
                about.stx_dev_minor, static_cast<unsigned long long>(about.stx_ino),
                static_cast<unsigned long long>(about.stx_btime.tv_sec), about.stx_btime.tv_nsec);
  return text.data();
}

void joblog_file::add(const joblog_line& line) {
  pending_ += line.text();
}

result<void> joblog_file::flush() {
  std::string_view bytes = pending_;
  while (!bytes.empty()) {
    auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) {
      pending_ = std::string{bytes};
      return about(file_, "cannot be written");
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  pending_.clear();
  return {};
}

} // namespace mahavishnu::cli::each
