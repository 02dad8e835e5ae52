// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/base/ids.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::cli {

/// The one of these names that is meant by a word: it itself, or the only one that begins with it.
/// Nothing when none does; several are an error.
result<std::optional<std::string>> meant_by(const std::string& word, std::string_view kind,
                                            const std::vector<std::string>& names);

/// The ids of tasks that begin with a text, with or without `task_`; nothing when it is no
/// beginning of an id.
struct task_range {
  task_id first;
  /// Greater than all of them.
  task_id behind;
};
std::optional<task_range> tasks_that_begin_with(std::string_view text);

} // namespace mahavishnu::cli
