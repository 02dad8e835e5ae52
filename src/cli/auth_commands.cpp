// SPDX-License-Identifier: MIT
#include "access/token_settings.hpp"
#include "base/rfc3339.hpp"
#include "cli/auth_settings.hpp"
#include "cli/command_line.hpp"
#include "cli/session.hpp"
#include "mahavishnu/auth/secret.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>

namespace mahavishnu::cli {

namespace {

struct new_token {
  std::string user, subscription, audience, issuer;
  std::optional<std::string> scopes;
  /// 0: as the settings say.
  std::int64_t minutes = 0;
};

int print_secret(const output& out) {
  auto secret = auth::make_secret();
  if (!secret)
    return out.failure(secret.error());
  out.answer("secret", {{"secret", *secret}}, *secret + "\n");
  return done;
}

/// What the options say, and the settings where they say nothing.
result<auth::token_wish> token_wish_of(const new_token& options, const config::settings& settings) {
  auth::token_wish wish;
  wish.user_id = options.user;
  wish.issuer = options.issuer.empty() ? settings.get<"auth.issuer">() : options.issuer;
  auto audience = options.audience.empty() ? settings.get<"auth.audience">() : options.audience;
  if (!audience.empty())
    wish.audience.push_back(std::move(audience));
  wish.subscription_type = auth::subscription_of(options.subscription);
  // What a token may do is better said than left to whoever reads it.
  wish.scopes = wish.subscription_type
                    ? auth::scope_set{auth::scope::read, auth::scope::execute}
                    : auth::scope_set{auth::scope::read, auth::scope::write, auth::scope::execute};
  if (options.scopes) {
    auto scopes = auth::scope_set::parse(*options.scopes);
    if (!scopes)
      return scopes.error();
    if (scopes->empty())
      return error{errc::invalid_argument,
                   "--scope names none; give read, write, execute or admin, "
                   "or leave it out"};
    wish.scopes = *scopes;
  }
  auto usual = wish.subscription_type ? settings.get<"subscription_auth.expire_minutes">()
                                      : settings.get<"auth.expire_minutes">();
  wish.lifetime = std::chrono::minutes{options.minutes > 0 ? options.minutes : usual};
  return wish;
}

int create(const invocation& now, const output& out, const new_token& options) {
  auto settings = load_settings(now, out);
  if (!settings)
    return settings.error();
  auto wish = token_wish_of(options, *settings);
  if (!wish)
    return out.failure(wish.error());
  auto maker =
      wish->subscription_type ? subscription_maker_of(*settings) : token_maker_of(*settings, out);
  if (!maker)
    return out.failure(maker.error());
  auto present = std::chrono::system_clock::now();
  auto token = maker->make(*wish, present);
  if (!token)
    return out.failure(token.error());
  auto end = std::chrono::floor<std::chrono::seconds>(present) + wish->lifetime;
  out.answer("token",
             {{"token", *token},
              {"user_id", wish->user_id},
              {"scopes", wish->scopes->names()},
              {"algorithm", std::string{to_string(maker->signs_with())}},
              {"expires_at", rfc3339(end)}},
             *token + "\n");
  return done;
}

/// A token from standard input, without the end of its line.
std::string read_token() {
  std::string text;
  for (std::istreambuf_iterator<char> at{std::cin}, end;
       at != end && text.size() < 2 * auth::longest_token; ++at)
    text += *at;
  auto last = text.find_last_not_of(" \t\r\n");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text;
}

json::value moment_of(const std::optional<auth::token_time>& when) {
  return when ? json::value(rfc3339(*when)) : json::value();
}

json::value json_of(const auth::token_claims& claims) {
  auto subscription = claims.subscription_type
                          ? json::value(std::string{to_string(*claims.subscription_type)})
                          : json::value();
  return {{"valid", true},
          {"method", std::string{to_string(claims.method)}},
          {"user_id", claims.user_id},
          {"subject", claims.subject},
          {"scopes", claims.scopes.names()},
          {"subscription_type", std::move(subscription)},
          {"issuer", claims.issuer},
          {"audience", claims.audience},
          {"token_id", claims.token_id},
          {"issued_at", moment_of(claims.issued_at)},
          {"not_before", moment_of(claims.not_before)},
          {"expires_at", moment_of(claims.expires_at)}};
}

std::string show(const auth::token_claims& claims) {
  std::ostringstream text;
  auto line = [&](const char* name, std::string_view value) {
    if (!value.empty())
      text << "  " << name << ": " << value << "\n";
  };
  text << "Valid: " << to_string(claims.method) << "\n";
  line("User", claims.user_id);
  if (claims.subject != claims.user_id)
    line("Subject", claims.subject);
  line("Scopes", claims.scopes.empty() ? "none" : claims.scopes.text());
  line("Issuer", claims.issuer);
  for (const auto& each : claims.audience)
    line("Audience", each);
  if (claims.issued_at)
    line("Issued", rfc3339(*claims.issued_at));
  line("Expires", rfc3339(claims.expires_at));
  return text.str();
}

int verify(const invocation& now, const output& out, const std::string& given) {
  auto settings = load_settings(now, out);
  if (!settings)
    return settings.error();
  auto gate = access::token_gate_of(*settings);
  if (!gate)
    return out.failure(gate.error());
  auto claims = gate->check(given == "-" ? read_token() : given, std::chrono::system_clock::now());
  if (claims) {
    out.answer("token_claims", json_of(*claims), show(*claims));
    return done;
  }
  const auto& why = claims.error();
  out.talk("error: " + why.message);
  if (out.is_json())
    out.answer("token_claims",
               {{"status", "failed"},
                {"valid", false},
                {"error", why.message},
                {"code", std::string{to_string(errc::unauthorized)}},
                {"kind", std::string{to_string(why.kind)}}},
               "");
  return failed;
}

} // namespace

void add_auth_commands(CLI::App& app, invocation& now) {
  auto* group = app.add_subcommand("auth", "Tokens that callers of the MCP server show");
  group->require_subcommand(1);

  group->add_subcommand("secret", "Print a new random secret for auth.secret")->callback([&now] {
    now.action = [](output& out) { return print_secret(out); };
  });

  auto* token = group->add_subcommand("token", "Make a token, or look whether one is valid");
  token->require_subcommand(1);

  auto wish = std::make_shared<new_token>();
  auto* creating = token->add_subcommand("create", "Print a new token, signed as the settings say");
  creating->add_option("--user", wish->user, "Whose it is")->required();
  creating->add_option("--scope", wish->scopes,
                       "What it may do: read, write, execute, admin (default: all but admin; for "
                       "subscriptions read,execute)");
  creating
      ->add_option("--expire", wish->minutes,
                   "Minutes until it expires (default: expire_minutes of the settings)")
      ->check(CLI::Range(1, 60 * 24 * 366));
  creating->add_option("--subscription", wish->subscription, "Of which subscription it is")
      ->check(CLI::IsMember({"claude_code", "codex"}));
  creating->add_option("--audience", wish->audience, "Whom it is for (default: auth.audience)");
  creating->add_option("--issuer", wish->issuer, "Who makes it (default: auth.issuer)");
  creating->callback(
      [&now, wish] { now.action = [&now, wish](output& out) { return create(now, out, *wish); }; });

  auto given = std::make_shared<std::string>();
  auto* verifying =
      token->add_subcommand("verify", "Print what a token says; exit code 1 when it is not valid");
  verifying->add_option("token", *given, "The token; - reads it from standard input")->required();
  verifying->callback([&now, given] {
    now.action = [&now, given](output& out) { return verify(now, out, *given); };
  });
}

} // namespace mahavishnu::cli
