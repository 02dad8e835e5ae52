// SPDX-License-Identifier: MIT
#include "app/mcp_gate.hpp"

#include "access/token_settings.hpp"
#include "base/text.hpp"
#include "net/url.hpp"

#include <unistd.h>

#include <algorithm>

namespace mahavishnu {

namespace {

using access::about_setting;
using access::wrong_setting;
using config::settings;
namespace server = mcp::server;

/// As a Host header has it.
std::string host_text(const std::string& host) {
  auto small = to_lower(host);
  return small.find(':') == std::string::npos || small.starts_with('[') ? small : "[" + small + "]";
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

/// A URL to which keys and tokens may be entrusted.
result<net::url> safe_url(const std::string& key, const std::string& text) {
  auto url = net::parse_url(text);
  if (!url)
    return about_setting(key, url.error());
  if (!url->secure && !is_loopback(url->host))
    return wrong_setting(key, "is '" + url->shown() +
                                  "', where anybody on the way can change the answer; use https");
  return url;
}

result<server::origin_rules> origins_of(const settings& all) {
  server::origin_rules rules;
  const auto& own = all.get<"mcp.host">();
  // What stands for every address is the name of none.
  if (own != "0.0.0.0" && own != "::")
    rules.hosts.push_back(host_text(own));
  for (const auto& each : all.get<"mcp.allowed_hosts">()) {
    auto is_wrong = each.empty() || each.find_first_of("/*@ ") != std::string::npos ||
                    std::ranges::count(each, ':') == 1 ||
                    (each.starts_with('[') && !each.ends_with(']'));
    if (is_wrong)
      return wrong_setting("mcp.allowed_hosts",
                           "has '" + each +
                               "', which is no name of a host; give it without http:// and without "
                               "a port, such as build.example.org");
    rules.hosts.push_back(host_text(each));
  }
  return rules;
}

/// Keys that nobody uses are a mistake of somebody who relies on them.
result<void> check_one_kind(const settings& all) {
  const auto& algorithm = all.get<"auth.algorithm">();
  auto is_secret = algorithm == "HS256";
  if (is_secret && all.get<"auth.secret">().empty())
    return wrong_setting("auth.secret",
                         "is not set, and auth.enabled with HS256 needs it; make one "
                         "with: mahavishnu auth secret");
  if (is_secret && !(all.get<"auth.public_key">() + all.get<"auth.jwks_url">()).empty())
    return wrong_setting(
        "auth.algorithm",
        "is HS256, which checks tokens with auth.secret, but there are public keys "
        "as well (auth.public_key, auth.jwks_url); take them away, or set RS256 "
        "or ES256");
  if (is_secret)
    return {};
  if (!all.get<"auth.secret">().empty())
    return wrong_setting("auth.secret", "is set, but auth.algorithm is " + algorithm +
                                            ", which checks tokens with public keys; take one of "
                                            "them away");
  if (all.get<"auth.public_key">().empty() == all.get<"auth.jwks_url">().empty())
    return wrong_setting("auth.public_key", "or auth.jwks_url has to be set for " + algorithm +
                                                ", and only one of "
                                                "them");
  return {};
}

result<std::unique_ptr<server::key_source>> keys_of(const settings& all) {
  auto how = auth::algorithm_from(all.get<"auth.algorithm">());
  if (!how)
    return how.error();
  if (*how == auth::algorithm::hs256) {
    auto keys = access::secret_of(all);
    if (!keys)
      return keys.error();
    return std::make_unique<server::fixed_keys>(*std::move(keys));
  }
  if (const auto& file = all.get<"auth.public_key">(); !file.empty()) {
    auto opened = server::keys_in_file::open(file, *how);
    if (!opened)
      return about_setting("auth.public_key", opened.error());
    return *std::move(opened);
  }
  const auto& url = all.get<"auth.jwks_url">();
  if (auto safe = safe_url("auth.jwks_url", url); !safe)
    return safe.error();
  server::keys_at_url_options options;
  options.url = url;
  options.how = *how;
  options.times.fresh_for = std::chrono::seconds{all.get<"auth.jwks_refresh_seconds">()};
  auto started = server::keys_at_url::start(std::move(options), std::chrono::steady_clock::now());
  if (!started)
    return about_setting("auth.jwks_url", started.error());
  return *std::move(started);
}

result<server::token_rules> token_rules_of(const settings& all, const std::string& resource) {
  if (auto good = check_one_kind(all); !good)
    return good.error();
  server::token_rules rules;
  auto subscriptions = access::subscription_checker_of(all);
  if (!subscriptions)
    return subscriptions.error();
  rules.subscriptions = *std::move(subscriptions);
  auto keys = keys_of(all);
  if (!keys)
    return keys.error();
  rules.keys = *std::move(keys);
  rules.wanted = access::wanted_of(all, resource);
  return rules;
}

server::limit_rules limits_of(const settings& all) {
  server::limit_rules limits;
  limits.per_minute = static_cast<std::uint32_t>(all.get<"mcp.rate_limit_per_minute">());
  limits.burst = static_cast<std::uint32_t>(all.get<"mcp.rate_limit_burst">());
  limits.at_a_time = static_cast<std::uint32_t>(all.get<"mcp.max_requests_per_caller">());
  return limits;
}

} // namespace

result<std::shared_ptr<server::audit_log>>
open_audit_log(const settings& all, const std::filesystem::path& state_directory) {
  const auto& wanted = all.get<"auth.audit_log">();
  if (wanted == "off" || (wanted.empty() && !all.get<"auth.enabled">()))
    return std::shared_ptr<server::audit_log>{};
  auto file = wanted.empty() ? state_directory / "audit.log" : std::filesystem::path{wanted};
  auto opened =
      server::audit_log::open(file, static_cast<std::uintmax_t>(all.get<"auth.audit_log_bytes">()));
  if (!opened)
    return about_setting("auth.audit_log", opened.error());
  return std::shared_ptr<server::audit_log>{*std::move(opened)};
}

result<std::unique_ptr<server::gate>> make_mcp_gate(const settings& all, const std::string& url,
                                                    std::shared_ptr<server::audit_log> audit) {
  server::gate_options options;
  auto origins = origins_of(all);
  if (!origins)
    return origins.error();
  options.origins = *std::move(origins);
  options.limits = limits_of(all);
  options.audit = std::move(audit);
  options.resource = url;
  if (!all.get<"auth.enabled">()) {
    options.only_user = ::geteuid();
    return std::make_unique<server::gate>(std::move(options));
  }
  if (const auto& chosen = all.get<"auth.resource">(); !chosen.empty()) {
    auto parsed = net::parse_url(chosen);
    if (!parsed)
      return about_setting("auth.resource", parsed.error());
    // Who was told this name may well use it.
    options.origins.hosts.push_back(host_text(parsed->host));
    options.resource = chosen;
  }
  for (const auto& each : all.get<"auth.authorization_servers">()) {
    if (auto safe = safe_url("auth.authorization_servers", each); !safe)
      return safe.error();
    options.authorization_servers.push_back(each);
  }
  const auto& host = all.get<"mcp.host">();
  auto is_vague = host == "0.0.0.0" || host == "::" || all.get<"mcp.port">() == 0;
  if (!options.authorization_servers.empty() && all.get<"auth.resource">().empty() && is_vague)
    return error{errc::invalid_settings,
                 "auth.authorization_servers needs auth.resource, the address that clients know: "
                 "mcp.host and mcp.port do not say it"};
  auto tokens = token_rules_of(all, options.resource);
  if (!tokens)
    return tokens.error();
  options.tokens = *std::move(tokens);
  return std::make_unique<server::gate>(std::move(options));
}

} // namespace mahavishnu
