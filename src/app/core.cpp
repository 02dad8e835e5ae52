// SPDX-License-Identifier: MIT
#include "app/core.hpp"

#include "actors/feed.hpp"
#include "actors/memory.hpp"
#include "actors/memory_words.hpp"
#include "actors/outputs.hpp"
#include "actors/periodic.hpp"
#include "actors/pool_manager.hpp"
#include "actors/retry_rules.hpp"
#include "actors/routing.hpp"
#include "actors/terminals.hpp"
#include "actors/worker_catalog.hpp"
#include "actors/worker_manager.hpp"
#include "app/companions.hpp"
#include "app/keepers.hpp"
#include "app/open_store.hpp"
#include "app/recovery.hpp"
#include "app/worker_types.hpp"
#include "base/log.hpp"
#include "base/state_dir.hpp"
#include "exec/local_runner.hpp"
#include "mahavishnu/messages/all.hpp"
#include "store/sqlite_memory_store.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cmath>
#include <random>

namespace mahavishnu {

namespace {

system_options system_options_of(const config::settings& settings) {
  system_options options;
  options.scheduler = settings.get<"actors.scheduler">();
  options.threads = static_cast<std::size_t>(settings.get<"actors.threads">());
  options.max_throughput = static_cast<std::size_t>(settings.get<"actors.max_throughput">());
  options.heartbeat = std::chrono::seconds{settings.get<"control.heartbeat_seconds">()};
  options.peer_timeout = std::chrono::seconds{settings.get<"control.peer_timeout_seconds">()};
  return options;
}

/// Which journal a memory has read, for one that can have another: that in a file is beside it.
std::string journal_of_memory(const config::settings& settings) {
  return is_in_postgres(settings) ? journal_name(settings, {}) : std::string{};
}

std::uint64_t fresh_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::chrono::milliseconds ms(double seconds) {
  return std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

pool_defaults pool_defaults_of(const config::settings& settings) {
  auto small = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  pool_defaults defaults;
  defaults.type = settings.get<"pools.default_type">();
  defaults.worker_type = settings.get<"workers.default_type">();
  defaults.min_workers = small(settings.get<"pools.min_workers">());
  defaults.max_workers = small(settings.get<"pools.max_workers">());
  defaults.idle_limit = ms(settings.get<"pools.idle_limit">());
  defaults.queue_limit = small(settings.get<"pools.queue_limit">());
  defaults.wait_limit = ms(settings.get<"pools.wait_limit">());
  defaults.retry.max_attempts = small(settings.get<"pools.retry_max_attempts">());
  defaults.retry.delay = ms(settings.get<"pools.retry_delay">());
  defaults.retry.factor_percent = small(std::lround(settings.get<"pools.retry_factor">() * 100));
  defaults.retry.max_delay = ms(settings.get<"pools.retry_max_delay">());
  defaults.retry.jitter_percent = small(settings.get<"pools.retry_jitter">());
  defaults.retry.on = settings.get<"pools.retry_on">();
  defaults.default_timeout = std::chrono::seconds{settings.get<"workers.timeout_seconds">()};
  defaults.restart_limit = small(settings.get<"pools.restart_limit">());
  defaults.restart_window = ms(settings.get<"pools.restart_window">());
  defaults.history_limit = small(settings.get<"pools.history_limit">());
  // The settings know the same names.
  defaults.durability = enum_from_string<durability>(settings.get<"storage.durability">()).value();
  return defaults;
}

worker_options worker_options_of(const config::settings& settings) {
  worker_options options;
  options.grace = std::chrono::seconds{settings.get<"exec.grace_seconds">()};
  options.output_limit = static_cast<std::size_t>(settings.get<"exec.output_limit_bytes">());
  return options;
}

pool_manager_options manager_options_of(const config::settings& settings, worker_types types,
                                        feed_port feed) {
  pool_manager_options options;
  options.enabled = settings.get<"pools.enabled">();
  options.defaults = pool_defaults_of(settings);
  // The settings know the same names.
  options.selector =
      enum_from_string<pool_selector>(settings.get<"pools.routing_strategy">()).value();
  options.types = std::move(types);
  options.worker = worker_options_of(settings);
  options.feed = std::move(feed);
  options.heartbeat = ms(settings.get<"pools.heartbeat">());
  options.history_bytes = static_cast<std::size_t>(settings.get<"pools.history_bytes">());
  options.delegation = settings.get<"pools.delegation">();
  options.keys = static_cast<std::size_t>(settings.get<"pools.idempotency_keys">());
  options.batch_in_flight = static_cast<std::int32_t>(settings.get<"pools.batch_in_flight">());
  options.clock = std::make_shared<system_wall_clock>();
  options.seed = fresh_seed();
  return options;
}

worker_manager_options workers_options_of(const config::settings& settings, worker_types types) {
  worker_manager_options options;
  options.enabled = settings.get<"workers.enabled">();
  options.types = std::move(types);
  options.default_type = settings.get<"workers.default_type">();
  options.max_concurrent = static_cast<std::int32_t>(settings.get<"workers.max_concurrent">());
  options.queue_limit = static_cast<std::int32_t>(settings.get<"pools.queue_limit">());
  options.default_timeout = std::chrono::seconds{settings.get<"workers.timeout_seconds">()};
  options.worker = worker_options_of(settings);
  options.seed = fresh_seed();
  return options;
}

terminals_options terminals_options_of(const config::settings& settings) {
  terminals_options options;
  options.enabled = settings.get<"terminal.enabled">();
  options.default_size = {static_cast<int>(settings.get<"terminal.default_rows">()),
                          static_cast<int>(settings.get<"terminal.default_columns">())};
  options.most = static_cast<std::size_t>(settings.get<"terminal.max_concurrent_sessions">());
  options.capture_lines = static_cast<std::int32_t>(settings.get<"terminal.capture_lines">());
  options.scrollback =
      std::max(options.scrollback, static_cast<std::size_t>(options.capture_lines));
  options.seed = fresh_seed();
  return options;
}

/// Terminals end with us, so what an earlier server has left of them is of no use.
result<std::shared_ptr<exec::process_runner>>
open_runner_of_terminals(const std::filesystem::path& state_dir) {
  if (state_dir.empty())
    return std::shared_ptr<exec::process_runner>{};
  auto directory = state_dir / state_dir::terminals;
  std::error_code failure;
  std::filesystem::remove_all(directory, failure);
  if (!failure)
    std::filesystem::create_directory(directory, failure);
  if (!failure)
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failure);
  if (failure)
    return error{errc::io_failed, "the directory of terminals '" + directory.string() +
                                      "' cannot be made: " + failure.message() +
                                      "; look at its rights, or move it away"};
  auto runner = exec::local_runner::open(directory.string());
  if (!runner)
    return runner.error();
  return std::shared_ptr<exec::process_runner>{std::move(*runner)};
}

/// How far the clock of an earlier server may have been ahead of ours.
constexpr std::chrono::milliseconds trusted_lead = std::chrono::minutes{1};

/// Later than all that the memory has read.
store::wall_time behind(const store::end_position& position) {
  return position == store::end_position{} ? 0 : position.at + 1;
}

/// Where long outputs are kept; empty: nowhere.
std::string outputs_directory(const std::filesystem::path& state_dir) {
  return state_dir.empty() ? std::string{} : (state_dir / state_dir::outputs).string();
}

std::chrono::milliseconds grace_of(const config::settings& settings) {
  return std::chrono::seconds{settings.get<"exec.grace_seconds">()};
}

} // namespace

result<std::unique_ptr<core>> core::start(const config::settings& settings,
                                          core_surroundings around) {
  if (auto retry = complete(pool_defaults_of(settings).retry, built_in_retry_policy()); !retry)
    return error{errc::invalid_settings, "pools.retry_*: " + retry.error().message};
  auto runner = exec::local_runner::open();
  if (!runner)
    return runner.error();
  foundations all;
  all.runner = std::move(*runner);
  if (settings.get<"terminal.enabled">()) {
    auto opened = open_runner_of_terminals(around.state_dir);
    if (!opened)
      return opened.error();
    all.runner_of_terminals = std::move(*opened);
  }
  if (!around.state_dir.empty() && settings.get<"exec.keepers">()) {
    auto opened = keepers::open(around.state_dir, grace_of(settings),
                                settings.get<"storage.output_bytes">() > 0
                                    ? outputs_directory(around.state_dir)
                                    : std::string{});
    if (!opened)
      return opened.error();
    all.kept = std::move(*opened);
  }
  open_memory(settings, around, all);
  if (auto opened = open_journal(settings, around, all); !opened)
    return opened.error();
  open_keys(around, all);
  if (!around.state_dir.empty()) {
    auto opened = periodic_table::open(around.state_dir / state_dir::periodic,
                                       system_wall_clock{}.now(), fresh_seed());
    if (!opened)
      return opened.error();
    all.timetable = std::make_unique<periodic_table>(std::move(*opened));
  }
  return std::unique_ptr<core>{new core{settings, std::move(all), std::move(around)}};
}

core::foundations::foundations() = default;
core::foundations::foundations(foundations&&) noexcept = default;
core::foundations::~foundations() = default;

/// Nothing else needs it, and it can be made from the journal: what is wrong with it stops nothing.
void core::open_memory(const config::settings& settings, const core_surroundings& around,
                       foundations& into) {
  if (around.state_dir.empty() || !settings.get<"storage.enabled">() ||
      !settings.get<"pools.memory_aggregation_enabled">())
    return;
  auto path = (around.state_dir / state_dir::memory).string();
  auto opened = store::open_sqlite_memory(path);
  auto cursor = opened ? (*opened)->cursor() : result<std::string>{opened.error()};
  if (!cursor)
    return log::error("memory",
                      "{}; nothing is remembered and nothing can be searched until the server "
                      "starts with one that can be opened (when '{}' is moved away, it makes a "
                      "new one from the journal)",
                      cursor.error().message, path);
  into.memory = std::move(*opened);
  into.remembered = memory_words::position_of(*cursor, journal_of_memory(settings));
  // Of a clock that was wrong then, or is now: all is read again, and what is known is left out.
  if (into.remembered.at > milliseconds_of(system_wall_clock{}) + trusted_lead.count())
    into.remembered = {};
}

/// Of pools that come back; the rest goes where its hash says.
void core::open_keys(const core_surroundings& around, foundations& into) {
  if (!into.journal || around.state_dir.empty())
    return;
  store::key_homes_file file{(around.state_dir / state_dir::affinity).string()};
  auto known = file.read(routing::most_keys);
  if (!known)
    return log::error("pool-manager",
                      "{}; sticky keys go where their hash says, and nothing is written down",
                      known.error().message);
  into.homes = std::move(*known);
  into.keys = std::move(file);
}

/// And finds what an earlier server has left, whose processes end when there is no journal.
result<void> core::open_journal(const config::settings& settings, const core_surroundings& around,
                                foundations& into) {
  if (!has_journal(settings, around.state_dir)) {
    if (!into.kept)
      return {};
    auto ended = into.kept->take_over({});
    return ended ? result<void>{} : ended.error();
  }
  auto journal = open_store(settings, around.state_dir, store_use::write);
  if (!journal)
    return journal.error();
  for (const auto& warning : (*journal)->take_warnings())
    log::warning("journal", "{}", warning);
  auto archive = open_store(settings, around.state_dir, store_use::read);
  if (!archive)
    return archive.error();
  auto found = recover(**journal, into.kept.get(),
                       static_cast<std::size_t>(settings.get<"pools.idempotency_keys">()),
                       std::max(milliseconds_of(system_wall_clock{}), behind(into.remembered)));
  if (!found)
    return found.error();
  if (into.memory) {
    auto ended = open_store(settings, around.state_dir, store_use::read);
    if (!ended)
      return ended.error();
    into.ended = std::move(*ended);
  }
  into.journal = std::move(*journal);
  into.archive = std::move(*archive);
  into.found = std::make_unique<recovery>(std::move(*found));
  return {};
}

core::core(const config::settings& settings, foundations all, core_surroundings around)
    : config_(system_options_of(settings)),
      system_(config_),
      runner_(std::move(all.runner)),
      runner_of_terminals_(std::move(all.runner_of_terminals)),
      keepers_(std::move(all.kept)),
      close_limit_(std::chrono::seconds{settings.get<"exec.grace_seconds">()} +
                   std::chrono::seconds{settings.get<"actors.shutdown_timeout_seconds">()}) {
  auto types = worker_types_of(settings);
  feed_options listening;
  listening.idle_limit = std::chrono::seconds{settings.get<"feed.idle_limit">()};
  listening.most_subscribers = static_cast<std::size_t>(settings.get<"feed.max_subscribers">());
  targets_.feed = spawn_feed(system_, listening);
  auto pools = manager_options_of(settings, types, {targets_.feed, listening.interest});
  auto workers = workers_options_of(settings, types);
  pools.worker.runner = runner_;
  if (keepers_)
    pools.runner_of = [kept = keepers_.get()](const pool_id& id, durability lasts) {
      return kept->runner_of(id.value, lasts != durability::none);
    };
  if (all.journal) {
    journal_options how;
    how.keep_for = std::chrono::hours{24} * settings.get<"storage.keep_days">();
    how.keep_most = static_cast<std::uint64_t>(settings.get<"storage.keep_tasks">());
    how.clock = pools.clock;
    how.newest_end = behind(all.remembered);
    journal_ = spawn_journal(system_, std::move(all.journal), how);
    archive_ = spawn_archive(system_, std::move(all.archive), pools.clock);
    pools.journal = {journal_, pools.clock};
    pools.archive = archive_;
    pools.restored = std::move(all.found->pools);
    pools.restored_keys = std::move(all.found->keys);
    pools.defaults.has_journal = true;
    pools.restored_homes = std::move(all.homes);
    if (all.keys)
      pools.key_keeper = key_keeper_ = spawn_key_keeper(system_, std::move(*all.keys));
    if (all.memory) {
      memory_options remember;
      remember.journal = pools.journal;
      remember.position = all.remembered;
      remember.journal_name = journal_of_memory(settings);
      remember.sync_every = std::chrono::seconds{settings.get<"pools.memory_sync_interval">()};
      remember.keep_for = how.keep_for;
      remember.keep_most = how.keep_most;
      companions_ = companions::open(settings, *all.memory);
      remember.targets = companions_->targets();
      targets_.memory =
          spawn_memory(system_, std::move(all.memory), std::move(all.ended), std::move(remember));
    }
  } else {
    pools.defaults.durability = durability::none;
  }
  // For what is outside of pools; the name says of which server.
  auto runner_for = [this](const std::string& what) -> std::shared_ptr<exec::process_runner> {
    if (!keepers_)
      return runner_;
    return keepers_->runner_of(what + "-" + std::to_string(keepers_->epoch()));
  };
  workers.worker.runner = runner_for("workers");
  targets_.manager = spawn_pool_manager(system_, std::move(pools));
  outputs_options outputs;
  outputs.manager = targets_.manager;
  outputs.has_files = keepers_ != nullptr;
  outputs.directory = outputs_directory(around.state_dir);
  outputs.most_bytes = static_cast<std::uint64_t>(settings.get<"storage.output_bytes">());
  outputs.keep_for = std::chrono::hours{24} * settings.get<"storage.keep_days">();
  targets_.outputs = spawn_outputs(system_, std::move(outputs));
  targets_.workers = spawn_worker_manager(system_, std::move(workers));
  targets_.catalog = spawn_worker_catalog(system_, types, runner_);
  auto terminals = terminals_options_of(settings);
  terminals.runner = runner_of_terminals_;
  targets_.terminals = spawn_terminals(system_, std::move(terminals));
  if (all.timetable) {
    periodic_options periodic;
    periodic.runner = runner_for("periodic");
    periodic.clock = std::make_shared<system_wall_clock>();
    periodic.grace = grace_of(settings);
    targets_.periodic = spawn_periodic(system_, std::move(periodic), std::move(*all.timetable));
  }
  if (around.spawn_door)
    targets_.door = around.spawn_door(system_);
  if (keepers_)
    keepers_->stay(); // until now an error would have left all as it was
  control_ = spawn_control(system_, {std::move(around.identity), std::move(around.on_shut_down)},
                           targets_);
}

void core::close_pools() {
  caf::scoped_actor self{system_};
  auto late = [](const caf::error&) {
    log::error("core", "what runs did not end in time; ending its processes");
  };
  auto closing = self->request(targets_.workers, close_limit_, close_all_workers{});
  // What is in the journal is for the next server, and so is what runs in a keeper.
  if (journal_ && keepers_)
    keepers_->leave();
  self->request(targets_.manager, close_limit_, close_all_pools{journal_ != nullptr})
      .receive([](const pools_closed&) {}, late);
  // An error says that there are no single workers in this system.
  closing.receive([](const workers_closed&) {}, [](const caf::error&) {});
}

core::~core() {
  close_pools();
  end_actors();
  companions_.reset(); // what they call back is gone, and takes no notice
  system_.registry().await_running_count_equal(0);
  keepers_.reset();
  runner_of_terminals_.reset();
  runner_.reset();
}

void core::end_actors() {
  caf::scoped_actor self{system_};
  auto end = [](auto& whom) {
    caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
    whom = nullptr;
  };
  end(control_);
  if (targets_.door)
    end(targets_.door);
  end(targets_.outputs);
  end(targets_.manager);
  end(targets_.workers);
  end(targets_.catalog);
  end(targets_.terminals);
  if (targets_.periodic)
    end(targets_.periodic);
  end(targets_.feed);
  if (key_keeper_) {
    // It answers when all that came before is written.
    self->request(key_keeper_, close_limit_, keep_keys{})
        .receive([](const keys_kept&) {}, [](const caf::error&) {});
    end(key_keeper_);
  }
  if (journal_) {
    // Who writes goes last, and tidies up.
    if (targets_.memory) {
      caf::anon_send_exit(targets_.memory, caf::exit_reason::user_shutdown);
      self->wait_for(targets_.memory);
      targets_.memory = nullptr;
    }
    caf::anon_send_exit(archive_, caf::exit_reason::user_shutdown);
    self->wait_for(archive_);
    archive_ = nullptr;
    end(journal_);
  }
}

} // namespace mahavishnu
