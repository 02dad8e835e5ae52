// SPDX-License-Identifier: MIT
#include "app/companions.hpp"

#include "base/log.hpp"
#include "messages/json.hpp"
#include "net/listening_users.hpp"
#include "net/url.hpp"
#include "store/memory_store.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace mahavishnu {

namespace {

memory_outcome outcome_of(const memory_record& record, mcp::item_outcome&& told) {
  using kind = memory_outcome::kind;
  auto how = kind::failed;
  switch (told.outcome) {
  case mcp::send_outcome::sent: how = kind::sent; break;
  case mcp::send_outcome::refused: how = kind::refused; break;
  case mcp::send_outcome::failed: how = kind::failed; break;
  }
  return {record.metadata.task, how, std::move(told.reason)};
}

mcp::memory_item item_of(const memory_record& record) {
  mcp::memory_item item;
  item.id = record.metadata.task.str();
  item.content = record.content.empty() ? record.title : record.content;
  item.metadata = mcp::json::parse(json::text(json::from(record.metadata)));
  item.metadata["title"] = record.title;
  item.metadata["pool_name"] = record.metadata.pool_name;
  return item;
}

/// Where records go without anybody having said so, a port of this machine, any user of it can
/// listen. Only this one and root get them.
result<void> trust_listeners(std::uint16_t port, const std::string& setting) {
  auto users = net::listening_users(port);
  if (!users)
    return users.error();
  for (auto user : *users)
    if (user != ::geteuid() && user != 0)
      return error{errc::unauthorized, "port " + std::to_string(port) + " belongs to user " +
                                           std::to_string(user) +
                                           ", who gets no records without your saying so: set " +
                                           setting + " to this URL, or to \"\" for no server"};
  return {};
}

/// Asked before each batch.
using may_send = std::function<result<void>()>;

class companion_target final : public memory_target {
public:
  companion_target(std::string service, std::string url, std::unique_ptr<mcp::companion> server,
                   may_send allowed)
      : service_(std::move(service)),
        url_(std::move(url)),
        server_(std::move(server)),
        allowed_(std::move(allowed)) {}

  const std::string& service() const override { return service_; }
  const std::string& url() const override { return url_; }

  void send(std::vector<memory_record> batch,
            std::function<void(std::vector<memory_outcome>)> done) override {
    if (auto allowed = allowed_(); !allowed) {
      std::vector<memory_outcome> outcomes;
      for (const auto& each : batch)
        outcomes.push_back(
            {each.metadata.task, memory_outcome::kind::failed, allowed.error().message});
      return done(std::move(outcomes));
    }
    std::vector<mcp::memory_item> items;
    for (const auto& each : batch)
      items.push_back(item_of(each));
    server_->send(std::move(items), [batch = std::move(batch),
                                     done = std::move(done)](std::vector<mcp::item_outcome> told) {
      std::vector<memory_outcome> outcomes;
      for (std::size_t i = 0; i < std::min(batch.size(), told.size()); ++i)
        outcomes.push_back(outcome_of(batch[i], std::move(told[i])));
      done(std::move(outcomes));
    });
  }

private:
  std::string service_;
  std::string url_;
  std::unique_ptr<mcp::companion> server_;
  may_send allowed_;
};

} // namespace

std::unique_ptr<companions> companions::open(const config::settings& settings,
                                             store::memory_store& memory) {
  auto all = std::make_unique<companions>();
  auto http = net::http_client::start();
  if (!http) {
    log::error("memory", "{}; no records are sent to other servers", http.error().message);
    return all;
  }
  all->http_ = std::move(*http);
  auto add = [&](const std::string& service, config::row_index row, const std::string& token,
                 auto open) {
    const auto& url = std::get<std::string>(settings.at(row));
    auto leave_out = [&] {
      // One that never was a target is none.
      if (auto off = memory.disable(service); !off && off.error().code != errc::not_found)
        log::error("memory", "{}", off.error().message);
    };
    if (url.empty())
      return leave_out();
    mcp::companion_options options;
    options.url = url;
    options.bearer_token = token;
    auto server = open(*all->http_, std::move(options));
    auto on = server ? memory.enable(service, false) : result<void>{server.error()};
    if (!on) {
      log::error("memory", "{}; {} gets no records", on.error().message, service);
      return leave_out();
    }
    auto place = net::parse_url(url);
    may_send allowed = [] { return result<void>{}; };
    if (place && settings.origin_of(row).layer == config::layer::defaults)
      allowed = [port = place->port, setting = config::key_of(config::rows[row])] {
        return trust_listeners(port, setting);
      };
    all->targets_.push_back(std::make_shared<companion_target>(
        service, place ? place->shown() : service, std::move(*server), std::move(allowed)));
  };
  add("session_buddy", config::index_of<"pools.session_buddy_url">(),
      settings.get<"pools.session_buddy_token">(), mcp::open_session_buddy);
  add("akosha", config::index_of<"pools.akosha_url">(), settings.get<"pools.akosha_token">(),
      mcp::open_akosha);
  return all;
}

} // namespace mahavishnu
