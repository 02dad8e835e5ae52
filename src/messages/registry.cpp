// SPDX-License-Identifier: MIT
#include "messages/registry.hpp"

#include "mahavishnu/messages/all.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace mahavishnu {

namespace {

constexpr auto category = caf::atom("mahavishnu");

/// The text of one of our errors travels as the only element of its context.
std::string text_of(const caf::message& context) {
  if (context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  return {};
}

std::string render(std::uint8_t code, caf::atom_value, const caf::message& context) {
  auto text = text_of(context);
  return text.empty() ? std::string{to_string(static_cast<errc>(code))} : text;
}

} // namespace

void register_messages(caf::actor_system_config& config) {
  config.add_message_types<caf::id_block::mahavishnu>();
  config.add_error_category(category, render);
}

caf::error to_caf(const error& failure) {
  return caf::error{static_cast<std::uint8_t>(failure.code), category,
                    caf::make_message(failure.message)};
}

error from_caf(const caf::error& failure, std::string_view what) {
  std::string asked{what};
  if (failure.category() == category) {
    auto code = static_cast<errc>(failure.code());
    auto text = text_of(failure.context());
    return {code, text.empty() ? asked + " failed: " + std::string{to_string(code)} : text};
  }
  if (failure == caf::sec::request_timeout)
    return {errc::timeout, asked + " got no answer in time"};
  if (failure == caf::sec::request_receiver_down || failure == caf::sec::remote_linking_failed ||
      failure == caf::exit_reason::remote_link_unreachable)
    return {errc::unreachable, asked + " failed: the other side is gone"};
  if (failure == caf::sec::unexpected_message || failure == caf::sec::unexpected_response)
    return {errc::incompatible, asked + " failed: the other side does not know this message; "
                                        "both sides must be of the same version"};
  return {errc::internal, asked + " failed: CAF error " + std::to_string(failure.code()) + " of " +
                              caf::to_string(failure.category())};
}

} // namespace mahavishnu
