// SPDX-License-Identifier: MIT
#include "net/certificate_end.hpp"

#include "net/server_tls.hpp"

#include <ctime>

namespace mahavishnu::net {

result<std::chrono::sys_seconds> certificate_end(const std::string& certificate,
                                                 const std::string& key) {
  auto loaded = server_tls::load({certificate, key}, {});
  if (!loaded)
    return loaded.error();
  std::tm end{};
  if (ASN1_TIME_to_tm((*loaded)->valid_until(), &end) != 1)
    return error{errc::invalid_settings, "the certificate in '" + certificate +
                                             "' does not say until when it is valid; make another"};
  return std::chrono::sys_seconds{std::chrono::seconds{::timegm(&end)}};
}

} // namespace mahavishnu::net
