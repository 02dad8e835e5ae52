// SPDX-License-Identifier: MIT
#pragma once

#include "cli/each/input.hpp"

namespace mahavishnu::cli::each {

/// What stands behind the options: a command, and where its arguments come from.
struct job_words {
  value_list command;
  std::vector<source_words> sources;
};

/// Splits them at `:::`, `::::`, `:::+` and `::::+`; files of `--arg-file` come first, and without
/// any source it is standard input. An option of GNU parallel that we do not have is refused by
/// name.
result<job_words> read_job_words(const value_list& words, const value_list& files = {});

/// What -d takes: one character, or how C writes one, such as \t or \x00.
result<char> read_delimiter(std::string_view text);

/// How many at a time: `8`, `150%` or `+2` of the CPUs, or `0` for as many as there may be.
result<std::size_t> read_jobs(std::string_view text, std::size_t cpus, std::size_t most);

/// Columns are split where that matches.
result<std::regex> read_separator(const std::string& text);

} // namespace mahavishnu::cli::each
