// SPDX-License-Identifier: MIT
#include "store/sqlite_log.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <fstream>
#include <span>
#include <string_view>
#include <vector>

namespace mahavishnu::store {

namespace {

// The form of the log is a part of SQLite's documented file format: a header, then frames of a page
// each. A frame counts when it has the salts of the header and continues its checksum.
constexpr std::size_t header_size = 32;
constexpr std::size_t frame_header_size = 24;
constexpr std::uint32_t magic = 0x377f0682; // the last bit: its checksums are of big-endian words

std::uint32_t number_at(std::string_view bytes, std::size_t at, bool is_big = true) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + (is_big ? i : 3 - i)]);
  return value;
}

struct running_sum {
  bool is_big = false;
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  void add(std::string_view bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += number_at(bytes, at, is_big) + second;
      second += number_at(bytes, at + 4, is_big) + first;
    }
  }
  bool is_at(std::string_view bytes, std::size_t at) const {
    return number_at(bytes, at) == first && number_at(bytes, at + 4) == second;
  }
};

/// As many bytes as are there.
std::string_view read(std::ifstream& file, std::span<char> into) {
  file.read(into.data(), static_cast<std::streamsize>(into.size()));
  return {into.data(), static_cast<std::size_t>(file.gcount())};
}

std::uint64_t size_of(std::ifstream& file) {
  file.clear();
  file.seekg(0, std::ios::end);
  return static_cast<std::uint64_t>(file.tellg());
}

/// Where the last whole transaction ends, and where the frames end that were written after it.
struct log_extent {
  std::uint64_t good = 0;
  std::uint64_t end = 0;
};

log_extent extent_of(std::ifstream& file, std::string_view header, running_sum sum) {
  std::vector<char> buffer(frame_header_size + number_at(header, 8));
  log_extent found{header_size, header_size};
  std::uint64_t at = header_size;
  for (bool is_whole = true;;) {
    auto frame = read(file, buffer);
    if (frame.empty())
      return found;
    at += frame.size();
    // The log is written from its start again after a checkpoint: what an earlier round has left
    // behind has two other salts. Those of a damaged frame are hardly both wrong.
    if (frame.size() >= frame_header_size && number_at(frame, 0) != 0 &&
        number_at(frame, 8) != number_at(header, 16) &&
        number_at(frame, 12) != number_at(header, 20)) {
      is_whole = false;
      continue;
    }
    found.end = at;
    if (frame.size() < buffer.size())
      return found;
    sum.add(frame.substr(0, 8));
    sum.add(frame.substr(frame_header_size));
    is_whole = is_whole && number_at(frame, 0) != 0 && frame.substr(8, 8) == header.substr(16, 8) &&
               sum.is_at(frame, 16);
    if (is_whole && number_at(frame, 4) != 0)
      found.good = found.end;
  }
}

} // namespace

std::optional<std::string> torn_log(const std::string& log_path) {
  std::ifstream file{log_path, std::ios::binary};
  if (!file)
    return std::nullopt;
  std::array<char, header_size> buffer{};
  auto header = read(file, buffer);
  if (header.empty())
    return std::nullopt;
  auto is_header = header.size() == header_size && (number_at(header, 0) & ~1u) == magic;
  running_sum sum{(number_at({buffer.data(), buffer.size()}, 0) & 1) != 0};
  if (is_header) {
    auto page_size = number_at(header, 8);
    sum.add(header.substr(0, 24));
    is_header = sum.is_at(header, 24) && std::has_single_bit(page_size) && page_size >= 512 &&
                page_size <= 65536;
  }
  if (!is_header)
    return "the start of '" + log_path + "' is damaged: the changes in it were left out, all its " +
           std::to_string(size_of(file)) + " bytes";
  auto [good, end] = extent_of(file, header, sum);
  if (good == end)
    return std::nullopt;
  return "the last " + std::to_string(end - good) + " bytes of '" + log_path +
         "' are no whole change: they were left out, and all before them was kept";
}

} // namespace mahavishnu::store
