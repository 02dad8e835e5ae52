// SPDX-License-Identifier: MIT
#include "cli/each/halt.hpp"

#include <charconv>

namespace mahavishnu::cli::each {

namespace {

/// A share of fewer jobs says nothing.
constexpr std::uint64_t fewest_for_share = 3;

error wrong(std::string_view text) {
  return {errc::invalid_argument,
          "--halt does not know '" + std::string{text} +
              "'; take never, or now or soon with fail, success or done and a number or a share, "
              "as in now,fail=1 or soon,fail=30%"};
}

} // namespace

result<halt_policy> halt_policy::of(std::string_view text) {
  halt_policy made;
  if (text == "never" || text == "0")
    return made;
  auto rest = text;
  if (text == "1" || text == "2") // as it was once written
    rest = text == "1" ? "soon,fail=1" : "now,fail=1";
  auto take = [&rest](std::string_view word) {
    auto found = rest.starts_with(word);
    rest.remove_prefix(found ? word.size() : 0);
    return found;
  };
  if (take("now,"))
    made.when_ = verdict::now;
  else if (take("soon,"))
    made.when_ = verdict::soon;
  else
    return wrong(text);
  if (take("fail="))
    made.what_ = event::fail;
  else if (take("success="))
    made.what_ = event::success;
  else if (take("done="))
    made.what_ = event::done;
  else
    return wrong(text);
  if (rest.ends_with('%')) {
    made.is_share_ = true;
    rest.remove_suffix(1);
  }
  const auto* end = rest.data() + rest.size();
  auto [stop, failure] = std::from_chars(rest.data(), end, made.number_);
  if (failure != std::errc{} || stop != end || made.number_ == 0 ||
      (made.is_share_ && made.number_ > 100))
    return wrong(text);
  return made;
}

bool halt_policy::is_reached() const {
  if (!is_share_)
    return counted_ >= number_;
  return ended_ >= fewest_for_share && counted_ * 100 >= ended_ * number_;
}

halt_policy::verdict halt_policy::ended(int exit_code) {
  if (is_never())
    return verdict::go_on;
  ++ended_;
  auto counts = what_ == event::done || (what_ == event::success) == (exit_code == 0);
  counted_ += counts ? 1 : 0;
  if (!exit_code_ && counts && is_reached()) {
    if (is_share_)
      exit_code_ = what_ == event::fail ? 1 : 0;
    else
      exit_code_ = exit_code < 0 ? 1 : exit_code;
  }
  return exit_code_ ? when_ : verdict::go_on;
}

} // namespace mahavishnu::cli::each
