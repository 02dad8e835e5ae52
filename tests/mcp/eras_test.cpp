// SPDX-License-Identifier: MIT
#include "mcp/client/era.hpp"
#include "support/catch.hpp"

using namespace mahavishnu::mcp;

namespace {

std::optional<message> result_with(json body) {
  message answer;
  answer.kind = message_kind::result;
  answer.body = std::move(body);
  return answer;
}

std::optional<message> error_with(int code, json data = {}, std::string text = {}) {
  message answer;
  answer.kind = message_kind::error;
  answer.code = code;
  answer.body = std::move(data);
  answer.text = std::move(text);
  return answer;
}

after_discovery with_versions(json versions) {
  return decide_era(200, result_with({{"supportedVersions", std::move(versions)}}));
}

} // namespace

TEST_CASE("a server that names our version is spoken to in the modern way") {
  CHECK(with_versions({"2026-07-28"}) == after_discovery::speak_modern);
  CHECK(with_versions({"2099-01-01", "2026-07-28", "2025-11-25"}) == after_discovery::speak_modern);
}

TEST_CASE("a modern server with nothing but a legacy version in common gets the handshake") {
  CHECK(with_versions({"2099-01-01", "2025-06-18"}) == after_discovery::initialize);
  CHECK(decide_era(400, error_with(-32022, {{"supported", {"2025-11-25"}}})) ==
        after_discovery::initialize);
}

TEST_CASE("a modern server with no version in common is given up") {
  CHECK(with_versions({"2099-01-01"}) == after_discovery::give_up);
  CHECK(with_versions(json::array()) == after_discovery::give_up);
  CHECK(with_versions({1, nullptr}) == after_discovery::give_up);
  CHECK(decide_era(400, error_with(-32022)) == after_discovery::give_up);
  // It refuses the very version that it names: to ask again would go on for ever.
  CHECK(decide_era(400, error_with(-32022, {{"supported", {"2026-07-28"}}})) ==
        after_discovery::give_up);
  CHECK(decide_era(400, error_with(-32020)) == after_discovery::give_up);
  CHECK(decide_era(400, error_with(-32021)) == after_discovery::give_up);
}

TEST_CASE("whatever else a server says, it gets the handshake") {
  CHECK(decide_era(400, error_with(-32000)) == after_discovery::initialize);
  CHECK(decide_era(200, error_with(-32601)) == after_discovery::initialize);
  CHECK(decide_era(404, error_with(-32601)) == after_discovery::initialize);
  CHECK(decide_era(400, std::nullopt) == after_discovery::initialize);
  CHECK(decide_era(500, std::nullopt) == after_discovery::initialize);
  CHECK(decide_era(200, result_with({{"anything", 1}})) == after_discovery::initialize);
  CHECK(decide_era(200, result_with({{"supportedVersions", "2026-07-28"}})) ==
        after_discovery::initialize);
}

TEST_CASE("a status that says nothing of eras ends the attempt") {
  for (unsigned status : {301u, 401u, 403u, 429u, 502u, 503u, 504u})
    CHECK(decide_era(status, std::nullopt) == after_discovery::give_up);
}

TEST_CASE("only a version of ours can be chosen in the handshake") {
  for (const auto* version : {"2025-11-25", "2025-06-18", "2025-03-26"})
    CHECK(chosen_version({{"protocolVersion", version}}) == version);
  CHECK_FALSE(chosen_version({{"protocolVersion", "2024-11-05"}}));
  CHECK_FALSE(chosen_version({{"protocolVersion", "2026-07-28"}})); // needs no handshake
  CHECK_FALSE(chosen_version({{"protocolVersion", 7}}));
  CHECK_FALSE(chosen_version(json::array()));
}

TEST_CASE("a session id is visible text of bounded length") {
  CHECK(is_session_id("a-b_c!~"));
  CHECK_FALSE(is_session_id(""));
  CHECK_FALSE(is_session_id("a b"));
  CHECK_FALSE(is_session_id("a\x7f"));
  CHECK_FALSE(is_session_id("\xC3\xBC"));
  CHECK_FALSE(is_session_id(std::string(1025, 'x')));
}

TEST_CASE("a session that is gone is told from other troubles") {
  terms with_session{era::legacy, "2025-11-25", "s"};
  terms without{era::legacy, "2025-11-25", ""};
  CHECK(says_start_over(with_session, 404, std::nullopt));
  CHECK(says_start_over(with_session, 404, error_with(-32001)));
  CHECK(says_start_over(with_session, 400, error_with(-32000, {}, "No valid session ID")));
  CHECK(says_start_over(with_session, 400, error_with(-32000, {}, "Server not initialized")));
  CHECK(says_start_over(with_session, 400, error_with(-32600, {}, "Missing session ID")));
  CHECK_FALSE(says_start_over(with_session, 400, error_with(-32602, {}, "bad arguments")));
  CHECK_FALSE(says_start_over(with_session, 500, std::nullopt));
  CHECK_FALSE(says_start_over(with_session, 200, error_with(-32601)));
  CHECK_FALSE(says_start_over(without, 404, std::nullopt));
}

TEST_CASE("a session that is gone may be said in plain text") {
  terms with_session{era::legacy, "2025-11-25", "s"};
  // So do servers of the Python SDK up to the end of 2025.
  CHECK(says_start_over(with_session, 400, {}, "Bad Request: No valid session ID provided"));
  CHECK_FALSE(says_start_over(with_session, 400, {}, "Bad Request"));
  CHECK_FALSE(says_start_over(with_session, 500, {}, "the session store is down"));
}

TEST_CASE("a tool that has a word about sessions has not lost ours") {
  terms with_session{era::legacy, "2025-11-25", "s"};
  CHECK_FALSE(says_start_over(with_session, 400, error_with(-32602, {}, "unknown session_id 'x'")));
  CHECK_FALSE(says_start_over(with_session, 400, error_with(-32603, {}, "no session in table")));
  CHECK_FALSE(says_start_over(with_session, 400, error_with(-32020, {}, "no session")));
  CHECK_FALSE(says_start_over(with_session, 200, error_with(-32000, {}, "no session")));
}

TEST_CASE("a legacy server that was replaced by a modern one, or keeps sessions now, is noticed") {
  terms with_session{era::legacy, "2025-11-25", "s"};
  terms without{era::legacy, "2025-11-25", ""};
  for (const auto& used : {with_session, without})
    CHECK(says_start_over(used, 400, error_with(-32022, {{"supported", {"2026-07-28"}}})));
  CHECK(says_start_over(without, 400, error_with(-32000, {}, "Server not initialized")));
  CHECK(says_start_over(without, 400,
                        error_with(-32000, {}, "Bad Request: Mcp-Session-Id header is required")));
  CHECK(says_start_over(without, 400, {}, "Missing session ID"));
  CHECK_FALSE(says_start_over(without, 400, error_with(-32000, {}, "unsupported version")));
}

TEST_CASE("a modern server that was replaced by a legacy one, or another version, is noticed") {
  CHECK(says_start_over({}, 400, error_with(-32022)));
  CHECK(says_start_over({}, 400, error_with(-32000, {}, "Server not initialized")));
  CHECK(says_start_over({}, 404, std::nullopt));
  CHECK_FALSE(says_start_over({}, 404, error_with(-32601)));
  CHECK_FALSE(says_start_over({}, 400, error_with(-32602)));
  CHECK_FALSE(says_start_over({}, 200, std::nullopt));
  CHECK_FALSE(says_start_over({}, 0, std::nullopt));
}
