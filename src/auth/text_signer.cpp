// SPDX-License-Identifier: MIT
#include "auth/text_signer.hpp"

#include "auth/base64url.hpp"
#include "auth/signatures.hpp"

#include <stdexcept>

namespace mahavishnu::auth {

namespace {

/// The length keeps a purpose and a text from being read as another pair of them.
std::string joined(std::string_view purpose, std::string_view text) {
  auto whole = std::to_string(purpose.size()) + ":";
  return whole.append(purpose).append(text);
}

} // namespace

std::string text_signer::mark(std::string_view purpose, std::string_view text) const {
  auto bytes = hmac_sha256(key_, joined(purpose, text));
  if (bytes.size() != 32)
    throw std::runtime_error{"OpenSSL makes no signature"};
  return base64url(bytes);
}

bool text_signer::is_mark(std::string_view mark, std::string_view purpose,
                          std::string_view text) const {
  return is_same_signature(this->mark(purpose, text), mark);
}

std::string text_signer::sign(std::string_view purpose, std::string_view text) const {
  return base64url(text) + "." + mark(purpose, text);
}

std::optional<std::string> text_signer::open(std::string_view purpose,
                                             std::string_view signed_text) const {
  auto dot = signed_text.find('.');
  if (dot == std::string_view::npos)
    return std::nullopt;
  auto text = from_base64url(signed_text.substr(0, dot));
  if (!text || !is_mark(signed_text.substr(dot + 1), purpose, *text))
    return std::nullopt;
  return text;
}

} // namespace mahavishnu::auth
