// SPDX-License-Identifier: MIT
#pragma once

#include "auth/text_signer.hpp"
#include "mcp/server/audit_log.hpp"
#include "mcp/server/call.hpp"
#include "mcp/server/exchange.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace mahavishnu::mcp::server {

/// For a client of the modern era: what it is to do comes with the end of the request, and what we
/// want to remember until it has, too.
class modern_outlet : public outlet {
public:
  modern_outlet(std::shared_ptr<exchange> request, std::shared_ptr<const auth::text_signer> signer)
      : request_(std::move(request)), signer_(std::move(signer)) {}

  void finish(std::string_view members) override { request_->finish(members); }
  void fail(const refusal& why) override { request_->fail(why); }
  void notify(std::string_view method, const json& params) override {
    request_->notify(method, params);
  }
  bool need(call& whose, const std::vector<client_request>& inputs, const json& state) override;
  void abandon() override { request_->abandon(); }
  bool finish_as_task(std::string_view members) override {
    request_->finish(members, result_type::task);
    return true;
  }

private:
  const std::shared_ptr<exchange> request_;
  const std::shared_ptr<const auth::text_signer> signer_;
};

/// For a client of a session, which is asked while its request waits.
class session_outlet : public outlet {
public:
  explicit session_outlet(std::shared_ptr<exchange> request) : request_(std::move(request)) {}

  void finish(std::string_view members) override { request_->finish(members); }
  void fail(const refusal& why) override;
  void notify(std::string_view method, const json& params) override {
    request_->notify(method, params);
  }
  bool need(call& whose, const std::vector<client_request>& inputs, const json& state) override;
  void abandon() override { request_->abandon(); }
  void pause(std::chrono::milliseconds before_next) override { request_->pause(before_next); }

private:
  const std::shared_ptr<exchange> request_;
};

/// Writes down how a call of a tool has ended.
class audited_outlet : public outlet {
public:
  audited_outlet(std::shared_ptr<outlet> where, std::shared_ptr<audit_log> audit,
                 const call::facts& whose)
      : where_(std::move(where)),
        audit_(std::move(audit)),
        who_(whose.client.who),
        tool_(whose.name),
        arguments_(whose.arguments) {}

  void finish(std::string_view members) override;
  void fail(const refusal& why) override;
  void notify(std::string_view method, const json& params) override {
    where_->notify(method, params);
  }
  bool need(call& whose, const std::vector<client_request>& inputs, const json& state) override {
    return where_->need(whose, inputs, state);
  }
  void abandon() override;
  bool finish_as_task(std::string_view members) override;
  void pause(std::chrono::milliseconds before_next) override { where_->pause(before_next); }

private:
  const std::shared_ptr<outlet> where_;
  const std::shared_ptr<audit_log> audit_;
  const caller who_;
  const std::string tool_;
  const json arguments_;
};

/// What a call has noted for its next round, as a client brings it back.
std::string signed_state(const auth::text_signer& signer, const call::facts& whose,
                         const json& state, std::chrono::system_clock::time_point now);
/// Nothing when it is not what we have given for the same call, or that was too long ago.
std::optional<json> state_of(const auth::text_signer& signer, const call::facts& whose,
                             std::string_view text, std::chrono::system_clock::time_point now);

/// As the protocol has it, by key.
json to_json(const std::vector<client_request>& inputs);

} // namespace mahavishnu::mcp::server
