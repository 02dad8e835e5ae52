// SPDX-License-Identifier: MIT
#include "app/journal_keeping.hpp"
#include "app/mcp_services.hpp"
#include "app/server.hpp"
#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  mahavishnu::cli::services above;
  above.run_server = mahavishnu::run_server;
  above.journals = std::make_shared<mahavishnu::journal_keeping>();
  above.bridge_mcp = mahavishnu::bridge_mcp;
  above.ask_endpoint = mahavishnu::ask_endpoint;
  return mahavishnu::cli::run(argc, argv, above);
}
