// SPDX-License-Identifier: MIT
#include "cli/auth_settings.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace mahavishnu::cli {

namespace {

using config::settings;

error wrong_setting(const std::string& key, const std::string& what) {
  return {errc::invalid_settings, key + " " + what};
}

/// What is wrong with a value, with the name of its setting before it.
error about(const std::string& key, const error& what) {
  return {errc::invalid_settings, key + ": " + what.message};
}

error no_secret(const std::string& key, const std::string& variable) {
  return wrong_setting(key, "is not set; make a secret with: mahavishnu auth secret, and put it "
                            "into settings/local.yaml or " +
                                variable);
}

/// The text of a file that a setting names.
result<std::string> read_file(const std::string& key, const std::string& path) {
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

/// Which algorithm is chosen, with a secret of its own.
result<void> check_is_with_secret(const settings& all) {
  const auto& name = all.get<"subscription_auth.algorithm">();
  if (name == "HS256")
    return {};
  return wrong_setting("subscription_auth.algorithm",
                       "is " + name +
                           ", but tokens of subscriptions have a secret and no keys; set it to "
                           "HS256");
}

result<auth::key_set> keys_of(const settings& all) {
  auto how = auth::algorithm_from(all.get<"auth.algorithm">());
  if (!how)
    return how.error();
  if (*how == auth::algorithm::hs256) {
    auto keys = auth::key_set::of_secret(all.get<"auth.secret">());
    if (!keys)
      return about("auth.secret", keys.error());
    return keys;
  }
  const auto& path = all.get<"auth.public_key">();
  if (path.empty())
    return wrong_setting("auth.public_key", "is not set, and " + all.get<"auth.algorithm">() +
                                                " needs it: a file with public keys, PEM or JWKS");
  auto text = read_file("auth.public_key", path);
  if (!text)
    return text.error();
  auto keys = auth::key_set::of_public_keys(*text, *how);
  if (!keys)
    return about("auth.public_key ('" + path + "')", keys.error());
  return keys;
}

auth::checker_options wanted_of(const settings& all) {
  auth::checker_options wanted;
  wanted.issuer = all.get<"auth.issuer">();
  if (const auto& audience = all.get<"auth.audience">(); !audience.empty())
    wanted.audiences.push_back(audience);
  return wanted;
}

result<auth::token_checker> subscription_checker_of(const settings& all) {
  if (auto good = check_is_with_secret(all); !good)
    return good.error();
  auto keys = auth::key_set::of_secret(all.get<"subscription_auth.secret">());
  if (!keys)
    return about("subscription_auth.secret", keys.error());
  auto wanted = wanted_of(all);
  wanted.for_subscriptions = true;
  return auth::token_checker::make(*std::move(keys), std::move(wanted));
}

/// Whether there is anything that other tokens could be checked with.
bool has_keys(const settings& all) {
  return all.get<"auth.algorithm">() == "HS256" ? !all.get<"auth.secret">().empty()
                                                : !all.get<"auth.public_key">().empty();
}

} // namespace

result<auth::token_maker> token_maker_of(const settings& all, const output& out) {
  auto how = auth::algorithm_from(all.get<"auth.algorithm">());
  if (!how)
    return how.error();
  if (*how == auth::algorithm::hs256) {
    if (all.get<"auth.secret">().empty())
      return no_secret("auth.secret", "MAHAVISHNU_AUTH__SECRET");
    auto maker = auth::token_maker::with_secret(all.get<"auth.secret">());
    if (!maker)
      return about("auth.secret", maker.error());
    return maker;
  }
  const auto& path = all.get<"auth.private_key">();
  if (path.empty())
    return wrong_setting("auth.private_key",
                         "is not set, and tokens with " + all.get<"auth.algorithm">() +
                             " are made with it: a file with a private key in PEM");
  auto text = read_file("auth.private_key", path);
  if (!text)
    return text.error();
  using std::filesystem::perms;
  std::error_code ignored;
  auto rights = std::filesystem::status(path, ignored).permissions();
  if ((rights & (perms::group_read | perms::others_read)) != perms::none)
    out.talk("warning: others can read the private key; run: chmod 600 '" + path + "'");
  auto maker = auth::token_maker::with_private_key(*text, *how);
  if (!maker)
    return about("auth.private_key ('" + path + "')", maker.error());
  return maker;
}

result<auth::token_maker> subscription_maker_of(const settings& all) {
  if (auto good = check_is_with_secret(all); !good)
    return good.error();
  const auto& secret = all.get<"subscription_auth.secret">();
  if (secret.empty())
    return no_secret("subscription_auth.secret", "MAHAVISHNU_SUBSCRIPTION_AUTH__SECRET");
  auto maker = auth::token_maker::with_secret(secret);
  if (!maker)
    return about("subscription_auth.secret", maker.error());
  return maker;
}

result<auth::token_gate> token_gate_of(const settings& all) {
  std::optional<auth::token_checker> subscriptions;
  std::optional<auth::token_checker> others;
  if (all.get<"subscription_auth.enabled">() && !all.get<"subscription_auth.secret">().empty()) {
    auto checker = subscription_checker_of(all);
    if (!checker)
      return checker.error();
    subscriptions = *std::move(checker);
  }
  if (has_keys(all)) {
    auto keys = keys_of(all);
    if (!keys)
      return keys.error();
    auto wanted = wanted_of(all);
    // Who else makes tokens with a pair of keys may mean something else by one that says nothing.
    if (all.get<"auth.algorithm">() != "HS256")
      wanted.scopes_without_claim = auth::scope_set{};
    auto checker = auth::token_checker::make(*std::move(keys), std::move(wanted));
    if (!checker)
      return checker.error();
    others = *std::move(checker);
  }
  if (!subscriptions && !others)
    return error{errc::invalid_settings,
                 "there is nothing to check tokens with; set auth.secret (make one with: "
                 "mahavishnu auth secret), or auth.algorithm and auth.public_key"};
  return auth::token_gate{std::move(subscriptions), std::move(others)};
}

} // namespace mahavishnu::cli
