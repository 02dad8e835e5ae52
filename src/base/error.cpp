// SPDX-License-Identifier: MIT
#include "mahavishnu/base/error.hpp"

#include <ostream>
#include <stdexcept>

namespace mahavishnu {

std::string_view to_string(errc code) {
  switch (code) {
  case errc::invalid_argument: return "invalid_argument";
  case errc::not_found: return "not_found";
  case errc::already_exists: return "already_exists";
  case errc::unauthorized: return "unauthorized";
  case errc::pool_full: return "pool_full";
  case errc::no_pools: return "no_pools";
  case errc::cancelled: return "cancelled";
  case errc::shutting_down: return "shutting_down";
  case errc::unreachable: return "unreachable";
  case errc::timeout: return "timeout";
  case errc::process_failed: return "process_failed";
  case errc::io_failed: return "io_failed";
  case errc::invalid_settings: return "invalid_settings";
  case errc::incompatible: return "incompatible";
  case errc::unsupported: return "unsupported";
  case errc::internal: return "internal";
  case errc::lost: return "lost";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, const error& failure) {
  return out << to_string(failure.code) << ": " << failure.message;
}

void throw_exception_from_error(const error& failure, const boost::source_location&) {
  throw std::runtime_error(failure.message);
}

} // namespace mahavishnu
