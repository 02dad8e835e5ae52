// SPDX-License-Identifier: MIT
#include "exec/keeper_support.hpp"

#include <fstream>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// The most memory this process has ever had, in bytes.
std::size_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:"))
      return std::stoul(line.substr(6)) * 1024;
  return 0;
}

} // namespace

TEST_CASE("output without end is read on, kept within the limit and marked") {
  auto before = peak_memory();
  auto spec = shell("printf first; head -c 67108864 /dev/zero | tr '\\0' x; printf last");
  spec.output_limit = 64 * 1024;
  auto exit = run(spec);

  CHECK(exit.exit_code == 0);
  CHECK(exit.output_truncated);
  CHECK_FALSE(exit.error_truncated);
  CHECK(exit.standard_output.starts_with("firstxxx"));
  CHECK(exit.standard_output.ends_with("xxxlast"));
  auto left_out = 67108864 + 9 - 65536;
  auto mark = "\n[... " + std::to_string(left_out) + " bytes left out ...]\n";
  CHECK(exit.standard_output.size() == 65536 + mark.size());
  CHECK(exit.standard_output.substr(32768, mark.size()) == mark);
  CHECK(peak_memory() < before + (16u << 20));
}

TEST_CASE("output of exactly the limit is not marked") {
  auto spec = shell("head -c 1000 /dev/zero | tr '\\0' x; printf y >&2");
  spec.output_limit = 1000;
  auto exit = run(spec);
  CHECK_FALSE(exit.output_truncated);
  CHECK(exit.standard_output == std::string(1000, 'x'));
}

TEST_CASE("each stream has its own limit") {
  auto spec = shell("printf 0123456789; printf abcdefghij >&2");
  spec.output_limit = 4;
  auto exit = run(spec);
  CHECK(exit.output_truncated);
  CHECK(exit.error_truncated);
  CHECK(exit.standard_output == "01\n[... 6 bytes left out ...]\n89");
  CHECK(exit.standard_error == "ab\n[... 6 bytes left out ...]\nij");
}

TEST_CASE("what is in the pipe when the process ends is kept") {
  auto runner = open_runner();
  for (int i = 0; i < 50; ++i) {
    auto exit = start(*runner, shell("head -c 65536 /dev/zero | tr '\\0' x")).wait();
    CHECK(exit.standard_output.size() == 65536);
  }
}

TEST_CASE("a runner leaves no descriptors open") {
  auto before = open_descriptors();
  {
    auto runner = open_runner();
    auto idle = open_descriptors();
    for (int i = 0; i < 100; ++i) {
      auto spec = shell("cat");
      if (i % 3 == 1)
        spec.stdin_text = "text";
      if (i % 3 == 2)
        spec.argv = {"/nowhere/tool"};
      start(*runner, spec).wait();
    }
    // It may just be looking for what runs have left.
    CHECK(comes_true([&] { return open_descriptors() == idle; }));
    runner->start(shell("sleep 1000"), {});
  }
  CHECK(open_descriptors() == before);
}
