// SPDX-License-Identifier: MIT
#include "store/postgres_span.hpp"

#include "store/postgres_statements.hpp"
#include "store/task_key.hpp"
#include "store/task_state.hpp"

#include <bit>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace mahavishnu::store {

namespace {

/// Of one statement. More would gain nothing, and both sides have them in memory.
constexpr std::size_t most_rows = 5000;
constexpr std::size_t most_bytes = 8'000'000;
/// A row and all that is around it has to fit into one message.
constexpr std::size_t most_bytes_of_row = 1'000'000'000;
/// Of a name in an error.
constexpr std::size_t most_bytes_of_name = 100;

/// Rows on their way to one statement, an array for each column.
class row_batch {
public:
  row_batch(const postgres_statement& statement, std::initializer_list<postgres_type> columns)
      : statement_(&statement), columns_(columns.begin(), columns.end()) {}

  template <class... Value>
  void add(const Value&... values) {
    auto column = columns_.begin();
    (column++->add(values), ...);
    ++rows_;
  }

  void send_if(bool is_last, const std::function<void(postgres_call)>& take) {
    if (rows_ == 0)
      return;
    std::size_t bytes = 0;
    for (const auto& each : columns_)
      bytes += each.bytes();
    if (!is_last && rows_ < most_rows && bytes < most_bytes)
      return;
    postgres_call call{statement_, {}};
    for (auto& each : columns_)
      call.values.add(std::move(each));
    rows_ = 0;
    take(std::move(call));
  }

private:
  const postgres_statement* statement_;
  std::vector<postgres_array> columns_;
  std::size_t rows_ = 0;
};

std::int32_t as_number(std::uint32_t sum) {
  return std::bit_cast<std::int32_t>(sum);
}

std::int16_t as_number(std::uint8_t status) {
  return status;
}

using enum postgres_type;

void give_pools(std::span<const change> changes, const std::function<void(postgres_call)>& take) {
  // The last word about each counts; nothing when it is gone.
  std::map<std::string_view, const pool_opened*> pools;
  for (const auto& each : changes) {
    if (const auto* opened = std::get_if<pool_opened>(&each))
      pools[opened->pool.value] = opened;
    else if (const auto* closed = std::get_if<pool_closed>(&each))
      pools[closed->pool.value] = nullptr;
  }
  row_batch put{postgres_sql().put_pools, {bytea, int8, bytea, int4}};
  row_batch drop{postgres_sql().drop_pools, {bytea}};
  for (const auto& [id, opened] : pools) {
    if (opened)
      put.add(id, static_cast<std::int64_t>(pool_mark(opened->pool)),
              std::string_view{opened->record},
              as_number(record_sum::of_pool(opened->pool, opened->record)));
    else
      drop.add(id);
    put.send_if(false, take);
    drop.send_if(false, take);
  }
  put.send_if(true, take);
  drop.send_if(true, take);
}

std::size_t size_of(const task_change& each, const task_state& state) {
  auto size =
      state.progress.size() + state.result.size() + state.output.size() + state.error_output.size();
  if (each.opened != nullptr)
    size += each.opened->pool.value.size() + each.opened->key.size() + each.opened->work.size();
  return size;
}

/// Each task is at most once in each of these, and what happens to one that was known comes before
/// one of the same id is opened.
class task_batches {
public:
  explicit task_batches(const std::function<void(postgres_call)>& take) : take_(&take) {}

  void change_known(const task_id& task, const task_state& state) {
    if (!state.ended_at)
      move_.add(task, as_number(state.status), state.attempt, as_number(state.sum(task)),
                state.progress);
    else
      end_.add(task, as_number(state.status), state.attempt, *state.ended_at,
               as_number(state.sum(task)), output_sum(task, state), state.progress, state.result,
               state.output, state.error_output);
    move_.send_if(false, *take_);
    end_.send_if(false, *take_);
  }

  void finish_known() {
    move_.send_if(true, *take_);
    end_.send_if(true, *take_);
  }

  void open(const task_change& each, const task_state& state) {
    const auto& opened = *each.opened;
    auto key = opened.key.empty() ? std::nullopt : std::optional<std::string_view>{opened.key};
    open_.add(each.task, static_cast<std::int64_t>(task_mark(each.task)), opened.at, state.ended_at,
              state.attempt,
              as_number(record_sum::of_opened(each.task, opened.pool.value, opened.at, opened.key,
                                              opened.work)),
              as_number(state.sum(each.task)), output_sum(each.task, state),
              as_number(state.status), std::string_view{opened.pool.value}, key,
              std::string_view{opened.work}, state.progress, state.result, state.output,
              state.error_output, each.moved != nullptr || each.ended != nullptr);
    open_.send_if(false, *take_);
  }

  void finish_open() { open_.send_if(true, *take_); }

private:
  static std::int32_t output_sum(const task_id& task, const task_state& state) {
    return as_number(record_sum::of_output(task, state.output, state.error_output));
  }

  const std::function<void(postgres_call)>* take_;
  row_batch move_{postgres_sql().move_tasks, {uuid, int2, int4, int4, bytea}};
  row_batch end_{postgres_sql().end_tasks,
                 {uuid, int2, int4, int8, int4, int4, bytea, bytea, bytea, bytea}};
  row_batch open_{postgres_sql().open_tasks,
                  {uuid, int8, int8, int8, int4, int4, int4, int4, int2, bytea, bytea, bytea, bytea,
                   bytea, bytea, bytea, boolean}};
};

} // namespace

result<void> each_call(std::span<const change> changes,
                       const std::function<void(postgres_call)>& take) {
  for (const auto& each : changes)
    if (const auto* pool = std::get_if<pool_opened>(&each))
      if (pool->pool.value.size() + pool->record.size() > most_bytes_of_row)
        return error{errc::invalid_argument,
                     "pool '" + pool->pool.value.substr(0, most_bytes_of_name) +
                         "' is larger than the 1 GB that PostgreSQL takes; give it a smaller one"};
  auto tasks = coalesce(changes);
  for (const auto& each : tasks)
    if (size_of(each, task_state::after(each)) > most_bytes_of_row)
      return error{errc::invalid_argument, "task '" + each.task.str() +
                                               "' is larger than the 1 GB that PostgreSQL takes; "
                                               "let it write less"};
  give_pools(changes, take);
  task_batches batches{take};
  for (const auto& each : tasks)
    if (each.opened == nullptr)
      batches.change_known(each.task, task_state::after(each));
  batches.finish_known();
  for (const auto& each : tasks)
    if (each.opened != nullptr)
      batches.open(each, task_state::after(each));
  batches.finish_open();
  return {};
}

} // namespace mahavishnu::store
