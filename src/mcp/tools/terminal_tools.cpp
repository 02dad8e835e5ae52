// SPDX-License-Identifier: MIT
#include "mcp/tools/terminal_tools.hpp"

#include "mcp/tools/schema.hpp"

namespace mahavishnu::mcp::server {

namespace {

constexpr tool_hints reads{true, false, true, false, auth::scope::read};
constexpr tool_hints changes_nothing{false, false, true, false, auth::scope::write};
constexpr tool_hints ends{false, true, true, false, auth::scope::write};
/// What runs in a terminal may do anything.
constexpr tool_hints runs{false, true, false, true, auth::scope::execute};

/// Closing takes the grace of what runs there.
constexpr std::chrono::minutes close_limit{2};

/// The only one that there is: the pseudo terminals of the system.
constexpr auto adapter = "engine";
constexpr auto about_adapter = "pseudo terminals of this server, which end with it; there is no "
                               "other adapter";

json session_schema() {
  return {{"type", "string"},
          {"description", "Id of the terminal, as terminal_launch and terminal_list give it"},
          {"pattern", "^[A-Za-z0-9_-]{1,100}$"}};
}

schema::argument session_argument() {
  return {"session_id", session_schema(), true};
}

schema::argument lines_argument() {
  return {"lines", schema::whole("The last so many lines of what is on the screen and has left it "
                                 "(default: terminal.capture_lines of the settings)",
                                 1, 10'000)};
}

json object_of(json properties) {
  auto names = json::array();
  for (const auto& [name, value] : properties.items())
    names.push_back(name);
  return {
      {"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(names)}};
}

tool launch(const control_door& door) {
  using namespace schema;
  return {
      "terminal_launch",
      "Open terminals",
      "Runs a command in terminals of their own, which stay until they are closed, and answers "
      "with their ids in result. bash or python3 gives something to type into with "
      "terminal_send; terminal_capture shows what it shows. Only where terminal.enabled is "
      "true. For work with a result, pool_execute is better.",
      object({{"command",
               {{"type", "string"},
                {"description", "For /bin/sh"},
                {"minLength", 1},
                {"maxLength", 10'000}},
               true},
              {"count", with_default(whole("How many", 1, 10), 1)},
              {"columns", whole("Width (default: terminal.default_columns)", 40, 300)},
              {"rows", whole("Height (default: terminal.default_rows)", 10, 200)},
              {"cwd", text("Absolute path of where it runs (default: where the server runs)")}}),
      list_of({{"type", "string"}}),
      runs,
      [door](const call_ptr& call) {
        launch_terminals wish;
        wish.command = text_of(*call, "command");
        wish.count = number_of<std::int32_t>(*call, "count", 1);
        wish.columns = number_of<std::int32_t>(*call, "columns", 0);
        wish.rows = number_of<std::int32_t>(*call, "rows", 0);
        wish.working_directory = text_of(*call, "cwd");
        ask_for<terminals_launched>(door, call, wish, [](const terminals_launched& all) {
          return structured_list(mahavishnu::json::from(all)["session_ids"]);
        });
      }};
}

tool send(const control_door& door) {
  return {
      "terminal_send",
      "Type into a terminal",
      "Types text into a terminal and presses Enter. Keys are characters: \\u0003 is Ctrl-C, "
      "\\u0004 Ctrl-D, \\u001b Escape; set submit to false for these. What comes of it takes a "
      "moment: ask terminal_capture. The status waiting says that the program does not read.",
      schema::object(
          {session_argument(),
           {"command", schema::text("What to type; may be empty, for Enter alone", 10'000), true},
           {"submit", schema::with_default(schema::truth("Press Enter after it"), true)}}),
      object_of({{"status", {{"type", "string"}, {"enum", {"success", "waiting"}}}},
                 {"session_id", {{"type", "string"}}},
                 {"command", {{"type", "string"}}}}),
      runs,
      [door](const call_ptr& call) {
        type_into_terminal wish{text_of(*call, "session_id"), text_of(*call, "command"),
                                number_of<bool>(*call, "submit", true)};
        ask_for<typed_into_terminal>(
            door, call, wish, [text = wish.text](const typed_into_terminal& how) {
              return structured({{"status", how.taken ? "success" : "waiting"},
                                 {"session_id", how.terminal},
                                 {"command", text}});
            });
      }};
}

json schema_of_capture() {
  auto made = schema::of<terminal_info>();
  auto rest = schema::of<terminal_text>();
  for (auto name : {"cursor_row", "cursor_column", "alternate"}) {
    made["properties"][name] = rest["properties"][name];
    made["required"].push_back(name);
  }
  made["properties"]["result"] = {{"type", "string"}, {"description", "what it shows"}};
  made["required"].push_back("result");
  return made;
}

tool_answer shown(const terminal_text& one) {
  auto answer = mahavishnu::json::from(one.about);
  answer["result"] = one.text;
  answer["cursor_row"] = one.cursor_row;
  answer["cursor_column"] = one.cursor_column;
  answer["alternate"] = one.alternate;
  return {structured(answer), {text_block(one.text)}, false};
}

tool capture(const control_door& door) {
  return {
      "terminal_capture",
      "What a terminal shows",
      "The last lines of a terminal as somebody in front of it would see them, without colours, "
      "and where the cursor is. Of one that has exited, the last that it has shown.",
      schema::object({session_argument(), lines_argument()}),
      schema_of_capture(),
      reads,
      [door](const call_ptr& call) {
        capture_terminals wish{{text_of(*call, "session_id")},
                               number_of<std::int32_t>(*call, "lines", 0)};
        ask<terminals_captured>(*door.system, door.control, wish, usual_limit,
                                [call](const result<terminals_captured>& answer) {
                                  if (answer)
                                    call->finish(shown(answer->terminals.at(0)));
                                  else
                                    call->finish(tool_error(answer.error().message));
                                });
      }};
}

tool capture_all(const control_door& door) {
  return {"terminal_capture_all",
          "What terminals show",
          "The last lines of several terminals, by their ids.",
          schema::object({{"session_ids",
                           {{"type", "array"},
                            {"description", "Ids of terminals (default: all)"},
                            {"items", session_schema()},
                            {"maxItems", 100}}},
                          lines_argument()}),
          schema::map_of({{"type", "string"}}),
          reads,
          [door](const call_ptr& call) {
            capture_terminals wish{texts_of(*call, "session_ids"),
                                   number_of<std::int32_t>(*call, "lines", 0)};
            ask_for<terminals_captured>(door, call, wish, [](const terminals_captured& all) {
              auto map = mahavishnu::json::value::object();
              for (const auto& each : all.terminals)
                map[each.about.terminal] = each.text;
              return structured(map);
            });
          }};
}

tool list(const control_door& door) {
  return {"terminal_list",
          "List the terminals",
          "All terminals, the oldest first: what runs there, or how it has ended.",
          schema::object({}),
          schema::list_of(schema::of<terminal_info>()),
          reads,
          [door](const call_ptr& call) {
            ask_for<terminal_list>(door, call, list_terminals{}, [](const terminal_list& all) {
              return structured_list(mahavishnu::json::from(all)["terminals"]);
            });
          }};
}

tool close(const control_door& door) {
  return {"terminal_close",
          "Close a terminal",
          "Ends what runs in a terminal, and forgets what it has shown.",
          schema::object({session_argument()}),
          object_of({{"session_id", {{"type", "string"}}}, {"status", {{"type", "string"}}}}),
          ends,
          [door](const call_ptr& call) {
            auto id = text_of(*call, "session_id");
            ask_for<terminals_closed>(
                door, call, close_terminal{id},
                [id](const terminals_closed&) {
                  return structured({{"session_id", id}, {"status", "closed"}});
                },
                close_limit);
          }};
}

tool close_all(const control_door& door) {
  return {"terminal_close_all",
          "Close all terminals",
          "Ends what runs in terminals, and forgets what they have shown.",
          schema::object({}),
          schema::of<terminals_closed>(),
          ends,
          [door](const call_ptr& call) {
            pass_on<terminals_closed>(door, call, close_all_terminals{}, close_limit);
          }};
}

// -- adapters, as clients of the predecessor know them
// ---------------------------------------------

tool switch_adapter() {
  return {"terminal_switch_adapter",
          "Choose who provides terminals",
          "There is one provider of terminals here, engine, so there is nothing to switch to; kept "
          "for clients that ask.",
          schema::object({{"adapter_name", schema::name("engine"), true},
                          {"migrate_sessions", schema::truth("Of no use: there is one provider")}}),
          object_of({{"status", {{"type", "string"}, {"enum", {"already_using"}}}},
                     {"previous_adapter", {{"type", "string"}}},
                     {"new_adapter", {{"type", "string"}}}}),
          changes_nothing,
          [](const call_ptr& call) {
            auto name = text_of(*call, "adapter_name");
            if (name != adapter)
              return call->finish(tool_error("there is no terminal adapter '" + name + "', only '" +
                                             adapter + "': " + about_adapter));
            call->finish({structured({{"status", "already_using"},
                                      {"previous_adapter", adapter},
                                      {"new_adapter", adapter}}),
                          {},
                          false});
          }};
}

tool current_adapter() {
  return {"terminal_current_adapter",
          "Who provides terminals",
          "The provider of terminals, which is engine and never another one.",
          schema::object({}),
          object_of({{"adapter", {{"type", "string"}}},
                     {"history", {{"type", "array"}, {"items", {{"type", "object"}}}}}}),
          reads,
          [](const call_ptr& call) {
            call->finish(
                {structured({{"adapter", adapter}, {"history", mahavishnu::json::value::array()}}),
                 {},
                 false});
          }};
}

tool list_adapters() {
  return {
      "terminal_list_adapters",
      "List who could provide terminals",
      "The one provider of terminals, and what it is.",
      schema::object({}),
      object_of({{"adapters", schema::map_of(object_of({{"status", {{"type", "string"}}},
                                                        {"description", {{"type", "string"}}}}))},
                 {"current", {{"type", "string"}}}}),
      reads,
      [](const call_ptr& call) {
        mahavishnu::json::value about{{"status", "available"}, {"description", about_adapter}};
        call->finish(
            {structured({{"adapters", {{adapter, about}}}, {"current", adapter}}), {}, false});
      }};
}

} // namespace

std::vector<tool> terminal_tools(const control_door& door) {
  return {launch(door), send(door),      capture(door),    capture_all(door), list(door),
          close(door),  close_all(door), switch_adapter(), current_adapter(), list_adapters()};
}

} // namespace mahavishnu::mcp::server
