// SPDX-License-Identifier: MIT
#include "auth/compact_token.hpp"

#include "auth/base64url.hpp"
#include "auth/strict_json.hpp"
#include "mahavishnu/auth/token_checker.hpp"

namespace mahavishnu::auth {

namespace {

/// A header has a handful of short members; keys and certificates in it are of no use to us.
constexpr std::size_t longest_header = 1024;
constexpr std::size_t most_header_depth = 4;

token_error malformed(std::string_view reason) {
  return {token_problem::malformed, "the token " + std::string{reason}};
}

/// The name of a key, if the header is one that we can go on with.
token_result<std::optional<std::string>> read_header(std::string_view text, algorithm how) {
  auto header = text.size() > longest_header ? std::nullopt : parse_object(text, most_header_depth);
  if (!header)
    return malformed("has a header that is no small JSON object");
  const auto* alg = find_member(*header, "alg");
  if (alg == nullptr || !alg->is_string())
    return malformed("does not say how it is signed");
  if (alg->get_ref<const std::string&>() != to_string(how))
    return token_error{token_problem::wrong_algorithm, "the token is not signed with " +
                                                           std::string{to_string(how)} +
                                                           ", and only that is accepted"};
  // These are to be understood or else refused (RFC 7515, 4.1.11), and we know none.
  if (header->contains("crit"))
    return malformed("has extensions that must be understood and are not");
  if (const auto* type = find_member(*header, "typ"); type != nullptr && !type->is_string())
    return malformed("has a type that is no text");
  const auto* kid = find_member(*header, "kid");
  if (kid == nullptr)
    return std::optional<std::string>{};
  if (!kid->is_string())
    return malformed("names its key with something that is no text");
  return std::optional{kid->get<std::string>()};
}

} // namespace

token_result<compact_token> take_apart(std::string_view token, algorithm how) {
  if (token.size() > longest_token)
    return malformed("is longer than 8192 characters");
  auto first = token.find('.');
  auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return malformed("is not three parts with a point between");
  auto header = from_base64url(token.substr(0, first));
  if (!header)
    return malformed("has a header that is no base64url");
  auto key_id = read_header(*header, how);
  if (!key_id)
    return key_id.error();
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!payload || !signature)
    return malformed("has a part that is no base64url");
  return compact_token{*std::move(key_id), token.substr(0, second), *std::move(payload),
                       *std::move(signature)};
}

} // namespace mahavishnu::auth
