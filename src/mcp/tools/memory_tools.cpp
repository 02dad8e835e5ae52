// SPDX-License-Identifier: MIT
#include "mcp/tools/memory_tools.hpp"

#include "base/moment_text.hpp"
#include "mcp/tools/heartbeat.hpp"
#include "mcp/tools/schema.hpp"

#include <tuple>

namespace mahavishnu::mcp::server {

namespace {

constexpr tool_hints reads{true, false, true, false, auth::scope::read};
/// What waits goes to other servers.
constexpr tool_hints sends{false, false, true, true, auth::scope::write};

constexpr std::chrono::minutes longest_sync{10};

tool search(const control_door& door) {
  using namespace schema;
  constexpr auto moment = "; how long ago (30m, 2h, 7d), a day (2026-11-21) or RFC 3339";
  return {
      "memory_search",
      "Search what tasks have left behind",
      "Full-text search over what ended tasks of all pools were asked and have said, the best "
      "first, with what was found in [brackets]. All words must be there; \"phrases\" in "
      "quotes; beginnings as deploy*. An empty query gives the newest. For the next page, give "
      "next as page.",
      object({{"query", with_default(text("What to search for"), "")},
              {"pool_id", text("Only of this pool, by id or name", 256)},
              {"status",
               {{"type", "string"},
                {"description", "Only of tasks that ended so"},
                {"enum", {"completed", "failed", "timeout", "cancelled", "lost"}}}},
              {"tags", texts("Only of tasks with all of this metadata, as name=value")},
              {"since", text("Only of tasks that ended then or later" + std::string{moment}, 64)},
              {"until", text("Only of tasks that ended before" + std::string{moment}, 64)},
              {"limit", with_default(whole("Results at most", 1, 1000), 20)},
              {"page", text("next of the page before this one")}}),
      schema::of<memory_found>(),
      reads,
      [door](const call_ptr& call) {
        search_memory wish;
        wish.query = text_of(*call, "query");
        wish.pool = text_of(*call, "pool_id");
        wish.status = text_of(*call, "status");
        wish.tags = texts_of(*call, "tags");
        wish.limit = number_of<std::int32_t>(*call, "limit", 20);
        wish.page = text_of(*call, "page");
        for (auto [name, time] : {std::tuple{"since", &wish.since}, {"until", &wish.until}})
          if (auto read = read_moment(name, text_of(*call, name), *time); !read)
            return call->finish(tool_error(read.error().message));
        pass_on<memory_found>(door, call, wish);
      }};
}

tool stats(const control_door& door) {
  return {"memory_stats",
          "What is in the memory",
          "How much ended tasks have left behind, by pool, and how far it has been sent to the "
          "servers that get it as well.",
          schema::object({}),
          schema::of<memory_stats>(),
          reads,
          [door](const call_ptr& call) { pass_on<memory_stats>(door, call, get_memory_stats{}); }};
}

tool sync(const control_door& door) {
  return {
      "memory_sync",
      "Send on what tasks have left behind",
      "Takes in what has ended and sends what waits to Session-Buddy and Akosha now, instead of "
      "at the next turn (pools.memory_sync_interval). problems says why something still waits.",
      schema::object({}),
      schema::of<memory_synced>(),
      sends,
      [door](const call_ptr& call) {
        say_that_it_goes_on(door, call, "sending what waits");
        pass_on<memory_synced>(door, call, sync_memory{}, longest_sync);
      }};
}

} // namespace

std::vector<tool> memory_tools(const control_door& door) {
  return {search(door), stats(door), sync(door)};
}

} // namespace mahavishnu::mcp::server
