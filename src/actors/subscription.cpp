// SPDX-License-Identifier: MIT
#include "actors/subscription.hpp"

#include <utility>

namespace mahavishnu {

namespace {

constexpr std::int32_t largest_limit = 1'000'000;

/// So much text goes into one answer, since a connection takes no message of any size.
constexpr std::size_t most_text = 4u << 20;

/// Bytes of the only members that are ever large.
std::size_t text_size(const notice& what) {
  return std::visit(
      [](const auto& each) -> std::size_t {
        if constexpr (requires { each.result; })
          return each.result.output.str().size() + each.result.standard_error.str().size();
        else if constexpr (requires { each.spec; })
          return each.spec->prompt.str().size() + each.spec->command.str().size() +
                 each.spec->stdin_text.str().size();
        else
          return 0;
      },
      what.payload);
}

} // namespace

result<subscription> subscription::from(const subscribe& wish) {
  if (wish.limit < 1 || wish.limit > largest_limit)
    return error{errc::invalid_argument, "limit: " + std::to_string(wish.limit) +
                                             " notices cannot be kept; give 1 to " +
                                             std::to_string(largest_limit)};
  notice_mask types = wish.types.empty() ? every_notice : 0;
  for (const auto& name : wish.types) {
    auto type = enum_from_string<notice_type>(name);
    if (!type)
      return error{errc::invalid_argument, "types: " + type.error().message};
    types |= mask_of(*type);
  }
  return subscription{types, pool_id{wish.pool}, static_cast<std::size_t>(wish.limit),
                      wish.overflow};
}

bool subscription::wants(const notice& what) const {
  return (types() & mask_of(what.type())) != 0 &&
         (pool_.empty() || what.target.empty() || what.source == pool_ || what.target == pool_);
}

void subscription::add(std::shared_ptr<const notice> what) {
  if (waiting_.size() < limit_) {
    waiting_.push_back(std::move(what));
    return;
  }
  ++missed_;
  ++newly_missed_;
  switch (overflow_) {
  case overflow_policy::drop_oldest:
    waiting_.pop_front();
    waiting_.push_back(std::move(what));
    return;
  case overflow_policy::drop_newest: return;
  case overflow_policy::close: closed_ = true; return;
  }
}

notices subscription::take(std::size_t most) {
  notices answer;
  std::size_t text = 0;
  while (!waiting_.empty() && answer.items.size() < most) {
    text += text_size(*waiting_.front());
    if (text > most_text && !answer.items.empty())
      break;
    answer.items.push_back(*waiting_.front());
    waiting_.pop_front();
  }
  delivered_ += answer.items.size();
  answer.missed = std::exchange(newly_missed_, 0);
  return answer;
}

} // namespace mahavishnu
