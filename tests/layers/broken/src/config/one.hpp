// SPDX-License-Identifier: MIT
#pragma once

namespace mahavishnu {

/// In two headers of this tree.
struct settings_place {
  int line = 0;
};

} // namespace mahavishnu
