// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/caller.hpp"
#include "mcp/server/caller_limits.hpp"
#include "mcp/server/key_source.hpp"
#include "mcp/server/origin_rules.hpp"
#include "mcp/server/refusal.hpp"
#include "mcp/server/token_cache.hpp"
#include "net/http_message.hpp"

#include <mahavishnu/auth/token_checker.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mahavishnu::mcp::server {

class audit_log;

/// What tokens are checked with.
struct token_rules {
  std::optional<auth::token_checker> subscriptions;
  /// For all others.
  std::unique_ptr<key_source> keys;
  auth::checker_options wanted;
};

struct gate_options {
  origin_rules origins;
  /// Set: only processes of this user and of root, on this machine, may come in.
  std::optional<std::uint32_t> only_user;
  /// Set: only who shows a token may.
  std::optional<token_rules> tokens;
  limit_rules limits;
  /// The address of the endpoint, as clients know it.
  std::string resource;
  /// Where they get tokens. Without any, nothing is said of it.
  std::vector<std::string> authorization_servers;
  /// Gets to know whom we refuse; may be missing.
  std::shared_ptr<audit_log> audit;
  /// Tokens that are remembered.
  std::size_t most_tokens = 4096;
};

/// Who was let in.
struct admission {
  caller who;
  /// The place of the request among those of its caller: to be kept until its answer is complete.
  /// May be let go on any thread.
  std::shared_ptr<const void> place;
  /// For whatever the answer is.
  std::vector<std::pair<std::string, std::string>> headers;
  /// What the caller has used.
  std::shared_ptr<caller_usage> usage;
};

/// Nothing can be said before keys have come: gate::when_ready().
struct must_wait {};

/// Decides whether a request may come in, before its body is looked at, and who has sent it. Used
/// on the thread of the HTTP server.
class gate {
public:
  struct moment {
    std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
    std::chrono::system_clock::time_point day = std::chrono::system_clock::now();
  };
  /// A response is complete, and ends the matter.
  using verdict = std::variant<admission, net::http_response, must_wait>;

  explicit gate(gate_options options);
  ~gate();

  verdict check(const net::http_request& request) { return check(request, {}); }
  verdict check(const net::http_request& request, const moment& now);

  /// Counts each of the messages that came as one request, the first of which was let in: why it
  /// may not come in as well, or nothing. The headers of `in` say afterwards what is left.
  std::vector<std::optional<refusal>> count_all(const net::http_request& request, admission& in,
                                                std::size_t messages, const moment& now);
  std::vector<std::optional<refusal>> count_all(const net::http_request& request, admission& in,
                                                std::size_t messages) {
    return count_all(request, in, messages, {});
  }
  /// Gives one of them a place of its own; or why there is none.
  std::optional<refusal> find_place(const net::http_request& request, admission& in);

  /// Calls back once when check() may say something else, on any thread, and at once when that is
  /// so already; never when the gate goes before. Nothing, or how to answer when too many wait.
  std::optional<net::http_response> when_ready(std::function<void()> callback);

  /// The refusal when the caller may not do what needs that; `id` is that of its request.
  std::optional<net::http_response> check_scope(const caller& who, auth::scope_set needed,
                                                const json& id = {}) const;

  /// What everybody may read who names this server rightly: where to get tokens (RFC 9728). Nothing
  /// for all other paths.
  std::optional<net::http_response> open_document(const net::http_request& request) const;

private:
  verdict check_token(const net::http_request& request, const moment& now);
  auth::token_result<auth::token_claims> try_token(std::string_view token, const moment& now);
  void look_at_keys(const moment& now);
  verdict admit(const net::http_request& request, const caller& who,
                const std::shared_ptr<caller_usage>& usage, const moment& now);
  void add_rates(admission& to) const;
  net::http_response bad_token(const net::http_request& request, const std::string& why) const;
  net::http_response refuse(const net::http_request& request, const refusal& why,
                            std::string_view who = {}) const;
  std::string challenge(std::string_view error, std::string_view text,
                        std::string_view scopes) const;

  gate_options options_;
  usage_table usage_;
  token_cache cache_;
  /// With the keys of that version.
  std::optional<auth::token_gate> checker_;
  std::uint64_t key_version_ = 0;
  /// Of whoever comes in without a token.
  std::shared_ptr<caller_usage> own_usage_;
  /// Empty: there is none.
  std::string document_;
  std::string document_path_;
  std::string document_url_;
};

} // namespace mahavishnu::mcp::server
