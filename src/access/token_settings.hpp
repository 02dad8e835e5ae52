// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/token_checker.hpp"
#include "mahavishnu/config/settings.hpp"

#include <optional>
#include <string>

/// What the settings say of tokens: the same for the command line, which makes and shows them, and
/// for the server, which asks for them.
namespace mahavishnu::access {

/// What is wrong with a setting; the text goes on after its name.
error wrong_setting(const std::string& key, const std::string& what);
/// What is wrong with a value, with the name of its setting before it.
error about_setting(const std::string& key, const error& what);

/// The text of a file with keys that a setting names.
result<std::string> read_key_file(const std::string& key, const std::string& path);

/// That tokens of subscriptions are made in a way that we can do.
result<void> check_subscription_algorithm(const config::settings& settings);

/// What tokens have to say that are none of subscriptions. `resource` is the address of the server,
/// where that is known.
auth::checker_options wanted_of(const config::settings& settings, const std::string& resource = {});

/// What checks tokens of subscriptions; nothing when none are accepted.
result<std::optional<auth::token_checker>>
subscription_checker_of(const config::settings& settings);

/// What checks the others, where that is a secret.
result<auth::key_set> secret_of(const config::settings& settings);

/// What checks tokens as a server with these settings does; whether that asks for tokens at all
/// (`auth.enabled`) is not looked at, and nothing is fetched.
result<auth::token_gate> token_gate_of(const config::settings& settings);

} // namespace mahavishnu::access
