// SPDX-License-Identifier: MIT
#include "exec/keeper_support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

TEST_CASE("a keeper runs a process and gives its output and its exit code") {
  keeper_place place;
  auto runner = place.open();
  auto exit = start(*runner, shell("echo out; echo err >&2; exit 3")).wait();
  CHECK_FALSE(exit.failure);
  CHECK(exit.exit_code == 3);
  CHECK(exit.standard_output == "out\n");
  CHECK(exit.standard_error == "err\n");
  CHECK(exit.output_bytes == 4);
}
