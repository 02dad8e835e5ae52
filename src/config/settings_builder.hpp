// SPDX-License-Identifier: MIT
#pragma once

#include "config/convert.hpp"
#include "config/worker_type_fields.hpp"
#include "mahavishnu/config/settings.hpp"

#include <algorithm>
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

  /// Puts what one more file says about a worker type over what is known, field by field.
  void add(worker_type_entry more) {
    auto& all = made_.worker_types_;
    auto at = std::ranges::lower_bound(all, more.name, {}, &worker_type_entry::name);
    if (at == all.end() || at->name != more.name)
      all.insert(at, std::move(more));
    else
      overlay(*at, more);
  }

  const settings& current() const { return made_; }

private:
  settings made_;
};

} // namespace mahavishnu::config
