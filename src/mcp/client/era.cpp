// SPDX-License-Identifier: MIT
#include "mcp/client/era.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mahavishnu::mcp {

namespace {

bool is_ours(std::string_view version) {
  return version == modern_version;
}

bool is_legacy(std::string_view version) {
  return std::ranges::find(legacy_versions, version) != legacy_versions.end();
}

/// What to do with a list of versions from a server that knows the question.
after_discovery choose(const json& versions) {
  auto any = [&](auto is_good) {
    return versions.is_array() && std::ranges::any_of(versions, [&](const json& version) {
             return version.is_string() && is_good(version.get_ref<const std::string&>());
           });
  };
  if (any(is_ours))
    return after_discovery::speak_modern;
  return any(is_legacy) ? after_discovery::initialize : after_discovery::give_up;
}

const json& member(const json& object, std::string_view name) {
  static const json none;
  if (!object.is_object())
    return none;
  auto found = object.find(name);
  return found == object.end() ? none : *found;
}

/// Those that servers of the legacy era have given meanings of their own.
bool is_legacy_code(int code) {
  return code <= -32000 && code >= -32019;
}

/// For a 400, which means much: whether it is about the session, in the words of any SDK. Other
/// codes are about the request, which may have a word about sessions of its own.
bool is_about_session(const std::optional<message>& answer, std::string_view excerpt) {
  auto is_general =
      !answer || (answer->kind == message_kind::error &&
                  (answer->code == code::invalid_request || is_legacy_code(answer->code)));
  auto text = to_lower(answer ? std::string_view{answer->text} : excerpt);
  return is_general && (text.find("session") != std::string::npos ||
                        text.find("not initialized") != std::string::npos);
}

} // namespace

after_discovery decide_era(unsigned status, const std::optional<message>& answer) {
  if (answer && answer->kind == message_kind::result) {
    const auto& versions = member(answer->body, "supportedVersions");
    // Something that answers everything with a result, and knows nothing of this question.
    return versions.is_array() ? choose(versions) : after_discovery::initialize;
  }
  if (answer && answer->kind == message_kind::error) {
    if (answer->code == code::unsupported_version) {
      auto choice = choose(member(answer->body, "supported"));
      return choice == after_discovery::speak_modern ? after_discovery::give_up : choice;
    }
    if (answer->code == code::header_mismatch || answer->code == code::missing_capability)
      return after_discovery::give_up;
  }
  // Not for who may ask, nor for a server (or what is before it) that cannot answer at all just
  // now.
  auto says_nothing_of_eras = status == 401 || status == 403 || status == 407 || status == 408 ||
                              status == 429 || status == 502 || status == 503 || status == 504 ||
                              (status >= 300 && status < 400);
  return says_nothing_of_eras ? after_discovery::give_up : after_discovery::initialize;
}

std::optional<std::string> chosen_version(const json& initialize_result) {
  auto version = string_member(initialize_result, "protocolVersion");
  if (!is_legacy(version))
    return std::nullopt;
  return version;
}

bool is_session_id(std::string_view text) {
  return !text.empty() && text.size() <= 1024 &&
         std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

bool says_start_over(const terms& used, unsigned status, const std::optional<message>& answer,
                     std::string_view excerpt) {
  auto is_error = answer && answer->kind == message_kind::error;
  // Only a modern server says this; it may have taken the place of a legacy one.
  if (is_error && answer->code == code::unsupported_version)
    return true;
  // 404 is the rule; some servers say 400, and only their text tells it from other ones.
  if (used.era == era::legacy)
    return (status == 404 && !used.session_id.empty()) ||
           (status == 400 && is_about_session(answer, excerpt));
  // A legacy server has taken the place of the modern one.
  return (status == 400 || status == 404 || status == 405) &&
         (!answer || (is_error && is_legacy_code(answer->code)));
}

} // namespace mahavishnu::mcp
