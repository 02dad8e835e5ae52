// SPDX-License-Identifier: MIT
#pragma once

#include "config/convert.hpp"
#include "mahavishnu/config/settings.hpp"

#include <utility>

namespace mahavishnu::config {

/// The one way to make settings that are not the defaults.
class settings_builder {
public:
  settings_builder() {
    for (const auto& setting : rows) {
      made_.values_.push_back(default_of(setting));
      made_.origins_.emplace_back();
    }
  }

  void set(row_index at, value to, origin place) {
    made_.values_[at] = std::move(to);
    made_.origins_[at] = std::move(place);
  }

  const settings& current() const { return made_; }

private:
  settings made_;
};

} // namespace mahavishnu::config
