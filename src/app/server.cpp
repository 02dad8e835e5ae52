// SPDX-License-Identifier: MIT
#include "app/server.hpp"

#include "app/core.hpp"
#include "app/http_door.hpp"
#include "app/http_routes.hpp"
#include "app/mcp_door.hpp"
#include "app/mcp_gate.hpp"
#include "app/stop_signal.hpp"
#include "app/watchdog.hpp"
#include "base/log.hpp"
#include "base/state_dir.hpp"
#include "mahavishnu/app/orchestrator.hpp"
#include "mahavishnu/config/load.hpp"
#include "mcp/server/endpoint.hpp"
#include "net/http_server.hpp"
#include "wire/acceptor.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace mahavishnu {

namespace {

constexpr int exit_code_of_watchdog = 70;
/// For clients to take their last answers, and scripts of calls to end.
constexpr std::chrono::seconds time_for_doors{20};

result<void> open_log(const config::settings& settings) {
  log::options options;
  auto least = log::level_from(settings.get<"log_level">());
  if (!least)
    return least.error();
  options.least = settings.get<"debug">() ? log::level::debug : *least;
  options.file = settings.get<"log_file">();
  options.json = settings.get<"log_format">() == "json";
  options.background = true;
  return log::open(options);
}

/// Scripts get our environment, and have no business with these.
void hide_secrets() {
  ::unsetenv("MAHAVISHNU_TOKEN");
  for (const auto& setting : config::rows) {
    if (!setting.secret)
      continue;
    ::unsetenv(config::variable_of(setting).c_str());
    for (auto name : setting.old_names)
      ::unsetenv(config::variable_of_old_name(name).c_str());
  }
}

net::http_options http_options_of(const config::settings& settings) {
  net::http_options options;
  options.host = settings.get<"mcp.host">();
  options.port = static_cast<std::uint16_t>(settings.get<"mcp.port">());
  options.max_connections = static_cast<std::size_t>(settings.get<"mcp.max_connections">());
  options.max_body_bytes = static_cast<std::size_t>(settings.get<"mcp.max_body_bytes">());
  options.max_header_bytes = static_cast<std::size_t>(settings.get<"mcp.max_header_bytes">());
  options.max_headers = static_cast<std::size_t>(settings.get<"mcp.max_headers">());
  options.max_url_bytes = static_cast<std::size_t>(settings.get<"mcp.max_url_bytes">());
  options.max_stream_bytes = static_cast<std::size_t>(settings.get<"mcp.max_stream_bytes">());
  options.request_timeout = std::chrono::seconds{settings.get<"mcp.request_timeout_seconds">()};
  options.idle_timeout = std::chrono::seconds{settings.get<"mcp.idle_timeout_seconds">()};
  options.tls_certificate = settings.get<"mcp.tls_certificate">();
  options.tls_key = settings.get<"mcp.tls_key">();
  options.find_peer_user = !settings.get<"auth.enabled">();
  options.note = [](std::string_view text, bool is_trouble) {
    is_trouble ? log::warning("http", "{}", text) : log::info("http", "{}", text);
  };
  return options;
}

wire::acceptor_options wire_options_of(const config::settings& settings) {
  wire::acceptor_options options;
  options.max_connections = static_cast<std::size_t>(settings.get<"control.max_connections">());
  options.max_message_bytes =
      static_cast<std::uint32_t>(settings.get<"control.max_message_bytes">());
  options.handshake_timeout =
      std::chrono::seconds{settings.get<"control.handshake_timeout_seconds">()};
  options.existing = wire::leftover::remove; // we hold the lock of the directory
  options.log = [](std::string_view text) { log::warning("wire", "{}", text); };
  return options;
}

bool speaks_tls(const config::settings& settings) {
  return !settings.get<"mcp.tls_certificate">().empty();
}

/// Without TLS, whoever is between a client and the server reads its token, and may use it.
void warn_of_open_words(const config::settings& settings, const net::http_server& http) {
  if (!speaks_tls(settings) && !http.is_loopback())
    log::warning("mcp",
                 "{} can be reached from other machines without TLS, and everybody on the way "
                 "reads the tokens of the callers; set mcp.tls_certificate and mcp.tls_key",
                 settings.get<"mcp.host">());
}

std::string url_of(const config::settings& settings, const std::string& host, std::uint16_t port) {
  auto address = host.find(':') == std::string::npos ? host : "[" + host + "]";
  auto scheme = speaks_tls(settings) ? "https://" : "http://";
  return scheme + address + ":" + std::to_string(port) + settings.get<"mcp.path">();
}

/// What the HTTP threads see of a server that comes and goes.
struct door_sign {
  std::atomic<bool> ready{false};
  // There while the server is ready, and until the HTTP thread has ended.
  std::shared_ptr<mcp::server::gate> gate;
  std::unique_ptr<mcp::server::endpoint> tools;
  std::chrono::steady_clock::time_point opened = std::chrono::steady_clock::now();
};

net::http_handler handler_of(const config::settings& settings, std::shared_ptr<door_sign> sign) {
  http_facts constant;
  constant.server_name = settings.get<"server_name">();
  constant.mcp_path = settings.get<"mcp.path">();
  return [constant, sign = std::move(sign)](const net::http_request& request,
                                            const net::http_answer& answer) {
    auto facts = constant;
    facts.ready = sign->ready;
    if (facts.ready)
      if (auto open = sign->gate->open_document(request))
        return answer.reply(std::move(*open));
    if (facts.ready && path_of(request) == facts.mcp_path)
      return sign->tools->handle(request, answer);
    facts.uptime_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - sign->opened).count();
    answer.reply(route(request, facts));
  };
}

http_door_options door_options_of(const config::settings& settings,
                                  std::shared_ptr<door_sign> sign) {
  http_door_options options;
  options.http = http_options_of(settings);
  options.handler = handler_of(settings, std::move(sign));
  options.path = settings.get<"mcp.path">();
  options.url_of = [settings](const std::string& host, std::uint16_t port) {
    return url_of(settings, host, port);
  };
  options.on_open = [settings](const net::http_server& http) {
    warn_of_open_words(settings, http);
  };
  return options;
}

} // namespace

result<void> run_server(const config::settings& settings,
                        const std::function<void(const server_status&)>& on_ready) {
  auto directory = state_dir::locate(settings.get<"state_dir">(), config::process_environment());
  if (!directory)
    return directory.error();
  if (auto good = state_dir::prepare(*directory); !good)
    return good;
  auto lock = server_lock::take(*directory);
  if (!lock)
    return lock.error();

  // Threads inherit this, so it comes before the first of them.
  hide_secrets();
  stop_signal stop;
  std::signal(SIGPIPE, SIG_IGN);
  if (auto good = open_log(settings); !good)
    return good;

  auto sign = std::make_shared<door_sign>();
  auto http = std::make_shared<http_door>(door_options_of(settings, sign));
  auto opened = http->change({});
  if (!opened)
    return opened.error();

  server_status identity;
  identity.server_name = settings.get<"server_name">();
  identity.pid = ::getpid();
  identity.version = version();
  identity.state_dir = directory->string();
  identity.mcp.url = opened->url;

  std::unique_ptr<watchdog> guard; // bites when what follows does not end
  {
    core_surroundings around{*directory, identity, [&stop] { stop.raise(); }};
    around.spawn_door = [http](caf::actor_system& system) { return spawn_mcp_door(system, http); };
    auto started = core::start(settings, std::move(around));
    if (!started)
      return started.error();
    auto& inside = **started;
    auto socket = *directory / state_dir::control_socket;
    auto door =
        wire::acceptor::start(inside.system(), socket, inside.control(), wire_options_of(settings));
    if (!door)
      return door.error();
    auto audit = open_audit_log(settings, *directory);
    if (!audit)
      return audit.error();
    auto entrance = make_mcp_gate(settings, identity.mcp.url, *audit);
    if (!entrance)
      return entrance.error();
    sign->gate = std::move(*entrance);
    sign->tools = make_mcp_endpoint(settings, inside, {*directory, sign->gate, *audit});
    sign->ready = true;
    log::info("server", "up: pid {}, state {}, {}", identity.pid, identity.state_dir,
              identity.mcp.url);
    on_ready(identity);

    log::info("server", "ending, asked by {}", stop.wait());
    sign->ready = false;
    std::chrono::seconds limit{settings.get<"exec.grace_seconds">() +
                               2 * settings.get<"actors.shutdown_timeout_seconds">()};
    limit += time_for_doors;
    guard = std::make_unique<watchdog>(limit, [] {
      log::error("server", "the actor system does not end; leaving without it");
      log::close();
      ::_exit(exit_code_of_watchdog);
    });
    http->close();
    sign->tools.reset();
    sign->gate.reset();
    inside.close_pools(); // those who wait for results hear of it
    (*door)->stop();
  }
  guard.reset();
  log::info("server", "ended");
  log::close();
  return {};
}

} // namespace mahavishnu
