// SPDX-License-Identifier: MIT
#include "app/journal_keeping.hpp"
#include "app/server.hpp"
#include "cli/command_line.hpp"

// Read by jemalloc, where the program is linked with it: what a burst of work has needed goes back
// to the system after half a second, and not after ten.
extern "C" const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:500,muzzy_decay_ms:0";

int main(int argc, char** argv) {
  return mahavishnu::cli::run(
      argc, argv, {mahavishnu::run_server, std::make_shared<mahavishnu::journal_keeping>()});
}
