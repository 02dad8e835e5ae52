// SPDX-License-Identifier: MIT
#include "mcp/server/audit_log.hpp"

#include "base/rfc3339.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mahavishnu::mcp::server {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t longest_text = 512;
constexpr std::size_t longest_name = 128;
constexpr std::size_t most_items = 50;
constexpr std::size_t most_depth = 6;
constexpr std::size_t longest_arguments = 8192;
/// In a second.
constexpr std::uint64_t most_refusals = 50;
constexpr auto redacted = "[redacted]";

bool is_secret_name(std::string_view name) {
  constexpr auto words = std::to_array<std::string_view>(
      {"password", "passwd", "passphrase", "token", "key", "secret", "credential", "authorization",
       "cookie", "private", "bearer"});
  auto small = to_lower(name);
  return std::ranges::any_of(words,
                             [&](auto word) { return small.find(word) != std::string::npos; });
}

/// What is shown as a token wherever it stands.
bool is_secret_text(std::string_view text) {
  return text.size() > 7 && to_lower(text.substr(0, 7)) == "bearer ";
}

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most)
    return std::string{text};
  return std::string{first_bytes(text, most)} + "... (" + std::to_string(text.size()) + " bytes)";
}

json bounded(const json& value, std::size_t depth);

json bounded_object(const json& value, std::size_t depth) {
  auto copy = json::object();
  std::size_t count = 0;
  for (const auto& [name, each] : value.items()) {
    if (++count > most_items) {
      copy["..."] = std::to_string(value.size()) + " members";
      break;
    }
    auto is_hidden = is_secret_name(name) && !each.is_null() && !each.is_boolean();
    copy[shortened(name, longest_name)] = is_hidden ? json(redacted) : bounded(each, depth + 1);
  }
  return copy;
}

json bounded_array(const json& value, std::size_t depth) {
  auto copy = json::array();
  for (const auto& each : value) {
    if (copy.size() == most_items) {
      copy.push_back("... (" + std::to_string(value.size()) + " items)");
      break;
    }
    copy.push_back(bounded(each, depth + 1));
  }
  return copy;
}

json bounded(const json& value, std::size_t depth) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return is_secret_text(text) ? std::string{redacted} : shortened(text, longest_text);
  }
  if (!value.is_structured())
    return value;
  if (depth == most_depth)
    return "...";
  return value.is_object() ? bounded_object(value, depth) : bounded_array(value, depth);
}

std::string_view to_string(call_result how) {
  switch (how) {
  case call_result::success: return "success";
  case call_result::failure: return "failure";
  case call_result::denied: return "denied";
  }
  return "unknown";
}

std::string_view event_of(call_result how) {
  switch (how) {
  case call_result::success: return "tool_access";
  case call_result::failure: return "tool_execution_error";
  case call_result::denied: return "auth_denied";
  }
  return "unknown";
}

std::string_view event_of(unsigned status) {
  switch (status) {
  case 400:
  case 401: return "auth_failure";
  case 429: return "rate_limited";
  case 503: return "not_ready";
  default: return "auth_denied";
  }
}

std::string present() {
  return rfc3339(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
}

json text_or_null(std::string_view text) {
  return text.empty() ? json{} : json(shortened(text, longest_text));
}

/// Whose it is, as far as that is known without believing anybody.
std::string shown(const net::http_peer& peer) {
  auto text = peer.address + ":" + std::to_string(peer.port);
  if (peer.user)
    text += " (uid " + std::to_string(*peer.user) + ")";
  return text;
}

} // namespace

json without_secrets(const json& arguments) {
  auto copy = bounded(arguments, 0);
  if (auto size = to_text(copy).size(); size > longest_arguments)
    return {{"...", std::to_string(size) + " bytes"}};
  return copy;
}

result<std::unique_ptr<audit_log>> audit_log::open(const std::filesystem::path& file,
                                                   std::uintmax_t most_bytes) {
  line_file::options options;
  options.file = file;
  options.most_bytes = most_bytes;
  options.loss_line = [](std::uint64_t count) {
    return to_text({{"timestamp", present()}, {"event_type", "lines_lost"}, {"count", count}});
  };
  auto opened = line_file::open(std::move(options));
  if (!opened)
    return opened.error();
  return std::unique_ptr<audit_log>{new audit_log{*std::move(opened)}};
}

void audit_log::write(std::string_view event, json rest) {
  rest["timestamp"] = present();
  rest["event_type"] = event;
  file_->append(to_text(rest));
}

void audit_log::tool_called(const caller& who, std::string_view tool, const json& arguments,
                            call_result how, std::string_view error) {
  write(event_of(how), {{"user_id", who.name.empty() ? json{} : json(who.name)},
                        {"method", who.method},
                        {"tool_name", shortened(tool, longest_name)},
                        {"params", without_secrets(arguments)},
                        {"result", to_string(how)},
                        {"error", text_or_null(error)}});
}

void audit_log::refused(const net::http_request& request, unsigned status, std::string_view who,
                        std::string_view why) {
  std::uint64_t untold = 0;
  {
    std::lock_guard guard{mutex_};
    auto now = std::chrono::steady_clock::now();
    if (now - second_ >= 1s) {
      untold = in_second_ > most_refusals ? in_second_ - most_refusals : 0;
      in_second_ = 0;
      second_ = now;
    }
    if (++in_second_ > most_refusals)
      return;
  }
  if (untold > 0)
    write("refusals_untold", {{"count", untold}});
  write(event_of(status), {{"user_id", text_or_null(who)},
                           {"peer", shown(request.peer)},
                           {"http_status", status},
                           {"tool_name", nullptr},
                           {"params", nullptr},
                           {"result", "denied"},
                           {"error", text_or_null(why)}});
}

} // namespace mahavishnu::mcp::server
