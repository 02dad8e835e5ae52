// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/secret.hpp"

#include "auth/base64url.hpp"
#include "auth/pem.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mahavishnu::auth {

result<void> check_secret(std::string_view secret) {
  if (secret.size() < shortest_secret)
    return error{errc::invalid_argument,
                 "a secret for HS256 must have at least 32 characters, not " +
                     std::to_string(secret.size()) + "; make one with: mahavishnu auth secret"};
  // A public key is known to everybody, and who has the secret of HS256 can make tokens.
  if (is_pem(secret))
    return error{errc::invalid_argument,
                 "the secret for HS256 is a key in PEM; make a secret with: mahavishnu auth "
                 "secret, or use RS256 or ES256"};
  return {};
}

result<std::string> make_secret() {
  std::array<char, 48> random{};
  std::size_t filled = 0;
  while (filled < random.size()) {
    auto count = ::getrandom(random.data() + filled, random.size() - filled, 0);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return error{errc::io_failed,
                   "the kernel gives no random bytes: " + std::string{std::strerror(errno)}};
    filled += static_cast<std::size_t>(count);
  }
  return base64url({random.data(), random.size()});
}

} // namespace mahavishnu::auth
