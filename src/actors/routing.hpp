// SPDX-License-Identifier: MIT
#pragma once

#include "actors/routing_view.hpp"
#include "mahavishnu/messages/pool.hpp"

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mahavishnu {

/// Decides which pool gets the next task. Unaware of actors: it is told what was dispatched and
/// what has left. Every choice costs at most O(log n) in the number of pools; only the first task
/// that asks for certain labels costs more.
class routing {
public:
  explicit routing(std::uint64_t seed);

  /// The id does not matter to the choice: the same pools, added in the same order, get the same
  /// keys.
  void add(pool_number pool, const pool_id& id, const label_map& labels, std::int32_t capacity);
  void remove(pool_number pool);
  void resize(pool_number pool, std::int32_t capacity);
  /// A paused pool is not chosen; its load is still counted.
  void pause(pool_number pool);
  void resume(pool_number pool);
  bool empty() const { return by_number_.empty(); }
  std::size_t size() const { return by_number_.size(); }

  /// So many tasks more, or less, in flight or waiting in that pool. Pools unknown were closed
  /// meanwhile.
  void dispatched(pool_number pool, std::int32_t n = 1);
  void left(pool_number pool, std::int32_t n = 1);
  /// 0 for pools unknown.
  std::int64_t in_flight(pool_number pool) const;
  std::int64_t capacity(pool_number pool) const;

  /// The pool for the next task, among those that have all of these labels; nothing when there are
  /// none or all are paused. Only `affinity` looks at the key: a key stays with its pool.
  std::optional<pool_number> choose(pool_selector how, const label_map& labels = {},
                                    std::string_view key = {});

  /// Keys that stay with their pool, at a time; beyond that, the one goes that was not used for
  /// longest.
  static constexpr std::size_t most_keys = 65536;

  /// A key, by its hash, and where its tasks go: to the first, or while there is none to the
  /// second.
  struct key_places {
    std::uint64_t key = 0;
    std::optional<pool_number> home{};
    std::optional<pool_number> stand_in{};
  };
  /// The key that the last choice has given to another pool, if it has. Taken once.
  std::optional<key_places> take_moved_key() { return std::exchange(moved_key_, std::nullopt); }
  /// From now on the key stays there.
  void remember(const key_places& places);

private:
  struct entry {
    pool_number number = 0;
    bool paused = false;
    pool_load load;
    std::uint64_t arrival = 0;
    std::uint64_t views = 0; // one bit for each that it is in
    label_map labels;
  };
  /// A view, and what tells whether it is the one asked for.
  struct known_view {
    std::uint64_t hash; // of its labels
    std::uint64_t last_use;
    std::unique_ptr<routing_view> view;
  };

  entry* find(pool_number pool);
  const entry* find(pool_number pool) const;
  pool_slot slot_of(const entry& its) const;
  void load_changed(const entry& its);
  void join(entry& its, std::size_t view);
  void leave(entry& its, std::size_t view);
  /// The view for labels with that hash; made when there is none.
  routing_view& view_for(const label_map& labels, std::uint64_t hash);
  std::size_t room_for_view();
  pool_slot sticky_choice(routing_view& view, std::uint64_t hash);

  template <class Do>
  void for_each_view(const entry& its, Do what) {
    for (auto views = its.views; views != 0; views &= views - 1)
      what(static_cast<std::size_t>(std::countr_zero(views)));
  }

  std::mt19937_64 random_;
  sticky_keys sticky_;
  std::optional<key_places> moved_key_;
  std::uint64_t choices_ = 0;
  std::uint64_t arrivals_ = 0;
  std::uint64_t view_uses_ = 0;
  std::vector<entry> slots_;
  std::vector<pool_slot> free_slots_;
  std::unordered_map<pool_number, pool_slot> by_number_;
  std::vector<known_view> views_; // the first is for no labels and stays
};

} // namespace mahavishnu
