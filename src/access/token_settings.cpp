// SPDX-License-Identifier: MIT
#include "access/token_settings.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace mahavishnu::access {

using config::settings;

error wrong_setting(const std::string& key, const std::string& what) {
  return {errc::invalid_settings, key + " " + what};
}

error about_setting(const std::string& key, const error& what) {
  return {errc::invalid_settings, key + ": " + what.message};
}

result<std::string> read_key_file(const std::string& key, const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file)
    return wrong_setting(key, "is '" + path + "', which cannot be read: " + std::strerror(errno));
  std::string text;
  // Keys are small; more than that is something else, and is refused where it is looked at.
  constexpr std::size_t enough = 300 * 1024;
  for (std::istreambuf_iterator<char> at{file}, end; at != end && text.size() < enough; ++at)
    text += *at;
  return text;
}

result<void> check_subscription_algorithm(const settings& all) {
  const auto& name = all.get<"subscription_auth.algorithm">();
  if (name == "HS256")
    return {};
  return wrong_setting("subscription_auth.algorithm",
                       "is " + name +
                           ", but tokens of subscriptions have a secret and no keys; set it to "
                           "HS256");
}

auth::checker_options wanted_of(const settings& all, const std::string& resource) {
  auth::checker_options wanted;
  wanted.issuer = all.get<"auth.issuer">();
  wanted.leeway = std::chrono::seconds{all.get<"auth.leeway_seconds">()};
  if (const auto& audience = all.get<"auth.audience">(); !audience.empty())
    wanted.audiences.push_back(audience);
  if (all.get<"auth.algorithm">() == "HS256")
    return wanted;
  // Who else makes tokens with a pair of keys may mean something else by what they do not say, and
  // by the names of roles; and makes them for other servers too.
  wanted.scopes_without_claim = auth::scope_set{};
  wanted.trusts_roles = all.get<"auth.trust_roles">();
  if (wanted.audiences.empty() && !all.get<"auth.authorization_servers">().empty() &&
      !resource.empty())
    wanted.audiences.push_back(resource);
  return wanted;
}

result<std::optional<auth::token_checker>> subscription_checker_of(const settings& all) {
  if (!all.get<"subscription_auth.enabled">() || all.get<"subscription_auth.secret">().empty())
    return std::optional<auth::token_checker>{};
  if (auto good = check_subscription_algorithm(all); !good)
    return good.error();
  auto keys = auth::key_set::of_secret(all.get<"subscription_auth.secret">());
  if (!keys)
    return about_setting("subscription_auth.secret", keys.error());
  auth::checker_options wanted;
  wanted.issuer = all.get<"auth.issuer">();
  wanted.leeway = std::chrono::seconds{all.get<"auth.leeway_seconds">()};
  if (const auto& audience = all.get<"auth.audience">(); !audience.empty())
    wanted.audiences.push_back(audience);
  wanted.for_subscriptions = true;
  auto checker = auth::token_checker::make(*std::move(keys), std::move(wanted));
  if (!checker)
    return checker.error();
  return std::optional{*std::move(checker)};
}

result<auth::key_set> secret_of(const settings& all) {
  auto keys = auth::key_set::of_secret(all.get<"auth.secret">());
  if (!keys)
    return about_setting("auth.secret", keys.error());
  return keys;
}

namespace {

result<auth::key_set> keys_of(const settings& all) {
  auto how = auth::algorithm_from(all.get<"auth.algorithm">());
  if (!how)
    return how.error();
  if (*how == auth::algorithm::hs256)
    return secret_of(all);
  const auto& path = all.get<"auth.public_key">();
  if (path.empty() && !all.get<"auth.jwks_url">().empty())
    return wrong_setting("auth.jwks_url", "is where a server fetches its keys; to check a token "
                                          "here, save them to a file and set auth.public_key");
  if (path.empty())
    return wrong_setting("auth.public_key", "is not set, and " + all.get<"auth.algorithm">() +
                                                " needs it: a file with public keys, PEM or JWKS");
  auto text = read_key_file("auth.public_key", path);
  if (!text)
    return text.error();
  auto keys = auth::key_set::of_public_keys(*text, *how);
  if (!keys)
    return about_setting("auth.public_key ('" + path + "')", keys.error());
  return keys;
}

/// Whether there is anything that other tokens could be checked with.
bool has_keys(const settings& all) {
  if (all.get<"auth.algorithm">() == "HS256")
    return !all.get<"auth.secret">().empty();
  return !all.get<"auth.public_key">().empty() || !all.get<"auth.jwks_url">().empty();
}

} // namespace

result<auth::token_gate> token_gate_of(const settings& all) {
  auto subscriptions = subscription_checker_of(all);
  if (!subscriptions)
    return subscriptions.error();
  std::optional<auth::token_checker> others;
  if (has_keys(all)) {
    auto keys = keys_of(all);
    if (!keys)
      return keys.error();
    auto checker =
        auth::token_checker::make(*std::move(keys), wanted_of(all, all.get<"auth.resource">()));
    if (!checker)
      return checker.error();
    others = *std::move(checker);
  }
  if (!*subscriptions && !others)
    return error{errc::invalid_settings,
                 "there is nothing to check tokens with; set auth.secret (make one with: "
                 "mahavishnu auth secret), or auth.algorithm and auth.public_key"};
  return auth::token_gate{*std::move(subscriptions), std::move(others)};
}

} // namespace mahavishnu::access
