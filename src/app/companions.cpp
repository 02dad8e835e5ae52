// SPDX-License-Identifier: MIT
#include "app/companions.hpp"

#include "base/log.hpp"
#include "messages/json.hpp"
#include "net/url.hpp"
#include "store/memory_store.hpp"

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

class companion_target final : public memory_target {
public:
  companion_target(std::string service, std::string url, std::unique_ptr<mcp::companion> server)
      : service_(std::move(service)), url_(std::move(url)), server_(std::move(server)) {}

  const std::string& service() const override { return service_; }
  const std::string& url() const override { return url_; }

  void send(std::vector<memory_record> batch,
            std::function<void(std::vector<memory_outcome>)> done) override {
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
  auto add = [&](const std::string& service, const std::string& url, const std::string& token,
                 auto open) {
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
    auto shown = net::parse_url(url);
    all->targets_.push_back(std::make_shared<companion_target>(
        service, shown ? shown->shown() : service, std::move(*server)));
  };
  add("session_buddy", settings.get<"pools.session_buddy_url">(),
      settings.get<"pools.session_buddy_token">(), mcp::open_session_buddy);
  add("akosha", settings.get<"pools.akosha_url">(), settings.get<"pools.akosha_token">(),
      mcp::open_akosha);
  return all;
}

} // namespace mahavishnu
