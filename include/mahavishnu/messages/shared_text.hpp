// SPDX-License-Identifier: MIT
#pragma once

#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>

#include <memory>
#include <string>

namespace mahavishnu {

/// Immutable bytes that messages of one process share instead of copying: prompts and outputs.
class shared_text {
public:
  shared_text() = default;
  shared_text(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  shared_text(const char* text) : shared_text(std::string{text}) {}

  const std::string& str() const {
    static const std::string nothing;
    return text_ ? *text_ : nothing;
  }
  bool empty() const { return !text_; }

  friend bool operator==(const shared_text& a, const shared_text& b) {
    return a.text_ == b.text_ || a.str() == b.str();
  }

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, shared_text& x) {
    if constexpr (Inspector::reads_state) {
      return f(const_cast<std::string&>(x.str())); // inspectors that read do not write
    } else {
      std::string loaded;
      return f(loaded, caf::meta::load_callback([&] {
                 x = shared_text{std::move(loaded)};
                 return caf::error{};
               }));
    }
  }

private:
  std::shared_ptr<const std::string> text_;
};

} // namespace mahavishnu
