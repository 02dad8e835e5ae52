// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/pool.hpp"

#include <list>
#include <unordered_map>

namespace mahavishnu {

/// Which task an idempotency key belongs to. Keys of tasks that have not ended stay; of the others
/// the most recently used ones, up to a limit.
class idempotency {
public:
  struct owner {
    task_id task;
    pool_number pool = 0;
    shared_spec spec;
  };

  explicit idempotency(std::size_t limit) : limit_(limit) {}

  /// The task that has this key already; null when there is none.
  const owner* find(const std::string& key) {
    auto found = keys_.find(key);
    if (found == keys_.end())
      return nullptr;
    if (found->second.ended)
      ended_.splice(ended_.end(), ended_, *found->second.ended);
    return &found->second.whose;
  }

  /// @pre the key is not known.
  void add(const std::string& key, owner whose) {
    key_of_.emplace(whose.task, key);
    keys_.emplace(key, entry{std::move(whose), {}});
  }

  void ended(const task_id& task) {
    auto found = key_of_.find(task);
    if (found == key_of_.end())
      return;
    auto& its = keys_.at(found->second);
    if (its.ended)
      return;
    its.ended = ended_.insert(ended_.end(), task);
    if (ended_.size() > limit_)
      forget(task_id{ended_.front()});
  }

  void forget(const task_id& task) {
    auto found = key_of_.find(task);
    if (found == key_of_.end())
      return;
    auto its = keys_.find(found->second);
    if (its->second.ended)
      ended_.erase(*its->second.ended);
    keys_.erase(its);
    key_of_.erase(found);
  }

  /// The pool is gone, and with it what it knew.
  void forget(pool_number pool) {
    std::vector<task_id> gone;
    for (const auto& [key, each] : keys_)
      if (each.whose.pool == pool)
        gone.push_back(each.whose.task);
    for (const auto& task : gone)
      forget(task);
  }

  std::size_t size() const { return keys_.size(); }

private:
  struct entry {
    owner whose;
    std::optional<std::list<task_id>::iterator> ended;
  };

  std::size_t limit_;
  std::unordered_map<std::string, entry> keys_;
  std::unordered_map<task_id, std::string> key_of_;
  std::list<task_id> ended_; // the one that was asked for last comes last
};

} // namespace mahavishnu
