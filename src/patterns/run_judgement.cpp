// SPDX-License-Identifier: MIT
#include "patterns/run_judgement.hpp"

#include "base/text.hpp"

#include <utility>

namespace mahavishnu {

namespace {

/// Those of timeout(1), which ends detached runs.
constexpr int timed_out = 124;
constexpr int killed_after_time = 137;

run_time time_of(std::int64_t milliseconds) {
  return run_time{std::chrono::milliseconds{milliseconds}};
}

void fail(run_record& run, std::string why) {
  run.status = run_status::failed;
  run.error_message = std::move(why);
}

void judge_end(run_record& run, const exec::run_state& kept, const run_evidence& seen) {
  auto took = std::chrono::milliseconds{kept.ended_at - kept.started_at};
  run.completed_at = time_of(kept.ended_at);
  run.duration_seconds = std::chrono::floor<std::chrono::seconds>(took).count();
  if (kept.failure)
    return fail(run, kept.failure->message);
  run.exit_code = kept.exit_code;
  if (seen.asked_to_end_at && *seen.asked_to_end_at <= *run.completed_at) {
    run.status = run_status::cancelled;
    run.error_message = "cancelled";
  } else if (run.timeout.count() > 0 && took >= run.timeout &&
             (kept.exit_code == timed_out || kept.exit_code == killed_after_time)) {
    fail(run, "timed out after " + seconds_text(run.timeout));
  } else if (kept.exit_code == 0) {
    run.status = run_status::completed;
  } else {
    fail(run, words_for_exit(kept.exit_code));
  }
}

void judge_detached(run_record& run, const run_evidence& seen) {
  if (seen.kept) {
    run.started_at = time_of(seen.kept->started_at);
    if (seen.kept->has_ended())
      return judge_end(run, *seen.kept, seen);
    run.status = run_status::running;
    if (!seen.keeper_lives)
      fail(run, "lost: its keeper was killed, or the machine went down, and the script was ended "
                "with it; what it had written is kept; run it again if that does no harm");
  } else if (!seen.log_damage.empty()) {
    run.status = run_status::running;
    if (!seen.keeper_lives)
      fail(run, "its end is not known, the log of its keeper is damaged: " + seen.log_damage);
  } else if (!seen.owner_lives && !seen.keeper_lives) {
    fail(run, "never started: the command that was to start it was ended before it could; run it "
              "again");
  }
}

} // namespace

std::string words_for_exit(int exit_code) {
  if (exit_code == 0)
    return {};
  if (exit_code > 128 && exit_code < 128 + 65)
    return "exited with code " + std::to_string(exit_code) + " (signal " +
           std::to_string(exit_code - 128) + ")";
  return "exited with code " + std::to_string(exit_code);
}

run_record judge(run_record run, const run_evidence& seen) {
  if (!is_active(run.status) || !run.pattern)
    return run;
  if (*run.pattern == task_pattern::fire_and_forget)
    judge_detached(run, seen);
  else if (!seen.owner_lives)
    fail(run, "lost: the command that ran it was killed, and the script was ended with it; what it "
              "had written is kept");
  if (seen.progress) {
    run.progress_percent = seen.progress->percent;
    run.items_processed = seen.progress->items_processed;
    run.items_total = seen.progress->items_total;
  }
  return run;
}

} // namespace mahavishnu
