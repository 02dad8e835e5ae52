// SPDX-License-Identifier: MIT
#pragma once

#include "cli/doctor/facts.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

/// Looks at this machine. Nothing is changed: what is written for a trial has no name, so that it
/// is gone whatever becomes of us.
namespace mahavishnu::cli::doctor {

limit_facts look_at_limits();
clock_facts look_at_clock();
state_facts look_at_state(const std::filesystem::path& directory);
place_facts look_at_place(const std::string& directory);
/// `ours`: the port that our server has; 0: none.
port_facts look_at_port(const std::string& host, int port, int ours);

/// The bound of the cgroup, from what its file says; nothing for `max` and what is no number.
std::optional<std::uint64_t> bound_in(std::string_view text);

/// The sockets, by their inodes, that listen on a TCP port, from what the kernel's table says.
std::vector<std::string> listening_sockets(const std::string& table, int port);

} // namespace mahavishnu::cli::doctor
