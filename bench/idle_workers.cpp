// SPDX-License-Identifier: MIT
/// Ten thousand idle workers: how long until they are there, and what they take.
#include "system.hpp"

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

/// Seconds, and MB.
std::vector<double> measure(const arguments& how, const std::string& worker_type) {
  auto inside = start_core(how, how.scheduler_or("sharing"));
  auto before = resident_mb();
  auto start = bench::clock::now();
  pools_wish pools;
  pools.workers = 100;
  pools.worker_type = worker_type;
  start_pools(*inside, pools);
  auto seconds = seconds_since(start);
  return {seconds, resident_mb() - before};
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"idle_workers", how};
  for (const auto* type : {"shell", "noop"}) {
    auto what = std::string{"100 pools of 100 "} + type + " workers, ";
    auto& up = results.number(what + "until all run", "s").at_most(1);
    auto& memory = results.number(what + "memory", "MB").at_most(150);
    for (std::size_t i = 0; i < how.runs; ++i)
      add(in_child([&] { return measure(how, type); }), up, memory);
  }
}
