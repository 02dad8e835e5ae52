// SPDX-License-Identifier: MIT
/// The routing decision alone: choose a pool, count a task in, count another one out.
#include "actors/routing.hpp"

#include "report.hpp"

#include <deque>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

struct times {
  double p50;
  double p99;
};

/// In nanoseconds, the clock included.
times measure(pool_selector how, std::uint32_t pools, std::int64_t tasks) {
  routing routes{1};
  for (std::uint32_t i = 1; i <= pools; ++i)
    routes.add(i, pool_id{"pool_" + std::to_string(i)}, {{"zone", "a"}}, 10);
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i)
    keys.push_back("session-" + std::to_string(i));
  std::deque<pool_number> in_flight;
  for (std::uint32_t i = 0; i < 5 * pools; ++i) { // half of what they can take
    in_flight.push_back(*routes.choose(how, {}, keys[i % keys.size()]));
    routes.dispatched(in_flight.back());
  }
  std::vector<double> taken;
  taken.reserve(static_cast<std::size_t>(tasks));
  for (std::int64_t i = 0; i < tasks; ++i) {
    const auto& key = keys[static_cast<std::size_t>(i) % keys.size()];
    auto oldest = in_flight.front();
    in_flight.pop_front();
    auto start = bench::clock::now();
    auto pool = *routes.choose(how, {}, key);
    routes.dispatched(pool);
    routes.left(oldest);
    taken.push_back(seconds_since(start) * 1e9);
    in_flight.push_back(pool);
  }
  return {quantile(taken, 0.5), quantile(taken, 0.99)};
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"routing", how};
  auto tasks = how.scaled(200'000);
  for (std::uint32_t pools : {100U, 10'000U})
    for (auto selector : {pool_selector::round_robin, pool_selector::least_loaded,
                          pool_selector::random, pool_selector::affinity}) {
      auto what = std::string{to_string(selector)} + ", " + std::to_string(pools) + " pools, ";
      auto& p50 = results.number(what + "p50", "ns").at_most(pools == 100 ? 1000 : 2000);
      auto& p99 = results.number(what + "p99", "ns");
      for (std::size_t i = 0; i < how.runs; ++i) {
        auto run = measure(selector, pools, tasks);
        p50.add(run.p50);
        p99.add(run.p99);
      }
    }
}
