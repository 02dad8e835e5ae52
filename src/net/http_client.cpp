// SPDX-License-Identifier: MIT
#include "net/http_client.hpp"

#include "net/http_exchange.hpp"
#include "net/io_thread.hpp"
#include "net/request_head.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <thread>
#include <unordered_set>

namespace mahavishnu::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

result<void> check(const client_options& options) {
  auto refuse = [](std::string text) { return error{errc::invalid_settings, std::move(text)}; };
  if (options.max_connections_per_origin == 0)
    return refuse("the HTTP client may have no connection at all; raise the number");
  if (options.max_header_bytes < 256 || options.max_header_bytes > (1u << 24))
    return refuse("the limit on HTTP headers is not between 256 bytes and 16 MiB; change it");
  return {};
}

/// What post_after() gives; in the set as long as it is to run.
class waiting_task : public http_client::delayed_task {
public:
  waiting_task(asio::io_context& context, std::unordered_set<waiting_task*>& all)
      : timer_(context), all_(all) {
    all_.insert(this);
  }
  ~waiting_task() override { all_.erase(this); }

  void start(std::chrono::milliseconds delay, std::function<void()> task) {
    timer_.expires_after(delay);
    // The handler may be on its way already when this is destroyed.
    timer_.async_wait([alive = std::weak_ptr(alive_), task = std::move(task)](error_code failure) {
      if (!failure && !alive.expired())
        task();
    });
  }
  void call_off() { timer_.cancel(); }

private:
  asio::steady_timer timer_;
  std::unordered_set<waiting_task*>& all_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

} // namespace

/// Everything that lives on the client's thread, and that thread.
struct http_client::impl {
  explicit impl(client_options options) : core(std::move(options)) {}

  void start(request_number number, client_request request, answer_callback callback);
  void stop();

  client_core core;
  std::unordered_set<waiting_task*> delayed;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{
      core.context.get_executor()};
  std::atomic<request_number> next_number{1};
  std::thread thread;
};

void http_client::impl::start(request_number number, client_request request,
                              answer_callback callback) {
  auto where = parse_url(request.url);
  auto checked = check_sendable(request);
  if (!where)
    return callback(where.error());
  if (!checked)
    return callback(checked.error());
  if (core.stopping)
    return callback(explain_end_of_client(*where));
  auto exchange = std::make_shared<http_exchange>(core, number, std::move(request), *where,
                                                  std::move(callback));
  core.exchanges.emplace(number, exchange);
  exchange->start();
}

void http_client::impl::stop() {
  core.stopping = true;
  while (!core.exchanges.empty())
    core.exchanges.begin()->second->end_with_client();
  core.pool.close_idle();
  for (auto* task : delayed)
    task->call_off();
  work.reset();
}

http_client::http_client(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

http_client::~http_client() {
  asio::post(impl_->core.context, [this] { impl_->stop(); });
  impl_->thread.join();
}

result<std::unique_ptr<http_client>> http_client::start(client_options options) {
  if (auto checked = check(options); !checked)
    return checked.error();
  std::unique_ptr<impl> state;
  try {
    state = std::make_unique<impl>(std::move(options));
  } catch (const boost::system::system_error& failure) {
    return error{errc::io_failed, std::string("cannot prepare the HTTP client: ") + failure.what() +
                                      "; raise the limit on open files (ulimit -n)"};
  }
  // A file that was given and cannot be read is told at once.
  if (!state->core.options.ca_file.empty())
    if (auto prepared = state->core.tls.get(); !prepared)
      return prepared.error();
  auto started = start_io_thread(state->thread, state->core.context, "HTTP client");
  if (!started)
    return started.error();
  return std::unique_ptr<http_client>(new http_client(std::move(state)));
}

request_number http_client::send(client_request request, answer_callback callback) {
  auto number = impl_->next_number.fetch_add(1, std::memory_order_relaxed);
  asio::post(impl_->core.context, [impl = impl_.get(), number, request = std::move(request),
                                   callback = std::move(callback)]() mutable {
    impl->start(number, std::move(request), std::move(callback));
  });
  return number;
}

void http_client::cancel(request_number request) {
  asio::post(impl_->core.context, [impl = impl_.get(), request] {
    auto found = impl->core.exchanges.find(request);
    if (found != impl->core.exchanges.end())
      std::shared_ptr(found->second)->cancel();
  });
}

void http_client::post(std::function<void()> task) {
  asio::post(impl_->core.context, std::move(task));
}

std::unique_ptr<http_client::delayed_task> http_client::post_after(std::chrono::milliseconds delay,
                                                                   std::function<void()> task) {
  auto waiting = std::make_unique<waiting_task>(impl_->core.context, impl_->delayed);
  if (!impl_->core.stopping)
    waiting->start(delay, std::move(task));
  return waiting;
}

bool http_client::is_own_thread() const {
  return std::this_thread::get_id() == impl_->thread.get_id();
}

} // namespace mahavishnu::net
