// SPDX-License-Identifier: MIT
#include "access/token_settings.hpp"
#include "base/state_dir.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/doctor/probe.hpp"
#include "cli/doctor/services.hpp"
#include "cli/guide_commands.hpp"
#include "cli/mcp_commands.hpp"
#include "cli/mcp_services.hpp"
#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdlib>
#include <future>
#include <system_error>
#include <thread>

namespace mahavishnu::cli {

namespace {

using namespace doctor;

/// For all that is looked at; what takes longer is said to have no answer.
constexpr std::chrono::seconds whole_limit{4};

/// Looks at many things at once, each on a thread that is left alone when it does not come back.
class looks {
public:
  template <class F>
  auto begin(F look) {
    using answer = decltype(look());
    auto task = std::make_shared<std::packaged_task<answer()>>(std::move(look));
    auto coming = task->get_future();
    try {
      std::thread([task] { (*task)(); }).detach();
    } catch (const std::system_error&) { // which leaves it without an answer
    }
    return coming;
  }

  template <class T>
  std::optional<T> end(std::future<T>& coming, const char* name) {
    if (coming.wait_until(until_) != std::future_status::ready) {
      unanswered_.emplace_back(name);
      return std::nullopt;
    }
    try {
      return coming.get();
    } catch (const std::exception&) { // no memory, no thread
      unanswered_.emplace_back(name);
      return std::nullopt;
    }
  }

  const std::vector<std::string>& unanswered() const { return unanswered_; }

private:
  std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + whole_limit;
  std::vector<std::string> unanswered_;
};

/// Settings to go on with, and what is wrong with those that were given.
struct read_settings {
  settings_facts seen;
  config::settings all = config::settings::defaults();
};

read_settings settings_of(const invocation& now, const config::sources& from) {
  read_settings made;
  made.seen.directory = from.settings_dir.string();
  if (auto good = check_settings_dir(now); !good)
    made.seen.problems.push_back(good.error().message);
  auto loaded = config::load(from);
  made.seen.warnings = loaded.warnings;
  for (const auto& each : loaded.problems)
    made.seen.problems.push_back(to_string(each));
  if (loaded.settings)
    made.all = std::move(*loaded.settings);
  return made;
}

/// What a server says, where there is one.
struct server_answers {
  server_facts seen;
  int port = 0;
  std::optional<std::vector<worker_type_facts>> worker_types;
};

server_answers ask_server(const invocation& now, const std::filesystem::path& directory,
                          bool can_be_asked) {
  server_answers made;
  auto& seen = made.seen;
  seen.our_version = MAHAVISHNU_VERSION;
  seen.is_running = server_lock::is_held(directory);
  if (!seen.is_running || !can_be_asked)
    return made;
  auto silent = output::silent();
  auto server = session::open(now, silent);
  if (!server) {
    seen.problem = server.error().message;
    return made;
  }
  auto status = (*server)->ask<server_status>(get_status{}, whole_limit);
  if (!status) {
    seen.problem = status.error().message;
    return made;
  }
  seen.version = status->version;
  seen.mcp_url = status->mcp.url;
  if (auto door = (*server)->ask<mcp_status>(get_mcp_status{}, whole_limit); door && door->running)
    made.port = door->port;
  if (auto types = (*server)->ask<worker_type_list>(list_worker_types{}, whole_limit)) {
    made.worker_types.emplace();
    for (const auto& each : types->types)
      made.worker_types->push_back({each.name, each.usable, each.error});
  }
  if (!seen.mcp_url.empty()) {
    auto token = read_token("");
    auto health = ask_endpoint(seen.mcp_url, token ? *token : std::string{},
                               trusted_file({}, (*server)->settings()));
    seen.mcp_problem = health.http_problem.empty() ? health.mcp_problem : health.http_problem;
  }
  return made;
}

std::string temporary_directory() {
  const auto* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

/// Looks at everything, and leaves what does not answer in time.
facts look_at_all(looks& all, const invocation& now, const config::sources& from) {
  facts seen;
  auto given = settings_of(now, from);
  seen.settings = given.seen;
  auto can_be_asked = given.seen.problems.empty();
  const auto settings = std::make_shared<const config::settings>(std::move(given.all));
  auto located = state_dir::locate(now.global.state_dir.empty() ? settings->get<"state_dir">()
                                                                : now.global.state_dir,
                                   config::process_environment());
  if (!located) {
    seen.state = state_facts{};
    seen.state->problem = located.error().message;
  }
  const auto directory = located ? *located : std::filesystem::path{};

  auto server = all.begin([&now, directory, can_be_asked] {
    return directory.empty() ? server_answers{} : ask_server(now, directory, can_be_asked);
  });
  // Without a directory they would look at, and write to, the one that we are in.
  std::future<state_facts> state;
  std::future<decltype(look_for_leftovers(directory))> left;
  if (located) {
    state = all.begin([directory] { return look_at_state(directory); });
    left = all.begin([directory] { return look_for_leftovers(directory); });
  }
  auto terminal = all.begin([] {
    auto opened = try_terminal();
    return opened ? std::string{} : opened.error().message;
  });
  auto cgroup = all.begin(look_at_cgroup);
  auto keeper = all.begin(look_for_keeper);
  auto shared_memory = all.begin([] { return look_at_place("/dev/shm"); });
  auto temporary = all.begin([] { return look_at_place(temporary_directory()); });
  auto store = all.begin([settings, directory] {
    return has_store_elsewhere(*settings) ? std::optional{look_at_store(*settings, directory)}
                                          : std::optional<store_facts>{};
  });
  auto types = all.begin([settings] { return look_for_worker_types(*settings); });
  auto certificate = all.begin([settings]() -> std::optional<certificate_facts> {
    const auto& file = settings->get<"mcp.tls_certificate">();
    if (file.empty())
      return std::nullopt;
    return look_at_certificate(file, settings->get<"mcp.tls_key">());
  });
  auto auth = all.begin([settings] {
    auth_facts found{settings->get<"auth.enabled">(), {}};
    if (found.is_enabled)
      if (auto gate = access::token_gate_of(*settings); !gate)
        found.problem = gate.error().message;
    return found;
  });

  seen.limits = look_at_limits();
  seen.clock = look_at_clock();
  auto answers = all.end(server, "server");
  auto ours = answers ? answers->port : 0;
  auto port = all.begin([settings, ours] {
    return look_at_port(settings->get<"mcp.host">(), static_cast<int>(settings->get<"mcp.port">()),
                        ours);
  });
  if (located) {
    seen.state = all.end(state, "state directory");
    seen.left = all.end(left, "leftovers");
    if (answers)
      seen.server = answers->seen;
  }
  seen.terminal_problem = all.end(terminal, "terminals");
  seen.cgroup = all.end(cgroup, "cgroup");
  seen.keeper = all.end(keeper, "keeper");
  for (auto* each : {&shared_memory, &temporary})
    if (auto place = all.end(*each, "temporary files"))
      seen.places.push_back(std::move(*place));
  if (auto found = all.end(store, "journal"))
    seen.store = std::move(*found);
  if (auto found = all.end(types, "worker types")) {
    if (answers && answers->worker_types)
      found = answers->worker_types;
    std::ranges::sort(*found, {}, &worker_type_facts::name);
    seen.worker_types = worker_types_facts{settings->get<"workers.default_type">(), *found};
  }
  if (auto found = all.end(certificate, "certificate"))
    seen.certificate = std::move(*found);
  seen.auth = all.end(auth, "auth");
  seen.port = all.end(port, "port");
  seen.unanswered = all.unanswered();
  return seen;
}

json::value json_of(const std::vector<finding>& all) {
  auto list = json::value::array();
  for (const auto& each : all)
    list.push_back({{"check", each.check},
                    {"status", std::string{doctor::to_string(each.status)}},
                    {"what", each.what},
                    {"fix", each.fix.empty() ? json::value(nullptr) : json::value(each.fix)}});
  return list;
}

tint tint_of_verdict(verdict status) {
  return status == verdict::ok ? tint::good : status == verdict::warning ? tint::busy : tint::bad;
}

std::string show(const std::vector<finding>& all, const look& where) {
  std::size_t widest = 0;
  for (const auto& each : all)
    widest = std::max(widest, each.check.size());
  std::string text;
  for (const auto& each : all) {
    std::string word{doctor::to_string(each.status)};
    text += tinted(word, tint_of_verdict(each.status), where) + std::string(9 - word.size(), ' ') +
            each.check + std::string(widest - each.check.size() + 2, ' ') + harmless(each.what) +
            "\n";
    if (!each.fix.empty())
      text +=
          std::string(9, ' ') + std::string(widest + 2, ' ') + "fix: " + harmless(each.fix) + "\n";
  }
  return text;
}

int examine(const invocation& now, const output& out) {
  auto from = sources_of(now);
  if (!from)
    return out.failure(from.error());
  looks all;
  auto found = check_all(look_at_all(all, now, *from));
  auto worst = worst_of(found);
  out.answer("doctor_report",
             {{"status", std::string{doctor::to_string(worst)}},
              {"version", MAHAVISHNU_VERSION},
              {"findings", json_of(found)}},
             show(found, out.where()));
  auto code = worst == verdict::problem ? failed : done;
  if (!all.unanswered().empty())
    std::_Exit(code); // there are threads that still look
  return code;
}

} // namespace

void add_doctor_command(CLI::App& app, invocation& now) {
  app.add_subcommand("doctor",
                     "Check what this machine and this instance need, and say what helps; "
                     "exit code 1 when something is wrong")
      ->callback([&now] { now.action = [&now](output& out) { return examine(now, out); }; });
}

} // namespace mahavishnu::cli
