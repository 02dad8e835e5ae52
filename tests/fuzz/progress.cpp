// SPDX-License-Identifier: MIT
// Shows arbitrary lines to what reads progress, and arbitrary texts to what reads a run's record.
#include "patterns/progress.hpp"

#include "patterns/run_json.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

using namespace mahavishnu;

namespace {

void must(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  for (const auto& found : {parse_progress(bytes), last_progress(bytes)})
    if (found) {
      must(!found->percent || (*found->percent >= 0 && *found->percent <= 100));
      must(!found->items_processed || *found->items_processed >= 0);
      must(!found->items_total || *found->items_total >= 0);
    }
  // What can be read can be written, and is then the same run.
  if (auto run = run_from_json(std::string{bytes})) {
    using json = nlohmann::ordered_json;
    auto again = run_from_json(to_json(*run).dump(-1, ' ', false, json::error_handler_t::replace));
    must(again.has_value());
    must(again->run_id == run->run_id && again->status == run->status);
  }
  return 0;
}
