// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Asio.

#include <boost/asio/io_context.hpp>
#include <mahavishnu/base/error.hpp>

#include <string_view>
#include <thread>

namespace mahavishnu::net {

/// Makes `thread` one that runs the context until that has nothing more to do; `owner` is for the
/// error text. Signals are left to the other threads, and what a handler throws ends that handler
/// only.
result<void> start_io_thread(std::thread& thread, boost::asio::io_context& context,
                             std::string_view owner);

} // namespace mahavishnu::net
