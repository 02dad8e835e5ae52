// SPDX-License-Identifier: MIT
#pragma once

#include "cli/output.hpp"
#include "mahavishnu/auth/token_maker.hpp"
#include "mahavishnu/config/settings.hpp"

namespace mahavishnu::cli {

/// What makes the tokens that the settings are about.
result<auth::token_maker> token_maker_of(const config::settings& settings, const output& out);
/// The same for tokens of subscriptions.
result<auth::token_maker> subscription_maker_of(const config::settings& settings);

} // namespace mahavishnu::cli
