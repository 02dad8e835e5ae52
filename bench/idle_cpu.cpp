// SPDX-License-Identifier: MIT
/// What a system takes that has nothing to do.
#include "system.hpp"

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::bench;

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"idle_cpu", how};
  auto& share = results.number("100 pools of 10 idle shell workers, sharing, 20 s", "% of a core")
                    .at_most(0.1);
  auto inside = start_core(how, "sharing");
  pools_wish pools;
  pools.worker_type = "shell";
  start_pools(*inside, pools);
  std::chrono::milliseconds window{how.scaled(20'000)};
  std::this_thread::sleep_for(std::chrono::seconds{1});
  for (std::size_t i = 0; i < how.runs; ++i) {
    auto before = cpu_seconds();
    auto start = bench::clock::now();
    std::this_thread::sleep_for(window);
    share.add(100 * (cpu_seconds() - before) / seconds_since(start));
  }
}
