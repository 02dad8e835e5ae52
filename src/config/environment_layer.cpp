// SPDX-License-Identifier: MIT
#include "config/environment_layer.hpp"

#include "base/text.hpp"
#include "config/convert.hpp"
#include "config/mask.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mahavishnu::config {

namespace {

constexpr std::string_view prefix = "MAHAVISHNU_";

/// Variables of ours that are not settings.
constexpr auto not_settings = std::to_array<std::string_view>(
    {"MAHAVISHNU_SETTINGS_DIR", "MAHAVISHNU_KEEPER", "MAHAVISHNU_RUN", "MAHAVISHNU_TASK_ID",
     "MAHAVISHNU_ATTEMPT", "MAHAVISHNU_POOL_ID", "MAHAVISHNU_WORKER_ID", "MAHAVISHNU_TOKEN"});

/// A name that a variable may have, and what it sets.
struct known_variable {
  std::string name;
  row_index at = 0;
  bool is_old_name = false;
};

std::vector<known_variable> known_variables() {
  std::vector<known_variable> known;
  for (row_index at = 0; at < rows.size(); ++at) {
    known.push_back({variable_of(rows[at]), at, false});
    for (auto old_name : rows[at].old_names)
      known.push_back({variable_of_old_name(old_name), at, true});
  }
  return known;
}

bool is_variable_of_worker_types(std::string_view name) {
  auto variable = variable_of_old_name(worker_types_key);
  return name == variable || name.starts_with(variable + "__");
}

/// Reads variable by variable.
class reader {
public:
  explicit reader(const environment& variables) : variables_{variables} {}

  layer_content read() {
    for (const auto& known : known_)
      if (auto found = variables_.find(known.name); found != variables_.end())
        add(known, found->second);
    for (const auto& [name, text] : variables_)
      if (name.starts_with(prefix))
        check_name(name);
    return std::move(content_);
  }

private:
  void add(const known_variable& known, const std::string& text) {
    const auto& setting = rows[known.at];
    auto place = origin{layer::environment, known.name};
    if (known.is_old_name && variables_.contains(variable_of(setting))) {
      content_.warnings.push_back(to_string(place) + ": is ignored, because " +
                                  variable_of(setting) + " is set too");
      return;
    }
    if (known.is_old_name)
      content_.warnings.push_back(to_string(place) + ": is deprecated; use " +
                                  variable_of(setting));
    auto made = convert(setting, text);
    content_.assignments.push_back({known.at, made ? std::optional{*made} : std::nullopt, place});
    if (!made)
      content_.problems.push_back({to_string(place), key_of(setting), made.error().message});
  }

  /// A wrong name with `__` can only be meant for us; another one may belong to somebody else, and
  /// is worth a word only when it looks like a slip.
  void check_name(const std::string& name) {
    if (is_variable_of_worker_types(name))
      return content_.problems.push_back(
          {to_string(origin{layer::environment, printable(name)}), std::string{worker_types_key},
           "worker types are set in a settings file only; write worker_types there"});
    if (std::ranges::find(known_, name, &known_variable::name) != known_.end() ||
        std::ranges::find(not_settings, name) != not_settings.end())
      return;
    std::vector<std::string_view> candidates;
    for (const auto& known : known_)
      candidates.push_back(known.name);
    auto place = to_string(origin{layer::environment, printable(name)});
    auto meant = nearest(name, candidates);
    if (name.find("__", prefix.size()) != std::string::npos) {
      auto hint = meant ? "; did you mean " + std::string{*meant} + "?" : "";
      content_.problems.push_back({place, {}, "unknown setting" + hint});
    } else if (meant && edit_distance(name, *meant) <= 2) {
      content_.warnings.push_back(place + ": is no setting and is ignored; did you mean " +
                                  std::string{*meant} + "?");
    }
  }

  const environment& variables_;
  const std::vector<known_variable> known_ = known_variables();
  layer_content content_;
};

} // namespace

layer_content read_environment_layer(const environment& variables) {
  return reader{variables}.read();
}

} // namespace mahavishnu::config
