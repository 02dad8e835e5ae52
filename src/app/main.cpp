// SPDX-License-Identifier: MIT
#include "app/journal_keeping.hpp"
#include "app/server.hpp"
#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  return mahavishnu::cli::run(
      argc, argv, {mahavishnu::run_server, std::make_shared<mahavishnu::journal_keeping>()});
}
