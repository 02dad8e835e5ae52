// SPDX-License-Identifier: MIT
#include "mcp/client/client.hpp"

#include "mcp/client/call.hpp"
#include "mcp/client/client_core.hpp"
#include "net/url.hpp"

#include <algorithm>
#include <atomic>
#include <future>

namespace mahavishnu::mcp {

using namespace std::chrono_literals;

namespace {

constexpr auto time_to_tell = 5s;
constexpr std::size_t most_pages = 1000;

result<std::string> check(const client_options& options) {
  auto where = net::parse_url(options.url);
  if (!where)
    return where.error();
  auto is_visible = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::ranges::all_of(options.bearer_token, is_visible))
    return error{errc::invalid_settings, "the token for " + where->shown() +
                                             " has characters that no token has; is there a line "
                                             "break at its end?"};
  return where->shown();
}

} // namespace

// -- what all requests have ---------------------------------------------------

net::client_request client_core::make_request(std::string method, net::http_headers headers) const {
  net::client_request request;
  request.method = std::move(method);
  request.url = options.url;
  request.headers = std::move(headers);
  if (!options.bearer_token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + options.bearer_token);
  request.connect_timeout = options.connect_timeout;
  request.whole_timeout.reset();
  request.max_body_bytes = options.max_stream_bytes;
  return request;
}

net::client_request client_core::make_post(outgoing message) const {
  auto request = make_request("POST", std::move(message.headers));
  request.body = std::move(message.body);
  return request;
}

void client_core::tell(outgoing message) {
  auto request = make_post(std::move(message));
  request.whole_timeout = time_to_tell;
  request.repeatable = true; // a reply or a cancellation that comes twice does no harm
  // The connections may be held by the very calls that end with it.
  request.is_urgent = true;
  http.send(std::move(request), [](const result<net::client_answer>&) {});
}

// -- the client ---------------------------------------------------------------

namespace {

/// All pages of tools/list.
struct listing {
  std::shared_ptr<client_core> core;
  call_number number;
  std::chrono::steady_clock::time_point end;
  call_callback<std::vector<tool>> callback;
  std::vector<tool> tools;
  std::size_t pages = 0;
  /// What is kept is as large as what was sent.
  std::size_t bytes = 0;
  std::optional<std::string> cursor;
};

void begin_call(const std::shared_ptr<client_core>& core, call_number number, question asked,
                call_options options, call_label label, call::callback on_result) {
  if (core->is_closing)
    return on_result(explain_end_of_client(label), {});
  if (core->calls.size() >= core->options.max_calls)
    return on_result(explain_too_many(label, core->options.max_calls), {});
  asked.wants_progress = options.on_progress != nullptr;
  asked.wants_logs = core->options.on_log != nullptr;
  auto begun = std::make_shared<call>(core, number, std::move(asked), std::move(options),
                                      std::move(label), std::move(on_result));
  core->calls.emplace(number, begun);
  begun->start();
}

void remember_headers(client_core& core, const std::vector<tool>& tools) {
  core.mirrored.clear();
  for (const auto& one : tools)
    if (auto mirrored = mirrored_arguments(one.input_schema); !mirrored.empty())
      core.mirrored.emplace(one.name, std::move(mirrored));
}

void list_next_page(std::shared_ptr<listing> list);

failure explain_long_list(const call_label& label, std::size_t most, std::string_view of_what) {
  return {errc::incompatible, "the answer to " + label.text() + " has more than " +
                                  std::to_string(most) + ' ' + std::string(of_what) +
                                  "; let the server offer less, or raise the limit"};
}

void on_page(const std::shared_ptr<listing>& list, call_result<message> answer) {
  const auto& limits = list->core->options;
  auto label = list->core->label("'tools/list'");
  if (!answer)
    return list->callback(answer.error());
  list->bytes += answer->bytes;
  if (list->bytes > limits.max_stream_bytes)
    return list->callback(explain_long_list(label, limits.max_stream_bytes, "bytes"));
  auto page = read_tool_page(std::move(answer->body));
  if (!page)
    return list->callback(explain_result(label, page.error()));
  if (list->tools.size() + page->tools.size() > limits.max_tools)
    return list->callback(explain_long_list(label, limits.max_tools, "tools"));
  if (++list->pages >= most_pages || (page->next_cursor && page->next_cursor == list->cursor))
    return list->callback(explain_violation(label, "never ends"));
  std::ranges::move(page->tools, std::back_inserter(list->tools));
  list->cursor = std::move(page->next_cursor);
  if (list->cursor)
    return list_next_page(list);
  remember_headers(*list->core, list->tools);
  list->callback(std::move(list->tools));
}

/// What is left of a time that several calls share.
std::chrono::milliseconds time_until(std::chrono::steady_clock::time_point end) {
  auto left = end - std::chrono::steady_clock::now();
  return std::max(1ms, std::chrono::ceil<std::chrono::milliseconds>(left));
}

void list_next_page(std::shared_ptr<listing> list) {
  question asked;
  asked.method = "tools/list";
  if (list->cursor)
    asked.parameters["cursor"] = *list->cursor;
  call_options options;
  options.repeatable = true;
  options.timeout = time_until(list->end);
  auto core = list->core;
  auto number = list->number;
  begin_call(core, number, std::move(asked), std::move(options), core->label("'tools/list'"),
             [list = std::move(list)](call_result<message> answer, const terms&) {
               on_page(list, std::move(answer));
             });
}

void begin_listing(const std::shared_ptr<client_core>& core, call_number number,
                   std::chrono::milliseconds timeout, call_callback<std::vector<tool>> callback) {
  auto list = std::make_shared<listing>();
  list->core = core;
  list->number = number;
  list->end = std::chrono::steady_clock::now() + timeout;
  list->callback = std::move(callback);
  list_next_page(std::move(list));
}

/// A call of a tool, which may need the list of tools first.
struct tool_call {
  std::shared_ptr<client_core> core;
  call_number number;
  std::string name;
  json arguments;
  call_options options;
  std::chrono::steady_clock::time_point end;
  call_callback<tool_result> callback;
  bool has_listed = false;
};

void make_tool_call(std::shared_ptr<tool_call> made);

/// The server misses headers of which only the list of its tools says that it wants them.
void list_and_call_again(std::shared_ptr<tool_call> made) {
  made->has_listed = true;
  auto core = made->core;
  auto number = made->number;
  auto left = time_until(made->end);
  begin_listing(core, number, left, [made = std::move(made)](call_result<std::vector<tool>> tools) {
    made->options.timeout = time_until(made->end);
    if (tools)
      make_tool_call(made);
    else
      made->callback(tools.error());
  });
}

void make_tool_call(std::shared_ptr<tool_call> made) {
  if (!made->arguments.is_object())
    return made->callback(failure{errc::invalid_argument, "the arguments for '" + made->name +
                                                              "' are no JSON object; give one"});
  question asked;
  asked.method = "tools/call";
  asked.parameters = {{"name", made->name}, {"arguments", made->arguments}};
  asked.name = made->name;
  if (auto mirrored = made->core->mirrored.find(made->name); mirrored != made->core->mirrored.end())
    asked.modern_headers = argument_headers(mirrored->second, made->arguments);
  auto core = made->core;
  auto label = core->label("the call of '" + made->name + "'");
  begin_call(core, made->number, std::move(asked), made->options, label,
             [made, label](call_result<message> answer, const terms&) {
               if (!answer) {
                 if (answer.error().rpc_code == code::header_mismatch && !made->has_listed)
                   return list_and_call_again(made);
                 return made->callback(answer.error());
               }
               auto read = read_tool_result(std::move(answer->body));
               if (read)
                 made->callback(std::move(*read));
               else
                 made->callback(explain_result(label, read.error()));
             });
}

} // namespace

struct client::impl {
  std::shared_ptr<client_core> core;
  std::atomic<call_number> next_number{1};
};

client::client(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

result<std::unique_ptr<client>> client::open(net::http_client& http, client_options options) {
  auto shown = check(options);
  if (!shown)
    return shown.error();
  auto state = std::make_unique<impl>();
  state->core = std::make_shared<client_core>(http, std::move(options), *shown);
  return std::unique_ptr<client>(new client(std::move(state)));
}

client::~client() {
  std::promise<void> closed;
  impl_->core->http.post([core = impl_->core, &closed] {
    core->is_closing = true;
    while (!core->calls.empty()) {
      auto last = core->calls.begin()->second;
      last->end_with_client();
    }
    core->agreement.close([&closed] { closed.set_value(); });
  });
  closed.get_future().wait();
}

call_number client::call_tool(std::string name, json arguments, call_options options,
                              call_callback<tool_result> callback) {
  auto number = impl_->next_number.fetch_add(1, std::memory_order_relaxed);
  auto made = std::make_shared<tool_call>();
  made->core = impl_->core;
  made->number = number;
  made->name = std::move(name);
  made->arguments = std::move(arguments);
  made->end = std::chrono::steady_clock::now() +
              options.timeout.value_or(impl_->core->options.call_timeout);
  made->options = std::move(options);
  made->callback = std::move(callback);
  impl_->core->http.post([made = std::move(made)]() mutable { make_tool_call(std::move(made)); });
  return number;
}

call_number client::list_tools(call_callback<std::vector<tool>> callback,
                               std::optional<std::chrono::milliseconds> timeout) {
  auto number = impl_->next_number.fetch_add(1, std::memory_order_relaxed);
  auto time = timeout.value_or(impl_->core->options.call_timeout);
  impl_->core->http.post(
      [core = impl_->core, number, time, callback = std::move(callback)]() mutable {
        begin_listing(core, number, time, std::move(callback));
      });
  return number;
}

call_number client::ping(call_callback<terms> callback,
                         std::optional<std::chrono::milliseconds> timeout) {
  auto number = impl_->next_number.fetch_add(1, std::memory_order_relaxed);
  impl_->core->http.post([core = impl_->core, number, timeout, callback = std::move(callback)] {
    question asked;
    asked.method = "ping";
    call_options options;
    options.timeout = timeout;
    options.repeatable = true;
    begin_call(core, number, std::move(asked), std::move(options), core->label("'ping'"),
               [callback](const call_result<message>& answer, const terms& agreed) {
                 if (answer)
                   callback(agreed);
                 else
                   callback(answer.error());
               });
  });
  return number;
}

void client::cancel(call_number number) {
  impl_->core->http.post([core = impl_->core, number] {
    auto found = core->calls.find(number);
    if (found != core->calls.end())
      std::shared_ptr(found->second)->cancel();
  });
}

} // namespace mahavishnu::mcp
