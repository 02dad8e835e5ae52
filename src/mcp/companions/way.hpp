// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/companions/companion.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// How items are brought to a server, as decisions without connections: what to call, and what the
/// answers mean.
namespace mahavishnu::mcp {

struct planned_call {
  std::string tool;
  json arguments;
  /// Whether something may be stored by it.
  bool stores = true;
  /// Whether storing it twice does no harm.
  bool is_repeatable = false;
};

/// What follows from an answer.
struct verdict {
  enum class kind {
    /// There is another call to make.
    go_on,
    /// One of the items has spoilt it for all: to be tried one by one.
    one_by_one,
    /// The outcomes are known.
    ended,
  };

  kind what = kind::go_on;
  /// One for each item, in their order.
  std::vector<item_outcome> outcomes;
};

/// Items on their way, one call after the other.
class delivery {
public:
  virtual ~delivery() = default;
  virtual planned_call next() const = 0;
  virtual verdict take(const tool_result& answer) = 0;
};

/// What was sent, for servers that want to know.
struct sent_counts {
  std::uint64_t pools = 0;
  std::uint64_t items = 0;
  std::string timestamp;
};

/// How a server is sent items, chosen by the tools that it has.
class way {
public:
  virtual ~way() = default;
  virtual std::vector<std::string> tools() const = 0;
  /// In one delivery.
  virtual std::size_t most_items() const = 0;
  /// @pre there are items, and no more than that
  virtual std::unique_ptr<delivery> begin(std::vector<memory_item> items) const = 0;
  virtual std::optional<planned_call> report(const sent_counts& counts) const = 0;
};

/// The error is a phrase without a subject: what is missing, and what to do.
using way_chooser =
    std::function<result<std::shared_ptr<const way>>(const std::vector<tool>& tools)>;

} // namespace mahavishnu::mcp
