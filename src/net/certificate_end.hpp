// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <string>

namespace mahavishnu::net {

/// Until when the certificate in that file is valid. The files are read as a server reads them,
/// with the same errors when they are no good or do not belong together.
result<std::chrono::system_clock::time_point> certificate_end(const std::string& certificate,
                                                              const std::string& key);

} // namespace mahavishnu::net
