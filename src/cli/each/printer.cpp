// SPDX-License-Identifier: MIT
#include "cli/each/printer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace mahavishnu::cli::each {

std::string line_tagger::add(std::string_view bytes) {
  std::string tagged;
  while (!bytes.empty()) {
    if (at_start_)
      tagged += tag_;
    auto end = bytes.find('\n');
    at_start_ = end != std::string_view::npos;
    auto line = bytes.substr(0, at_start_ ? end + 1 : bytes.size());
    tagged += line;
    bytes.remove_prefix(line.size());
  }
  return tagged;
}

void text_writer::add(std::string_view bytes) {
  if (failure_ != 0)
    return;
  pending_ += bytes;
  if (!bytes.empty())
    last_ = bytes.back();
  if (pending_.size() >= most_pending)
    flush();
}

void text_writer::flush() {
  std::string_view bytes = pending_;
  while (!bytes.empty() && failure_ == 0) {
    auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd watched{descriptor_, POLLOUT, 0};
      ::poll(&watched, 1, -1);
    } else if (errno != EINTR) {
      failure_ = errno;
    }
  }
  pending_.clear();
}

} // namespace mahavishnu::cli::each
