// SPDX-License-Identifier: MIT
#include "store/key_homes.hpp"

#include "base/checksum.hpp"
#include "base/durable_file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <unordered_map>

namespace mahavishnu::store {

namespace {

/// The file is written anew when so many of its lines are for each that counts.
constexpr std::size_t most_lines_for_each = 4;
/// A short file is left alone.
constexpr std::size_t short_file = 1000;

constexpr std::string_view nobody = "-";

std::string hex(std::uint64_t number) {
  char digits[16];
  auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  return {digits, end};
}

std::string word_of(const pool_id& pool) {
  return pool.empty() ? std::string{nobody} : pool.value;
}

/// The key, its pools, and a checksum of all that.
std::string line_of(const key_home& each) {
  auto text = hex(each.key) + " " + word_of(each.home) + " " + word_of(each.stand_in);
  return text + " " + hex(checksum::of(text)) + "\n";
}

std::optional<key_home> read_line(const std::string& line) {
  auto end = line.rfind(' ');
  if (end == std::string::npos || hex(checksum::of(std::string_view{line}.substr(0, end))) !=
                                      std::string_view{line}.substr(end + 1))
    return std::nullopt;
  std::istringstream words{line.substr(0, end)};
  std::string key, home, stand_in;
  words >> key >> home >> stand_in;
  key_home read;
  if (std::from_chars(key.data(), key.data() + key.size(), read.key, 16).ec != std::errc{})
    return std::nullopt;
  if (home != nobody)
    read.home = pool_id{home};
  if (stand_in != nobody)
    read.stand_in = pool_id{stand_in};
  return read;
}

error refused(const std::string& what, const std::string& path) {
  return {errc::io_failed,
          "cannot " + what + " '" + path + "', in which the pools of sticky keys are: " +
              std::generic_category().message(errno) + "; look at its rights and at the disk"};
}

} // namespace

result<std::vector<key_home>> key_homes_file::read(std::size_t most) {
  most_ = most;
  lines_ = 0;
  is_torn_ = false;
  std::ifstream file{path_, std::ios::binary};
  if (!file) {
    if (errno == ENOENT)
      return std::vector<key_home>{};
    return refused("read", path_);
  }
  struct place {
    key_home its;
    std::size_t line;
  };
  std::unordered_map<std::uint64_t, place> last;
  for (std::string line; std::getline(file, line); ++lines_) {
    is_torn_ = file.eof();
    if (auto each = read_line(line))
      last.insert_or_assign(each->key, place{std::move(*each), lines_});
  }
  if (file.bad())
    return refused("read", path_);
  std::vector<place> places;
  for (auto& [key, each] : last)
    places.push_back(std::move(each));
  std::ranges::sort(places, {}, &place::line);
  std::vector<key_home> found;
  for (auto at = places.size() > most ? places.size() - most : 0; at < places.size(); ++at)
    found.push_back(std::move(places[at].its));
  if (lines_ > short_file && lines_ > most_lines_for_each * found.size()) {
    std::string all;
    for (const auto& each : found)
      all += line_of(each);
    if (auto written = replace_file(path_, all); !written)
      return written.error();
    lines_ = found.size();
    is_torn_ = false;
  }
  return found;
}

result<void> key_homes_file::add(std::span<const key_home> changed) {
  if (lines_ > short_file && lines_ > most_lines_for_each * most_)
    if (auto shorter = read(most_); !shorter)
      return shorter.error();
  std::string text = is_torn_ ? "\n" : "";
  for (const auto& each : changed)
    text += line_of(each);
  std::ofstream file{path_, std::ios::binary | std::ios::app};
  is_torn_ = !(file << text << std::flush);
  if (is_torn_)
    return refused("write", path_);
  lines_ += changed.size();
  return {};
}

} // namespace mahavishnu::store
