// SPDX-License-Identifier: MIT
#include "cli/exit_codes.hpp"

namespace mahavishnu::cli {

exit_code exit_code_of(errc code) {
  switch (code) {
  case errc::unreachable: return no_server;
  case errc::invalid_argument:
  case errc::invalid_settings: return wrong_usage;
  case errc::unauthorized: return not_permitted;
  case errc::not_found: return not_found;
  case errc::already_exists:
  case errc::pool_full:
  case errc::no_pools:
  case errc::shutting_down: return refused;
  case errc::timeout: return timed_out;
  case errc::cancelled: return interrupted;
  case errc::process_failed:
  case errc::io_failed:
  case errc::incompatible:
  case errc::unsupported:
  case errc::internal:
  case errc::lost: break;
  }
  return failed;
}

} // namespace mahavishnu::cli
