// SPDX-License-Identifier: MIT
#pragma once

namespace mahavishnu {

/// The text of python_driver.py.
extern const char* const python_driver;

} // namespace mahavishnu
