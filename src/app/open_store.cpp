// SPDX-License-Identifier: MIT
#include "app/open_store.hpp"

#include "base/state_dir.hpp"
#include "store/postgres_store.hpp"
#include "store/postgres_url.hpp"
#include "store/sqlite_store.hpp"

namespace mahavishnu {

namespace fs = std::filesystem;

bool is_in_postgres(const config::settings& settings) {
  return !settings.get<"storage.url">().empty();
}

bool has_journal(const config::settings& settings, const fs::path& state_dir) {
  return settings.get<"storage.enabled">() && (is_in_postgres(settings) || !state_dir.empty());
}

fs::path journal_file(const fs::path& state_dir) {
  return state_dir / state_dir::journal;
}

std::string journal_name(const config::settings& settings, const fs::path& state_dir) {
  if (!is_in_postgres(settings))
    return journal_file(state_dir).string();
  auto url = store::postgres_url::parse(settings.get<"storage.url">());
  return url ? url->shown() : "storage.url"; // nobody has opened that
}

result<std::unique_ptr<store::journal_store>> open_store(const config::settings& settings,
                                                         const fs::path& state_dir, store_use use) {
  if (is_in_postgres(settings))
    return store::open_postgres(settings.get<"storage.url">(), use == store_use::write
                                                                   ? store::postgres_use::write
                                                                   : store::postgres_use::read);
  return store::open_sqlite(journal_file(state_dir).string(), use == store_use::write
                                                                  ? store::sqlite_use::write
                                                                  : store::sqlite_use::read);
}

} // namespace mahavishnu
