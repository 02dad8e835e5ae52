// SPDX-License-Identifier: MIT
#include "net/sse_reader.hpp"
#include "support/catch.hpp"

#include <vector>

namespace mahavishnu::net {

static std::ostream& operator<<(std::ostream& out, const sse_event& event) {
  return out << event.name << ": " << event.data;
}

} // namespace mahavishnu::net

using namespace mahavishnu::net;
using namespace std::chrono_literals;

namespace {

using events = std::vector<sse_event>;

events read(std::string_view stream, std::size_t step = 1000) {
  events found;
  sse_reader reader{1000};
  for (std::size_t at = 0; at < stream.size(); at += step)
    CHECK(reader.feed(stream.substr(at, step), [&](sse_event one) { found.push_back(one); }));
  return found;
}

} // namespace

TEST_CASE("an event has a name and lines of data") {
  CHECK(read("event: progress\ndata: one\ndata:two\ndata:  three\n\n") ==
        events{{"progress", "one\ntwo\n three"}});
  CHECK(read("data: one\n\ndata: two\n\n") == events{{"message", "one"}, {"message", "two"}});
}

TEST_CASE("lines end in LF, CR or both, wherever the stream is cut") {
  for (std::string_view stream :
       {"data: a\ndata: b\n\ndata: c\n\n", "data: a\rdata: b\r\rdata: c\r\r",
        "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n"})
    for (std::size_t step = 1; step < 8; ++step)
      CHECK(read(stream, step) == events{{"message", "a\nb"}, {"message", "c"}});
}

TEST_CASE("a byte order mark, comments and unknown fields say nothing") {
  CHECK(read("\xEF\xBB\xBF"
             "data: a\n\n",
             1) == events{{"message", "a"}});
  CHECK(read(": ping\n\n:\n\nother: b\nData: c\n\n").empty());
  CHECK(read("data\n\n") == events{{"message", ""}});
  CHECK(read("event: lonely\n\ndata: a\n\n") == events{{"message", "a"}});
}

TEST_CASE("an event that is not complete when the stream ends is none") {
  CHECK(read("data: a\n").empty());
  CHECK(read("data: a").empty());
}

TEST_CASE("the last id is that of the last complete event, and stays until there is another") {
  sse_reader reader{1000};
  auto ignore = [](const sse_event&) {};
  CHECK(reader.last_id().empty());
  reader.feed("id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n", ignore);
  CHECK(reader.last_id() == "1");
  reader.feed("\nid: a", ignore);
  CHECK(reader.last_id() == "2");
  reader.feed(std::string_view{"\nid: b\0c\n\n", 10}, ignore);
  CHECK(reader.last_id() == "a");
  reader.feed("id\n\n", ignore);
  CHECK(reader.last_id().empty());
}

TEST_CASE("only a number is a time to wait, and no endless one") {
  sse_reader reader{1000};
  auto ignore = [](const sse_event&) {};
  CHECK_FALSE(reader.retry());
  reader.feed("retry: soon\nretry: -1\nretry: 1x\nretry:\n", ignore);
  CHECK_FALSE(reader.retry());
  reader.feed("retry: 250\n", ignore);
  CHECK(reader.retry() == 250ms);
  reader.feed("retry: 999999999999\n", ignore);
  CHECK(reader.retry() <= 24h);
}

TEST_CASE("an event over the limit ends the stream, in one line or in many") {
  auto count = 0;
  auto take = [&](const sse_event&) { ++count; };
  sse_reader one{100};
  CHECK(one.feed("data: " + std::string(94, 'x') + "\n\n", take));
  CHECK_FALSE(one.feed("data: " + std::string(95, 'x') + "\n\n", take));
  CHECK_FALSE(one.feed("data: a\n\n", take));
  CHECK(count == 1);
  sse_reader many{100};
  auto fits = true;
  for (int i = 0; i < 200 && fits; ++i)
    fits = many.feed("data:\n", take);
  CHECK_FALSE(fits);
}
