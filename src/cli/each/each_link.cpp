// SPDX-License-Identifier: MIT
#include "cli/each/each_link.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace mahavishnu::cli::each {

namespace {

/// Short, since a connection is not taken down before its last question has an answer.
constexpr std::chrono::seconds follow_wait{5};
constexpr std::int32_t most_results = 500;

/// A batch that ends unexpectedly does so with its server.
bool is_loss(const error& why) {
  return why.code == errc::internal || why.code == errc::unreachable ||
         why.code == errc::shutting_down || why.code == errc::timeout;
}

} // namespace

each_link::mailbox::mailbox() : descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

each_link::mailbox::~mailbox() {
  ::close(descriptor);
}

void each_link::mailbox::wake() const {
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(descriptor, &one, sizeof one);
}

void each_link::mailbox::put(letter what) {
  {
    std::lock_guard guard{mutex};
    letters.push_back(std::move(what));
  }
  wake();
}

each_link::each_link(std::unique_ptr<session> server)
    : mail_(std::make_shared<mailbox>()), server_(std::move(server)) {}

each_link::~each_link() = default;

result<std::unique_ptr<each_link>> each_link::open(const invocation& now, const output& out) {
  auto server = session::open(now, out);
  if (!server)
    return server.error();
  return std::unique_ptr<each_link>{new each_link{std::move(*server)}};
}

result<void> each_link::reopen(const invocation& now, const output& out) {
  auto server = session::open(now, out);
  if (!server)
    return server.error();
  server_ = std::move(*server);
  batches_.clear();
  return {};
}

void each_link::send(std::vector<job_task> jobs, const job_place& where) {
  start_batch question;
  question.batch.pool = where.pool;
  question.batch.selector = where.selector;
  question.batch.affinity = where.affinity;
  auto number = ++last_batch_;
  auto& its = batches_[number];
  for (auto& each : jobs) {
    its.jobs.push_back(each.seq);
    question.batch.tasks.push_back(std::move(each.spec));
  }
  server_->ask_later<batch_started>(question, [mail = mail_, number](result<batch_started> answer) {
    mail->put({number, std::move(answer), std::nullopt});
  });
}

void each_link::follow(std::uint64_t number) {
  const auto& its = batches_.at(number);
  server_->ask_later<batch_news>(follow_batch{its.id, its.next, most_results, follow_wait},
                                 [mail = mail_, number](result<batch_news> answer) {
                                   mail->put({number, std::nullopt, std::move(answer)});
                                 });
}

each_link::news each_link::take() {
  std::uint64_t ignored = 0;
  [[maybe_unused]] auto woken = ::read(mail_->descriptor, &ignored, sizeof ignored);
  std::vector<letter> letters;
  {
    std::lock_guard guard{mail_->mutex};
    letters.swap(mail_->letters);
  }
  news all;
  for (const auto& each : letters)
    if (batches_.contains(each.batch)) // and not of a server of before
      read(each, all);
  return all;
}

void each_link::read(const letter& what, news& into) {
  auto& its = batches_.at(what.batch);
  auto fail = [&](const error& why, std::vector<std::uint64_t>& jobs) {
    if (is_loss(why)) {
      into.lost = why;
      return;
    }
    jobs.insert(jobs.end(), its.jobs.begin(), its.jobs.end());
    batches_.erase(what.batch);
    if (&jobs == &into.given_up && !into.failed)
      into.failed = why;
  };
  if (what.started) {
    if (*what.started) {
      its.id = (*what.started)->batch;
      if (its.is_cancelled)
        server_->ask_later<batch_news>(cancel_batch{its.id}, [](const result<batch_news>&) {});
      follow(what.batch);
      return;
    }
    const auto& why = what.started->error();
    fail(why, why.code == errc::pool_full ? into.turned_away : into.given_up);
    return;
  }
  if (!*what.told) {
    const auto& why = what.told->error();
    fail(why, why.code == errc::not_found ? into.forgotten : into.given_up);
    return;
  }
  const auto& told = **what.told;
  for (const auto& each : told.items)
    into.ended.push_back({its.jobs.at(static_cast<std::size_t>(each.index)), each.result});
  its.next = told.next;
  if (told.next < told.total)
    follow(what.batch);
  else
    batches_.erase(what.batch);
}

void each_link::cancel_all() {
  for (auto& [number, its] : batches_) {
    its.is_cancelled = true;
    if (!its.id.empty())
      server_->ask_later<batch_news>(cancel_batch{its.id}, [](const result<batch_news>&) {});
  }
}

} // namespace mahavishnu::cli::each
