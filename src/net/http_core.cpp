// SPDX-License-Identifier: MIT
#include "net/http_core.hpp"

#include <boost/asio/post.hpp>

namespace mahavishnu::net {

bool http_core::post(std::function<void()>& task) {
  std::lock_guard guard{end_mutex};
  if (!has_ended)
    boost::asio::post(context, std::move(task));
  return !has_ended;
}

void http_core::run_soon(std::function<void()> task) {
  if (!post(task))
    task();
}

void http_core::end() {
  {
    std::lock_guard guard{end_mutex};
    has_ended = true;
  }
  context.restart();
  context.poll();
}

} // namespace mahavishnu::net
