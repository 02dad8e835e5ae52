// SPDX-License-Identifier: MIT
#include "app/server.hpp"
#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  return mahavishnu::cli::run(argc, argv, {mahavishnu::run_server});
}
