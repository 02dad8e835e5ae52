// SPDX-License-Identifier: MIT
#include "mcp/server/gate.hpp"

#include "base/text.hpp"
#include "mcp/server/audit_log.hpp"
#include "mcp/server/head.hpp"

#include <algorithm>

namespace mahavishnu::mcp::server {

namespace {

constexpr std::string_view document_folder = "/.well-known/oauth-protected-resource";
/// What a token has to allow to be of any use here; what a tool needs beyond it is said when it is
/// called.
constexpr std::string_view first_scope = "read";

/// The token of `Bearer TOKEN`; nothing when it is something else.
std::optional<std::string_view> bearer_of(std::string_view value) {
  constexpr std::string_view scheme = "bearer";
  if (value.size() < scheme.size() || to_lower(value.substr(0, scheme.size())) != scheme)
    return std::nullopt;
  auto rest = value.substr(scheme.size());
  auto begin = rest.find_first_not_of(' ');
  if (begin == std::string_view::npos)
    return std::string_view{};
  if (begin == 0)
    return std::nullopt;
  return rest.substr(begin);
}

/// As it may stand between quotes in a header.
std::string in_header(std::string_view text) {
  std::string clean;
  for (char c : text)
    clean += c < 0x20 || c > 0x7E || c == '"' || c == '\\' ? '\'' : c;
  return clean;
}

/// Whether the token may be good with keys that we do not have yet.
bool may_become_good(auth::token_problem kind) {
  using enum auth::token_problem;
  return kind == unknown_key || kind == bad_signature || kind == wrong_algorithm;
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

/// Of `http://host:port/path`: what comes before the path, and the path.
std::pair<std::string, std::string> parts_of(const std::string& url) {
  auto scheme = url.find("://");
  auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (slash == std::string::npos)
    return {url, {}};
  auto path = url.substr(slash);
  return {url.substr(0, slash), path == "/" ? std::string{} : path};
}

net::http_response respond(const refusal& why, const json& id = {}) {
  net::http_response response;
  response.status = why.status;
  response.body = error_text(id, why);
  return response;
}

std::int64_t shown_wait(std::chrono::seconds wait) {
  return std::max<std::int64_t>(1, wait.count());
}

/// The text says it as well, since one message of an array has no headers.
refusal too_often(const limit_rules& limits, const caller_usage& usage) {
  return {429, code::invalid_request,
          "more than " + std::to_string(limits.per_minute) +
              " requests in a minute; try again in " +
              std::to_string(shown_wait(usage.until_next(limits))) + " s"};
}

refusal too_many(const limit_rules& limits) {
  return {429, code::invalid_request,
          "more than " + std::to_string(limits.at_a_time) +
              " requests of one caller at a time; wait for answers first"};
}

std::shared_ptr<const void> place_of(const std::shared_ptr<caller_usage>& usage) {
  return {usage.get(), [usage](const void*) { usage->leave(); }};
}

void add_wait(net::http_response& to, std::chrono::seconds wait) {
  to.headers.emplace_back("Retry-After", std::to_string(shown_wait(wait)));
}

} // namespace

gate::gate(gate_options options)
    : options_(std::move(options)),
      usage_(options_.limits),
      cache_(options_.most_tokens),
      own_usage_(std::make_shared<caller_usage>()) {
  if (!options_.tokens || options_.authorization_servers.empty())
    return;
  auto [origin, path] = parts_of(options_.resource);
  document_path_ = std::string{document_folder} + path;
  document_url_ = origin + document_path_;
  json scopes = json::array();
  for (auto each : auth::all_scopes)
    scopes.push_back(to_string(each));
  document_ = to_text({{"resource", options_.resource},
                       {"authorization_servers", options_.authorization_servers},
                       {"scopes_supported", std::move(scopes)},
                       {"bearer_methods_supported", {"header"}},
                       {"resource_name", "Mahavishnu"}});
}

gate::~gate() = default;

// -- who is it ------------------------------------------------------------------------------------

gate::verdict gate::check(const net::http_request& request, const moment& now) {
  if (!options_.origins.allow(head{request}))
    return refuse(request,
                  {403, code::invalid_request,
                   "this request names a foreign host, or comes from a page of one; use the "
                   "address of the server, such as http://127.0.0.1:8680/mcp, or add the name to "
                   "mcp.allowed_hosts"});
  if (options_.tokens)
    return check_token(request, now);
  const auto& peer = request.peer;
  auto wanted = options_.only_user;
  if (wanted && !(peer.is_loopback && peer.user && (*peer.user == *wanted || *peer.user == 0)))
    return refuse(
        request, {403, code::invalid_request,
                  "only the user who runs this server, on this machine, may call it; to let others "
                  "in, its owner sets auth.enabled and gives them tokens"});
  return admit(request, {}, own_usage_, now);
}

gate::verdict gate::check_token(const net::http_request& request, const moment& now) {
  head headers{request};
  auto header = headers.find("authorization");
  if (!header && headers.has("authorization")) {
    constexpr auto text = "the header Authorization comes twice";
    auto response = refuse(request, {400, code::invalid_request, text});
    response.headers.emplace_back("WWW-Authenticate",
                                  challenge("invalid_request", text, first_scope));
    return response;
  }
  auto token = header ? bearer_of(*header) : std::nullopt;
  if (!token) {
    auto response = refuse(request, {401, code::invalid_request,
                                     "this server asks for a token; send Authorization: Bearer "
                                     "TOKEN"});
    response.headers.emplace_back("WWW-Authenticate", challenge({}, {}, first_scope));
    return response;
  }
  look_at_keys(now);
  auto today = std::chrono::floor<std::chrono::seconds>(now.day);
  if (const auto* known = cache_.find(*token, today))
    return admit(request, known->who, known->usage, now);

  auto claims = try_token(*token, now);
  if (!claims && may_become_good(claims.error().kind)) {
    auto is_unknown = claims.error().kind == auth::token_problem::unknown_key;
    if (is_unknown || key_version_ == 0)
      switch (options_.tokens->keys->look_for_more(now.steady)) {
      case key_source::outlook::coming: return must_wait{};
      case key_source::outlook::newer:
        look_at_keys(now);
        claims = try_token(*token, now);
        break;
      case key_source::outlook::same: break;
      }
    if (!claims && key_version_ == 0) {
      auto response = refuse(request, {503, code::internal_error,
                                       "this server has no keys to check tokens with at the "
                                       "moment; try again later"});
      add_wait(response, options_.tokens->keys->pause());
      return response;
    }
  }
  if (!claims)
    return bad_token(request, claims.error().message);

  caller who{claims->user_id, claims->scopes, to_string(claims->method),
             claims->expires_at + options_.tokens->wanted.leeway};
  auto usage = usage_.of(who.name, now.steady);
  if (!usage) {
    auto response =
        refuse(request, {503, code::internal_error, "too many callers at a time; try again later"},
               who.name);
    add_wait(response, std::chrono::seconds{60});
    return response;
  }
  const auto& kept = cache_.put({std::string{*token}, std::move(who), std::move(usage)}, today);
  return admit(request, kept.who, kept.usage, now);
}

void gate::look_at_keys(const moment& now) {
  const auto& tokens = *options_.tokens;
  auto version = tokens.keys->look(now.steady);
  if (checker_ && version == key_version_)
    return;
  cache_.clear(); // a key that was withdrawn is good for nothing any more
  key_version_ = version;
  std::optional<auth::token_checker> others;
  auto keys = version == 0 ? std::nullopt : tokens.keys->keys(now.steady);
  if (keys)
    if (auto made = auth::token_checker::make(*std::move(keys), tokens.wanted))
      others = *std::move(made);
  checker_.emplace(tokens.subscriptions, std::move(others));
}

auth::token_result<auth::token_claims> gate::try_token(std::string_view token, const moment& now) {
  return checker_->check(token, now.day);
}

// -- how much -------------------------------------------------------------------------------------

gate::verdict gate::admit(const net::http_request& request, const caller& who,
                          const std::shared_ptr<caller_usage>& usage, const moment& now) {
  const auto& limits = options_.limits;
  admission let_in;
  let_in.usage = usage;
  auto may_ask = usage->take(limits, now.steady);
  add_rates(let_in);
  if (!may_ask) {
    auto response = refuse(request, too_often(limits, *usage), who.name);
    response.headers = std::move(let_in.headers);
    add_wait(response, usage->until_next(limits));
    return response;
  }
  if (!usage->enter(limits)) {
    auto response = refuse(request, too_many(limits), who.name);
    response.headers = std::move(let_in.headers);
    add_wait(response, std::chrono::seconds{1});
    return response;
  }
  if (limits.at_a_time != 0)
    let_in.place = place_of(usage);
  let_in.who = who;
  return let_in;
}

void gate::add_rates(admission& to) const {
  const auto& limits = options_.limits;
  if (limits.per_minute != 0)
    to.headers = {{"X-RateLimit-Limit", std::to_string(limits.per_minute)},
                  {"X-RateLimit-Remaining", std::to_string(to.usage->left())},
                  {"X-RateLimit-Reset", std::to_string(to.usage->until_whole(limits).count())}};
}

std::vector<std::optional<refusal>> gate::count_all(const net::http_request& request, admission& in,
                                                    std::size_t messages, const moment& now) {
  std::vector<std::optional<refusal>> all(messages);
  for (std::size_t each = 1; each < messages; ++each) {
    if (in.usage->take(options_.limits, now.steady))
      continue;
    all[each] = too_often(options_.limits, *in.usage);
    if (options_.audit)
      options_.audit->refused(request, all[each]->status, in.who.name, all[each]->text);
  }
  add_rates(in);
  return all;
}

std::optional<refusal> gate::find_place(const net::http_request& request, admission& in) {
  const auto& limits = options_.limits;
  if (in.usage->enter(limits)) {
    if (limits.at_a_time != 0)
      in.place = place_of(in.usage);
    return std::nullopt;
  }
  auto why = too_many(limits);
  if (options_.audit)
    options_.audit->refused(request, why.status, in.who.name, why.text);
  return why;
}

std::optional<net::http_response> gate::when_ready(std::function<void()> callback) {
  if (!options_.tokens || options_.tokens->keys->when_ready(std::move(callback)))
    return std::nullopt;
  auto response = respond({503, code::internal_error,
                           "too many requests wait for the keys of this server; try again later"});
  add_wait(response, std::chrono::seconds{1});
  return response;
}

// -- what those hear who may not ------------------------------------------------------------------

std::string gate::challenge(std::string_view error, std::string_view text,
                            std::string_view scopes) const {
  std::string value = "Bearer ";
  auto add = [&value](std::string_view name, std::string_view what) {
    if (what.empty())
      return;
    if (!value.ends_with(' '))
      value += ", ";
    value.append(name).append("=\"").append(in_header(what)).append("\"");
  };
  add("error", error);
  add("error_description", text);
  add("resource_metadata", document_url_);
  add("scope", scopes);
  return value;
}

net::http_response gate::bad_token(const net::http_request& request, const std::string& why) const {
  auto response = refuse(request, {401, code::invalid_request, why});
  response.headers.emplace_back("WWW-Authenticate", challenge("invalid_token", why, first_scope));
  return response;
}

net::http_response gate::refuse(const net::http_request& request, const refusal& why,
                                std::string_view who) const {
  if (options_.audit)
    options_.audit->refused(request, why.status, who, why.text);
  return respond(why);
}

std::optional<net::http_response> gate::check_scope(const caller& who, auth::scope_set needed,
                                                    const json& id) const {
  if (who.may.covers(needed))
    return std::nullopt;
  auto scopes = needed.text();
  auto text = "this needs a token that allows: " + scopes;
  auto response = respond({403, code::invalid_request, text, {}}, id);
  response.headers.emplace_back("WWW-Authenticate", challenge("insufficient_scope", text, scopes));
  return response;
}

std::optional<net::http_response> gate::open_document(const net::http_request& request) const {
  auto path = path_of(request.target);
  if (document_.empty() || (path != document_folder && path != document_path_))
    return std::nullopt;
  if (!options_.origins.allow(head{request}))
    return respond({403, code::invalid_request, "this request names a foreign host"});
  if (request.method != "GET" && request.method != "HEAD") {
    auto response = respond({405, code::invalid_request, "use GET"});
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  net::http_response response;
  response.body = document_;
  return response;
}

} // namespace mahavishnu::mcp::server
