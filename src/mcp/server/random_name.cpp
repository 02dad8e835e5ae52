// SPDX-License-Identifier: MIT
#include "mcp/server/random_name.hpp"

#include <sys/random.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace mahavishnu::mcp::server {

std::string random_name() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error{"the system gives no random bytes"};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (auto byte : bytes)
    (text += digits[byte >> 4]) += digits[byte & 15];
  return text;
}

} // namespace mahavishnu::mcp::server
