// SPDX-License-Identifier: MIT
#include "cli/doctor/checks.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace mahavishnu::cli::doctor {

namespace {

/// A server keeps a few for each worker, each client and each file of its journal.
constexpr std::uint64_t enough_open_files = 1024;
constexpr std::uint64_t good_open_files = 4096;
constexpr std::uint64_t enough_processes = 512;
constexpr std::uint64_t enough_space = 64ull << 20;
constexpr std::uint64_t good_space = 1ull << 30;
constexpr double slow_sync_seconds = 0.020;
constexpr double soon_days = 30;
/// What fits into sockaddr_un, its end included.
constexpr std::size_t longest_socket_name = 107;
constexpr int first_sane_year = 2025;
constexpr int last_sane_year = 2100;

finding good(std::string check, std::string what) {
  return {std::move(check), verdict::ok, std::move(what), {}};
}
finding doubtful(std::string check, std::string what, std::string fix) {
  return {std::move(check), verdict::warning, std::move(what), std::move(fix)};
}
finding bad(std::string check, std::string what, std::string fix) {
  return {std::move(check), verdict::problem, std::move(what), std::move(fix)};
}

/// The text of an error without the fix behind its last `; `, where it has one.
std::string without_fix(const std::string& text) {
  return text.substr(0, text.rfind("; "));
}

std::string fix_in(const std::string& text, const std::string& otherwise) {
  auto cut = text.rfind("; ");
  return cut == std::string::npos ? otherwise : text.substr(cut + 2);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t gigabyte = 1ull << 30;
  return bytes >= 10 * gigabyte ? std::to_string(bytes / gigabyte) + " GiB"
                                : std::to_string(bytes >> 20) + " MiB";
}

std::string in_quotes(const std::string& text) {
  return "'" + text + "'";
}

} // namespace

std::string_view to_string(verdict status) {
  constexpr auto names = std::to_array<std::string_view>({"ok", "warning", "problem"});
  return names[static_cast<std::size_t>(status)];
}

finding check_settings(const settings_facts& seen) {
  if (!seen.problems.empty())
    return bad("settings",
               seen.problems.front() +
                   (seen.problems.size() == 1
                        ? ""
                        : ", and " + std::to_string(seen.problems.size() - 1) + " more problems") +
                   "; the other checks take the defaults",
               "mahavishnu config validate");
  if (!seen.warnings.empty())
    return doubtful("settings", seen.warnings.front(), "mahavishnu config validate");
  return good("settings", "they are valid");
}

finding check_terminals(const std::string& problem) {
  if (problem.empty())
    return good("terminals", "a pseudo-terminal can be opened");
  return bad("terminals", without_fix(problem),
             "sudo mount -t devpts devpts /dev/pts -o ptmxmode=0666,newinstance");
}

finding check_cgroup(const cgroup_facts& seen) {
  if (seen.directory.empty())
    return doubtful("cgroup", "tasks cannot be bounded by cgroups: " + seen.problem,
                    "systemd-run --user --scope -p Delegate=yes mahavishnu up");
  if (!seen.memory || !seen.pids || !seen.cpu)
    return doubtful("cgroup",
                    "groups can be made in " + seen.directory +
                        ", but not bound everything: " + seen.problem,
                    "systemd-run --user --scope -p Delegate=yes mahavishnu up");
  return good("cgroup", "groups with bounds can be made in " + seen.directory);
}

finding check_open_files(const limit_facts& seen) {
  auto text = std::to_string(seen.open_files) + " files may be open";
  auto fix = "ulimit -n " + std::to_string(std::min(seen.open_files_at_most, std::uint64_t{65536}));
  if (seen.open_files_at_most < good_open_files)
    fix = "sudo prlimit --pid $$ --nofile=65536:65536";
  if (seen.open_files < enough_open_files)
    return bad("open files", text + ", and a server needs " + std::to_string(enough_open_files),
               fix);
  if (seen.open_files < good_open_files)
    return doubtful("open files", text + ", which many workers and clients can use up", fix);
  return good("open files", text);
}

finding check_processes(const limit_facts& seen) {
  auto most = std::min(seen.processes, seen.pids_max.value_or(UINT64_MAX));
  if (most == UINT64_MAX)
    return good("processes", "there is no bound to them");
  auto text = std::to_string(most) + " processes and threads are allowed";
  if (most >= enough_processes)
    return good("processes", text);
  return doubtful("processes", text + ", which many workers can use up",
                  seen.pids_max == most
                      ? "sudo systemctl set-property user-$(id -u).slice TasksMax=infinity"
                      : "ulimit -u 4096");
}

finding check_clock(const clock_facts& seen) {
  if (!seen.is_steady)
    return bad("clock", "the monotonic clock goes backwards",
               "cat /sys/devices/system/clocksource/clocksource0/available_clocksource");
  if (seen.year < first_sane_year || seen.year > last_sane_year)
    return bad("clock", "it says that this is the year " + std::to_string(seen.year),
               "sudo timedatectl set-ntp true");
  if (!seen.is_synchronised)
    return doubtful("clock", "nothing keeps it right, as the kernel says",
                    "sudo timedatectl set-ntp true");
  return good("clock", "it is kept right");
}

finding check_state_directory(const state_facts& seen) {
  if (!seen.problem.empty())
    return bad("state directory", without_fix(seen.problem),
               fix_in(seen.problem, "mahavishnu up --state-dir ~/.local/state/mahavishnu"));
  if (seen.file_system == "nfs" || seen.file_system == "smb" || seen.file_system == "fuse")
    return doubtful("state directory",
                    seen.directory + " is on " + seen.file_system +
                        ", on which the locks of the journal cannot be relied on",
                    "mahavishnu up --state-dir /var/tmp/mahavishnu-$(id -u)");
  if (seen.file_system == "tmpfs")
    return doubtful("state directory",
                    seen.directory + " is on tmpfs: nothing in it outlives a start of the machine",
                    "mahavishnu up --state-dir ~/.local/state/mahavishnu");
  auto text = seen.directory;
  if (!seen.file_system.empty())
    text += " is on " + seen.file_system;
  return good("state directory", text + (seen.exists ? "" : "; the first server makes it"));
}

finding check_space(const state_facts& seen) {
  auto text = size_text(seen.bytes_free) + " are free for the state";
  auto fix = "df -h " + in_quotes(seen.directory);
  if (seen.bytes_free < enough_space)
    return bad("space", text, fix);
  if (seen.bytes_free < good_space)
    return doubtful("space", text, fix);
  return good("space", text);
}

finding check_sockets(const state_facts& seen) {
  if (seen.longest_socket_path > longest_socket_name)
    return bad("sockets",
               "the path of the state directory is too long: the longest socket in it would have " +
                   std::to_string(seen.longest_socket_path) + " bytes, of " +
                   std::to_string(longest_socket_name),
               "mahavishnu up --state-dir /var/tmp/mahavishnu-$(id -u)");
  return good("sockets", "they can be made in the state directory");
}

finding check_sync(const state_facts& seen) {
  if (!seen.sync_seconds)
    return doubtful("sync", "a write cannot be tried: " + seen.sync_problem,
                    "ls -ld " + in_quotes(seen.directory));
  auto tenths = std::lround(*seen.sync_seconds * 10'000);
  auto text = "a write is on the disk after " + std::to_string(tenths / 10) + "." +
              std::to_string(tenths % 10) + " ms";
  if (*seen.sync_seconds > slow_sync_seconds)
    return doubtful("sync", text + ", and every task that is accepted waits for one",
                    "mahavishnu pool spawn --durability async");
  return good("sync", text);
}

finding check_place(const place_facts& seen) {
  if (seen.problem.empty())
    return good(seen.directory, "files can be written there");
  auto fix = seen.directory == "/dev/shm" ? "sudo mount -t tmpfs -o mode=1777 tmpfs /dev/shm"
                                          : "export TMPDIR=/tmp";
  return doubtful(seen.directory, "no file can be written there: " + seen.problem, fix);
}

finding check_port(const port_facts& seen) {
  auto place = seen.host + ":" + std::to_string(seen.port);
  switch (seen.now) {
  case port_facts::use::ours: return good("port", place + " is that of our server");
  case port_facts::use::taken:
    return bad("port", place + " is taken by " + (seen.who.empty() ? "somebody" : seen.who),
               "mahavishnu config set mcp.port 0 --save");
  case port_facts::use::unusable:
    return bad("port", "nobody can listen on " + place + ": " + seen.who,
               "mahavishnu config set mcp.host 127.0.0.1 --save");
  case port_facts::use::free: break;
  }
  return good("port", seen.port == 0 ? "a free one is taken" : place + " is free");
}

finding check_certificate(const certificate_facts& seen) {
  if (!seen.problem.empty())
    return bad("certificate", without_fix(seen.problem),
               fix_in(seen.problem, "mahavishnu config get mcp.tls_certificate"));
  auto renew = "openssl x509 -noout -dates -in " + in_quotes(seen.file);
  auto days = std::to_string(std::lround(std::floor(std::fabs(seen.days_left))));
  if (seen.days_left < 0)
    return bad("certificate", seen.file + " has been invalid for " + days + " days", renew);
  if (seen.days_left < soon_days)
    return doubtful("certificate", seen.file + " is valid for " + days + " days more", renew);
  return good("certificate", "it fits its key, and is valid for " + days + " days more");
}

finding check_auth(const auth_facts& seen) {
  if (!seen.problem.empty())
    return bad("auth", without_fix(seen.problem),
               fix_in(seen.problem, "export MAHAVISHNU_AUTH__SECRET=$(mahavishnu auth secret)"));
  return good("auth", seen.is_enabled ? "callers of MCP have to show tokens, which can be checked"
                                      : "callers of MCP need no tokens (auth.enabled is not set)");
}

finding check_keeper(const program_facts& seen) {
  if (!seen.problem.empty())
    return bad("keeper", without_fix(seen.problem),
               fix_in(seen.problem, "export MAHAVISHNU_KEEPER=/path/to/mahavishnu-keeper"));
  return good("keeper", seen.path);
}

finding check_store(const store_facts& seen) {
  if (!seen.problem.empty())
    return bad("journal", without_fix(seen.problem),
               fix_in(seen.problem, "mahavishnu config get storage.url"));
  return good("journal", seen.name + " can be reached");
}

finding check_worker_types(const worker_types_facts& seen) {
  std::string usable;
  std::vector<const worker_type_facts*> unusable;
  for (const auto& each : seen.types)
    if (each.is_usable)
      usable += (usable.empty() ? "" : ", ") + each.name;
    else
      unusable.push_back(&each);
  if (usable.empty())
    return bad("worker types", "none can be used", "mahavishnu worker-types probe");
  auto is_default = [&](const worker_type_facts& each) { return each.name == seen.default_type; };
  auto usual = std::ranges::find_if(seen.types, is_default);
  if (usual == seen.types.end())
    return doubtful("worker types",
                    "usable are " + usable + ", and not '" + seen.default_type +
                        "', which workers.default_type names",
                    "mahavishnu config set workers.default_type shell --save");
  if (!usual->is_usable)
    return doubtful(
        "worker types", without_fix(usual->why_not),
        fix_in(usual->why_not, "mahavishnu config set workers.default_type shell --save"));
  std::string others;
  for (const auto* each : unusable)
    others += (others.empty() ? "; not " : ", ") + each->name;
  return good("worker types", "usable are " + usable + others);
}

finding check_server(const server_facts& seen) {
  if (!seen.is_running)
    return good("server", "none runs; start one with: mahavishnu up --detach");
  if (!seen.problem.empty())
    return bad("server", "it runs and does not answer: " + without_fix(seen.problem),
               "mahavishnu status");
  return good("server", "it answers");
}

finding check_version(const server_facts& seen) {
  if (seen.version == seen.our_version)
    return good("version", seen.version + ", as the server");
  return doubtful("version",
                  "the server is of version " + seen.version + ", and this is " + seen.our_version,
                  "mahavishnu down && mahavishnu up --detach");
}

finding check_mcp(const server_facts& seen) {
  if (seen.mcp_url.empty())
    return doubtful("mcp", "the endpoint is closed", "mahavishnu mcp start");
  if (!seen.mcp_problem.empty())
    return bad("mcp",
               seen.mcp_url + " does not answer as it should: " + without_fix(seen.mcp_problem),
               "mahavishnu mcp restart");
  return good("mcp", seen.mcp_url + " answers");
}

finding check_left(const left_facts& seen, bool server_is_running) {
  if (!seen.problem.empty())
    return doubtful("leftovers", without_fix(seen.problem),
                    fix_in(seen.problem, "mahavishnu up --detach"));
  if (seen.damaged > 0)
    return doubtful("leftovers",
                    std::to_string(seen.damaged) + " keepers have logs that cannot be read whole",
                    server_is_running ? "mahavishnu store check" : "mahavishnu up --detach");
  if (!server_is_running && seen.served > 0)
    return doubtful("leftovers",
                    std::to_string(seen.served) +
                        " keepers of a server that is gone are there, and their tasks go on",
                    "mahavishnu up --detach");
  if (!server_is_running && seen.keepers > 0)
    return doubtful("leftovers",
                    std::to_string(seen.keepers) +
                        " keepers have left ends of tasks that nobody has heard of",
                    "mahavishnu up --detach");
  if (!server_is_running && seen.has_stale_socket)
    return good("leftovers", "a socket of a server that was killed, which the next one takes");
  return good("leftovers", "nothing is left of other servers");
}

std::vector<finding> check_all(const facts& seen) {
  std::vector<finding> all{check_settings(seen.settings)};
  auto add = [&](const auto& part, auto... checks) {
    if (part)
      (all.push_back(checks(*part)), ...);
  };
  add(seen.terminal_problem, check_terminals);
  add(seen.cgroup, check_cgroup);
  add(seen.limits, check_open_files, check_processes);
  add(seen.clock, check_clock);
  add(seen.state, check_state_directory);
  if (seen.state && seen.state->problem.empty())
    add(seen.state, check_space, check_sockets, check_sync);
  std::ranges::transform(seen.places, std::back_inserter(all), check_place);
  add(seen.keeper, check_keeper);
  add(seen.store, check_store);
  add(seen.worker_types, check_worker_types);
  add(seen.port, check_port);
  add(seen.certificate, check_certificate);
  add(seen.auth, check_auth);
  auto is_running = seen.server && seen.server->is_running;
  add(seen.server, check_server);
  if (is_running && seen.server->problem.empty())
    add(seen.server, check_version, check_mcp);
  if (seen.left)
    all.push_back(check_left(*seen.left, is_running));
  for (const auto& each : seen.unanswered)
    all.push_back(bad(each, "it did not answer in time",
                      each == "server"    ? "mahavishnu status"
                      : each == "journal" ? "mahavishnu config get storage.url"
                                          : "mahavishnu doctor"));
  return all;
}

verdict worst_of(const std::vector<finding>& all) {
  auto worst = verdict::ok;
  for (const auto& each : all)
    worst = std::max(worst, each.status);
  return worst;
}

} // namespace mahavishnu::cli::doctor
