// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What `doctor` has found out about this machine and this instance. A problem that is empty is
/// none; what is not there was not looked at.
namespace mahavishnu::cli::doctor {

struct cgroup_facts {
  std::string directory;
  bool memory = false;
  bool pids = false;
  bool cpu = false;
  /// Why groups cannot be made at all, or why they cannot bound everything.
  std::string problem;
};

struct limit_facts {
  std::uint64_t open_files = 0;
  std::uint64_t open_files_at_most = 0;
  std::uint64_t processes = 0;
  /// Of our cgroup; nothing when it has no bound.
  std::optional<std::uint64_t> pids_max;
};

struct clock_facts {
  bool is_synchronised = false;
  /// The year that the clock on the wall says.
  int year = 0;
  bool is_steady = true;
};

struct state_facts {
  std::string directory;
  bool exists = false;
  /// Why a server cannot use it.
  std::string problem;
  std::string file_system;
  std::uint64_t bytes_free = 0;
  std::size_t longest_socket_path = 0;
  /// Of one write that is on the disk.
  std::optional<double> sync_seconds;
  std::string sync_problem;
};

struct place_facts {
  std::string directory;
  std::string problem;
};

struct port_facts {
  enum class use { free, ours, taken, unusable };
  std::string host;
  int port = 0;
  use now = use::free;
  /// Who has it, or why it cannot be had.
  std::string who;
};

struct certificate_facts {
  std::string file;
  std::string problem;
  double days_left = 0;
};

struct settings_facts {
  std::string directory;
  std::vector<std::string> problems;
  std::vector<std::string> warnings;
};

struct auth_facts {
  bool is_enabled = false;
  std::string problem;
};

struct program_facts {
  std::string path;
  std::string problem;
};

struct store_facts {
  std::string name;
  std::string problem;
};

struct worker_type_facts {
  std::string name;
  bool is_usable = false;
  std::string why_not;
};

struct worker_types_facts {
  std::string default_type;
  std::vector<worker_type_facts> types;
};

struct server_facts {
  bool is_running = false;
  /// Why it does not answer although it runs.
  std::string problem;
  std::string version;
  std::string our_version;
  std::string mcp_url;
  std::string mcp_problem;
};

struct left_facts {
  std::size_t keepers = 0;
  std::size_t served = 0;
  std::size_t damaged = 0;
  bool has_stale_socket = false;
  std::string problem;
};

struct facts {
  settings_facts settings;
  /// Why no pseudo-terminal can be opened.
  std::optional<std::string> terminal_problem;
  std::optional<cgroup_facts> cgroup;
  std::optional<limit_facts> limits;
  std::optional<clock_facts> clock;
  std::optional<state_facts> state;
  std::vector<place_facts> places;
  std::optional<port_facts> port;
  std::optional<certificate_facts> certificate;
  std::optional<auth_facts> auth;
  std::optional<program_facts> keeper;
  std::optional<store_facts> store;
  std::optional<worker_types_facts> worker_types;
  std::optional<server_facts> server;
  std::optional<left_facts> left;
  /// What did not come to an end in time.
  std::vector<std::string> unanswered;
};

} // namespace mahavishnu::cli::doctor
