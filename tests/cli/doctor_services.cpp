// SPDX-License-Identifier: MIT
#include "cli/doctor/services.hpp"

// What the composition root gives to doctor: here there is nothing to look at.
namespace mahavishnu::cli::doctor {

result<void> try_terminal() {
  return {};
}
cgroup_facts look_at_cgroup() {
  return {};
}
program_facts look_for_keeper() {
  return {};
}
certificate_facts look_at_certificate(const std::string&, const std::string&) {
  return {};
}
store_facts look_at_store(const config::settings&, const std::filesystem::path&) {
  return {};
}
bool has_store_elsewhere(const config::settings&) {
  return false;
}
std::vector<worker_type_facts> look_for_worker_types(const config::settings&) {
  return {};
}
left_facts look_for_leftovers(const std::filesystem::path&) {
  return {};
}

} // namespace mahavishnu::cli::doctor
