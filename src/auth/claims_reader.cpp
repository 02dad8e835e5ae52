// SPDX-License-Identifier: MIT
#include "auth/claims_reader.hpp"

#include "auth/plain_text.hpp"
#include "auth/strict_json.hpp"

#include <algorithm>

namespace mahavishnu::auth {

namespace {

using nlohmann::json;

/// Identity providers nest a few objects; nobody needs more.
constexpr std::size_t most_depth = 8;
/// The end of the year 9999.
constexpr std::uint64_t last_second = 253'402'300'799;

token_error refused(token_problem kind, const std::string& text) {
  return {kind, "the token " + text};
}

/// Takes the members of a payload one by one. What is missing is empty; the first one that makes no
/// sense is the problem of all of it.
class member_reader {
public:
  explicit member_reader(const json& payload) : payload_(payload) {}

  const std::optional<token_error>& problem() const { return problem_; }

  bool has(const char* name) const { return payload_.contains(name); }

  std::string text(const char* name) {
    const auto* found = find_member(payload_, name);
    return found == nullptr ? "" : text_of(*found, name);
  }

  std::optional<token_time> time(const char* name) {
    const auto* found = find_member(payload_, name);
    if (found == nullptr)
      return std::nullopt;
    // What is negative, a fraction or too great for 64 bits is something else for the library.
    if (found->is_number_unsigned() && found->get<std::uint64_t>() <= last_second)
      return token_time{std::chrono::seconds{found->get<std::int64_t>()}};
    spoil(name, "is no time in whole seconds");
    return std::nullopt;
  }

  /// One text, or a list of texts.
  std::vector<std::string> texts(const char* name) {
    const auto* found = find_member(payload_, name);
    std::vector<std::string> all;
    if (found == nullptr)
      return all;
    if (!found->is_array())
      return {text_of(*found, name)};
    for (const auto& each : *found)
      all.push_back(text_of(each, name));
    return all;
  }

  /// The same; a text may be several words.
  std::vector<std::string> words(const char* name) {
    std::vector<std::string> all;
    for (const auto& text : texts(name))
      for (std::size_t at = text.find_first_not_of(' '); at != std::string::npos;) {
        auto end = text.find(' ', at);
        all.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(' ', end);
      }
    return all;
  }

private:
  std::string text_of(const json& value, const char* name) {
    if (value.is_string() && is_plain_text(value.get_ref<const std::string&>()))
      return value.get<std::string>();
    spoil(name, "is no plain text");
    return {};
  }

  void spoil(const char* name, const char* why) {
    if (!problem_)
      problem_ =
          refused(token_problem::malformed, std::string{"has a claim '"} + name + "' that " + why);
  }

  const json& payload_;
  std::optional<token_error> problem_;
};

/// What the roles of before there were scopes may do; others nothing.
scope_set scopes_of_role(std::string_view role) {
  if (role == "admin")
    return scope::admin;
  if (role == "operator")
    return {scope::read, scope::write, scope::execute};
  if (role == "developer")
    return {scope::read, scope::execute};
  if (role == "viewer")
    return scope::read;
  return {};
}

scope_set scopes_of_tokens_without(const checker_options& wanted, bool is_subscription) {
  if (wanted.scopes_without_claim)
    return *wanted.scopes_without_claim;
  if (is_subscription)
    return {scope::read, scope::execute};
  return {scope::read, scope::write, scope::execute};
}

/// The first of these that is there decides. Names that mean something to others mean nothing here.
scope_set read_scopes(member_reader& from, const checker_options& wanted) {
  scope_set all;
  for (const auto* name : {"scopes", "scope"})
    if (from.has(name)) {
      for (const auto& word : from.words(name))
        if (auto known = scope_of(word))
          all.add(*known);
      return all;
    }
  if (wanted.trusts_roles && from.has("roles")) {
    for (const auto& role : from.words("roles"))
      all.add(scopes_of_role(role));
    return all;
  }
  return scopes_of_tokens_without(wanted, from.has("subscription_type"));
}

using verdict = std::optional<token_error>;

verdict check_times(const token_claims& claims, const checker_options& wanted, token_time now) {
  if (now - wanted.leeway >= claims.expires_at)
    return refused(token_problem::expired, "has expired; get a new one");
  if (claims.not_before && now + wanted.leeway < *claims.not_before)
    return refused(token_problem::not_yet_valid, "is not valid yet");
  if (claims.issued_at && now + wanted.leeway < *claims.issued_at)
    return refused(token_problem::not_yet_valid,
                   "is from the future; the clock of one of the two machines is wrong");
  return std::nullopt;
}

verdict check_issuer(const token_claims& claims, const checker_options& wanted) {
  if (wanted.issuer.empty() || claims.issuer == wanted.issuer)
    return std::nullopt;
  if (claims.issuer.empty())
    return refused(token_problem::missing_claim, "does not say who made it (iss)");
  return refused(token_problem::wrong_issuer, "is from somebody else (iss)");
}

verdict check_audience(const token_claims& claims, const checker_options& wanted, bool is_given) {
  if (wanted.audiences.empty() && !is_given)
    return std::nullopt;
  if (!is_given)
    return refused(token_problem::missing_claim, "does not say whom it is for (aud)");
  auto is_ours = [&](const std::string& one) {
    return std::ranges::find(wanted.audiences, one) != wanted.audiences.end();
  };
  if (std::ranges::any_of(claims.audience, is_ours))
    return std::nullopt;
  return refused(token_problem::wrong_audience,
                 wanted.audiences.empty() ? "is for an audience (aud), and none was set here"
                                          : "is for somebody else (aud)");
}

verdict check_user(token_claims& claims) {
  if (claims.subject.empty())
    claims.subject = claims.user_id;
  if (claims.user_id.empty())
    claims.user_id = claims.subject;
  if (claims.user_id.empty())
    return refused(token_problem::missing_claim, "does not say whose it is (sub or user_id)");
  return std::nullopt;
}

verdict check_subscription(token_claims& claims, bool is_given) {
  if (!is_given)
    return refused(token_problem::missing_claim,
                   "does not say of which subscription it is (subscription_type)");
  if (!claims.subscription_type)
    return refused(token_problem::malformed,
                   "is of a subscription that is unknown; claude_code and codex are known");
  claims.method = *claims.subscription_type == subscription::codex
                      ? token_method::codex_subscription
                      : token_method::claude_subscription;
  return std::nullopt;
}

} // namespace

token_result<token_claims> read_claims(std::string_view payload, const checker_options& wanted,
                                       token_time now) {
  auto object = parse_object(payload, most_depth);
  if (!object)
    return refused(token_problem::malformed, "has a payload that is no proper JSON object");
  member_reader from{*object};
  token_claims claims;
  claims.subject = from.text("sub");
  claims.user_id = from.text("user_id");
  claims.issuer = from.text("iss");
  claims.audience = from.texts("aud");
  claims.token_id = from.text("jti");
  claims.issued_at = from.time("iat");
  claims.not_before = from.time("nbf");
  claims.scopes = read_scopes(from, wanted);
  if (from.has("subscription_type"))
    claims.subscription_type = subscription_of(from.text("subscription_type"));
  auto expires_at = from.time("exp");
  // A token to get tokens with is longer valid, and for nothing else.
  const bool is_for_refresh = from.has("type") && from.text("type") == "refresh";
  if (from.problem())
    return *from.problem();
  if (!expires_at)
    return refused(token_problem::missing_claim, "does not say when it expires (exp)");
  if (is_for_refresh)
    return refused(token_problem::malformed, "is one to get new ones with; send one of those");
  claims.expires_at = *expires_at;

  if (auto no = check_times(claims, wanted, now))
    return *no;
  if (auto no = check_issuer(claims, wanted))
    return *no;
  if (auto no = check_audience(claims, wanted, from.has("aud")))
    return *no;
  if (auto no = check_user(claims))
    return *no;
  if (wanted.for_subscriptions)
    if (auto no = check_subscription(claims, from.has("subscription_type")))
      return *no;
  return claims;
}

} // namespace mahavishnu::auth
