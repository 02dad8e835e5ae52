// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::auth {

/// Texts that go to others and have to come back as they were, for the same purpose. Everybody can
/// read them; nobody else can make one.
class text_signer {
public:
  /// A key that nobody else has, of at least 32 bytes.
  explicit text_signer(std::string key) : key_(std::move(key)) {}

  /// Letters, digits, `-`, `_` and a `.`.
  std::string sign(std::string_view purpose, std::string_view text) const;
  /// The text; nothing when it is not ours, or was signed for something else.
  std::optional<std::string> open(std::string_view purpose, std::string_view signed_text) const;

  /// Only the signature, which cannot be guessed: 43 letters, digits, `-` and `_`.
  std::string mark(std::string_view purpose, std::string_view text) const;
  bool is_mark(std::string_view mark, std::string_view purpose, std::string_view text) const;

private:
  const std::string key_;
};

} // namespace mahavishnu::auth
