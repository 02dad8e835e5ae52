// SPDX-License-Identifier: MIT
#include "mcp/companions/companion.hpp"

#include "mcp/companions/akosha.hpp"
#include "mcp/companions/bounded_item.hpp"
#include "mcp/companions/sender.hpp"
#include "mcp/companions/session_buddy.hpp"

#include <algorithm>
#include <future>

namespace mahavishnu::mcp {

namespace {

class open_companion final : public companion {
public:
  open_companion(net::http_client& http, std::unique_ptr<client> speaker, std::string name,
                 way_chooser choose, const companion_options& options)
      : http_(http),
        speaker_(std::move(speaker)),
        sender_(std::make_shared<sender>(std::move(name), *speaker_, std::move(choose), options)),
        max_content_bytes_(options.max_content_bytes) {}
  open_companion(const open_companion&) = delete;

  ~open_companion() override {
    std::promise<void> closed;
    http_.post([&] {
      sender_->close();
      closed.set_value();
    });
    closed.get_future().wait();
    // Here, while callbacks of what it ends may still find the rest.
    speaker_.reset();
  }

  void send(std::vector<memory_item> batch,
            std::function<void(std::vector<item_outcome>)> done) override {
    for (auto& item : batch)
      item = bounded(std::move(item), max_content_bytes_);
    http_.post([sender = sender_, batch = std::move(batch), done = std::move(done)]() mutable {
      sender->send(std::move(batch), std::move(done));
    });
  }

  void check(std::function<void(companion_check)> done) override {
    http_.post(
        [sender = sender_, done = std::move(done)]() mutable { sender->check(std::move(done)); });
  }

private:
  net::http_client& http_;
  std::unique_ptr<client> speaker_;
  std::shared_ptr<sender> sender_;
  std::size_t max_content_bytes_;
};

/// Nothing when the options are good.
std::optional<error> objection(const companion_options& options) {
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (options.source.empty() || options.source.size() > 100 ||
      !std::ranges::all_of(options.source, is_plain))
    return error{errc::invalid_settings, "the name under which memories are filed has to be of 1 "
                                         "to 100 letters, digits, '.', '_' and '-'; give another"};
  if (options.max_calls == 0)
    return error{errc::invalid_settings, "no calls at once are allowed to " + options.source +
                                             "'s companion; allow at least one"};
  return std::nullopt;
}

result<std::unique_ptr<companion>> open(net::http_client& http, const std::string& name,
                                        way_chooser choose, const companion_options& options) {
  if (auto wrong = objection(options))
    return *wrong;
  client_options speaking;
  speaking.url = options.url;
  speaking.bearer_token = options.bearer_token;
  speaking.who = options.who;
  speaking.connect_timeout = options.connect_timeout;
  speaking.call_timeout = options.call_timeout;
  auto opened = client::open(http, std::move(speaking));
  if (!opened)
    return opened.error();
  return std::unique_ptr<companion>(
      std::make_unique<open_companion>(http, std::move(*opened), name, std::move(choose), options));
}

} // namespace

result<std::unique_ptr<companion>> open_session_buddy(net::http_client& http,
                                                      companion_options options) {
  auto choose = [source = options.source](const std::vector<tool>& tools) {
    return session_buddy_way::choose(tools, source);
  };
  return open(http, "Session-Buddy", choose, options);
}

result<std::unique_ptr<companion>> open_akosha(net::http_client& http, companion_options options) {
  akosha_way::filing filed{options.source, options.embedding_size};
  auto choose = [filed](const std::vector<tool>& tools) {
    return akosha_way::choose(tools, filed);
  };
  return open(http, "Akosha", choose, options);
}

} // namespace mahavishnu::mcp
