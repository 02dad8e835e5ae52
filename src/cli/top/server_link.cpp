// SPDX-License-Identifier: MIT
#include "cli/top/server_link.hpp"

#include "cli/top/reader.hpp"
#include "cli/yaml.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace mahavishnu::cli::top {

namespace {

constexpr auto limit = snapshot_reader::limit;

/// Answers one question with the session that there is.
struct asker {
  session& server;
  snapshot_reader& reader;
  decltype(answer::what) operator()(const snapshot_wish& wish) const {
    return as_answer(reader.read(server, wish));
  }
  decltype(answer::what) operator()(const read_output& piece) const {
    return as_answer(server.ask<task_output>(piece, limit));
  }
  decltype(answer::what) operator()(const cancel_task& task) const {
    return as_answer(server.ask<task_cancelled>(task, limit));
  }
  decltype(answer::what) operator()(const description_wish& thing) const {
    return thing.task.empty()
               ? as_yaml(server.ask<pool_description>(describe_pool{thing.pool}, limit))
               : as_yaml(server.ask<task_info>(describe_task{thing.task}, limit));
  }

  template <class T>
  static decltype(answer::what) as_answer(result<T> answer) {
    if (!answer)
      return answer.error();
    return std::move(*answer);
  }
  template <class T>
  static decltype(answer::what) as_yaml(const result<T>& answer) {
    if (!answer)
      return answer.error();
    return yaml_of(json::from(*answer));
  }
};

} // namespace

server_link::server_link(const invocation& now, const output& out)
    : now_(now),
      news_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this, &out] { work(out); }) {}

server_link::~server_link() {
  end({});
  thread_.join();
  close(news_);
}

result<void> server_link::connected() {
  return connected_.get_future().get();
}

void server_link::ask(question what) {
  std::lock_guard lock{mutex_};
  questions_.push_back(std::move(what));
  changed_.notify_all();
}

std::vector<answer> server_link::answers() {
  eventfd_t count = 0;
  eventfd_read(news_, &count);
  std::lock_guard lock{mutex_};
  return std::exchange(answers_, {});
}

bool server_link::end(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  must_end_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, patience, [this] { return has_ended_; });
}

void server_link::work(const output& out) {
  // CAF wants an actor system to end in the thread that made it, so that every session is of this
  // one.
  std::unique_ptr<session> server;
  auto connect = [&](const output& where) -> result<void> {
    auto opened = session::open(now_, where);
    if (!opened)
      return opened.error();
    server = std::move(*opened);
    return {};
  };
  snapshot_reader reader;
  auto reply = [&](const question& what) -> decltype(answer::what) {
    try {
      if (!server)
        if (auto done = connect(output::silent()); !done)
          return done.error();
      auto answer = std::visit(asker{*server, reader}, what);
      if (const auto* failure = std::get_if<error>(&answer);
          failure && failure->code == errc::unreachable)
        server.reset();
      return answer;
    } catch (const std::exception& failure) {
      return error{errc::internal, failure.what()};
    }
  };
  try {
    connected_.set_value(connect(out));
  } catch (const std::exception& failure) {
    connected_.set_value(error{errc::internal, failure.what()});
  }
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [this] { return must_end_ || !questions_.empty(); });
    if (must_end_)
      break;
    auto what = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    auto answer = reply(what);
    lock.lock();
    answers_.push_back({std::move(what), std::move(answer)});
    eventfd_write(news_, 1);
  }
  lock.unlock();
  server.reset();
  lock.lock();
  has_ended_ = true;
  changed_.notify_all();
}

} // namespace mahavishnu::cli::top
