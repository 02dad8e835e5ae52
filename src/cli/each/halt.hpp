// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::cli::each {

/// When no more jobs are started: `never`, or `now` or `soon` with `,fail=N`, `,success=N` or
/// `,done=N`, where N may be a share of the jobs that have ended, such as 30%.
class halt_policy {
public:
  enum class verdict {
    go_on,
    /// What runs goes on, nothing else is started.
    soon,
    /// What runs is ended.
    now,
  };

  static result<halt_policy> of(std::string_view text);

  bool is_never() const { return when_ == verdict::go_on; }

  /// A job has ended. Once it is not `go_on`, it stays so.
  verdict ended(int exit_code);

  /// Of this command, when a job has brought it about: that of the job as long as one was enough.
  std::optional<int> exit_code() const { return exit_code_; }

private:
  enum class event { fail, success, done };

  bool is_reached() const;

  verdict when_ = verdict::go_on;
  event what_ = event::fail;
  std::uint64_t number_ = 1;
  bool is_share_ = false;
  std::uint64_t ended_ = 0;
  std::uint64_t counted_ = 0;
  std::optional<int> exit_code_;
};

} // namespace mahavishnu::cli::each
