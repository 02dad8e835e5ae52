// SPDX-License-Identifier: MIT
#include "patterns/run_judgement.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;

namespace {

run_record detached(std::chrono::milliseconds timeout = {}) {
  run_record run;
  run.run_id = "r";
  run.pattern = task_pattern::fire_and_forget;
  run.timeout = timeout;
  return run;
}

exec::run_state state(std::int64_t ended_at = 0, int exit_code = 0) {
  exec::run_state kept;
  kept.run = "r";
  kept.started_at = 1000;
  kept.ended_at = ended_at;
  kept.exit_code = exit_code;
  return kept;
}

run_time at(std::int64_t milliseconds) {
  return run_time{std::chrono::milliseconds{milliseconds}};
}

} // namespace

TEST_CASE(
    "a detached run is queued until its keeper knows it, and never started if nobody is left") {
  run_evidence seen;
  seen.owner_lives = true;
  CHECK(judge(detached(), seen).status == run_status::queued);
  seen = {};
  seen.keeper_lives = true;
  CHECK(judge(detached(), seen).status == run_status::queued);
  auto lost = judge(detached(), {});
  CHECK(lost.status == run_status::failed);
  CHECK_THAT(lost.error_message, ContainsSubstring("never started"));
}

TEST_CASE("a detached run is running as long as its keeper lives, and lost when that is gone") {
  run_evidence seen;
  seen.kept = state();
  seen.keeper_lives = true;
  auto run = judge(detached(), seen);
  CHECK(run.status == run_status::running);
  CHECK(run.started_at == at(1000));
  seen.keeper_lives = false;
  run = judge(detached(), seen);
  CHECK(run.status == run_status::failed);
  CHECK_THAT(run.error_message, ContainsSubstring("its keeper was killed"));
  CHECK_FALSE(run.exit_code);
}

TEST_CASE("the end of a detached run is what its keeper has written down") {
  run_evidence seen;
  seen.kept = state(4500);
  auto run = judge(detached(), seen);
  CHECK(run.status == run_status::completed);
  CHECK(run.exit_code == 0);
  CHECK(run.completed_at == at(4500));
  CHECK(run.duration_seconds == 3);
  seen.kept = state(4500, 3);
  run = judge(detached(), seen);
  CHECK(run.status == run_status::failed);
  CHECK(run.error_message == "exited with code 3");
  seen.kept->failure = error{errc::not_found, "there is no program"};
  run = judge(detached(), seen);
  CHECK(run.error_message == "there is no program");
  CHECK_FALSE(run.exit_code);
}

TEST_CASE("a run that ended after it was asked to is cancelled, one that ended before is not") {
  run_evidence seen;
  seen.kept = state(4500, 143);
  seen.asked_to_end_at = at(4000);
  CHECK(judge(detached(), seen).status == run_status::cancelled);
  seen.asked_to_end_at = at(5000);
  CHECK(judge(detached(), seen).status == run_status::failed);
}

TEST_CASE(
    "a detached run that took its whole time has timed out, a quicker one has its exit code") {
  using namespace std::chrono_literals;
  run_evidence seen;
  seen.kept = state(3000, 124);
  CHECK(judge(detached(2s), seen).error_message == "timed out after 2 s");
  CHECK(judge(detached(3s), seen).error_message == "exited with code 124");
  CHECK(judge(detached(), seen).error_message == "exited with code 124");
}

TEST_CASE("a damaged log of a keeper is no end while the keeper lives") {
  run_evidence seen;
  seen.log_damage = "the record at byte 0 is damaged";
  seen.keeper_lives = true;
  CHECK(judge(detached(), seen).status == run_status::running);
  seen.keeper_lives = false;
  auto run = judge(detached(), seen);
  CHECK(run.status == run_status::failed);
  CHECK_THAT(run.error_message, ContainsSubstring("byte 0"));
}

TEST_CASE(
    "a long running script is lost with its command, and a run of nobody is as it was written") {
  auto run = detached();
  run.pattern = task_pattern::long_running;
  run.status = run_status::running;
  run_evidence seen;
  seen.progress = run_progress{50.0, 1, 2};
  seen.owner_lives = true;
  CHECK(judge(run, seen).status == run_status::running);
  CHECK(judge(run, seen).progress_percent == 50);
  seen.owner_lives = false;
  CHECK(judge(run, seen).status == run_status::failed);
  run.pattern.reset();
  CHECK(judge(run, seen) == run);
  run = detached();
  run.status = run_status::completed;
  CHECK(judge(run, {}) == run);
}
