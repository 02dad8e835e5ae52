// SPDX-License-Identifier: MIT
#include "exec/output_ring.hpp"
#include "support/catch.hpp"

#include <random>

using mahavishnu::exec::output_ring;

TEST_CASE("a follower reads the backlog and then what comes") {
  output_ring ring{100};
  ring.append("first ");
  auto backlog = ring.read(0, 100);
  CHECK(backlog.bytes == "first ");
  CHECK(backlog.missed == 0);
  CHECK(ring.read(backlog.next(), 100).bytes.empty());

  ring.append("second");
  auto live = ring.read(backlog.next(), 100);
  CHECK(live.offset == 6);
  CHECK(live.bytes == "second");
  CHECK(live.next() == ring.end());
}

TEST_CASE("a follower that fell behind is told how much it missed") {
  output_ring ring{10};
  ring.append("0123456789abcdef");
  auto late = ring.read(2, 100);
  CHECK(late.missed == 4);
  CHECK(late.offset == 6);
  CHECK(late.bytes == "6789abcdef");
  CHECK(ring.begin() == 6);
  CHECK(ring.end() == 16);
}

TEST_CASE("a follower gets no more than it asked for") {
  output_ring ring{10};
  ring.append("0123456789abc");
  auto part = ring.read(3, 4);
  CHECK(part.bytes == "3456");
  CHECK(part.next() == 7);
  CHECK(ring.read(3, 0).bytes.empty());
  CHECK(ring.read(3, 0).next() == 3);
}

TEST_CASE("an offset the stream has not reached yields nothing and stays where it is") {
  output_ring ring{10};
  ring.append("abc");
  auto ahead = ring.read(50, 10);
  CHECK(ahead.bytes.empty());
  CHECK(ahead.missed == 0);
  CHECK(ahead.next() == 50);
}

TEST_CASE("a ring that goes on with a stream counts from where that stream was") {
  output_ring ring{4, 1000};
  CHECK(ring.begin() == 1000);
  ring.append("abcdef");
  auto part = ring.read(0, 10);
  CHECK(part.missed == 1002);
  CHECK(part.bytes == "cdef");
}

TEST_CASE("a ring without room keeps nothing and still counts") {
  output_ring ring{0};
  ring.append("abc");
  auto part = ring.read(0, 10);
  CHECK(part.missed == 3);
  CHECK(part.bytes.empty());
  CHECK(ring.end() == 3);
}

TEST_CASE("pieces of any size leave the same last bytes in a ring") {
  std::minstd_rand random{mahavishnu::test::seed()};
  for (std::size_t capacity : {1u, 2u, 7u, 64u, 1000u}) {
    output_ring ring{capacity};
    std::string all;
    for (int i = 0; i < 300; ++i) {
      std::string piece(random() % 50, char('a' + random() % 26));
      all += piece;
      ring.append(piece);
      auto from = random() % (all.size() + 1);
      auto most = random() % 100;
      auto part = ring.read(from, most);
      REQUIRE(part.offset == from + part.missed);
      REQUIRE(part.bytes == all.substr(part.offset, most));
      REQUIRE(part.missed == (all.size() > capacity + from ? all.size() - capacity - from : 0));
    }
  }
}
