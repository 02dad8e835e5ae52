// SPDX-License-Identifier: MIT
#include "store/sqlite_memory_store.hpp"

#include "store/sqlite_forget.hpp"
#include "store/sqlite_memory_care.hpp"
#include "store/sqlite_opener.hpp"
#include "store/sqlite_outbox.hpp"
#include "store/sqlite_remember.hpp"
#include "store/sqlite_search.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace mahavishnu::store {

namespace {

class sqlite_memory_store final : public memory_store {
public:
  sqlite_memory_store(std::string path, sqlite_use use) : file_(std::move(path), use), use_(use) {}

  result<void> open() { return file_.open(); }

  result<remembered> remember(std::span<const memory_record> records,
                              const std::string& cursor) override {
    auto done = write<remembered>([&](const session& at, memory_state& state, warnings& said) {
      auto all = remember_all(at, state, records, cursor, said);
      if (!all)
        known_.clear(); // it may be done once more
      return all;
    });
    if (!done)
      known_.clear(); // what was added is not there
    return done;
  }

  result<std::string> cursor() override {
    return file_.within<std::string>("read", "begin",
                                     [&](const session& at) -> result<std::string> {
                                       auto state = at.read_state();
                                       if (!state)
                                         return state.error();
                                       if (*state)
                                         return (*state)->cursor;
                                       file_.warn(at.damaged("up to where was collected").message);
                                       return std::string{};
                                     });
  }

  result<std::optional<memory_record>> find(const task_id& task) override {
    return read<std::optional<memory_record>>([&](const session& at) { return find_in(at, task); });
  }

  result<memory_page> search(const memory_query& query) override {
    return read<memory_page>([&](const session& at) { return search_sqlite(at, query); });
  }

  result<memory_stats> stats() override {
    return read<memory_stats>([&](const session& at) { return stats_of(at); });
  }

  result<std::size_t> forget(const retention& kept, std::size_t step) override {
    auto gone = write<std::size_t>([&](const session& at, memory_state& state, warnings& said) {
      return forget_records(at, state, kept, step, said);
    });
    known_.clear(); // words may have gone with it
    return gone;
  }

  result<void> enable(const std::string& target, bool with_all) override {
    return change([&](const session& at) { return enable_target(at, target, with_all); });
  }
  result<void> disable(const std::string& target) override {
    return change([&](const session& at) { return disable_target(at, target); });
  }
  result<found<outgoing>> waiting(const std::string& target, wall_time now,
                                  std::size_t most) override {
    auto waiting = read<waiting_contents>(
        [&](const session& at) { return waiting_for(at, target, now, most); });
    if (!waiting)
      return waiting.error();
    if (use_ == sqlite_use::write && !waiting->given_up.empty())
      if (auto settled = settle(target, waiting->given_up); !settled)
        return settled.error();
    return std::move(waiting->whole);
  }
  result<void> settle(const std::string& target, std::span<const outcome> outcomes) override {
    return change([&](const session& at) { return settle_outgoing(at, target, outcomes); });
  }
  result<std::vector<target_state>> targets() override {
    return read<std::vector<target_state>>(states_of_targets);
  }

  std::vector<std::string> take_warnings() override { return file_.take_warnings(); }

  result<memory_report> check() override {
    return file_.within<memory_report>("check",
                                       use_ == sqlite_use::write ? "begin immediate" : "begin",
                                       [&](const session& at) { return check_memory(at, use_); });
  }

private:
  using session = sqlite_memory_session;
  using warnings = std::vector<std::string>;

  template <class Value, class Body>
  result<Value> read(Body body) {
    return file_.within<Value>("read", "begin", [&](const session& at) -> result<Value> {
      auto value = body(at);
      if (int code = at.take_failure(); code != SQLITE_OK)
        return at.connection.failure("read", code);
      return value;
    });
  }

  template <class Body>
  result<void> change(Body body) {
    return mended<void>(body);
  }

  /// Does this in a transaction. When something has led astray in it, all that leads to records is
  /// made again from them, and then it is done once more. That takes as long as there are many of
  /// them, so that it is done once as long as this is open.
  template <class Value, class Body>
  result<Value> mended(Body body) {
    bool is_damaged = false;
    auto attempt = [&] {
      auto done =
          file_.within<Value>("write", "begin immediate", [&](const session& at) -> result<Value> {
            at.connection.take_damage();
            auto value = body(at);
            is_damaged = at.connection.take_damage();
            return value;
          });
      file_.note_log();
      return done;
    };
    auto done = attempt();
    if (!done && is_damaged && !is_mended_ && mend())
      done = attempt();
    return done;
  }

  /// False when nothing could be made again.
  bool mend() {
    bool is_made = false;
    bool is_tried_later = false;
    for (const auto* again : {"reindex", "insert into texts (texts) values ('rebuild');"
                                         "insert or ignore into words (word, documents) "
                                         "select term, 0 from every_word where col <> 'facets'"}) {
      auto made =
          file_.within<void>("mend", "begin immediate", [&](const session& at) -> result<void> {
            int code = at.connection.execute(again);
            is_tried_later |= code != SQLITE_OK && !is_damage(code) && code != SQLITE_CONSTRAINT;
            if (code != SQLITE_OK)
              return at.connection.failure("mend", code);
            return {};
          });
      if (made)
        is_made = true;
      else
        file_.warn(made.error().message);
    }
    is_mended_ = !is_tried_later; // there was no room, or no time
    if (is_made)
      file_.warn("what leads to the records in the memory '" + file_.path() +
                 "' was damaged, and was made again from them");
    return is_made;
  }

  /// With the state, which is written again after it. A damaged one is counted again.
  template <class Value, class Body>
  result<Value> write(Body body) {
    warnings said;
    auto done = mended<Value>([&](const session& at) -> result<Value> {
      said.clear(); // of what was gone back on
      auto state = state_of(at);
      if (!state)
        return state.error();
      auto value = body(at, *state, said);
      if (int code = at.take_failure(); code != SQLITE_OK)
        return at.connection.failure("read", code);
      if (!value)
        return value;
      if (int code = at.write(*state); code != SQLITE_OK)
        return at.connection.failure("write", code);
      // A damaged page takes a row in without a word, and does not give it again.
      auto written = at.read_state();
      if (!written)
        return written.error();
      if (*written != state.value())
        return at.damaged("the record of how far was collected");
      return value;
    });
    if (done)
      for (auto& each : said)
        file_.warn(std::move(each));
    return done;
  }

  result<memory_state> state_of(const session& at) {
    auto written = at.read_state();
    if (!written)
      return written.error();
    if (*written)
      return std::move(**written);
    auto counted = count_memory_again(at);
    if (counted)
      file_.warn("up to where was collected into the memory '" + file_.path() +
                 "' was damaged; all was counted again: " + std::to_string(counted->records) +
                 " records, " + std::to_string(counted->contents) + " contents");
    return counted;
  }

  result<remembered> remember_all(const session& at, memory_state& state,
                                  std::span<const memory_record> records, const std::string& cursor,
                                  warnings& said) {
    remembered count;
    remembering batch{at, state, known_, said};
    for (const auto& each : records) {
      auto added = batch.add(each);
      if (!added)
        return added.error();
      ++(*added ? count.added : count.left_out);
    }
    if (auto finished = batch.finish(); !finished)
      return finished.error();
    state.cursor = cursor;
    return count;
  }

  static result<std::optional<memory_record>> find_in(const session& at, const task_id& task) {
    auto row = at.record(task);
    if (!row)
      return row.error();
    if (!*row)
      return std::optional<memory_record>{};
    auto document = at.document((*row)->document);
    if (!document)
      return document.error();
    auto found = at.whole(**row, *document);
    if (!found)
      return found.error();
    auto content = at.content(document->content);
    if (!content)
      return content.error();
    found->content = std::move(*content);
    return std::optional{std::move(*found)};
  }

  static result<memory_stats> stats_of(const session& at) {
    auto state = at.read_state();
    if (!state)
      return state.error();
    auto known = *state ? result<memory_state>{std::move(**state)} : count_memory_again(at);
    if (!known)
      return known.error();
    memory_stats stats;
    stats.records = known->records;
    stats.contents = known->contents;
    stats.bytes = file_size(at.connection.path()) + file_size(at.connection.path() + "-wal");
    sqlite_run row{at.pools};
    while (row.next()) {
      auto pool = at.read_pool(row);
      if (!pool)
        return pool.error();
      stats.pools.push_back({pool_id{pool->id}, std::move(pool->name), std::move(pool->type),
                             pool->records, pool->newest_at});
    }
    if (row.failure() != SQLITE_OK)
      return at.connection.failure("read the pools of", row.failure());
    return stats;
  }

  sqlite_opener<session> file_;
  sqlite_use use_;
  known_words known_;
  bool is_mended_ = false;
};

} // namespace

result<std::unique_ptr<memory_store>> open_sqlite_memory(const std::string& path, sqlite_use use) {
  std::error_code failed;
  // An absolute one means a file in whatever way SQLite was built.
  auto absolute = std::filesystem::absolute(path, failed);
  auto store = std::make_unique<sqlite_memory_store>(failed ? path : absolute.string(), use);
  if (auto opened = store->open(); !opened)
    return opened.error();
  return std::unique_ptr<memory_store>{std::move(store)};
}

} // namespace mahavishnu::store
