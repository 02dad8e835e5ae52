// SPDX-License-Identifier: MIT
#include "actors/task_records.hpp"

#include "actors/task_words.hpp"
#include "base/text.hpp"
#include "messages/packed.hpp"

namespace mahavishnu::records {

namespace {

/// What a task is to do. Fields are only ever added at the end, here and below.
struct task_work {
  shared_spec spec;
  route_note route;

  static constexpr auto fields() {
    return std::tuple{field{"spec", &task_work::spec}, field{"route", &task_work::route}};
  }
};

/// How it came where it is.
struct task_progress {
  std::vector<task_step> steps;
  /// Somebody wants it to end, and it has not done so yet.
  bool cancelled = false;
  /// When the next attempt begins, since its first step.
  std::chrono::nanoseconds next_attempt{0};

  static constexpr auto fields() {
    return std::tuple{field{"steps", &task_progress::steps},
                      field{"cancelled", &task_progress::cancelled},
                      field{"next_attempt", &task_progress::next_attempt}};
  }
};

/// How it ended; what it has written stands for itself.
struct task_end {
  pool_id pool;
  worker_id worker;
  std::string error;
  std::int32_t exit_code = -1;
  std::chrono::nanoseconds duration{0};
  std::int32_t attempts = 0;
  bool truncated = false;
  // Of its pool, which may be closed when somebody wants to know.
  std::string pool_name;
  std::string pool_type;
  std::string worker_type;
  /// Whether it leaves no trace in the memory.
  bool forgotten = false;

  static constexpr auto fields() {
    return std::tuple{
        field{"pool", &task_end::pool},           field{"worker", &task_end::worker},
        field{"error", &task_end::error},         field{"exit_code", &task_end::exit_code},
        field{"duration", &task_end::duration},   field{"attempts", &task_end::attempts},
        field{"truncated", &task_end::truncated}, field{"pool_name", &task_end::pool_name},
        field{"pool_type", &task_end::pool_type}, field{"worker_type", &task_end::worker_type},
        field{"forgotten", &task_end::forgotten}};
  }
};

std::string progress_of(const pool_task& its, const worker_names& names) {
  task_progress progress;
  auto history = its.machine.history();
  progress.steps.reserve(history.size());
  for (const auto& each : history)
    progress.steps.push_back({each.at - history.front().at, each.to, each.attempt,
                              names(each.worker), each.reason.str()});
  progress.cancelled = its.cancelled;
  if (auto next = its.next_attempt())
    progress.next_attempt = *next - history.front().at;
  return packed::from(progress);
}

error unreadable(const store::stored_task& kept) {
  return {errc::io_failed, "the journal's record of the task '" + kept.task.str() +
                               "' makes no sense to this version; was it written by a newer one? "
                               "Use that one"};
}

template <class T>
result<T> read(const store::stored_task& kept, const std::string& bytes) {
  auto found = packed::to<T>(bytes);
  if (!found)
    return unreadable(kept);
  return std::move(*found);
}

/// Of one that has not moved yet there is none.
result<task_progress> progress_of(const store::stored_task& kept) {
  if (kept.progress.empty())
    return task_progress{};
  return read<task_progress>(kept, kept.progress);
}

result<task_status> status_of(const store::stored_task& kept) {
  if (kept.status >= enum_names<task_status>::values.size())
    return unreadable(kept);
  return static_cast<task_status>(kept.status);
}

/// Where a task stands, and what was asked for.
struct asked_task {
  task_status status;
  task_work work;
};

result<asked_task> read_asked(const store::stored_task& kept) {
  auto status = status_of(kept);
  if (!status)
    return status.error();
  auto work = read<task_work>(kept, kept.work);
  if (!work)
    return work.error();
  return asked_task{*status, std::move(*work)};
}

/// What is remembered of it: a memory is no archive of outputs.
constexpr std::size_t longest_title = 4096;
constexpr std::size_t longest_content = std::size_t{64} << 10;
constexpr std::size_t longest_tag = 256;

/// What it has said; why it failed comes after that, and always has room.
std::string content_of(const store::stored_task& kept, const task_end& end, task_status status) {
  if (status == task_status::completed)
    return std::string{first_bytes(kept.output, longest_content)};
  std::string why{first_bytes(kept.error_output, longest_content / 4)};
  if (!why.empty() && why.back() != '\n')
    why += '\n';
  why += first_bytes(end.error, longest_content / 4);
  std::string content{first_bytes(kept.output, longest_content - why.size() - 1)};
  if (!content.empty() && content.back() != '\n')
    content += '\n';
  return content + why;
}

} // namespace

store::task_opened opened(const pool_id& pool, const pool_task& its, store::wall_time now) {
  return {its.id,
          pool,
          static_cast<std::uint8_t>(its.machine.status()),
          now,
          its.spec->idempotency_key,
          packed::from(task_work{its.spec, its.route})};
}

store::task_moved moved(const pool_task& its, const worker_names& names) {
  return {its.id, static_cast<std::uint8_t>(its.machine.status()), its.machine.attempt(),
          progress_of(its, names)};
}

store::task_ended ended(const pool_task& its, const task_result& how, const pool_config& where,
                        const worker_names& names, store::wall_time now) {
  return {its.id,
          static_cast<std::uint8_t>(how.status),
          now,
          its.machine.attempt(),
          progress_of(its, names),
          packed::from(task_end{how.pool, how.worker, how.error, how.exit_code, how.duration,
                                how.attempts, how.truncated, where.name, where.type,
                                where.worker_type, !where.memory_enabled}),
          how.output.str(),
          how.standard_error.str()};
}

store::task_ended cancelled(const store::stored_task& kept, const pool_config* where,
                            const std::string& why, store::wall_time now) {
  task_end end;
  // Nobody knows what a pool wanted that is not known.
  end.forgotten = where == nullptr || !where->memory_enabled;
  if (where != nullptr) {
    end.pool_name = where->name;
    end.pool_type = where->type;
    end.worker_type = where->worker_type;
  }
  end.pool = kept.pool;
  end.error = why;
  end.attempts = kept.attempt;
  return {kept.task,
          static_cast<std::uint8_t>(task_status::cancelled),
          now,
          kept.attempt,
          kept.progress,
          packed::from(end),
          {},
          {}};
}

result<restored_task> restored(const store::stored_task& kept, store::wall_time now) {
  auto work = read<task_work>(kept, kept.work);
  if (!work)
    return work.error();
  auto progress = progress_of(kept);
  if (!progress)
    return progress.error();
  restored_task found;
  found.task = kept.task;
  found.spec = std::move(work->spec);
  found.route = work->route;
  // A clock that was set back makes it young, and nothing worse.
  found.age = std::chrono::milliseconds{std::max<store::wall_time>(now - kept.opened_at, 0)};
  found.steps = std::move(progress->steps);
  found.cancelled = progress->cancelled;
  found.next_attempt = progress->next_attempt;
  return found;
}

result<task_result> result_of(const store::stored_task& kept) {
  auto status = status_of(kept);
  if (!status)
    return status.error();
  auto end = read<task_end>(kept, kept.result);
  if (!end)
    return end.error();
  task_result answer;
  answer.task = kept.task;
  answer.pool = std::move(end->pool);
  answer.worker = std::move(end->worker);
  answer.status = *status;
  answer.output = shared_text{kept.output};
  answer.error = std::move(end->error);
  answer.standard_error = shared_text{kept.error_output};
  answer.exit_code = end->exit_code;
  answer.duration = end->duration;
  answer.attempts = end->attempts;
  answer.truncated = end->truncated;
  return answer;
}

result<task_info> info_of(const store::stored_task& kept, const std::string& pool_name) {
  auto asked = read_asked(kept);
  if (!asked)
    return asked.error();
  auto progress = progress_of(kept);
  if (!progress)
    return progress.error();
  task_info about;
  about.task = kept.task;
  about.pool = kept.pool;
  about.pool_name = pool_name;
  about.status = asked->status;
  about.meaning = sentence_of(asked->status);
  about.route = asked->work.route;
  about.spec = std::move(asked->work.spec);
  about.history = std::move(progress->steps);
  if (about.history.empty())
    about.history.push_back({});
  explain_route(about);
  return about;
}

result<task_line> line_of(const store::stored_task& kept, const std::string& pool_name,
                          store::wall_time now) {
  auto asked = read_asked(kept);
  if (!asked)
    return asked.error();
  task_line line;
  line.task = kept.task;
  line.pool = kept.pool;
  line.pool_name = pool_name;
  line.status = asked->status;
  line.attempts = kept.attempt;
  line.age = std::chrono::milliseconds{std::max<store::wall_time>(now - kept.opened_at, 0)};
  line.prompt = first_words(*asked->work.spec);
  return line;
}

result<std::optional<store::memory_record>> remembered(const store::stored_task& kept) {
  auto asked = read_asked(kept);
  if (!asked)
    return asked.error();
  auto end = read<task_end>(kept, kept.result);
  if (!end)
    return end.error();
  if (end->forgotten)
    return std::optional<store::memory_record>{};
  const auto& spec = *asked->work.spec;
  store::memory_record record;
  record.task = kept.task;
  record.pool = kept.pool; // also where another one has run it in its place
  record.pool_name = end->pool_name;
  record.pool_type = end->pool_type;
  record.worker_type = end->worker_type;
  record.worker = end->worker;
  record.status = kept.status;
  record.at = kept.ended_at.value_or(0);
  for (const auto& [name, value] : spec.metadata)
    if (name != retry_of)
      record.tags.emplace_back(first_bytes(name + "=" + value, longest_tag));
  record.title =
      first_bytes((spec.command.empty() ? spec.prompt : spec.command).str(), longest_title);
  record.content = content_of(kept, *end, asked->status);
  return std::optional{std::move(record)};
}

} // namespace mahavishnu::records
