// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/pool.hpp"

namespace mahavishnu {

/// Run all of these, on the named pool or each on the one that the selector finds; answered by
/// `batch_result` when all have ended.
struct execute_batch {
  std::vector<shared_spec> tasks;
  std::string pool;
  std::string selector;
  std::string affinity;

  friend bool operator==(const execute_batch&, const execute_batch&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"tasks", &execute_batch::tasks}, field{"pool", &execute_batch::pool},
                      field{"pool_selector", &execute_batch::selector},
                      field{"pool_affinity", &execute_batch::affinity}};
  }
};

struct batch_result {
  /// One for each task, in the order of the tasks.
  std::vector<task_result> results;

  friend bool operator==(const batch_result&, const batch_result&) = default;
  static constexpr auto fields() { return std::tuple{field{"results", &batch_result::results}}; }
};

/// Start a batch; answered by `batch_started` at once. `follow_batch` tells how it goes. With
/// `cancel_with_requester` in a task the batch ends with the actor that sent this, so that one must
/// stay.
struct start_batch {
  execute_batch batch;

  friend bool operator==(const start_batch&, const start_batch&) = default;
  static constexpr auto fields() { return std::tuple{field{"batch", &start_batch::batch}}; }
};

struct batch_started {
  batch_id batch;
  std::int32_t total = 0;

  friend bool operator==(const batch_started&, const batch_started&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"batch_id", &batch_started::batch},
                      field{"total", &batch_started::total}};
  }
};

/// What has ended in that batch; answered by `batch_news` as soon as there is something new, and at
/// the latest after `wait`. Whoever asks again from `next` on until all is done gets every result
/// once, in the order in which they came.
struct follow_batch {
  batch_id batch;
  /// Which results are known already: 0 at first, then `next` of the last answer.
  std::int32_t from = 0;
  /// How many results an answer may have; 0: only the counts.
  std::int32_t most = 100;
  std::chrono::milliseconds wait{1000};

  friend bool operator==(const follow_batch&, const follow_batch&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"batch_id", &follow_batch::batch}, field{"from", &follow_batch::from},
                      field{"most", &follow_batch::most}, field{"wait", &follow_batch::wait}};
  }
};

struct batch_item {
  /// Which task of the batch this is.
  std::int32_t index = 0;
  task_result result;

  friend bool operator==(const batch_item&, const batch_item&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"index", &batch_item::index}, field{"result", &batch_item::result}};
  }
};

struct batch_news {
  batch_id batch;
  std::int32_t total = 0;
  std::int32_t done = 0;
  std::int32_t running = 0;
  std::int32_t completed = 0;
  std::int32_t failed = 0;
  std::int32_t next = 0;
  std::vector<batch_item> items;

  friend bool operator==(const batch_news&, const batch_news&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"batch_id", &batch_news::batch},      field{"total", &batch_news::total},
        field{"done", &batch_news::done},           field{"running", &batch_news::running},
        field{"completed", &batch_news::completed}, field{"failed", &batch_news::failed},
        field{"next", &batch_news::next},           field{"items", &batch_news::items}};
  }
};

/// End what runs of that batch and start no more of it; answered by `batch_news` at once.
struct cancel_batch {
  batch_id batch;

  friend bool operator==(const cancel_batch&, const cancel_batch&) = default;
  static constexpr auto fields() { return std::tuple{field{"batch_id", &cancel_batch::batch}}; }
};

} // namespace mahavishnu
