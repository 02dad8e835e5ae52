// SPDX-License-Identifier: MIT
// What an endpoint does for each method.
#include "base/text.hpp"
#include "mcp/server/endpoint.hpp"
#include "mcp/server/head.hpp"
#include "mcp/server/listen_stream.hpp"
#include "mcp/server/modern_rules.hpp"
#include "mcp/server/outlets.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mahavishnu::mcp::server {

namespace {

constexpr auto session_header = "Mcp-Session-Id";
/// What we offer does not change while we run, and a client need not ask more often.
constexpr std::string_view cacheable = R"("ttlMs":300000,"cacheScope":"public")";
/// Of what does change.
constexpr std::string_view momentary = R"("ttlMs":0,"cacheScope":"private")";
constexpr std::size_t most_values = 100;
constexpr std::size_t most_watched = 256;
constexpr std::size_t longest_capability = 64;
constexpr std::size_t most_capabilities = 64;

bool is_legacy(std::string_view version) {
  return std::ranges::find(legacy_versions, version) != legacy_versions.end();
}

refusal wrong_params(std::string text) {
  return {400, code::invalid_params, std::move(text)};
}

/// The same of what only looks wrong when its method has begun.
refusal bad_params(std::string text) {
  return {200, code::invalid_params, std::move(text)};
}

/// `2.0` is a whole number too, and there are clients which write all of them so.
void make_whole(json& value) {
  constexpr double largest = 9007199254740992.0; // beyond it, they have gaps
  if (value.is_structured()) {
    for (auto& each : value)
      make_whole(each);
  } else if (value.is_number_float()) {
    auto number = value.get<double>();
    if (std::trunc(number) == number && std::abs(number) <= largest)
      value = static_cast<std::int64_t>(number);
  }
}

// -- what parameters must be like -----------------------------------------------------------------

std::optional<refusal> check_nothing(const json&) {
  return std::nullopt;
}

std::optional<refusal> check_text(const json& params, std::string_view member) {
  auto found = params.find(member);
  if (found == params.end() || !found->is_string())
    return wrong_params("params." + std::string{member} + " must be a string");
  return std::nullopt;
}

std::optional<refusal> check_object(const json& params, std::string_view member) {
  auto found = params.find(member);
  if (found != params.end() && !found->is_object())
    return wrong_params("params." + std::string{member} + " must be an object");
  return std::nullopt;
}

/// Of a call, or of what is got by its name: what the client has done for it comes with it.
std::optional<refusal> check_call(const json& params) {
  if (auto why = check_text(params, "name"))
    return why;
  if (auto why = check_object(params, "arguments"))
    return why;
  return check_object(params, "inputResponses");
}

std::optional<refusal> check_uri(const json& params) {
  if (auto why = check_text(params, "uri"))
    return why;
  return check_object(params, "inputResponses");
}

std::optional<refusal> check_task(const json& params) {
  if (auto why = check_text(params, "taskId"))
    return why;
  return check_object(params, "inputResponses");
}

std::optional<refusal> check_completion(const json& params) {
  for (auto each : {"ref", "argument"}) {
    auto found = params.find(each);
    if (found == params.end() || !found->is_object())
      return wrong_params("params." + std::string{each} + " must be an object");
  }
  auto kind = string_member(params["ref"], "type");
  if (kind != "ref/prompt" && kind != "ref/resource")
    return wrong_params("params.ref.type must be \"ref/prompt\" or \"ref/resource\"");
  if (auto why = check_text(params["argument"], "name"))
    return wrong_params("params.argument.name must be a string");
  return std::nullopt;
}

std::optional<refusal> check_filter(const json& params) {
  auto wanted = params.find("notifications");
  if (wanted == params.end() || !wanted->is_object())
    return wrong_params("params.notifications must be an object that says what to tell of");
  for (auto each : {"toolsListChanged", "promptsListChanged", "resourcesListChanged"})
    if (auto found = wanted->find(each); found != wanted->end() && !found->is_boolean())
      return wrong_params("params.notifications." + std::string{each} + " must be true or false");
  for (auto each : {"resourceSubscriptions", "taskIds"}) {
    auto found = wanted->find(each);
    if (found == wanted->end())
      continue;
    if (!found->is_array() || found->size() > most_watched ||
        !std::ranges::all_of(*found, [](const json& one) { return one.is_string(); }))
      return wrong_params("params.notifications." + std::string{each} +
                          " must be an array of at most " + std::to_string(most_watched) +
                          " strings");
  }
  return std::nullopt;
}

std::string members_of(const json& object) {
  auto text = to_text(object);
  return text.substr(1, text.size() - 2);
}

refusal unknown_task() {
  return bad_params("there is no such task (any more), or it is somebody else's");
}

refusal needs_tasks(std::string text) {
  return {400,
          code::missing_capability,
          std::move(text),
          {{"requiredCapabilities", {{"extensions", {{tasks_extension, json::object()}}}}}}};
}

} // namespace

json to_json(const server_name& who) {
  return {{"name", who.name}, {"title", who.title}, {"version", who.version}};
}

std::string shown_name(std::string_view text) {
  return "'" + std::string{first_bytes(text, 100)} + "'";
}

const endpoint::known_method* endpoint::find_method(era spoken, const std::string& name) {
  static constexpr std::array<known_method, 18> all{{
      {"tools/call", true, true, check_call, &endpoint::call_tool, {}},
      {"tools/list", true, true, check_nothing, &endpoint::list_tools},
      {"ping", false, true, check_nothing, &endpoint::ping, {}},
      {"initialize", false, true, check_nothing, &endpoint::initialize},
      {"server/discover", true, false, check_nothing, &endpoint::discover, {}},
      {"tasks/get", true, false, check_task, &endpoint::get_task},
      {"tasks/update", true, false, check_task, &endpoint::update_task, auth::scope::execute},
      {"tasks/cancel", true, false, check_task, &endpoint::cancel_task, auth::scope::execute},
      {"resources/list", true, true, check_nothing, &endpoint::list_resources},
      {"resources/templates/list", true, true, check_nothing, &endpoint::list_templates},
      {"resources/read", true, true, check_uri, &endpoint::read_resource},
      {"resources/subscribe", false, true, check_uri, &endpoint::subscribe},
      {"resources/unsubscribe", false, true, check_uri, &endpoint::unsubscribe},
      {"prompts/list", true, true, check_nothing, &endpoint::list_prompts},
      {"prompts/get", true, true, check_call, &endpoint::get_prompt},
      {"completion/complete", true, true, check_completion, &endpoint::complete},
      {"logging/setLevel", false, true, check_nothing, &endpoint::set_log_level},
      {"subscriptions/listen", true, false, check_filter, &endpoint::listen},
  }};
  const auto* found = std::ranges::find(all, name, &known_method::name);
  auto is_spoken = found != all.end() && (spoken == era::modern ? found->modern : found->legacy);
  return is_spoken ? found : nullptr;
}

// -- who is there ---------------------------------------------------------------------------------

json endpoint::capabilities(era spoken) const {
  json all{{"tools", {{"listChanged", true}}},
           {"prompts", {{"listChanged", true}}},
           {"resources", {{"subscribe", true}, {"listChanged", true}}},
           {"completions", json::object()},
           {"logging", json::object()}};
  if (spoken == era::modern)
    all["extensions"][tasks_extension] = json::object();
  return all;
}

void endpoint::initialize(const asked& what) {
  auto wanted = string_member(what.params(), "protocolVersion");
  if (wanted.empty())
    return what.request->fail(bad_params("params.protocolVersion must be a string"));
  std::string version{is_legacy(wanted) ? std::string_view{wanted} : legacy_versions.front()};
  // What is in them is of no use, and could be much.
  auto can = json::object();
  if (auto said = what.params().find("capabilities"); said != what.params().end())
    for (const auto& [name, value] : said->items())
      if (value.is_object() && name.size() <= longest_capability && can.size() < most_capabilities)
        can[name] = json::object();
  auto opened =
      sessions_.open(version, std::move(can), what.who.name, std::chrono::steady_clock::now());
  session_count_ = sessions_.size();
  offered_.news()->add(opened);
  json result{{"protocolVersion", version},
              {"capabilities", capabilities(era::legacy)},
              {"serverInfo", to_json(options_.who)}};
  if (!options_.instructions.empty())
    result["instructions"] = options_.instructions;
  net::http_response head;
  head.headers.emplace_back(session_header, opened->id());
  what.request->finish(members_of(result), result_type::complete, std::move(head));
}

void endpoint::discover(const asked& what) {
  json result{{"supportedVersions", json::array({modern_version})},
              {"capabilities", capabilities(era::modern)}};
  if (!options_.instructions.empty())
    result["instructions"] = options_.instructions;
  what.request->finish(members_of(result).append(",").append(cacheable));
}

void endpoint::ping(const asked& what) {
  what.request->finish({});
}

void endpoint::set_log_level(const asked& what) {
  auto level = log_level_of(string_member(what.params(), "level"));
  if (!level)
    return what.request->fail(bad_params(
        "params.level must be one of debug, info, notice, warning, error, critical, alert and "
        "emergency"));
  what.from->set_least(*level);
  what.request->finish({});
}

client_facts endpoint::asked::client() const {
  client_facts facts;
  facts.spoken = request->spoken();
  facts.who = who;
  if (from) {
    facts.capabilities = from->capabilities();
    facts.least = from->least();
    return facts;
  }
  if (auto can = message.meta().find(meta::client_capabilities); can != message.meta().end())
    facts.capabilities = *can;
  facts.least = log_level_of(string_member(message.meta(), meta::log_level));
  return facts;
}

// -- lists ----------------------------------------------------------------------------------------

void endpoint::answer_page(const asked& what, const paged_list& list) {
  auto cursor = what.params().find("cursor");
  auto has_cursor = cursor != what.params().end() && !cursor->is_null();
  auto is_text =
      has_cursor && cursor->is_string() && !cursor->get_ref<const std::string&>().empty();
  auto page = !has_cursor ? list.page({})
              : is_text   ? list.page(cursor->get_ref<const std::string&>())
                          : std::nullopt;
  if (!page)
    return what.request->fail(
        bad_params("params.cursor is none that this server has given; begin without one"));
  if (what.request->spoken() == era::modern)
    what.request->finish(std::string{*page}.append(",").append(cacheable));
  else
    what.request->finish(*page);
}

void endpoint::list_tools(const asked& what) {
  answer_page(what, offered_.tools());
}

void endpoint::list_prompts(const asked& what) {
  answer_page(what, offered_.prompts());
}

void endpoint::list_templates(const asked& what) {
  answer_page(what, offered_.templates());
}

namespace {

/// The lists of all shelves, in their order, when the last of them has come.
struct gathered_lists {
  std::mutex mutex;
  std::vector<std::vector<resource>> lists;
  std::size_t missing = 0;
};

std::string page_of(const gathered_lists& all) {
  std::vector<std::string> texts;
  for (const auto& list : all.lists)
    for (const auto& each : list)
      texts.push_back(to_text(to_json(each)));
  std::string joined{R"("resources":[)"};
  for (std::size_t i = 0; i < texts.size(); ++i)
    joined.append(i == 0 ? "" : ",").append(texts[i]);
  return joined += ']';
}

} // namespace

void endpoint::list_resources(const asked& what) {
  if (auto cursor = what.params().find("cursor");
      cursor != what.params().end() && !cursor->is_null())
    return what.request->fail(
        bad_params("params.cursor is none that this server has given; begin without one"));
  const auto& shelves = offered_.shelves();
  auto all = std::make_shared<gathered_lists>();
  all->lists.resize(shelves.size());
  all->missing = shelves.size();
  auto request = what.request;
  auto tell = [request, all] {
    auto members = page_of(*all);
    if (request->spoken() == era::modern)
      members.append(",").append(momentary);
    request->finish(members);
  };
  if (shelves.empty())
    return tell();
  for (std::size_t i = 0; i < shelves.size(); ++i)
    shelves[i]->list([all, tell, i](std::vector<resource> list) {
      {
        std::lock_guard guard{all->mutex};
        all->lists[i] = std::move(list);
        if (--all->missing > 0)
          return;
      }
      tell();
    });
}

// -- calls ----------------------------------------------------------------------------------------

template <class Call, class Whose>
std::shared_ptr<Call> endpoint::begin_call(const asked& what, std::string name, json arguments,
                                           Whose& whose) {
  call::facts facts;
  facts.request = what.message.id;
  facts.method = what.message.method;
  facts.name = std::move(name);
  facts.arguments = std::move(arguments);
  facts.client = what.client();
  if (auto wish = what.message.meta().find("progressToken"); wish != what.message.meta().end())
    if (wish->is_string() || wish->is_number_integer())
      facts.progress_token = *wish;
  if (!what.from) {
    if (auto answers = what.params().find("inputResponses"); answers != what.params().end())
      facts.answers = *answers;
    if (auto state = what.params().find("requestState"); state != what.params().end()) {
      auto opened = state->is_string()
                        ? state_of(*signer_, facts, state->get_ref<const std::string&>(),
                                   std::chrono::system_clock::now())
                        : std::nullopt;
      if (!opened) {
        what.request->fail(bad_params("params.requestState is not what this server has given for "
                                      "this request, or was given too long ago; begin without it"));
        return nullptr;
      }
      facts.state = std::move(*opened);
    }
  }
  auto is_tool = std::is_same_v<Call, tool_call>;
  std::shared_ptr<outlet> where;
  if (what.from)
    where = std::make_shared<session_outlet>(what.request);
  else
    where = std::make_shared<modern_outlet>(what.request, signer_);
  if (is_tool && options_.audit)
    where = std::make_shared<audited_outlet>(std::move(where), options_.audit, facts);
  auto made = std::make_shared<Call>(std::move(where), std::move(facts), whose);
  made->set_office(tasks_);
  const auto& http = what.request->http();
  http.take_time();
  if (what.from) {
    switch (what.from->begin(made)) {
    case session::admission::good: break;
    case session::admission::runs_already:
      made->fail({200, code::invalid_request, "a request with this id runs already"});
      return nullptr;
    case session::admission::too_many:
      made->fail({200, code::invalid_request,
                  "too many requests of this session run; wait until some have ended"});
      return nullptr;
    }
    made->on_end([from = what.from, id = what.message.id] { from->end(id); });
  } else { // who goes away wants it no more
    http.on_gone([weak = std::weak_ptr<call>{made}] {
      if (auto still = weak.lock())
        still->cancel();
    });
  }
  http.on_stopping([weak = std::weak_ptr<call>{made}] {
    if (auto still = weak.lock())
      still->stop();
  });
  return made;
}

bool endpoint::has_tasks(const asked& what) {
  return !what.from && what.client().has_tasks();
}

void endpoint::call_tool(const asked& what) {
  auto name = string_member(what.params(), "name");
  const auto* known = offered_.find_tool(name);
  if (!known)
    return what.request->fail(
        bad_params("there is no tool " + shown_name(name) + "; tools/list names all"));
  auto arguments = what.params().value("arguments", json::object());
  auto note = [&](call_result how, std::string_view why = {}) {
    if (options_.audit)
      options_.audit->tool_called(what.who, name, arguments, how, why);
  };
  if (auto refused = entrance_->check_scope(what.who, known->what.hints.needs, what.message.id)) {
    note(call_result::denied);
    return what.request->refuse(std::move(*refused));
  }
  if (known->what.tasks == task_mode::required && !has_tasks(what))
    return what.request->fail(
        needs_tasks(name + " can only run as a task: the client has to declare the extension " +
                    tasks_extension));
  make_whole(arguments);
  if (!what.from)
    if (auto why = check_argument_headers(what.headers, arguments, known->mirrored)) {
      note(call_result::failure, why->text);
      return what.request->fail(*why);
    }
  if (auto problem = known->input.problem_of(arguments)) {
    note(call_result::failure, *problem);
    return what.request->finish(members_of(tool_error(name + ": " + *problem)));
  }
  if (auto began = begin_call<tool_call>(what, std::move(name), std::move(arguments), known->what))
    began->run();
}

void endpoint::get_prompt(const asked& what) {
  auto name = string_member(what.params(), "name");
  const auto* known = offered_.find_prompt(name);
  if (!known)
    return what.request->fail(
        bad_params("there is no prompt " + shown_name(name) + "; prompts/list names all"));
  auto arguments = what.params().value("arguments", json::object());
  for (const auto& [argument, value] : arguments.items())
    if (!value.is_string())
      return what.request->fail(
          bad_params("params.arguments." + shown_name(argument) + " must be a string"));
  for (const auto& each : known->arguments)
    if (each.is_required && !arguments.contains(each.name))
      return what.request->fail(
          bad_params("the prompt " + shown_name(name) + " needs the argument '" + each.name + "'"));
  if (auto began = begin_call<prompt_call>(what, std::move(name), std::move(arguments), *known))
    began->run();
}

void endpoint::read_resource(const asked& what) {
  auto uri = string_member(what.params(), "uri");
  auto* shelf = offered_.find_shelf(uri);
  if (!shelf)
    return what.request->fail({200,
                               code_of_unknown_resource(what.request->spoken()),
                               "there is no resource of this URI; resources/list and "
                               "resources/templates/list say what there is",
                               {{"uri", uri}}});
  if (auto began = begin_call<resource_call>(what, uri, json::object(), *shelf))
    began->run();
}

void endpoint::subscribe(const asked& what) {
  auto uri = string_member(what.params(), "uri");
  auto watched = offered_.news()->watch(uri);
  if (uri.empty() || !watched)
    return what.request->fail({200,
                               code_of_unknown_resource(era::legacy),
                               "there is no resource of this URI",
                               {{"uri", uri}}});
  if (!what.from->subscribe(uri, std::move(watched)))
    return what.request->fail({200, code::invalid_request,
                               "this session follows too many resources; unsubscribe from some"});
  what.request->finish({});
}

void endpoint::unsubscribe(const asked& what) {
  what.from->unsubscribe(string_member(what.params(), "uri"));
  what.request->finish({});
}

// -- help for those who type ----------------------------------------------------------------------

void endpoint::complete(const asked& what) {
  const auto& ref = what.params()["ref"];
  auto argument = string_member(what.params()["argument"], "name");
  auto begun = string_member(what.params()["argument"], "value");
  completer find;
  if (string_member(ref, "type") == "ref/prompt") {
    const auto* known = offered_.find_prompt(string_member(ref, "name"));
    if (!known)
      return what.request->fail(
          bad_params("there is no prompt " + shown_name(string_member(ref, "name"))));
    auto one = std::ranges::find(known->arguments, argument, &prompt_argument::name);
    if (one == known->arguments.end())
      return what.request->fail(
          bad_params("the prompt '" + known->name + "' has no argument " + shown_name(argument)));
    find = one->complete;
  } else {
    const auto* known = offered_.find_template(string_member(ref, "uri"));
    if (!known && !offered_.find_shelf(string_member(ref, "uri")))
      return what.request->fail(
          bad_params("there is no resource " + shown_name(string_member(ref, "uri"))));
    if (known)
      if (auto one = known->complete.find(argument); one != known->complete.end())
        find = one->second;
  }
  auto tell = [request = what.request](std::vector<std::string> values) {
    auto total = values.size();
    if (total > most_values)
      values.resize(most_values);
    request->finish(members_of(json{
        {"completion", {{"values", values}, {"total", total}, {"hasMore", total > most_values}}}}));
  };
  if (find)
    find(begun, tell);
  else
    tell({});
}

// -- news -----------------------------------------------------------------------------------------

void endpoint::listen(const asked& what) {
  const auto& wanted = what.params()["notifications"];
  if (!what.request->may_stream())
    return what.request->fail(
        {406, code::invalid_request, "the header Accept must name text/event-stream"});
  listen_filter filter;
  if (wanted.value("toolsListChanged", false))
    filter.lists.insert(offer::tools);
  if (wanted.value("promptsListChanged", false))
    filter.lists.insert(offer::prompts);
  if (wanted.value("resourcesListChanged", false))
    filter.lists.insert(offer::resources);
  std::vector<std::shared_ptr<void>> watched;
  if (filter.lists.contains(offer::resources))
    watched.push_back(offered_.news()->watch({}));
  for (const auto& each : wanted.value("resourceSubscriptions", std::vector<std::string>{}))
    if (auto token = each.empty() ? nullptr : offered_.news()->watch(each)) {
      filter.resources.insert(each);
      watched.push_back(std::move(token));
    }
  auto tasks = wanted.value("taskIds", std::vector<std::string>{});
  auto client = what.client();
  if (!tasks.empty() && !client.has_tasks())
    return what.request->fail(
        needs_tasks("to hear of tasks, the client has to declare the extension " +
                    std::string{tasks_extension}));
  auto stream = std::make_shared<listen_stream>(what.request);
  auto tell = [weak = std::weak_ptr{stream}, board = std::weak_ptr{tasks_},
               who = client.who](const std::string& id) {
    auto all = board.lock();
    if (!all)
      return;
    all->find(who, id, [weak](const std::optional<task_view>& task) {
      if (auto still = weak.lock(); still && task)
        still->task_changed(*task);
    });
  };
  for (const auto& id : tasks)
    if (auto token = tasks_->watch(client.who, id, [tell, id] { tell(id); })) {
      filter.tasks.push_back(id);
      watched.push_back(std::move(token));
    }
  const auto& http = what.request->http();
  // It lives as long as the answer does.
  http.on_gone([stream] { stream->leave(); });
  http.on_stopping([stream] { stream->end(); });
  end_with_token(http, client.who);
  auto followed = filter.tasks;
  stream->begin(std::move(filter), std::move(watched));
  offered_.news()->add(stream);
  for (const auto& id : followed)
    tell(id); // what has happened before it was heard
}

// -- tasks ----------------------------------------------------------------------------------------

void endpoint::get_task(const asked& what) {
  if (!has_tasks(what))
    return what.request->fail(
        needs_tasks("the client has to declare the extension " + std::string{tasks_extension}));
  tasks_->find(what.client().who, string_member(what.params(), "taskId"),
               [request = what.request](const std::optional<task_view>& task) {
                 if (task)
                   request->finish(server::members_of(*task));
                 else
                   request->fail(unknown_task());
               });
}

void endpoint::update_task(const asked& what) {
  if (!has_tasks(what))
    return what.request->fail(
        needs_tasks("the client has to declare the extension " + std::string{tasks_extension}));
  tasks_->answer(what.client().who, string_member(what.params(), "taskId"),
                 what.params().value("inputResponses", json::object()),
                 [request = what.request](bool is_known) {
                   if (is_known)
                     request->finish({});
                   else
                     request->fail(unknown_task());
                 });
}

void endpoint::cancel_task(const asked& what) {
  if (!has_tasks(what))
    return what.request->fail(
        needs_tasks("the client has to declare the extension " + std::string{tasks_extension}));
  tasks_->cancel(what.client().who, string_member(what.params(), "taskId"),
                 [request = what.request](bool is_known) {
                   if (is_known)
                     request->finish({});
                   else
                     request->fail(unknown_task());
                 });
}

} // namespace mahavishnu::mcp::server
