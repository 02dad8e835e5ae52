// SPDX-License-Identifier: MIT
#include "config/rules.hpp"

#include "base/text.hpp"
#include "config/mask.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

namespace mahavishnu::config {

namespace {

using message = std::optional<std::string>;

message workers_in_order(const settings& all) {
  auto min = all.get<"pools.min_workers">();
  auto max = all.get<"pools.max_workers">();
  if (min <= max)
    return std::nullopt;
  return "pools.min_workers (" + std::to_string(min) + ") must not be greater than " +
         "pools.max_workers (" + std::to_string(max) + ")";
}

message peers_get_time(const settings& all) {
  auto timeout = all.get<"control.peer_timeout_seconds">();
  auto heartbeat = all.get<"control.heartbeat_seconds">();
  if (timeout > heartbeat)
    return std::nullopt;
  return "control.peer_timeout_seconds (" + std::to_string(timeout) +
         ") must be greater than control.heartbeat_seconds (" + std::to_string(heartbeat) + ")";
}

message path_is_absolute(const settings& all) {
  const auto& path = all.get<"mcp.path">();
  if (path.starts_with('/'))
    return std::nullopt;
  return "mcp.path must start with \"/\", not be " + in_quotes(path);
}

/// True for 127.x.x.x and nothing that only starts like it, as the name 127.example.org does.
bool is_loopback_v4(std::string_view host) {
  if (!host.starts_with("127."))
    return false;
  auto is_address_part = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  return std::ranges::all_of(host, is_address_part) && std::ranges::count(host, '.') == 3;
}

message host_is_safe(const settings& all) {
  const auto& host = all.get<"mcp.host">();
  if (is_loopback_v4(host) || host == "::1" || to_lower(host) == "localhost")
    return std::nullopt;
  if (all.get<"auth.enabled">())
    return std::nullopt;
  return "mcp.host must be an address of this machine only, not " + in_quotes(host) +
         ", while auth is disabled; set auth.enabled or keep 127.0.0.1";
}

message tls_is_whole(const settings& all) {
  const auto& certificate = all.get<"mcp.tls_certificate">();
  const auto& key = all.get<"mcp.tls_key">();
  if (certificate.empty() == key.empty())
    return std::nullopt;
  return certificate.empty()
             ? "mcp.tls_key needs the certificate that it belongs to; set mcp.tls_certificate"
             : "mcp.tls_certificate needs the key that belongs to it; set mcp.tls_key";
}

message secret_is_given(const row& secret, bool is_enabled, const std::string& text) {
  if (!is_enabled || !text.empty())
    return std::nullopt;
  return std::string{secret.group} + ".enabled needs a secret; set " + variable_of(secret);
}

message secret_is_long(const row& secret, const std::string& text) {
  constexpr std::size_t shortest = 32;
  if (text.empty() || text.size() >= shortest)
    return std::nullopt;
  return key_of(secret) + " must have at least 32 characters, not " + std::to_string(text.size());
}

message auth_secret_is_given(const settings& all) {
  if (all.get<"auth.algorithm">() != "HS256")
    return std::nullopt;
  return secret_is_given(rows[index_of<"auth.secret">()], all.get<"auth.enabled">(),
                         all.get<"auth.secret">());
}

/// The other algorithms check with a public key, and need no secret.
message auth_public_key_is_given(const settings& all) {
  const auto& algorithm = all.get<"auth.algorithm">();
  if (!all.get<"auth.enabled">() || algorithm == "HS256" || !all.get<"auth.public_key">().empty() ||
      !all.get<"auth.jwks_url">().empty())
    return std::nullopt;
  return "auth.enabled with " + algorithm +
         " needs a file with public keys; set auth.public_key, or auth.jwks_url";
}

message auth_secret_is_long(const settings& all) {
  return secret_is_long(rows[index_of<"auth.secret">()], all.get<"auth.secret">());
}

message subscription_secret_is_given(const settings& all) {
  return secret_is_given(rows[index_of<"subscription_auth.secret">()],
                         all.get<"subscription_auth.enabled">(),
                         all.get<"subscription_auth.secret">());
}

message subscription_secret_is_long(const settings& all) {
  return secret_is_long(rows[index_of<"subscription_auth.secret">()],
                        all.get<"subscription_auth.secret">());
}

message storage_is_given(const settings& all) {
  if (!all.get<"otel_storage.enabled">() || !all.get<"otel_storage.connection_string">().empty())
    return std::nullopt;
  return "otel_storage.enabled needs a connection string; set " +
         variable_of(rows[index_of<"otel_storage.connection_string">()]);
}

message storage_is_well_formed(const settings& all) {
  std::string_view text = all.get<"otel_storage.connection_string">();
  if (text.empty())
    return std::nullopt;
  constexpr std::string_view shape =
      "otel_storage.connection_string must look like postgresql://user:password@host/database";
  auto scheme_end = text.find("://");
  auto scheme = text.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || (scheme != "postgresql" && scheme != "postgres"))
    return std::string{shape} + "; it does not start with postgresql:// or postgres://";
  auto rest = text.substr(scheme_end + 3);
  auto host = rest.rfind('@');
  if (host == std::string_view::npos)
    return std::string{shape} + "; it has no \"@\"";
  auto slash = rest.find('/', host);
  auto database = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (database.empty() || database.starts_with('?'))
    return std::string{shape} + "; it names no database";
  return std::nullopt;
}

message storage_has_own_password(const settings& all) {
  constexpr auto well_known =
      std::to_array<std::string_view>({"password@", "postgres:postgres@", "postgres:password@",
                                       "admin:admin@", "root:root@", "test:test@"});
  auto text = to_lower(all.get<"otel_storage.connection_string">());
  auto is_inside = [&](std::string_view credentials) {
    return text.find(credentials) != std::string::npos;
  };
  if (std::ranges::none_of(well_known, is_inside))
    return std::nullopt;
  return "otel_storage.connection_string has default credentials, which everybody knows; "
         "give the user a password of its own";
}

/// The rest of it is looked at by what connects.
message journal_is_in_postgresql(const settings& all) {
  std::string_view text = all.get<"storage.url">();
  if (text.empty() || text.starts_with("postgresql://") || text.starts_with("postgres://"))
    return std::nullopt;
  return "storage.url must look like postgresql://user:password@host/database; it does not start "
         "with postgresql:// (leave it empty to keep the journal in the state directory)";
}

/// A check, and the settings that it looks at; the first one is what the problem is about.
struct rule {
  message (*check)(const settings&);
  row_index subject;
  std::optional<row_index> other = std::nullopt;
};

constexpr auto all_rules = std::to_array<rule>({
    {workers_in_order, index_of<"pools.min_workers">(), index_of<"pools.max_workers">()},
    {peers_get_time, index_of<"control.peer_timeout_seconds">(),
     index_of<"control.heartbeat_seconds">()},
    {path_is_absolute, index_of<"mcp.path">()},
    {host_is_safe, index_of<"mcp.host">(), index_of<"auth.enabled">()},
    {tls_is_whole, index_of<"mcp.tls_certificate">(), index_of<"mcp.tls_key">()},
    {auth_secret_is_given, index_of<"auth.secret">(), index_of<"auth.enabled">()},
    {auth_public_key_is_given, index_of<"auth.public_key">(), index_of<"auth.enabled">()},
    {auth_secret_is_long, index_of<"auth.secret">()},
    {subscription_secret_is_given, index_of<"subscription_auth.secret">(),
     index_of<"subscription_auth.enabled">()},
    {subscription_secret_is_long, index_of<"subscription_auth.secret">()},
    {journal_is_in_postgresql, index_of<"storage.url">()},
    {storage_is_given, index_of<"otel_storage.connection_string">(),
     index_of<"otel_storage.enabled">()},
    {storage_is_well_formed, index_of<"otel_storage.connection_string">()},
    {storage_has_own_password, index_of<"otel_storage.connection_string">()},
});

/// Whoever spoke last made the contradiction.
const origin& latest_origin(const settings& all, const rule& broken) {
  const auto& subject = all.origin_of(broken.subject);
  if (!broken.other)
    return subject;
  const auto& other = all.origin_of(*broken.other);
  return other.layer > subject.layer ? other : subject;
}

} // namespace

std::vector<problem> check_rules(const settings& all, const std::set<row_index>& bad) {
  std::vector<problem> problems;
  for (const auto& rule : all_rules) {
    if (bad.contains(rule.subject) || (rule.other && bad.contains(*rule.other)))
      continue;
    if (auto trouble = rule.check(all))
      problems.push_back(
          {to_string(latest_origin(all, rule)), key_of(rows[rule.subject]), *std::move(trouble)});
  }
  return problems;
}

std::vector<std::string> advice(const settings& all) {
  std::vector<std::string> words;
  // Somebody who sets this relies on it.
  constexpr auto subscriptions = index_of<"subscription_auth.enabled">();
  if (all.get<"subscription_auth.enabled">() && !all.get<"auth.enabled">())
    words.push_back(to_string(all.origin_of(subscriptions)) +
                    ": subscription_auth.enabled makes a server ask for tokens only together with "
                    "auth.enabled");
  return words;
}

} // namespace mahavishnu::config
