// SPDX-License-Identifier: MIT
#include "exec/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mahavishnu::exec {

namespace {

std::string words_for(int number) {
  return std::generic_category().message(number);
}

} // namespace

output_file::output_file(std::string path, std::uint64_t limit)
    : path_(std::move(path)), limit_(limit) {}

result<output_file> output_file::open(std::string path, std::uint64_t limit) {
  output_file file{std::move(path), limit};
  if (!file.open_file(0) && errno != ENOENT)
    return file.describe(errno);
  return file;
}

bool output_file::open_file(int flags) {
  // Also for reading: the last byte of a file that is continued says whether a line has ended.
  file_ = unique_fd{::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600)};
  if (!file_)
    return false;
  struct stat info {};
  if (::fstat(file_.get(), &info) == 0 && S_ISREG(info.st_mode))
    head_ = in_file_ = static_cast<std::uint64_t>(info.st_size);
  char last = '\n';
  if (in_file_ > 0 && ::pread(file_.get(), &last, 1, info.st_size - 1) == 1)
    ends_a_line_ = last == '\n';
  return true;
}

void output_file::append(std::string_view bytes) {
  if (bytes.empty())
    return;
  if (rest_.end() == 0 && head_ < limit_) {
    auto wanted = std::min<std::uint64_t>(bytes.size(), limit_ - head_);
    auto written = write(bytes.substr(0, static_cast<std::size_t>(wanted)));
    head_ += written;
    bytes.remove_prefix(written);
  }
  rest_.append(bytes);
}

std::size_t output_file::write(std::string_view bytes) {
  if (!file_ && !open_file(O_CREAT)) {
    failure_ = describe(errno);
    return 0;
  }
  std::size_t written = 0;
  while (written < bytes.size()) {
    auto count = ::write(file_.get(), bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) {
      failure_ = describe(errno);
      break;
    }
    written += static_cast<std::size_t>(count);
  }
  if (written > 0)
    ends_a_line_ = bytes[written - 1] == '\n';
  in_file_ += written;
  return written;
}

bool output_file::write_at_once(std::string_view bytes) {
  auto before = in_file_;
  auto ended_a_line = ends_a_line_;
  if (write(bytes) == bytes.size())
    return true;
  // Half a mark would be worse than none.
  if (file_ && ::ftruncate(file_.get(), static_cast<off_t>(before)) == 0) {
    in_file_ = before;
    ends_a_line_ = ended_a_line;
  }
  return false;
}

std::string output_file::mark(std::uint64_t left_out) const {
  auto text = std::string{ends_a_line_ ? "" : "\n"} + "[mahavishnu: " + std::to_string(left_out) +
              " bytes left out here; ";
  text += failure_ ? failure_->message : "the limit was " + std::to_string(limit_) + " bytes";
  return text + "]\n";
}

void output_file::write_rest() {
  auto tail = rest_.read(0, kept_at_end);
  auto text = tail.missed > 0 ? mark(tail.missed) + tail.bytes : tail.bytes;
  if (write_at_once(text))
    rest_in_file_ = tail.bytes.size();
  else
    write_at_once(mark(rest_.end()));
}

output_record output_file::close() {
  if (rest_.end() > 0)
    write_rest();
  output_record record;
  record.total = total();
  record.in_file = in_file_;
  record.left_out = rest_.end() - rest_in_file_;
  if (record.left_out > 0)
    record.failure = failure_;
  file_.close();
  return record;
}

error output_file::describe(int number) const {
  auto text = "output file '" + path_ + "' cannot be written: " + words_for(number);
  switch (number) {
  case ENOSPC:
  case EDQUOT: text += "; make room or move the state directory"; break;
  case EMFILE:
  case ENFILE: text += "; raise the limit on open files (ulimit -n)"; break;
  case EFBIG: text += "; raise the limit on the size of files (ulimit -f)"; break;
  default: text += "; look at the directory it is in and at its rights";
  }
  return {errc::io_failed, std::move(text)};
}

result<output_piece> read_output(const std::string& path, std::uint64_t offset, std::size_t most) {
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file && errno == ENOENT)
    return output_piece{};
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0)
    return error{errc::io_failed, "output file '" + path + "' cannot be read: " + words_for(errno) +
                                      "; look at its rights and those of its directory"};
  output_piece piece;
  piece.file_size = static_cast<std::uint64_t>(info.st_size);
  if (offset >= piece.file_size)
    return piece;
  piece.bytes.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(most, piece.file_size - offset)));
  std::size_t have = 0;
  while (have < piece.bytes.size()) {
    auto count = ::pread(file.get(), piece.bytes.data() + have, piece.bytes.size() - have,
                         static_cast<off_t>(offset + have));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return error{errc::io_failed, "output file '" + path + "' cannot be read: " +
                                        words_for(errno) + "; look at the disk it is on"};
    if (count == 0)
      break;
    have += static_cast<std::size_t>(count);
  }
  piece.bytes.resize(have);
  return piece;
}

} // namespace mahavishnu::exec
