// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <string>

namespace mahavishnu::net {

/// Until when the certificate in that file is valid. The files are read as a server reads them,
/// with the same errors when they are no good or do not belong together.
/// Some are for the year 9999, which no clock that counts in nanoseconds can say.
result<std::chrono::sys_seconds> certificate_end(const std::string& certificate,
                                                 const std::string& key);

} // namespace mahavishnu::net
