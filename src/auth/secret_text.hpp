// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/crypto.h>

#include <string>
#include <string_view>

namespace mahavishnu::auth {

/// A text that is overwritten when it goes, and of which there is one only.
class secret_text {
public:
  secret_text() = default;
  explicit secret_text(std::string_view text) : text_(text) {}
  ~secret_text() { OPENSSL_cleanse(text_.data(), text_.size()); }
  secret_text(const secret_text&) = delete;
  secret_text& operator=(const secret_text&) = delete;

  std::string_view view() const { return text_; }

private:
  std::string text_;
};

} // namespace mahavishnu::auth
