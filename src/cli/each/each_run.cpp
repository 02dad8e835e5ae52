// SPDX-License-Identifier: MIT
#include "cli/each/each_run.hpp"

#include "cli/each/each_link.hpp"
#include "cli/each/order_keeper.hpp"
#include "cli/each/outcome.hpp"
#include "cli/each/pool_owner.hpp"
#include "cli/each/printer.hpp"
#include "cli/interrupts.hpp"
#include "cli/progress_line.hpp"
#include "cli/text.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <iostream>
#include <random>
#include <set>
#include <thread>

namespace mahavishnu::cli::each {

namespace {

using clock = std::chrono::steady_clock;

/// Jobs that a pool has beyond those that it runs, so that no worker waits for us.
constexpr std::size_t fewest_ahead = 32;
constexpr std::size_t most_ahead = 256;
/// Results that wait for their turn with --keep-order; when there is more, nothing is started until
/// the one that they wait for has come.
constexpr std::size_t most_bytes_kept = std::size_t{64} << 20;
constexpr std::size_t overhead = 512;
constexpr std::int32_t output_piece = 1 << 20;
/// How long it takes at most to cancel what runs.
constexpr std::chrono::seconds cancel_limit{10};
constexpr std::chrono::milliseconds retry_pause{100};
constexpr std::chrono::milliseconds longest_pause{5000};
constexpr std::chrono::milliseconds dial_pause{250};
/// A server that is lost again before that has not really come back.
constexpr std::chrono::seconds shortest_stay{10};
constexpr std::size_t most_words_shown = 60;

std::string random_id() {
  std::random_device chance;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%08x%08x", chance(), chance());
  return text.data();
}

std::string count_of(std::uint64_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

/// A job that has been sent.
struct job_in_flight {
  shared_spec spec;
  std::string command;
  std::string tag;
  std::uint64_t slot = 1;
  /// How many earlier runs were ended before it was.
  std::uint32_t cancelled = 0;
};

/// A job that has ended and is to be shown.
struct job_outcome {
  std::uint64_t seq = 0;
  job_in_flight job;
  task_result result;
  std::chrono::system_clock::time_point ended = std::chrono::system_clock::now();
};

/// Later than all tasks that were made before now.
task_id now_as_task() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return task_id::first_of(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count()));
}

/// Keeps SIGPIPE away: a reader that went is an error of write, after which things are put in
/// order.
class no_broken_pipes {
public:
  no_broken_pipes() { before_ = std::signal(SIGPIPE, SIG_IGN); }
  ~no_broken_pipes() { std::signal(SIGPIPE, before_); }
  no_broken_pipes(const no_broken_pipes&) = delete;
  no_broken_pipes& operator=(const no_broken_pipes&) = delete;

private:
  void (*before_)(int);
};

/// The pools that commands like this one make for themselves.
constexpr std::string_view own_pools = "each-";

class each_run {
public:
  each_run(const invocation& now, const output& out, each_plan plan, interrupts& signals)
      : now_(now),
        out_(out),
        plan_(std::move(plan)),
        signals_(signals),
        line_(std::cerr, line_options(), clock::now()),
        kept_(most_bytes_kept) {}

  result<void> prepare();
  int run();

private:
  progress_line::options line_options() const {
    auto how = progress_line::on_standard_error(out_.is_quiet());
    how.with_bar = plan_.with_bar;
    return how;
  }

  result<void> find_place();
  result<void> make_own_pool();
  void leave_own_pool();
  bool is_abandoned(const pool_info& pool);

  bool has_room() const;
  bool wants_jobs() const;
  result<void> fill();
  result<void> take_jobs(job_message& message);
  job_message new_message() const;
  void send_turned_away();
  void wait();
  result<void> hear();
  void job_ended(job_end& end);
  void job_lost(std::uint64_t seq, const std::string& why);
  void turned_away(std::uint64_t seq, clock::duration pause);
  void forget(std::uint64_t seq);
  void send_with_next_key(std::uint64_t seq, job_in_flight& job);
  result<void> jobs_refused(const std::vector<job_end>& all);
  void show(const job_outcome& job);
  void print(const job_outcome& job);
  void print_stream(const job_outcome& job, output_stream which, const std::string& text,
                    text_writer& to);
  void print_json(const job_outcome& job);
  void flush();
  /// As an errno.
  int write_failure() const {
    return stdout_.failure() != 0 ? stdout_.failure() : std::cout ? 0 : EPIPE;
  }
  void stop(bool and_cancel);
  result<void> reconnect(const error& why);
  void warn(const std::string& text);
  progress_counts counts() const;
  /// Not where somebody may be typing.
  bool shows_progress() const { return !in_flight_.empty() || !waits_for_input_; }
  int finish(const result<void>& how);

  const invocation& now_;
  const output& out_;
  each_plan plan_;
  interrupts& signals_;
  std::optional<numbered_jobs> jobs_;
  joblog_file joblog_;
  std::unique_ptr<each_link> link_;
  std::unique_ptr<on_interrupt> on_signal_;
  std::string id_ = random_id();
  task_id begin_ = now_as_task();
  bool has_own_pool_ = false;
  bool is_durable_ = true;
  std::size_t at_once_ = 1; // run at a time
  std::size_t window_ = 1;  // are with the server
  std::size_t refill_ = 1;

  std::map<std::uint64_t, job_in_flight> in_flight_;
  std::deque<std::uint64_t> turned_away_;
  std::set<std::uint64_t> free_slots_;
  std::uint64_t last_slot_ = 0;
  bool at_end_ = false;
  bool waits_for_input_ = false;
  bool stopping_ = false;
  bool cancelling_ = false;
  bool interrupted_ = false;
  bool server_left_ = false;
  clock::time_point next_start_{};
  clock::time_point give_up_{};
  clock::time_point send_again_{};
  /// Until when a server that went away is waited for; until something has ended, or it has stayed
  /// for a while, that is one and the same moment.
  std::optional<clock::time_point> wait_until_;
  clock::time_point came_back_{};

  progress_line line_;
  order_keeper<job_outcome> kept_;
  text_writer stdout_{STDOUT_FILENO};
  text_writer stderr_{STDERR_FILENO};
  std::uint64_t ended_ = 0;
  std::uint64_t failed_ = 0;
};

// -- before the first job ------------------------------------------------------------------------

result<void> each_run::prepare() {
  auto jobs = numbered_jobs::open(plan_);
  if (!jobs)
    return jobs.error();
  jobs_ = std::move(*jobs);
  auto link = each_link::open(now_, out_);
  if (!link)
    return link.error();
  link_ = std::move(*link);
  if (!plan_.joblog.empty()) {
    auto goes_on = plan_.resume || plan_.resume_failed;
    auto torn_bytes = jobs_->before().torn_bytes();
    if (plan_.adds_to_joblog && !goes_on) {
      done_jobs all;
      if (auto good = all.read(plan_.joblog); !good)
        return good;
      torn_bytes = all.torn_bytes();
    }
    auto good = plan_.adds_to_joblog || goes_on ? joblog_.append_to(plan_.joblog, torn_bytes)
                                                : joblog_.create(plan_.joblog);
    if (!good)
      return good;
    // One that is only added to may have the same numbers twice.
    if (auto identity = joblog_.identity(); !identity.empty() && (goes_on || !plan_.adds_to_joblog))
      id_ = identity;
  }
  if (auto good = find_place(); !good)
    return good;
  on_signal_ = std::make_unique<on_interrupt>(
      signals_, [this] { link_->wake(); }, [this] { line_.wipe(); });
  return {};
}

result<void> each_run::find_place() {
  auto& server = link_->server();
  auto capacity = std::size_t{0};
  if (plan_.is_routed) {
    auto pools = server.ask<pool_list>(list_pools{});
    if (!pools)
      return pools.error();
    for (const auto& each : pools->pools) {
      capacity += static_cast<std::size_t>(each.max_workers);
      // Which of them a job meets is not known: one that keeps nothing is enough.
      auto about = server.ask<pool_description>(describe_pool{each.pool.value});
      if (!about && about.error().code != errc::not_found)
        return about.error();
      is_durable_ = is_durable_ && (!about || about->config.durability != durability::none);
    }
    at_once_ = plan_.jobs.value_or(std::max<std::size_t>(capacity, 1));
    // Which pools the jobs meet is not known, so the count is ours to keep.
    capacity = at_once_ + 1;
  } else if (plan_.where.pool.empty()) {
    at_once_ = plan_.jobs.value_or(std::max(1u, std::thread::hardware_concurrency()));
    capacity = at_once_;
  } else {
    auto pool = server.ask<pool_description>(describe_pool{plan_.where.pool});
    if (!pool)
      return pool.error();
    capacity = static_cast<std::size_t>(pool->config.max_workers) *
               static_cast<std::size_t>(pool->config.worker_concurrency);
    is_durable_ = pool->config.durability != durability::none;
    at_once_ = plan_.jobs.value_or(capacity);
  }
  window_ = at_once_;
  // Where the pool sees to it that no more run at a time, it may have some that wait.
  bool is_exact = plan_.command.uses_slots() || (plan_.tag && plan_.tag->uses_slots()) ||
                  !plan_.halt.is_never() || plan_.delay.count() > 0;
  if (at_once_ >= capacity && !is_exact) {
    auto ahead = std::clamp(at_once_, fewest_ahead, most_ahead);
    window_ = at_once_ + ahead;
    refill_ = ahead / 2;
  }
  if (!plan_.is_routed && plan_.where.pool.empty())
    return make_own_pool();
  return {};
}

result<void> each_run::make_own_pool() {
  spawn_pool question;
  auto& pool = question.config;
  pool.name = std::string{own_pools} + std::to_string(::getpid()) + "-" + random_id();
  if (auto owner = pool_owner::self())
    pool.labels[std::string{pool_owner::label}] = owner->text();
  pool.worker_type = "shell";
  pool.min_workers = pool.max_workers = static_cast<std::int32_t>(at_once_);
  pool.queue_limit = static_cast<std::int32_t>(2 * window_ + 1);
  pool.memory_enabled = false;
  auto spawned = link_->server().ask<pool_spawned>(question);
  if (!spawned)
    return spawned.error();
  has_own_pool_ = true;
  plan_.where.pool = pool.name;
  auto made = link_->server().ask<pool_description>(describe_pool{pool.name});
  if (!made)
    return made.error();
  is_durable_ = made->config.durability != durability::none;
  return {};
}

/// Also those of commands that had no time to close theirs, once nothing runs there.
void each_run::leave_own_pool() {
  if (!has_own_pool_)
    return;
  auto& server = link_->server();
  [[maybe_unused]] auto closed = server.ask<pool_closed>(close_pool{plan_.where.pool});
  if (auto pools = server.ask<pool_list>(list_pools{}))
    for (const auto& each : pools->pools)
      if (is_abandoned(each)) [[maybe_unused]]
        auto gone = server.ask<pool_closed>(close_pool{each.pool.value});
}

bool each_run::is_abandoned(const pool_info& pool) {
  if (!pool.name.starts_with(own_pools) || pool.active_workers > 0 || pool.queued > 0)
    return false;
  auto about = link_->server().ask<pool_description>(describe_pool{pool.pool.value});
  if (!about)
    return false;
  auto label = about->config.labels.find(std::string{pool_owner::label});
  if (label == about->config.labels.end())
    return false;
  auto owner = pool_owner::parse(label->second);
  return owner && owner->is_gone();
}

// -- jobs out ------------------------------------------------------------------------------------

bool each_run::has_room() const {
  if (stopping_ || at_end_ || kept_.is_full() || !link_->has_room())
    return false;
  return in_flight_.size() < window_;
}

/// Enough of them to be worth a message.
bool each_run::wants_jobs() const {
  return has_room() && turned_away_.empty() && window_ - in_flight_.size() >= refill_;
}

job_message each_run::new_message() const {
  return job_message{
      static_cast<std::size_t>(link_->server().settings().get<"control.max_message_bytes">())};
}

void each_run::send_turned_away() {
  while (!turned_away_.empty() && link_->has_room()) {
    auto message = new_message();
    for (; !turned_away_.empty() && !message.is_full(); turned_away_.pop_front())
      if (auto found = in_flight_.find(turned_away_.front()); found != in_flight_.end())
        message.add({found->first, found->second.spec});
    if (!message.empty())
      link_->send(message.take(), plan_.where);
  }
}

result<void> each_run::fill() {
  if (clock::now() >= send_again_)
    send_turned_away();
  if (!wants_jobs())
    return {};
  waits_for_input_ = false;
  while (has_room() && !waits_for_input_) {
    if (plan_.delay.count() > 0 && clock::now() < next_start_)
      return {};
    auto message = new_message();
    auto good = take_jobs(message);
    if (!message.empty())
      link_->send(message.take(), plan_.where);
    if (!good)
      return good;
  }
  return {};
}

result<void> each_run::take_jobs(job_message& message) {
  while (has_room() && !message.is_full()) {
    auto slot = free_slots_.empty() ? last_slot_ + 1 : *free_slots_.begin();
    auto job = jobs_->take(slot);
    if (!job)
      return job.error();
    if (!*job) {
      at_end_ = job->state == taken<numbered_job>::how::end;
      waits_for_input_ = !at_end_;
      return {};
    }
    auto& [seq, arguments, command] = job->value;
    auto spec = plan_.spec;
    auto is_blank = command.find_first_not_of(" \t\r\n") == std::string::npos;
    spec.prompt = shared_text{is_blank ? std::string{":"} : command};
    spec.environment["PARALLEL_SEQ"] = std::to_string(seq);
    spec.idempotency_key = job_key(id_, seq, jobs_->before().failures(seq), spec);
    if (!message.may_have(spec))
      return error{errc::invalid_argument,
                   "job " + std::to_string(seq) + " has " + std::to_string(size_in_message(spec)) +
                       " bytes with its environment, which is more than can be sent "
                       "(control.max_message_bytes); put such data into files and give their "
                       "names, or name with --env what it needs"};
    job_in_flight sent;
    sent.spec = shared_spec{std::move(spec)};
    if (plan_.tag)
      sent.tag = plan_.tag->text({seq, slot, arguments}) + "\t";
    sent.command = std::move(command);
    sent.slot = slot;
    if (free_slots_.erase(slot) == 0)
      last_slot_ = slot;
    message.add({seq, sent.spec});
    in_flight_.emplace(seq, std::move(sent));
    if (plan_.keep_order)
      kept_.expect(seq);
    if (plan_.delay.count() > 0) {
      next_start_ = clock::now() + plan_.delay;
      return {};
    }
  }
  return {};
}

// -- results in ----------------------------------------------------------------------------------

void each_run::wait() {
  auto now = clock::now();
  auto time = shows_progress() ? line_.pause(now) : longest_pause;
  auto until = [&](clock::time_point then) {
    time = std::min(time, std::max(std::chrono::milliseconds{0},
                                   std::chrono::ceil<std::chrono::milliseconds>(then - now)));
  };
  if (plan_.delay.count() > 0 && has_room() && !waits_for_input_)
    until(next_start_);
  if (!turned_away_.empty() && link_->has_room())
    until(send_again_);
  if (cancelling_)
    until(give_up_);
  std::array<pollfd, 2> watched{pollfd{link_->descriptor(), POLLIN, 0}, pollfd{-1, POLLIN, 0}};
  if (waits_for_input_ && wants_jobs()) {
    watched[1].fd = jobs_->descriptor();
    if (watched[1].fd < 0)
      time = std::chrono::milliseconds{0};
  }
  ::poll(watched.data(), watched.size(), static_cast<int>(time.count()));
}

result<void> each_run::hear() {
  auto news = link_->take();
  std::vector<job_end> refused;
  for (auto& each : news.ended)
    if (was_refused(each.result) && each.result.status != task_status::cancelled)
      refused.push_back(std::move(each));
    else
      job_ended(each);
  for (auto seq : news.given_up)
    forget(seq);
  for (auto seq : news.turned_away)
    turned_away(seq, retry_pause);
  for (auto seq : news.forgotten)
    if (is_durable_)
      turned_away(seq, clock::duration::zero()); // its key gets the answer
    else
      job_lost(seq, "the server does not know any more what has become of it");
  flush();
  result<void> how;
  if (news.failed)
    how = *news.failed;
  if (joblog_.is_open())
    if (auto good = joblog_.flush(); !good)
      how = good;
  if (news.lost && how)
    return reconnect(*news.lost);
  server_left_ = server_left_ || news.lost;
  return how && !refused.empty() ? jobs_refused(refused) : how;
}

void each_run::turned_away(std::uint64_t seq, clock::duration pause) {
  if (stopping_)
    return forget(seq);
  turned_away_.push_back(seq);
  send_again_ = clock::now() + pause;
}

void each_run::job_lost(std::uint64_t seq, const std::string& why) {
  job_end end{seq, {}};
  end.result.status = task_status::lost;
  end.result.task = task_id{0, 1}; // nobody knows which it was
  end.result.error = why;
  job_ended(end);
}

void each_run::job_ended(job_end& end) {
  auto found = in_flight_.find(end.seq);
  if (found == in_flight_.end())
    return;
  if (end.result.status == task_status::cancelled) {
    bool is_of_before = !end.result.task.empty() && end.result.task < begin_;
    if (is_of_before && !stopping_)
      send_with_next_key(end.seq, found->second);
    else if (is_of_before || cancelling_)
      forget(end.seq);
    if (is_of_before || cancelling_)
      return;
  }
  job_outcome job{end.seq, std::move(found->second), std::move(end.result)};
  in_flight_.erase(found);
  free_slots_.insert(job.job.slot);
  ++ended_;
  if (job.result.status != task_status::lost)
    wait_until_.reset();
  auto exit = job_exit_of(job.result);
  failed_ += exit.is_good() ? 0 : 1;
  auto halts = plan_.halt.ended(exit.signal > 0 ? 128 + exit.signal : exit.code);
  if (plan_.keep_order) {
    auto bytes = overhead + job.result.output.str().size() +
                 job.result.standard_error.str().size() + job.job.command.size();
    kept_.add(end.seq, std::move(job), bytes);
    while (auto next = kept_.take())
      show(*next);
  } else {
    show(job);
  }
  if (halts != halt_policy::verdict::go_on && !stopping_) {
    warn("--halt: no more jobs are started" +
         std::string{halts == halt_policy::verdict::now ? ", and what runs is ended." : "."});
    stop(halts == halt_policy::verdict::now);
  }
}

/// There is nothing to be said of this one.
void each_run::forget(std::uint64_t seq) {
  auto found = in_flight_.find(seq);
  if (found == in_flight_.end())
    return;
  free_slots_.insert(found->second.slot);
  in_flight_.erase(found);
  kept_.forget(seq);
}

/// An earlier run has cancelled it, and that is what its key is answered with from now on.
void each_run::send_with_next_key(std::uint64_t seq, job_in_flight& job) {
  auto spec = *job.spec;
  spec.idempotency_key = job_key(id_, seq, jobs_->before().failures(seq), spec, ++job.cancelled);
  job.spec = shared_spec{std::move(spec)};
  turned_away(seq, clock::duration::zero());
}

/// Either the server is about to go, or it will never take such a job.
result<void> each_run::jobs_refused(const std::vector<job_end>& all) {
  if (!stopping_) {
    auto status = link_->server().ask<server_status>(get_status{});
    if (!status || status->shutting_down)
      return reconnect({errc::shutting_down, "it is shutting down"});
  }
  for (const auto& each : all)
    forget(each.seq);
  if (cancelling_)
    return {};
  const auto& first = all.front();
  auto why = told({errc::process_failed, first.result.error});
  return error{errc::pool_full, "job " + std::to_string(first.seq) + " was not taken: " + why.what +
                                    (first.result.error.find("; ") == std::string::npos
                                         ? "; look at the pools: mahavishnu pool list"
                                         : "; " + why.fix)};
}

// -- what is seen --------------------------------------------------------------------------------

void each_run::show(const job_outcome& job) {
  if (out_.where().width > 0 || !job.result.standard_error.str().empty())
    line_.hide();
  if (out_.form() == output_form::table || out_.form() == output_form::wide)
    print(job);
  else
    print_json(job);
  // Not before: with --resume it would be left out, and never be seen.
  if (joblog_.is_open())
    joblog_.add(joblog_line_of(job.seq, job.job.command, job.result, job.ended));
  const auto& how = job.result;
  auto has_process = how.status == task_status::completed ||
                     (how.status == task_status::failed && how.exit_code >= 0);
  if (has_process)
    return;
  flush();
  warn("job " + std::to_string(job.seq) + " (" +
       harmless(first_line(job.job.command, most_words_shown)) + "): " + how.error);
}

void each_run::print(const job_outcome& job) {
  print_stream(job, output_stream::output, job.result.output.str(), stdout_);
  if (out_.where().width > 0 && !job.result.output.str().empty())
    line_.text_is_open(stdout_.last() != '\n');
  if (job.result.standard_error.str().empty())
    return;
  stdout_.flush(); // in the order in which GNU parallel has them
  print_stream(job, output_stream::error, job.result.standard_error.str(), stderr_);
  stderr_.flush();
  if (line_.is_live())
    line_.text_is_open(stderr_.last() != '\n');
}

void each_run::print_stream(const job_outcome& job, output_stream which, const std::string& text,
                            text_writer& to) {
  line_tagger tagger{job.job.tag};
  auto add = [&](std::string_view bytes) {
    to.add(job.job.tag.empty() ? std::string{bytes} : tagger.add(bytes));
  };
  if (!job.result.truncated || server_left_)
    return add(text);
  // The result has the first and the last of it; the server has all.
  read_output question{job.result.task, which, 0, output_piece};
  for (;;) {
    auto piece = link_->server().ask<task_output>(question);
    if (!piece && question.offset == 0)
      return add(text);
    if (!piece || (!piece->note.empty() && question.offset == 0))
      warn("job " + std::to_string(job.seq) + ": a part of what it wrote is missing: " +
           (piece ? piece->note : piece.error().message));
    if (!piece || piece->bytes.empty())
      return;
    add(piece->bytes);
    to.flush();
    question.offset += static_cast<std::int64_t>(piece->bytes.size());
    if (question.offset >= piece->size || to.failure() != 0)
      return;
  }
}

void each_run::print_json(const job_outcome& job) {
  const auto& how = job.result;
  auto exit = job_exit_of(how);
  json::value object{{"seq", job.seq},
                     {"task_id", how.task.str()},
                     {"command", job.job.command},
                     {"status", std::string{to_string(how.status)}},
                     {"exit_code", exit.code},
                     {"signal", exit.signal},
                     {"duration", std::chrono::duration<double>(how.duration).count()},
                     {"attempts", how.attempts},
                     {"stdout", how.output.str()},
                     {"stderr", how.standard_error.str()},
                     {"error", how.error},
                     {"truncated", how.truncated}};
  out_.item("each_job", object, {});
}

void each_run::flush() {
  stdout_.flush();
}

void each_run::warn(const std::string& text) {
  line_.hide();
  line_.end_text();
  out_.talk(text);
}

progress_counts each_run::counts() const {
  progress_counts counts;
  counts.before = jobs_->skipped();
  counts.done = counts.before + ended_;
  counts.failed = failed_;
  counts.running = std::min(in_flight_.size(), at_once_);
  counts.total = at_end_ ? std::optional{counts.done + in_flight_.size()} : plan_.input->count();
  auto rest =
      counts.total ? *counts.total - std::min(*counts.total, counts.done) : in_flight_.size();
  counts.queued = rest - std::min(rest, counts.running);
  return counts;
}

// -- when something goes wrong -------------------------------------------------------------------

void each_run::stop(bool and_cancel) {
  bool is_news = !stopping_ || (and_cancel && !cancelling_);
  stopping_ = true;
  if (is_news) // what was not begun is not begun any more
    for (auto seq : std::exchange(turned_away_, {}))
      forget(seq);
  if (!and_cancel || cancelling_)
    return;
  cancelling_ = true;
  give_up_ = clock::now() + cancel_limit;
  link_->cancel_all();
}

result<void> each_run::reconnect(const error& why) {
  auto lost = [&](const std::string& text) {
    server_left_ = true;
    stopping_ = true;
    auto again = plan_.joblog.empty() ? std::string{"give the command again"}
                                      : "give the command again with --resume";
    return error{errc::unreachable,
                 text + "; start a server with 'mahavishnu up --detach', and " + again};
  };
  auto seconds = std::to_string(static_cast<long>(plan_.reconnect));
  warn("The server went away (" + why.message + "). " + count_of(in_flight_.size(), "job") +
       " may go on without it; waiting " + seconds + " s for it to come back.");
  output silent{output_form::table, {}, {}, true};
  auto limit =
      std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(plan_.reconnect));
  auto pause = [&] {
    pollfd nothing{link_->descriptor(), POLLIN, 0};
    ::poll(&nothing, 1, static_cast<int>(dial_pause.count()));
    std::uint64_t ignored = 0;
    [[maybe_unused]] auto woken = ::read(link_->descriptor(), &ignored, sizeof ignored);
  };
  if (wait_until_ && clock::now() - came_back_ < std::max<clock::duration>(limit, shortest_stay)) {
    if (clock::now() >= *wait_until_)
      return lost("the server goes away again and again, and nothing gets done");
    pause();
  } else {
    wait_until_ = clock::now() + limit;
  }
  for (;;) {
    if (signals_.came())
      return lost("the server went away");
    if (auto good = link_->reopen(now_, silent)) {
      auto status = link_->server().ask<server_status>(get_status{});
      if (status && !status->shutting_down)
        break;
    }
    if (clock::now() >= *wait_until_)
      return lost("the server went away, and did not come back within " + seconds + " s; " +
                  count_of(in_flight_.size(), "job") + " had no answer yet");
    pause();
  }
  came_back_ = clock::now();
  if (!plan_.is_routed) {
    auto pool = link_->server().ask<pool_description>(describe_pool{plan_.where.pool});
    if (!pool && pool.error().code == errc::not_found && has_own_pool_) {
      if (auto good = make_own_pool(); !good)
        return good;
    } else if (!pool) {
      return pool.error();
    }
  }
  warn("The server is there again.");
  std::deque<std::uint64_t> seqs;
  for (const auto& [seq, job] : in_flight_)
    seqs.push_back(seq);
  turned_away_.clear();
  if (cancelling_) { // what goes on without us is not begun again
    for (auto seq : seqs)
      forget(seq);
    return {};
  }
  if (is_durable_) {
    turned_away_ = std::move(seqs); // who asks again gets the answer of the first time
    send_again_ = clock::now();
    return {};
  }
  for (auto seq : seqs)
    job_lost(seq, "it went with its server, since its pool keeps nothing");
  return {};
}

// -- all of it -----------------------------------------------------------------------------------

int each_run::run() {
  result<void> how;
  for (;;) {
    if (signals_.came() && !interrupted_) {
      interrupted_ = true;
      warn("Cancelling " + count_of(in_flight_.size(), "job") + "; once more to leave at once.");
      stop(true);
    }
    if (how)
      how = fill();
    if (!how)
      stop(!server_left_);
    if (write_failure() != 0 && !cancelling_)
      stop(true);
    auto is_over = in_flight_.empty() && (at_end_ || stopping_);
    if (is_over || server_left_ || (cancelling_ && clock::now() >= give_up_))
      break;
    if (shows_progress())
      line_.show(counts(), clock::now());
    wait();
    if (auto heard = hear(); !heard && how)
      how = heard;
  }
  return finish(how);
}

int each_run::finish(const result<void>& how) {
  for (const auto& [seq, job] : in_flight_)
    kept_.forget(seq);
  while (auto next = kept_.take())
    show(*next);
  flush();
  if (joblog_.is_open()) [[maybe_unused]]
    auto written = joblog_.flush();
  if (how && !interrupted_)
    line_.finish(counts(), clock::now());
  else
    line_.hide();
  on_signal_.reset();
  if (!server_left_)
    leave_own_pool();
  if (!how)
    return out_.failure(how.error());
  if (interrupted_)
    return interrupted;
  if (auto failure = write_failure(); failure != 0)
    return failure == EPIPE
               ? 128 + SIGPIPE
               : out_.failure({errc::io_failed, std::string{"cannot write the results: "} +
                                                    std::strerror(failure) +
                                                    "; make room, or write elsewhere"});
  if (failed_ > 0)
    out_.talk(count_of(failed_, "job") + " of " + std::to_string(ended_) + " failed.");
  if (auto code = plan_.halt.exit_code())
    return *code;
  return failed_ == 0 ? done : failed;
}

} // namespace

int run(const invocation& now, const output& out, each_plan plan) {
  interrupts signals;
  no_broken_pipes pipes;
  each_run all{now, out, std::move(plan), signals};
  if (auto good = all.prepare(); !good)
    return out.failure(good.error());
  return all.run();
}

} // namespace mahavishnu::cli::each
