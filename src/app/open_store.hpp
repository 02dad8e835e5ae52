// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"
#include "store/journal_store.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace mahavishnu {

enum class store_use {
  /// As its only writer, who makes what is missing.
  write,
  /// Beside whoever writes.
  read,
};

/// Whether the settings want the journal in PostgreSQL and not in the state directory.
bool is_in_postgres(const config::settings& settings);

/// Whether there is to be a journal at all: one in a file needs a state directory.
bool has_journal(const config::settings& settings, const std::filesystem::path& state_dir);

/// The file of a journal that is not in PostgreSQL.
std::filesystem::path journal_file(const std::filesystem::path& state_dir);

/// Where the journal is, for people: its file, or its URL without secrets.
std::string journal_name(const config::settings& settings, const std::filesystem::path& state_dir);

/// The journal that the settings want.
result<std::unique_ptr<store::journal_store>>
open_store(const config::settings& settings, const std::filesystem::path& state_dir, store_use use);

} // namespace mahavishnu
