// SPDX-License-Identifier: MIT
#pragma once

#include "cli/doctor/facts.hpp"
#include "mahavishnu/base/error.hpp"
#include "mahavishnu/config/settings.hpp"

#include <filesystem>
#include <string>

/// What `doctor` asks of the layers above the command line, which have the definitions. Nothing is
/// changed by any of it.
namespace mahavishnu::cli::doctor {

/// Opens a pseudo-terminal and closes it.
result<void> try_terminal();

/// Makes a group and removes it.
cgroup_facts look_at_cgroup();

program_facts look_for_keeper();

/// Reads the files as the server does; a problem when they are none.
certificate_facts look_at_certificate(const std::string& certificate, const std::string& key);

/// Opens the journal, where the settings have it in PostgreSQL.
store_facts look_at_store(const config::settings& settings,
                          const std::filesystem::path& state_directory);
bool has_store_elsewhere(const config::settings& settings);

/// Looks for the programs of all worker types.
std::vector<worker_type_facts> look_for_worker_types(const config::settings& settings);

left_facts look_for_leftovers(const std::filesystem::path& state_directory);

} // namespace mahavishnu::cli::doctor
