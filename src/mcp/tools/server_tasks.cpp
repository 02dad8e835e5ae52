// SPDX-License-Identifier: MIT
#include "mcp/tools/server_tasks.hpp"

#include "mcp/tools/run_task.hpp"

namespace mahavishnu::mcp::server {

namespace {

/// When it was accepted, which its id begins with.
wall_time moment_of(const task_id& task) {
  return wall_time{std::chrono::milliseconds{task.high() >> task_id::bits_below_time}};
}

/// An answer may well come the next time.
bool is_passing(const error& failure) {
  return failure.code == errc::timeout || failure.code == errc::unreachable ||
         failure.code == errc::shutting_down;
}

task_view view_of(const task_info& about) {
  task_view task;
  task.created = task.updated = moment_of(about.task);
  task.message = about.meaning;
  if (!about.history.empty())
    task.updated += std::chrono::duration_cast<wall_time::duration>(about.history.back().after);
  return task;
}

} // namespace

void server_tasks::find(const std::string& name,
                        std::function<void(std::optional<task_view>)> found) {
  auto task = task_id::parse(name);
  if (!task)
    return found(std::nullopt);
  ask<task_info, describe_task>(
      *door_.system, door_.control, describe_task{*task}, usual_limit,
      [door = door_, task = *task, found = std::move(found)](const result<task_info>& about) {
        if (!about && about.error().code == errc::not_found)
          return found(std::nullopt);
        if (!about) { // it is there, as far as anybody knows
          task_view unheard;
          unheard.created = unheard.updated = moment_of(task);
          unheard.message = about.error().message;
          return found(std::move(unheard));
        }
        auto view = view_of(*about);
        if (!is_final(about->status))
          return found(std::move(view));
        if (about->status == task_status::cancelled) {
          view.status = task_view::state::cancelled;
          return found(std::move(view));
        }
        ask<task_result, mahavishnu::wait_task>(
            *door.system, door.control, mahavishnu::wait_task{task}, usual_limit,
            [view, found](const result<task_result>& how) mutable {
              if (how) {
                view.status = task_view::state::completed;
                view.result = members_of(answer_of(*how));
              } else if (is_passing(how.error())) {
                view.message = how.error().message; // it has ended, and will say how
              } else {
                view.status = task_view::state::failed;
                view.error = refusal{200, code::internal_error, how.error().message};
              }
              found(std::move(view));
            });
      });
}

void server_tasks::cancel(const std::string& name, std::function<void(bool)> done) {
  auto task = task_id::parse(name);
  if (!task)
    return done(false);
  ask<task_cancelled, cancel_task>(*door_.system, door_.control, cancel_task{*task}, usual_limit,
                                   [done = std::move(done)](const result<task_cancelled>& how) {
                                     // One that has ended is as good as cancelled: nothing of it
                                     // runs.
                                     done(how.has_value() || how.error().code != errc::not_found);
                                   });
}

std::shared_ptr<void> server_tasks::watch(const std::string& name, std::function<void()> changed) {
  return news_->watch(std::string{uri::task_prefix} + name, std::move(changed));
}

} // namespace mahavishnu::mcp::server
