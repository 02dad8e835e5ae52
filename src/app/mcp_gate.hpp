// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"
#include "mcp/server/audit_log.hpp"
#include "mcp/server/gate.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace mahavishnu {

/// What is written of calls and refusals; empty where the settings want nothing of it.
result<std::shared_ptr<mcp::server::audit_log>>
open_audit_log(const config::settings& settings, const std::filesystem::path& state_directory);

/// Who may come in, as the settings say. `url` is where the endpoint listens. With
/// `auth.jwks_url`, keys are being fetched from here on; nobody waits for them until there is a
/// token.
result<std::unique_ptr<mcp::server::gate>>
make_mcp_gate(const config::settings& settings, const std::string& url,
              std::shared_ptr<mcp::server::audit_log> audit);

} // namespace mahavishnu
