// SPDX-License-Identifier: MIT
// Shows arbitrary event streams, whole and in pieces, to what reads them: the events must be the
// same however the stream was cut, and of bounded size.
#include "net/sse_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

using namespace mahavishnu::net;

namespace {

constexpr std::size_t most = 64;

void must(bool holds) {
  if (!holds)
    std::abort();
}

struct reading {
  std::vector<sse_event> events;
  std::string last_id;
  std::optional<std::chrono::milliseconds> retry;
};

reading read(std::string_view stream, std::size_t step, std::size_t limit) {
  reading found;
  sse_reader reader{limit};
  auto take = [&](sse_event event) {
    must(event.data.size() <= limit && !event.name.empty());
    must(event.data.find('\r') == std::string::npos);
    found.events.push_back(std::move(event));
  };
  for (std::size_t at = 0; at < stream.size(); at += step)
    if (!reader.feed(stream.substr(at, step), take))
      must(!reader.feed("data: more\n\n", take));
  found.last_id = reader.last_id();
  found.retry = reader.retry();
  return found;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  std::string_view stream{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto whole = read(stream, stream.size() + 1, size + 1);
  auto pieces = read(stream, 1 + data[0] % 16, size + 1);
  must(whole.events == pieces.events && whole.last_id == pieces.last_id &&
       whole.retry == pieces.retry);
  // With a limit that ends some streams: what came before the end is the same.
  auto cut = read(stream, 1 + data[0] % 16, most);
  must(cut.events.size() <= whole.events.size());
  must(std::equal(cut.events.begin(), cut.events.end(), whole.events.begin()));
  return 0;
}
