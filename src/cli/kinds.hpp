// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace mahavishnu::cli {

/// The name of a message type without its namespaces, which is also the kind of the answer that it
/// becomes.
template <class Message>
constexpr std::string_view kind_of() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("Message = ") + 10);
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);
}

} // namespace mahavishnu::cli
