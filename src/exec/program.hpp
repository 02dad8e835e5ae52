// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::exec {

/// Refuses what no process can be started with: no program, NUL bytes, impossible variable names.
result<void> check_spec(const process_spec& spec);

/// The environment of the child as `NAME=value` lines: the inherited one with that of the
/// specification on top.
std::vector<std::string> merge_environment(const std::vector<std::string>& inherited,
                                           const process_spec& spec);

/// The file to execute: a name with a slash as it is, any other searched in the PATH of
/// `environment`.
result<std::string> find_program(const process_spec& spec,
                                 const std::vector<std::string>& environment);

/// Says in words why `program` could not be started. The system gives one number for several
/// reasons (a missing directory and a missing program are both ENOENT), so this looks which it was.
error explain_spawn_failure(int number, const process_spec& spec, const std::string& program);

} // namespace mahavishnu::exec
