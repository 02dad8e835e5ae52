// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/pool.hpp"

#include <variant>

namespace mahavishnu {

/// What pools tell each other and everybody who listens.
enum class notice_type : std::uint8_t {
  /// Run this task in my place.
  task_delegate,
  /// This is how the task ended that you gave me.
  result_share,
  /// A pool stands elsewhere now.
  status_update,
  /// A pool is alive.
  heartbeat,
  pool_created,
  pool_closed,
  task_completed,
};

template <>
struct enum_names<notice_type> {
  static constexpr std::array<std::string_view, 7> values{
      "task_delegate", "result_share", "status_update", "heartbeat",
      "pool_created",  "pool_closed",  "task_completed"};
};

/// What a notice of each type carries.
namespace bus {

struct task_delegate {
  task_id task;
  shared_spec spec;
  std::int32_t attempt = 0;

  friend bool operator==(const task_delegate&, const task_delegate&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &task_delegate::task}, field{"spec", &task_delegate::spec},
                      field{"attempt", &task_delegate::attempt}};
  }
};

struct result_share {
  task_result result;
  std::int32_t attempt = 0;

  friend bool operator==(const result_share&, const result_share&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"result", &result_share::result},
                      field{"attempt", &result_share::attempt}};
  }
};

struct status_update {
  pool_status from = pool_status::pending;
  pool_status status = pool_status::pending;
  std::string reason;

  friend bool operator==(const status_update&, const status_update&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"from", &status_update::from}, field{"status", &status_update::status},
                      field{"reason", &status_update::reason}};
  }
};

struct heartbeat {
  pool_status status = pool_status::pending;
  std::int32_t workers = 0;
  std::int32_t active_workers = 0;
  std::int32_t queued = 0;

  friend bool operator==(const heartbeat&, const heartbeat&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"status", &heartbeat::status}, field{"workers", &heartbeat::workers},
                      field{"active_workers", &heartbeat::active_workers},
                      field{"queued", &heartbeat::queued}};
  }
};

struct pool_created {
  pool_id pool;
  std::string type;
  pool_config config;

  friend bool operator==(const pool_created&, const pool_created&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_created::pool},
                      field{"pool_type", &pool_created::type},
                      field{"config", &pool_created::config}};
  }
};

struct pool_closed {
  pool_id pool;
  std::string reason;

  friend bool operator==(const pool_closed&, const pool_closed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_closed::pool}, field{"reason", &pool_closed::reason}};
  }
};

struct task_completed {
  pool_id pool;
  task_result result;

  friend bool operator==(const task_completed&, const task_completed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &task_completed::pool},
                      field{"result", &task_completed::result}};
  }
};

/// In the order of `notice_type`.
using payload = std::variant<task_delegate, result_share, status_update, heartbeat, pool_created,
                             pool_closed, task_completed>;

using mahavishnu::inspect;

/// Which of them it is, then that one.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, payload& x) {
  auto index = static_cast<std::uint8_t>(x.index());
  if constexpr (Inspector::reads_state) {
    return std::visit([&](auto& each) { return f(index, each); }, x);
  } else {
    if (auto failure = f(index))
      return failure;
    caf::error outcome = caf::make_error(caf::sec::invalid_argument);
    auto load = [&]<std::size_t I>() {
      if (index == I)
        outcome = f(x.emplace<I>());
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (load.template operator()<I>(), ...);
    }
    (std::make_index_sequence<std::variant_size_v<payload>>{});
    return outcome;
  }
}

} // namespace bus

/// Something that happened, from a pool (or from nobody), to a pool (or to all).
struct notice {
  /// Counts the notices of one feed; 0 before the feed has it.
  std::uint64_t sequence = 0;
  /// Since 1970.
  std::chrono::milliseconds timestamp{0};
  pool_id source;
  pool_id target;
  bus::payload payload;

  notice_type type() const { return static_cast<notice_type>(payload.index()); }

  friend bool operator==(const notice&, const notice&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"sequence", &notice::sequence}, field{"timestamp", &notice::timestamp},
                      field{"source_pool_id", &notice::source},
                      field{"target_pool_id", &notice::target}, field{"payload", &notice::payload}};
  }
};

/// What happens when a subscriber does not fetch its notices fast enough.
enum class overflow_policy : std::uint8_t {
  /// The oldest one that waits is dropped, and counted.
  drop_oldest,
  /// The new one is dropped, and counted.
  drop_newest,
  /// The subscription ends.
  close,
};

template <>
struct enum_names<overflow_policy> {
  static constexpr std::array<std::string_view, 3> values{"drop_oldest", "drop_newest", "close"};
};

/// Keep notices for me from now on; answered by `subscribed`.
struct subscribe {
  /// Names of `notice_type`s; none: all.
  std::vector<std::string> types;
  /// Id of a pool: only what comes from it, goes to it, or goes to all; empty: everything.
  std::string pool;
  /// Notices that wait for me.
  std::int32_t limit = 1000;
  overflow_policy overflow = overflow_policy::drop_oldest;

  friend bool operator==(const subscribe&, const subscribe&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"types", &subscribe::types}, field{"pool", &subscribe::pool},
                      field{"limit", &subscribe::limit}, field{"overflow", &subscribe::overflow}};
  }
};

struct subscribed {
  std::uint64_t subscription = 0;

  friend bool operator==(const subscribed&, const subscribed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"subscription", &subscribed::subscription}};
  }
};

/// Give me what waits; answered by `notices` as soon as there is one, and at the latest after
/// `wait`. A subscription that nobody asks for a while ends.
struct receive_notices {
  std::uint64_t subscription = 0;
  std::int32_t most = 100;
  std::chrono::milliseconds wait{0};

  friend bool operator==(const receive_notices&, const receive_notices&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"subscription", &receive_notices::subscription},
                      field{"most", &receive_notices::most}, field{"wait", &receive_notices::wait}};
  }
};

struct notices {
  std::vector<notice> items;
  /// Notices that were dropped since the last answer.
  std::uint64_t missed = 0;

  friend bool operator==(const notices&, const notices&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"notices", &notices::items}, field{"missed", &notices::missed}};
  }
};

/// Answered by `unsubscribed`.
struct unsubscribe {
  std::uint64_t subscription = 0;

  friend bool operator==(const unsubscribe&, const unsubscribe&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"subscription", &unsubscribe::subscription}};
  }
};

struct unsubscribed {
  std::uint64_t subscription = 0;

  friend bool operator==(const unsubscribed&, const unsubscribed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"subscription", &unsubscribed::subscription}};
  }
};

/// Send this notice to its target, or to all pools when it has none, and to whoever listens;
/// answered by `published`.
struct publish {
  notice what;

  friend bool operator==(const publish&, const publish&) = default;
  static constexpr auto fields() { return std::tuple{field{"notice", &publish::what}}; }
};

struct published {
  std::uint64_t sequence = 0;

  friend bool operator==(const published&, const published&) = default;
  static constexpr auto fields() { return std::tuple{field{"sequence", &published::sequence}}; }
};

/// The manager to a pool that has more to do than it can: give that pool, whose handle comes with
/// this, up to so many of the tasks that it may run as well.
struct hand_over_tasks {
  pool_id target;
  pool_number target_number = 0;
  std::int32_t most = 0;

  friend bool operator==(const hand_over_tasks&, const hand_over_tasks&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"target_pool_id", &hand_over_tasks::target},
                      field{"target_number", &hand_over_tasks::target_number},
                      field{"most", &hand_over_tasks::most}};
  }
};

/// Answered by `feed_stats`.
struct get_feed_stats {
  friend bool operator==(const get_feed_stats&, const get_feed_stats&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct feed_stats {
  std::uint64_t published = 0;
  /// Fetched by subscribers.
  std::uint64_t delivered = 0;
  /// Dropped since a subscriber was too slow.
  std::uint64_t missed = 0;
  std::int32_t subscribers = 0;
  /// Notices that wait for a subscriber.
  std::int64_t waiting = 0;

  friend bool operator==(const feed_stats&, const feed_stats&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"published", &feed_stats::published}, field{"delivered", &feed_stats::delivered},
        field{"missed", &feed_stats::missed}, field{"subscribers", &feed_stats::subscribers},
        field{"waiting", &feed_stats::waiting}};
  }
};

} // namespace mahavishnu
