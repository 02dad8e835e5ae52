// SPDX-License-Identifier: MIT
#pragma once

#include "actors/archive.hpp"
#include "actors/control.hpp"
#include "actors/journal.hpp"
#include "actors/key_keeper.hpp"
#include "actors/system_config.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/config/settings.hpp"
#include "mahavishnu/messages/server.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <filesystem>
#include <functional>
#include <memory>

namespace mahavishnu {

namespace exec {
class process_runner;
}
class keepers;
class periodic_table;
struct recovery;

class companions;

namespace store {
class journal_store;
class memory_store;
} // namespace store

/// What a core is given besides the settings.
struct core_surroundings {
  /// Held by `server_lock`; the processes of a pool have a keeper in it, and it keeps the periodic
  /// tasks, and the journal unless that is in PostgreSQL. Empty: processes end with us, and there
  /// are no periodic tasks.
  std::filesystem::path state_dir;
  server_status identity;
  /// For the control actor.
  std::function<void()> on_shut_down;
  /// Makes the actor of the MCP door, where there is one.
  std::function<mcp_door_actor(caf::actor_system&)> spawn_door{};
};

/// The actor system of a server or of an embedding program, wired from settings: the one place
/// where actors, processes, clock and chance meet.
class core {
public:
  static result<std::unique_ptr<core>> start(const config::settings& settings,
                                             core_surroundings around);
  ~core();

  caf::actor_system& system() { return system_; }
  const control_actor& control() const { return control_; }
  const pool_manager_actor& manager() const { return targets_.manager; }

  /// Closes all pools and waits, within bounds, until nothing runs any more.
  void close_pools();

private:
  /// What is opened before the actors, and that they are made of.
  struct foundations {
    std::shared_ptr<exec::process_runner> runner;
    std::shared_ptr<exec::process_runner> runner_of_terminals;
    std::unique_ptr<keepers> kept;
    std::unique_ptr<store::journal_store> journal;
    /// For those who only read.
    std::unique_ptr<store::journal_store> archive;
    std::unique_ptr<recovery> found;
    std::unique_ptr<store::memory_store> memory;
    /// For the memory.
    std::unique_ptr<store::journal_store> ended;
    store::end_position remembered;
    std::unique_ptr<periodic_table> timetable;
    std::optional<store::key_homes_file> keys;
    std::vector<store::key_home> homes;

    foundations();
    foundations(foundations&&) noexcept;
    ~foundations();
  };
  /// Before the journal, which has to go on behind what the memory has read.
  static void open_memory(const config::settings& settings, const core_surroundings& around,
                          foundations& into);
  static void open_keys(const core_surroundings& around, foundations& into);
  static result<void> open_journal(const config::settings& settings,
                                   const core_surroundings& around, foundations& into);

  core(const config::settings& settings, foundations all, core_surroundings around);
  void end_actors();

  system_config config_;
  caf::actor_system system_;
  // These end before the actors that they call.
  std::shared_ptr<exec::process_runner> runner_;
  std::shared_ptr<exec::process_runner> runner_of_terminals_;
  std::unique_ptr<keepers> keepers_;
  std::unique_ptr<companions> companions_;
  std::chrono::milliseconds close_limit_;
  journal_actor journal_;
  archive_actor archive_;
  key_keeper_actor key_keeper_;
  control_targets targets_;
  control_actor control_;
};

} // namespace mahavishnu
