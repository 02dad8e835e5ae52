// SPDX-License-Identifier: MIT
#pragma once

#include "actors/journal.hpp"
#include "deterministic.hpp"
#include "store/sqlite_store.hpp"
#include "support/scratch.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mahavishnu::test {

/// A journal on disk that can be told to fail, and that tells when it is written.
class watched_store final : public store::journal_store {
public:
  struct events {
    bool fails = false;
    /// Of ends only.
    bool cannot_be_read = false;
    int written = 0;
    std::function<void()> before_write = [] {};
  };

  watched_store(std::unique_ptr<store::journal_store> real, std::shared_ptr<events> what)
      : real_(std::move(real)), what_(std::move(what)) {}

  result<void> apply(std::span<const store::change> changes) override {
    what_->before_write();
    if (what_->fails)
      return error{errc::io_failed, "no space is left on the disk"};
    ++what_->written;
    return real_->apply(changes);
  }
  result<store::found<store::stored_pool>> pools() override { return real_->pools(); }
  result<void> each_open(const std::function<void(result<store::stored_task>)>& take) override {
    return real_->each_open(take);
  }
  result<std::optional<store::stored_task>> find(const task_id& task) override {
    return real_->find(task);
  }
  result<store::found<store::stored_task>> list(const store::task_filter& wanted) override {
    return real_->list(wanted);
  }
  result<store::found<store::stored_task>> keyed(std::size_t most) override {
    return real_->keyed(most);
  }
  result<store::ended_tasks> ended_after(const store::end_position& position,
                                         store::wall_time before, std::size_t most) override {
    if (what_->cannot_be_read)
      return error{errc::io_failed, "the journal cannot be read"};
    return real_->ended_after(position, before, most);
  }
  result<std::size_t> forget_ended(const store::retention& kept, std::size_t step) override {
    return real_->forget_ended(kept, step);
  }
  result<store::store_report> check() override { return real_->check(); }
  result<void> backup(const std::string& path) override { return real_->backup(path); }
  result<void> compact() override { return real_->compact(); }

private:
  std::unique_ptr<store::journal_store> real_;
  std::shared_ptr<events> what_;
};

/// A server whose pools are durable, in virtual time.
struct durable_server : deterministic {
  durable_server() {
    auto options = manager_options();
    options.defaults.has_journal = true;
    options.defaults.durability = durability::sync;
    journal_options how;
    how.own_thread = false;
    how.clock = clock;
    journal = spawn_journal(system(), std::make_unique<watched_store>(open(), disk), how);
    options.journal = {journal, clock};
    options.runner_of = [its = options.worker.runner](const pool_id&, durability) { return its; };
    start(options);
  }
  ~durable_server() {
    caf::anon_send_exit(journal, caf::exit_reason::user_shutdown);
    journal = nullptr;
  }

  std::unique_ptr<store::journal_store> open() const {
    auto opened = store::open_sqlite((place / "journal.db").string());
    if (!opened)
      FAIL(opened.error().message);
    return std::move(*opened);
  }

  journal_actor another_journal(const journal_options& how) {
    return spawn_journal(system(), open(), how);
  }

  pending<task_accepted> submit(const std::string& pool, const std::string& prompt,
                                const std::string& key = {}) {
    auto answer = submit_later(pool, prompt, key);
    run();
    return answer;
  }

  /// Lets nobody do anything yet.
  pending<task_accepted> submit_later(const std::string& pool, const std::string& prompt,
                                      const std::string& key) {
    auto spec = task_of(prompt);
    spec.idempotency_key = key;
    submit_task wish;
    wish.pool = pool;
    wish.spec = spec;
    return ask_later<task_accepted>(control, wish);
  }

  std::optional<store::stored_task> kept(const task_id& task) const {
    auto found = open()->find(task);
    if (!found)
      FAIL(found.error().message);
    return *found;
  }

  scratch place;
  std::shared_ptr<watched_store::events> disk = std::make_shared<watched_store::events>();
  journal_actor journal;
};

} // namespace mahavishnu::test
