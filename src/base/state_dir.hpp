// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace mahavishnu {

/// Where an instance keeps what is its own; two servers with two of these know nothing of each
/// other.
namespace state_dir {

/// `wanted` if it is not empty, else `$XDG_STATE_HOME/mahavishnu`, else
/// `~/.local/state/mahavishnu`.
result<std::filesystem::path> locate(const std::string& wanted,
                                     const std::map<std::string, std::string>& environment);

/// Makes it with mode 0700, or checks that it is ours and that nobody else can write there.
result<void> prepare(const std::filesystem::path& directory);

/// Counts the servers of the directory: greater than each number before, also after a power cut.
/// @pre `server_lock` is held.
result<std::uint64_t> next_epoch(const std::filesystem::path& directory);

/// Name of the UNIX socket of the control actor inside the directory.
inline constexpr const char* control_socket = "control.sock";

/// Below it each pool has a directory for its keeper.
inline constexpr const char* keepers = "keepers";

/// What outlives the server: pools, tasks and results.
inline constexpr const char* journal = "journal.db";

/// What ended tasks have left behind, to be searched.
inline constexpr const char* memory = "memory.db";

/// Tells to which pools sticky keys go.
inline constexpr const char* affinity = "affinity";

/// Holds what tasks have written that is too long for their results.
inline constexpr const char* outputs = "outputs";

/// Holds a file for each periodic task.
inline constexpr const char* periodic = "periodic";

/// Holds what programs write to terminals, until it is on their screens.
inline constexpr const char* terminals = "terminals";

/// Signs what MCP clients bring back, such as the ids of their tasks.
inline constexpr const char* mcp_key = "mcp.key";

/// What a server that was started with `--detach` has to say.
inline constexpr const char* detached_log = "server.log";

} // namespace state_dir

/// Held by the one server of a state directory for as long as it lives; the kernel releases it
/// when the process ends, however it ends.
class server_lock {
public:
  /// `already_exists`, naming the process, when another server holds it.
  static result<server_lock> take(const std::filesystem::path& directory);

  server_lock(server_lock&& other) noexcept;
  server_lock& operator=(server_lock&& other) noexcept;
  ~server_lock();

  /// Whether some server holds the lock of that directory now.
  static bool is_held(const std::filesystem::path& directory);

private:
  explicit server_lock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

} // namespace mahavishnu
