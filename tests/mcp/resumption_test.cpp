// SPDX-License-Identifier: MIT
#include "mcp/client/resumption.hpp"
#include "support/catch.hpp"

using namespace mahavishnu::mcp;
using namespace std::chrono_literals;

TEST_CASE("a stream without event ids is not taken up") {
  resumption stream;
  stream.note("", 1ms);
  CHECK_FALSE(stream.next());
  CHECK_FALSE(stream.has_begun());
}

TEST_CASE("a stream is taken up five times in vain, and a new event starts the count anew") {
  resumption stream;
  for (std::string id : {"a", "b"}) {
    stream.note(id, {});
    for (int i = 0; i < 5; ++i) {
      CHECK(stream.next() == 1000ms);
      CHECK(stream.has_begun());
      stream.note(id, {});
    }
    CHECK_FALSE(stream.next());
  }
  CHECK(stream.event_id() == "b");
}

TEST_CASE("a server with always another event is not followed for ever") {
  resumption stream;
  int times = 0;
  do
    stream.note(std::to_string(times), 0ms);
  while (stream.next() && ++times < 100'000);
  CHECK(times == 10'000);
}

TEST_CASE("the pause is the server's, within bounds, and holds for later streams") {
  resumption stream;
  stream.note("a", 2500ms);
  CHECK(stream.next() == 2500ms);
  stream.note("b", {});
  CHECK(stream.next() == 2500ms);
  stream.note("c", 0ms);
  CHECK(stream.next() == 100ms);
  stream.note("d", 24h);
  CHECK(stream.next() == 30s);
}

TEST_CASE("an event id that cannot be sent back is not taken") {
  resumption stream;
  stream.note("a\x01", {});
  CHECK_FALSE(stream.next());
  stream.note("good", {});
  stream.note("a\x7f", {});
  stream.note(std::string(5000, 'x'), {});
  CHECK(stream.next());
  CHECK(stream.event_id() == "good");
}
