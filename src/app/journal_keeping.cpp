// SPDX-License-Identifier: MIT
#include "app/journal_keeping.hpp"

#include "actors/task_machine.hpp"
#include "actors/task_records.hpp"
#include "app/open_store.hpp"
#include "base/durable_file.hpp"
#include "base/state_dir.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/packed.hpp"
#include "store/postgres_store.hpp"
#include "store/sqlite_store.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <optional>
#include <system_error>

namespace mahavishnu {

namespace {

namespace fs = std::filesystem;

/// What belongs to a journal besides its file.
constexpr std::array companions{"-wal", "-shm"};

constexpr std::size_t tasks_at_once = 1000;

/// For what nobody may do beside a server; held as long as it takes.
result<server_lock> lock_out_servers(const fs::path& state_dir, const std::string& what) {
  auto lock = server_lock::take(state_dir);
  if (!lock && lock.error().code == errc::already_exists)
    return error{errc::already_exists, "cannot " + what + ": " + lock.error().message};
  return lock;
}

std::string name_of(const cli::instance& whose) {
  return journal_name(whose.settings, whose.state_directory);
}

/// A journal that is there.
struct open_journal {
  /// Of one in a file; nothing when a server has it.
  std::optional<server_lock> lock;
  std::unique_ptr<store::journal_store> store;
};

/// To read it. Alone we are as good as a server, and tidy up a file when we go; beside one, we only
/// look.
result<open_journal> open_to_read(const cli::instance& whose) {
  open_journal opened;
  std::error_code failed;
  if (!is_in_postgres(whose.settings) && fs::exists(journal_file(whose.state_directory), failed))
    if (auto lock = server_lock::take(whose.state_directory))
      opened.lock.emplace(std::move(*lock));
  auto store = open_store(whose.settings, whose.state_directory,
                          opened.lock ? store_use::write : store_use::read);
  if (!store)
    return store.error();
  opened.store = std::move(*store);
  return opened;
}

struct task_parts {
  std::optional<task_info> about;
  std::optional<task_result> end;
};

/// An error when the record makes no sense, although its bytes are those that were written.
result<task_parts> parts_of(const store::stored_task& kept, const std::string& pool_name) {
  task_parts parts;
  auto about = records::info_of(kept, pool_name);
  if (!about)
    return about.error();
  parts.about = std::move(*about);
  if (!kept.ended_at)
    return parts;
  auto end = records::result_of(kept);
  if (!end)
    return end.error();
  parts.end = std::move(*end);
  return parts;
}

/// Has all tasks come, the newest first, with what they have written.
result<void> walk(store::journal_store& journal, store::task_filter wanted,
                  const std::function<void(const store::stored_task&)>& take,
                  const std::function<void(const std::string&)>& problem) {
  wanted.limit = tasks_at_once;
  for (;;) {
    auto page = journal.list(wanted);
    if (!page)
      return page.error();
    for (const auto& each : page->damaged)
      problem(each.message);
    for (const auto& head : page->records) {
      auto whole = journal.find(head.task);
      if (!whole)
        problem(whole.error().message);
      else if (*whole) // it may have been forgotten meanwhile
        take(**whole);
    }
    if (page->records.empty())
      return {};
    wanted.before = page->records.back().task;
  }
}

result<cli::journal_report> report_of(store::journal_store& journal, const std::string& path) {
  auto found = journal.check();
  if (!found)
    return found.error();
  cli::journal_report report{
      path, found->pools, found->open_tasks, found->ended_tasks, found->bytes, {}};
  report.problems = std::move(found->problems);
  if (!report.problems.empty())
    return report;
  // Whether what was written makes sense as well.
  auto note = [&](const std::string& sentence) { report.problems.push_back(sentence); };
  auto pools = journal.pools();
  if (!pools)
    return pools.error();
  for (const auto& each : pools->records)
    if (!packed::to<pool_config>(each.record))
      note("the record of pool '" + each.pool.value + "' makes no sense to this version");
  auto walked = walk(
      journal, {},
      [&](const store::stored_task& kept) {
        if (auto parts = parts_of(kept, {}); !parts)
          note(parts.error().message);
      },
      note);
  if (!walked)
    return walked.error();
  return report;
}

result<cli::journal_report> check_file(const std::string& path) {
  auto journal = store::open_sqlite(path, store::sqlite_use::read);
  if (!journal)
    return journal.error();
  return report_of(**journal, path);
}

/// "2026-11-21T12-00-00Z"
std::string stamp_of_now() {
  auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H-%M-%SZ", &parts);
  return {text.data(), size};
}

error refused(const std::string& what, const std::error_code& why) {
  return {errc::io_failed, "cannot " + what + ": " + why.message() +
                               "; look at the rights of the directory and at the free space"};
}

/// Gives it and what belongs to it another name, the file last: what is left of it in between is
/// never taken for a journal.
result<void> move_away(const std::string& path, const std::string& to) {
  std::error_code failed;
  for (const auto* end : companions)
    if (fs::exists(path + end, failed))
      if (fs::rename(path + end, to + end, failed); failed)
        return refused("move '" + path + end + "' away", failed);
  fs::rename(path, to, failed);
  if (failed)
    return refused("move '" + path + "' away", failed);
  return {};
}

/// Of a backup, which has to be whole.
result<std::pair<std::unique_ptr<store::journal_store>, cli::journal_report>>
open_backup(const std::string& file, const std::string& goes_to) {
  auto backup = store::open_sqlite(file, store::sqlite_use::read);
  if (!backup)
    return backup.error();
  auto report = report_of(**backup, goes_to);
  if (!report)
    return report.error();
  if (!report->problems.empty())
    return error{errc::io_failed, "'" + file + "' is damaged, so nothing was done: " +
                                      report->problems.front() + "; take another backup"};
  return std::pair{std::move(*backup), std::move(*report)};
}

result<cli::journal_restored> restore_file(const fs::path& state_dir, const std::string& from) {
  if (auto good = state_dir::prepare(state_dir); !good)
    return good.error();
  auto lock = lock_out_servers(state_dir, "restore the journal");
  if (!lock)
    return lock.error();
  auto path = journal_file(state_dir).string();
  std::error_code failed;
  if (fs::equivalent(from, path, failed))
    return error{errc::invalid_argument, "'" + from + "' is the journal itself; name a backup"};
  auto opened = open_backup(from, path);
  if (!opened)
    return opened.error();
  auto& [backup, report] = *opened;
  // A copy that is whole, before anything is moved.
  auto beside = path + ".restored";
  fs::remove(beside, failed);
  if (auto copied = backup->backup(beside); !copied)
    return copied.error();
  cli::journal_restored done{std::move(report), {}};
  if (fs::exists(path, failed)) {
    done.before = path + ".before-" + stamp_of_now();
    if (auto moved = move_away(path, done.before); !moved)
      return moved.error();
  }
  fs::rename(beside, path, failed);
  if (failed)
    return refused("give '" + beside + "' the name '" + path + "'", failed);
  if (auto synced = sync_to_disk(state_dir); !synced)
    return synced.error();
  return done;
}

/// What others use there is locked by the database, wherever they run.
result<cli::journal_restored> restore_postgres(const cli::instance& whose,
                                               const std::string& from) {
  auto opened = open_backup(from, name_of(whose));
  if (!opened)
    return opened.error();
  if (auto filled = store::restore_postgres(whose.settings.get<"storage.url">(), *opened->first);
      !filled)
    return error{filled.error().code, "cannot restore the journal: " + filled.error().message};
  auto journal = open_to_read(whose);
  if (!journal)
    return journal.error();
  auto report = report_of(*journal->store, name_of(whose));
  if (!report)
    return report.error();
  return cli::journal_restored{std::move(*report), {}};
}

using sizes = std::pair<std::uint64_t, std::uint64_t>;

result<sizes> compact_file(const cli::instance& whose) {
  auto lock = lock_out_servers(whose.state_directory, "compact the journal");
  if (!lock)
    return lock.error();
  auto path = journal_file(whose.state_directory);
  std::error_code failed;
  if (!fs::exists(path, failed))
    return error{errc::not_found, "there is no journal '" + path.string() + "'"};
  auto journal = open_store(whose.settings, whose.state_directory, store_use::write);
  if (!journal)
    return journal.error();
  auto before = fs::file_size(path, failed);
  if (auto compacted = (*journal)->compact(); !compacted)
    return compacted.error();
  return sizes{before, fs::file_size(path, failed)};
}

result<sizes> compact_postgres(const cli::instance& whose) {
  // One that is not there is not made.
  if (auto there = open_to_read(whose); !there)
    return there.error();
  auto journal = open_store(whose.settings, whose.state_directory, store_use::write);
  if (!journal)
    return error{journal.error().code, "cannot compact the journal: " + journal.error().message};
  auto before = (*journal)->check();
  if (!before)
    return before.error();
  if (!before->problems.empty())
    return error{errc::io_failed, "the journal '" + name_of(whose) +
                                      "' is not made smaller, since it is damaged: " +
                                      before->problems.front() + "; restore a backup first"};
  if (auto compacted = (*journal)->compact(); !compacted)
    return compacted.error();
  auto after = (*journal)->check();
  if (!after)
    return after.error();
  return sizes{before->bytes, after->bytes};
}

} // namespace

result<cli::journal_report> journal_keeping::check(const cli::instance& whose) {
  auto journal = open_to_read(whose);
  if (!journal)
    return journal.error();
  auto torn = journal->store->take_warnings();
  auto report = report_of(*journal->store, name_of(whose));
  if (report)
    report->problems.insert(report->problems.end(), torn.begin(), torn.end());
  return report;
}

result<cli::journal_report> journal_keeping::backup(const cli::instance& whose,
                                                    const std::string& to) {
  auto journal = open_to_read(whose);
  if (!journal)
    return journal.error();
  if (auto copied = journal->store->backup(to); !copied)
    return copied.error();
  return check_file(to);
}

result<cli::journal_restored> journal_keeping::restore(const cli::instance& whose,
                                                       const std::string& from) {
  return is_in_postgres(whose.settings) ? restore_postgres(whose, from)
                                        : restore_file(whose.state_directory, from);
}

result<std::pair<std::uint64_t, std::uint64_t>>
journal_keeping::compact(const cli::instance& whose) {
  return is_in_postgres(whose.settings) ? compact_postgres(whose) : compact_file(whose);
}

result<void> journal_keeping::each_task(const cli::instance& whose, const cli::journal_wish& wish,
                                        const std::function<void(const json::value&)>& take,
                                        const std::function<void(const std::string&)>& problem) {
  auto journal = open_to_read(whose);
  if (!journal)
    return journal.error();
  auto pools = journal->store->pools();
  if (!pools)
    return pools.error();
  std::map<pool_id, std::string> names;
  for (const auto& each : pools->records)
    if (auto config = packed::to<pool_config>(each.record))
      names[each.pool] = config->name;
  store::task_filter wanted;
  if (!wish.pool.empty()) {
    auto named =
        std::ranges::find(names, wish.pool, &std::pair<const pool_id, std::string>::second);
    wanted.pool = named == names.end() ? pool_id{wish.pool} : named->first;
  }
  if (!wish.status.empty()) {
    auto status = enum_from_string<task_status>(wish.status);
    if (!status)
      return error{errc::invalid_argument, "status: " + status.error().message};
    wanted.statuses = {static_cast<std::uint8_t>(*status)};
  }
  return walk(
      *journal->store, wanted,
      [&](const store::stored_task& kept) {
        auto name = names.find(kept.pool);
        auto parts = parts_of(kept, name == names.end() ? kept.pool.value : name->second);
        if (!parts)
          return problem(parts.error().message);
        auto object = json::from(*parts->about);
        object["opened_at_ms"] = kept.opened_at;
        object["ended_at_ms"] = kept.ended_at ? json::value(*kept.ended_at) : json::value(nullptr);
        object["result"] = parts->end ? json::from(*parts->end) : json::value(nullptr);
        take(object);
      },
      problem);
}

} // namespace mahavishnu
