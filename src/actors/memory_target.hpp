// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/memory.hpp"

#include <functional>
#include <string>
#include <vector>

namespace mahavishnu {

/// What has become of a record that was to be sent.
struct memory_outcome {
  enum class kind {
    sent,
    /// It will never be taken.
    refused,
    /// It may be tried again.
    failed
  };
  task_id task;
  kind how = kind::failed;
  std::string reason;
};

/// A server that is to have the records of the memory as well.
class memory_target {
public:
  virtual ~memory_target() = default;

  /// Names it in the store, for as long as there is one.
  virtual const std::string& service() const = 0;
  virtual const std::string& url() const = 0;

  /// Calls back once, from any thread, with an outcome for each record. Called again only after
  /// that.
  virtual void send(std::vector<memory_record> batch,
                    std::function<void(std::vector<memory_outcome>)> done) = 0;
};

} // namespace mahavishnu
