// SPDX-License-Identifier: MIT
#include "cli/session.hpp"

#include "actors/system_config.hpp"
#include "base/shell_words.hpp"
#include "base/state_dir.hpp"
#include "messages/registry.hpp"
#include "wire/connector.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_actor.hpp>

#include <unistd.h>

#include <cerrno>
#include <iostream>

namespace mahavishnu::cli {

namespace {

constexpr std::chrono::seconds connect_limit{5};

/// A result carries two streams, each up to the greatest `exec.output_limit_bytes` of 8 MiB.
constexpr std::uint32_t longest_answer = 32u << 20;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

system_options options_of(const config::settings& settings) {
  system_options options;
  options.threads = 1; // a command asks one question
  options.heartbeat = std::chrono::seconds{settings.get<"control.heartbeat_seconds">()};
  options.peer_timeout = std::chrono::seconds{settings.get<"control.peer_timeout_seconds">()};
  return options;
}

} // namespace

result<config::sources> sources_of(const invocation& now) {
  config::sources from;
  from.environment = config::process_environment();
  if (!now.global.settings_dir.empty())
    from.settings_dir = now.global.settings_dir;
  for (const auto& each : now.global.sets) {
    auto equals = each.find('=');
    if (equals == 0 || equals == std::string::npos)
      return error{errc::invalid_argument, "--set takes KEY=VALUE, not '" + each + "'"};
    from.flags.push_back({each.substr(0, equals), each.substr(equals + 1), "--set"});
  }
  if (!now.global.state_dir.empty())
    from.flags.push_back({"state_dir", now.global.state_dir, "--state-dir"});
  from.flags.insert(from.flags.end(), now.flags.begin(), now.flags.end());
  return from;
}

result<void> check_settings_dir(const invocation& now) {
  const auto& wanted = now.global.settings_dir;
  std::error_code ignored;
  if (wanted.empty() || std::filesystem::is_directory(wanted, ignored))
    return {};
  return error{errc::invalid_settings, "the settings directory '" + wanted +
                                           "' is not a directory; see --settings-dir, or make it "
                                           "with: mahavishnu config init"};
}

boost::system::result<config::settings, exit_code> load_settings(const invocation& now,
                                                                 const output& out) {
  auto sources = sources_of(now);
  if (!sources)
    return static_cast<exit_code>(out.failure(sources.error()));
  if (auto good = check_settings_dir(now); !good)
    return static_cast<exit_code>(out.failure(good.error()));
  auto loaded = config::load(*sources);
  for (const auto& warning : loaded.warnings)
    out.talk("warning: " + warning);
  if (loaded.settings)
    return std::move(*loaded.settings);
  for (const auto& problem : loaded.problems)
    out.warn("error: " + to_string(problem));
  out.warn("fix: correct it there; what each setting takes, says: mahavishnu config docs");
  return wrong_usage;
}

result<std::filesystem::path> state_directory(const config::settings& settings) {
  return state_dir::locate(settings.get<"state_dir">(), config::process_environment());
}

result<instance> find_instance(const invocation& now, const output& out) {
  auto settings = load_settings(now, out);
  if (!settings)
    return error{errc::invalid_settings, {}};
  auto directory = state_directory(*settings);
  if (!directory)
    return directory.error();
  return instance{std::move(*settings), std::move(*directory)};
}

struct session::parts {
  parts(config::settings now) : settings(std::move(now)), config(options_of(settings)) {}

  config::settings settings;
  system_config config;
  caf::actor_system system{config};
  control_actor control;
  bool is_whole_process = false;
  /// Whose batches they are; those of `ask` end with their answer.
  std::optional<caf::scoped_actor> requester;
};

namespace {

error why_none_runs(const std::filesystem::path& directory, const global_options& given) {
  auto problem = ::access((directory / state_dir::control_socket).c_str(), F_OK) == 0 ? 0 : errno;
  if (problem == EACCES)
    return {errc::unauthorized, "the state directory '" + directory.string() +
                                    "' belongs to another user; run it as that user, or take a "
                                    "directory of your own: --state-dir"};
  if (problem == ENOTDIR)
    return {errc::invalid_argument, "the state directory '" + directory.string() +
                                        "' is no directory; name one with --state-dir"};
  auto where = given.state_dir.empty() ? "" : " --state-dir " + shell_word(given.state_dir);
  return {errc::unreachable, "no server is running in '" + directory.string() +
                                 "'; start one with: mahavishnu up --detach" + where};
}

} // namespace

result<std::unique_ptr<session>> session::open(const invocation& now, const output& out) {
  auto found = find_instance(now, out);
  if (!found)
    return found.error();
  const auto& directory = found->state_directory;
  if (!server_lock::is_held(directory))
    return why_none_runs(directory, now.global);
  auto inside = std::make_unique<parts>(std::move(found->settings));
  wire::dial_options how;
  how.timeout = connect_limit;
  how.max_message_bytes = longest_answer;
  auto control =
      wire::dial<control_actor>(inside->system, directory / state_dir::control_socket, how);
  if (!control)
    return control.error();
  inside->control = std::move(*control);
  inside->is_whole_process = now.is_whole_process;
  return std::unique_ptr<session>{new session{std::move(inside)}};
}

session::session(std::unique_ptr<parts> inside) : inside_(std::move(inside)) {}

session::~session() = default;

result<batch_started> session::start(const execute_batch& wish) {
  if (!inside_->requester)
    inside_->requester.emplace(inside_->system);
  result<batch_started> answer = error{};
  (*inside_->requester)
      ->request(inside_->control, answer_limit, start_batch{wish})
      .receive([&](const batch_started& x) { answer = x; },
               [&](const caf::error& failure) { answer = from_caf(failure, "the server"); });
  return answer;
}

const config::settings& session::settings() const {
  return inside_->settings;
}

int session::leave(int code) {
  if (!inside_->is_whole_process || is_sanitized) // sanitizers are to see all of it
    return code;
  ::_exit(code_when_written(code));
}

caf::actor_system& session::system() {
  return inside_->system;
}

const control_actor& session::control() const {
  return inside_->control;
}

} // namespace mahavishnu::cli
