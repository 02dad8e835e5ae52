// SPDX-License-Identifier: MIT
// Tokens of strangers, and tokens whose header and payload a stranger has chosen and which were
// then signed. A refusal has a reason that is text; what is accepted was signed, and says what it
// has to.
#include "auth/base64url.hpp"
#include "auth/plain_text.hpp"
#include "auth/signatures.hpp"
#include "auth/vectors.hpp"
#include "mahavishnu/auth/token_checker.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace mahavishnu;
using namespace mahavishnu::auth;

namespace {

void must(bool holds) {
  if (!holds)
    std::abort();
}

// In seconds: the end of a token may be further away than the clock's nanoseconds reach.
const std::chrono::sys_seconds now{std::chrono::seconds{test::vectors_now}};

token_checker checker_of(result<key_set> keys, checker_options options = {}) {
  return token_checker::make(std::move(keys).value(), std::move(options)).value();
}

/// True for an accepted one.
bool look_at(const token_result<token_claims>& checked) {
  if (!checked) {
    const auto& text = checked.error().message;
    must(!text.empty() && text.size() < 300 && is_plain_text(text));
    return false;
  }
  must(!checked->user_id.empty() && is_plain_text(checked->user_id));
  must(!checked->subject.empty() && is_plain_text(checked->subject));
  must(checked->expires_at > now);
  must(!checked->not_before || *checked->not_before <= now);
  must(!checked->issued_at || *checked->issued_at <= now);
  return true;
}

/// Whether a token is one that somebody with the secret has signed, said by other code than the
/// checker's.
bool is_really_signed(std::string_view token) {
  auto end = token.rfind('.');
  return end != std::string_view::npos &&
         token.substr(end + 1) == base64url(hmac_sha256(test::secret, token.substr(0, end)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto secret = checker_of(key_set::of_secret(test::secret));
  static const auto rsa = checker_of(key_set::of_jwks(test::key_set_json, algorithm::rs256));
  static const auto curve = checker_of(key_set::of_pem(test::ec_public, algorithm::es256));
  static const token_gate gate{secret, rsa};
  std::string_view bytes{reinterpret_cast<const char*>(data), size};

  // As it came. Nobody finds a signature; the ones that are in the corpus are for an audience.
  if (look_at(secret.check(bytes, now)))
    must(is_really_signed(bytes));
  must(!look_at(rsa.check(bytes, now)));
  must(!look_at(curve.check(bytes, now)));
  look_at(gate.check(bytes, now));

  // Signed: what is after the signature is explored too.
  auto payload = base64url(bytes);
  auto text = base64url(R"({"alg":"HS256"})") + "." + payload;
  auto token = text + "." + base64url(hmac_sha256(test::secret, text));
  look_at(secret.check(token, now));
  must(!look_at(rsa.check(token, now)));

  // The same with a header of the stranger's.
  auto line = bytes.find('\n');
  if (line != std::string_view::npos) {
    auto chosen = base64url(bytes.substr(0, line)) + "." + base64url(bytes.substr(line + 1));
    look_at(secret.check(chosen + "." + base64url(hmac_sha256(test::secret, chosen)), now));
    must(
        !look_at(curve.check(chosen + "." + base64url(hmac_sha256(test::ec_public, chosen)), now)));
  }

  // Keys of strangers.
  for (auto how : {algorithm::rs256, algorithm::es256})
    if (auto keys = key_set::of_public_keys(bytes, how))
      must(keys->size() > 0 && keys->for_algorithm() == how);
    else
      must(!keys.error().message.empty());
  return 0;
}
