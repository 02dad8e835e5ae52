// SPDX-License-Identifier: MIT
#include "exec/memory.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace mahavishnu::exec {

namespace {

/// A tree that grows while it is walked must not be walked for ever.
constexpr std::size_t most_processes = 4096;

std::uint64_t own_bytes(const std::filesystem::path& process) {
  std::ifstream file{process / "statm"};
  std::uint64_t total = 0, resident = 0;
  file >> total >> resident;
  return file ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

void append_children(const std::filesystem::path& process, std::vector<pid_t>& found) {
  std::error_code gone;
  for (std::filesystem::directory_iterator at{process / "task", gone}, end; !gone && at != end;
       at.increment(gone)) {
    std::ifstream file{at->path() / "children"};
    for (pid_t child = 0; file >> child;)
      found.push_back(child);
  }
}

} // namespace

std::uint64_t resident_bytes(pid_t root) {
  std::uint64_t sum = 0;
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size() && i < most_processes; ++i) {
    auto process = std::filesystem::path{"/proc"} / std::to_string(tree[i]);
    sum += own_bytes(process);
    append_children(process, tree);
  }
  return sum;
}

} // namespace mahavishnu::exec
