// SPDX-License-Identifier: MIT
#pragma once

#include "exec/output_ring.hpp"
#include "exec/unique_fd.hpp"

#include <mahavishnu/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// What became of one stream of a run.
struct output_record {
  /// Bytes that the stream wrote.
  std::uint64_t total = 0;
  /// Size of the file, the mark included.
  std::uint64_t in_file = 0;
  /// Bytes of the stream that are not in the file.
  std::uint64_t left_out = 0;
  /// Why the file could not take them all, when it was not the limit.
  std::optional<error> failure;

  bool truncated() const { return left_out > 0; }
};

/// The file that keeps what a run writes to one stream: all of it, or the first `limit` bytes, a
/// line that says how much is missing, and the last 64 KiB. Made at the first byte: a run without
/// output leaves no file.
class output_file {
public:
  static constexpr std::size_t kept_at_end = 64 * 1024;

  /// A file that exists is continued: what it holds counts as what the stream has written so far.
  /// Fails when it cannot be.
  static result<output_file> open(std::string path, std::uint64_t limit);

  /// Writes or counts the bytes. A file that refuses them (a full disk) fails nobody: the rest of
  /// the stream is treated as if the limit had been reached, and the record says why.
  void append(std::string_view bytes);

  /// Bytes that the stream has written so far.
  std::uint64_t total() const { return head_ + rest_.end(); }

  /// Adds the mark and the last bytes if any are left out, and closes the file. To be called once.
  output_record close();

private:
  output_file(std::string path, std::uint64_t limit);

  bool open_file(int flags);
  std::size_t write(std::string_view bytes);
  bool write_at_once(std::string_view bytes);
  void write_rest();
  std::string mark(std::uint64_t left_out) const;
  error describe(int number) const;

  std::string path_;
  std::uint64_t limit_;
  unique_fd file_;
  /// Bytes of the stream from its start on that are in the file.
  std::uint64_t head_ = 0;
  std::uint64_t in_file_ = 0;
  bool ends_a_line_ = true;
  /// What came after the head: counted, and its end kept.
  output_ring rest_{kept_at_end};
  std::uint64_t rest_in_file_ = 0;
  std::optional<error> failure_;
};

/// A piece of an output file, and how long the file was when it was read.
struct output_piece {
  std::string bytes;
  std::uint64_t file_size = 0;
};

/// No more than `most` bytes from `offset` on. A file that does not exist is an empty one: a run
/// makes none before its first byte.
result<output_piece> read_output(const std::string& path, std::uint64_t offset, std::size_t most);

} // namespace mahavishnu::exec
