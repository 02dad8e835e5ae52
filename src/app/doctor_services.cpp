// SPDX-License-Identifier: MIT
#include "app/open_store.hpp"
#include "app/worker_types.hpp"
#include "base/state_dir.hpp"
#include "cli/doctor/services.hpp"
#include "exec/cgroup.hpp"
#include "exec/keeper_program.hpp"
#include "exec/left_keepers.hpp"
#include "exec/pseudo_terminal.hpp"
#include "net/certificate_end.hpp"

namespace mahavishnu::cli::doctor {

result<void> try_terminal() {
  auto opened = exec::pseudo_terminal::open({});
  if (!opened)
    return opened.error();
  return {};
}

cgroup_facts look_at_cgroup() {
  auto found = exec::cgroup_look();
  if (!found)
    return {{}, false, false, false, found.error().message};
  return {found->directory, found->memory, found->pids, found->cpu, found->why_not};
}

program_facts look_for_keeper() {
  auto found = exec::keeper_program();
  return found ? program_facts{*found, {}} : program_facts{{}, found.error().message};
}

certificate_facts look_at_certificate(const std::string& certificate, const std::string& key) {
  certificate_facts seen{certificate, {}, 0};
  auto end = net::certificate_end(certificate, key);
  auto present = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now());
  if (!end)
    seen.problem = end.error().message;
  else
    seen.days_left = std::chrono::duration<double, std::ratio<86400>>(*end - present).count();
  return seen;
}

bool has_store_elsewhere(const config::settings& settings) {
  return is_in_postgres(settings);
}

store_facts look_at_store(const config::settings& settings,
                          const std::filesystem::path& state_directory) {
  store_facts seen{journal_name(settings, state_directory), {}};
  // A schema that no server has used yet is not there, and that is no trouble of PostgreSQL.
  auto opened = open_store(settings, state_directory, store_use::read);
  if (!opened && opened.error().code != errc::not_found)
    seen.problem = opened.error().message;
  return seen;
}

std::vector<worker_type_facts> look_for_worker_types(const config::settings& settings) {
  std::vector<worker_type_facts> all;
  for (const auto& [name, type] : worker_types_of(settings)) {
    auto found = type.find_program ? type.find_program() : std::string{};
    all.push_back({name, found.has_value(), found ? std::string{} : found.error().message});
  }
  return all;
}

left_facts look_for_leftovers(const std::filesystem::path& state_directory) {
  left_facts seen;
  std::error_code ignored;
  seen.has_stale_socket =
      std::filesystem::exists(state_directory / state_dir::control_socket, ignored);
  auto found = exec::find_left((state_directory / state_dir::keepers).string());
  if (!found) {
    seen.problem = found.error().message;
    return seen;
  }
  for (const auto& each : *found) {
    seen.keepers += each.has_work() ? 1 : 0;
    seen.served += each.is_served ? 1 : 0;
    seen.damaged += each.is_damaged || each.failure ? 1 : 0;
  }
  return seen;
}

} // namespace mahavishnu::cli::doctor
