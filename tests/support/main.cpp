// SPDX-License-Identifier: MIT
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

#include <csignal>
#include <iostream>
#include <random>

namespace {
std::uint32_t run_seed = 0;
}

std::uint32_t mahavishnu::test::seed() {
  return run_seed;
}

int main(int argc, char** argv) {
  // A peer that goes away must be an error code in the test that wrote to it, not the end of all
  // tests.
  std::signal(SIGPIPE, SIG_IGN);
  Catch::Session session;
  if (int failure = session.applyCommandLine(argc, argv))
    return failure;
  auto& config = session.configData();
  if (config.rngSeed == 0)
    config.rngSeed = std::random_device{}();
  run_seed = config.rngSeed;
  std::cerr << "seed " << run_seed << " (repeat with --rng-seed " << run_seed << ")\n";
  return session.run();
}
