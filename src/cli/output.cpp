// SPDX-License-Identifier: MIT
#include "cli/output.hpp"

#include <iostream>

namespace mahavishnu::cli {

void output::data(const json::value& object, const std::string& text) const {
  if (json_)
    std::cout << json::text(object, true) << '\n' << std::flush;
  else
    std::cout << text << std::flush;
}

void output::talk(const std::string& line) const {
  std::cerr << line << '\n';
}

int output::failure(const error& what) const {
  if (!what.message.empty())
    talk("error: " + what.message);
  if (json_)
    std::cout << json::text({{"status", "failed"},
                             {"error", what.message.empty() ? "see standard error" : what.message},
                             {"code", std::string{to_string(what.code)}}},
                            true)
              << '\n'
              << std::flush;
  switch (what.code) {
  case errc::unreachable: return no_server;
  case errc::invalid_argument:
  case errc::invalid_settings: return wrong_usage;
  default: return failed;
  }
}

} // namespace mahavishnu::cli
