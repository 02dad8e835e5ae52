// SPDX-License-Identifier: MIT
#include "cli/auth_settings.hpp"

#include "access/token_settings.hpp"

#include <filesystem>

namespace mahavishnu::cli {

namespace {

using access::about_setting;
using access::wrong_setting;
using config::settings;

error no_secret(const std::string& key, const std::string& variable) {
  return wrong_setting(key, "is not set; make a secret with: mahavishnu auth secret, and put it "
                            "into settings/local.yaml or " +
                                variable);
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
      return about_setting("auth.secret", maker.error());
    return maker;
  }
  const auto& path = all.get<"auth.private_key">();
  if (path.empty())
    return wrong_setting("auth.private_key",
                         "is not set, and tokens with " + all.get<"auth.algorithm">() +
                             " are made with it: a file with a private key in PEM");
  auto text = access::read_key_file("auth.private_key", path);
  if (!text)
    return text.error();
  using std::filesystem::perms;
  std::error_code ignored;
  auto rights = std::filesystem::status(path, ignored).permissions();
  if ((rights & (perms::group_read | perms::others_read)) != perms::none)
    out.talk("warning: others can read the private key; run: chmod 600 '" + path + "'");
  auto maker = auth::token_maker::with_private_key(*text, *how, all.get<"auth.key_id">());
  if (!maker)
    return about_setting("auth.private_key ('" + path + "')", maker.error());
  return maker;
}

result<auth::token_maker> subscription_maker_of(const settings& all) {
  if (auto good = access::check_subscription_algorithm(all); !good)
    return good.error();
  const auto& secret = all.get<"subscription_auth.secret">();
  if (secret.empty())
    return no_secret("subscription_auth.secret", "MAHAVISHNU_SUBSCRIPTION_AUTH__SECRET");
  auto maker = auth::token_maker::with_secret(secret);
  if (!maker)
    return about_setting("subscription_auth.secret", maker.error());
  return maker;
}

} // namespace mahavishnu::cli
