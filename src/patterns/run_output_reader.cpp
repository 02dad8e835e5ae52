// SPDX-License-Identifier: MIT
#include "patterns/run_output_reader.hpp"

#include "exec/output_file.hpp"

#include <algorithm>

namespace mahavishnu {

namespace {

constexpr std::size_t piece_size = 64 * 1024;

} // namespace

void run_output_reader::skip_to_last_lines(std::size_t lines) {
  std::error_code missing;
  auto size = std::filesystem::file_size(file_, missing);
  if (missing)
    return;
  // From the end to the start, until one more line has ended than is wanted.
  offset_ = size;
  std::size_t ends = 0;
  for (auto at = size; at > 0;) {
    auto start = at - std::min<std::uint64_t>(at, piece_size);
    auto piece = exec::read_output(file_.string(), start, static_cast<std::size_t>(at - start));
    if (!piece)
      return;
    for (auto i = piece->bytes.size(); i > 0; --i) {
      bool is_last_byte = start + i == size;
      if (piece->bytes[i - 1] == '\n' && !is_last_byte && ++ends >= lines) {
        offset_ = lines == 0 ? size : start + i;
        return;
      }
    }
    at = start;
  }
  offset_ = lines == 0 ? size : 0;
}

std::string run_output_reader::read() {
  auto piece = exec::read_output(file_.string(), offset_, piece_size);
  if (!piece)
    return {};
  offset_ += piece->bytes.size();
  return std::move(piece->bytes);
}

} // namespace mahavishnu
