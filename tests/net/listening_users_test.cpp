// SPDX-License-Identifier: MIT
#include "net/listening_users.hpp"
#include "support.hpp"

#include <unistd.h>

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("who listens on a port is read from the kernel's table") {
  constexpr std::string_view table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
      "   0: 0100007F:21E6 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 "
      "1\n"
      "   1: 0100007F:21E6 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1002        0 "
      "2\n"
      "   2: 00000000000000000000000000000000:21E6 00000000000000000000000000000000:0000 0A 0:0 "
      "00:0 0 "
      "7 0 3\n"
      "   3: 0100007F:21E7 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1003        0 "
      "4\n"
      "   4: 0100007F:21E6 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 "
      "5\n";
  CHECK(net::listening_users(table, 8678) == std::vector<uid_t>{1001, 7});
  CHECK(net::listening_users(table, 8679) == std::vector<uid_t>{1003});
  CHECK(net::listening_users(table, 1).empty());
  for (const auto* odd : {"", "\n\n", "a b c", "0: 21E6 0 0A 0 0 0 7", "0: x:21E6 0 0A 0 0 0 root",
                          "0: x:121E6 0 0A 0 0 0 7", "0: x:21E6 0 0A 0 0"})
    CHECK(net::listening_users(odd, 8678).empty());
}

TEST_CASE("who listens on a port of this machine is known") {
  std::uint16_t port = 0;
  {
    auto server = open_server(echo);
    port = server->port();
    CHECK(net::listening_users(port).value() == std::vector<uid_t>{::geteuid()});
  }
  CHECK(net::listening_users(port).value().empty());
}
