// SPDX-License-Identifier: MIT
#pragma once

#include "cli/doctor/facts.hpp"

#include <string_view>

namespace mahavishnu::cli::doctor {

enum class verdict { ok, warning, problem };
std::string_view to_string(verdict status);

struct finding {
  std::string check;
  verdict status = verdict::ok;
  std::string what;
  /// The command that helps; empty when nothing has to be done.
  std::string fix;

  friend bool operator==(const finding&, const finding&) = default;
};

finding check_settings(const settings_facts& seen);
finding check_terminals(const std::string& problem);
finding check_cgroup(const cgroup_facts& seen);
finding check_open_files(const limit_facts& seen);
finding check_processes(const limit_facts& seen);
finding check_clock(const clock_facts& seen);
finding check_state_directory(const state_facts& seen);
finding check_space(const state_facts& seen);
finding check_sockets(const state_facts& seen);
finding check_sync(const state_facts& seen);
finding check_place(const place_facts& seen);
finding check_port(const port_facts& seen);
finding check_certificate(const certificate_facts& seen);
finding check_auth(const auth_facts& seen);
finding check_keeper(const program_facts& seen);
finding check_store(const store_facts& seen);
finding check_worker_types(const worker_types_facts& seen);
finding check_server(const server_facts& seen);
finding check_version(const server_facts& seen);
finding check_mcp(const server_facts& seen);
finding check_left(const left_facts& seen, bool server_is_running);

/// All that can be said of what was looked at.
std::vector<finding> check_all(const facts& seen);

verdict worst_of(const std::vector<finding>& all);

} // namespace mahavishnu::cli::doctor
