// SPDX-License-Identifier: MIT
#include "mahavishnu/config/load.hpp"

#include "config/environment_layer.hpp"
#include "config/file.hpp"
#include "config/flag_layer.hpp"
#include "config/layers.hpp"
#include "config/rules.hpp"
#include "config/settings_builder.hpp"
#include "config/worker_type_rules.hpp"
#include "config/yaml_layer.hpp"

#include <unistd.h>

#include <set>
#include <string_view>
#include <utility>

namespace mahavishnu::config {

namespace {

/// True if there is anything of that name, be it good or not: a broken file must not go unnoticed.
bool is_there(const std::filesystem::path& file) {
  std::error_code trouble;
  return std::filesystem::symlink_status(file, trouble).type() !=
         std::filesystem::file_type::not_found;
}

/// Puts layer over layer.
class merger {
public:
  explicit merger(const sources& from, const supposed_file* supposed)
      : from_{from}, supposed_{supposed} {}

  void add_file(const std::filesystem::path& file, layer which) {
    auto name = display_name(from_, file);
    if (supposed_ && supposed_->file == file)
      return add(read_yaml_layer(supposed_->text, name, which, from_.environment));
    if (!is_there(file))
      return;
    auto text = read_file(file);
    if (text)
      return add(read_yaml_layer(*text, name, which, from_.environment));
    outcome_.problems.push_back({name, {}, text.error().message});
    is_complete_ = false;
  }

  /// A directory need not be there, but nothing else may be in its place.
  void check_directory(const std::filesystem::path& directory) {
    std::error_code trouble;
    auto status = std::filesystem::status(directory, trouble);
    if (std::filesystem::exists(status) && !std::filesystem::is_directory(status))
      outcome_.problems.push_back(
          {display_name(from_, directory), {}, "must be a directory with settings files"});
  }

  void add(layer_content content) {
    for (auto& given : content.assignments)
      if (given.value)
        builder_.set(given.at, *std::move(given.value), std::move(given.origin));
      else
        bad_.insert(given.at);
    for (auto& type : content.worker_types)
      builder_.add(std::move(type));
    bad_worker_types_.merge(content.bad_worker_types);
    is_complete_ = is_complete_ && content.is_complete;
    append(outcome_.problems, std::move(content.problems));
    append(outcome_.warnings, std::move(content.warnings));
  }

  void warn(std::string text) { outcome_.warnings.push_back(std::move(text)); }

  load_outcome finish() {
    // What a broken file would have said could be just what a rule misses.
    if (is_complete_) {
      append(outcome_.problems, check_rules(builder_.current(), bad_));
      append(outcome_.problems,
             check_worker_types(builder_.current().worker_types(), bad_worker_types_));
    }
    append(outcome_.warnings, advice(builder_.current()));
    if (outcome_.problems.empty())
      outcome_.settings = builder_.current();
    return std::move(outcome_);
  }

private:
  template <class T>
  static void append(std::vector<T>& to, std::vector<T> more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  const sources& from_;
  const supposed_file* supposed_;
  settings_builder builder_;
  /// Settings with a value somewhere that was no good.
  std::set<row_index> bad_;
  std::set<std::string> bad_worker_types_;
  /// Every file could be read.
  bool is_complete_ = true;
  load_outcome outcome_;
};

} // namespace

settings_files files_of(const sources& from) {
  auto directory = from.working_dir / from.settings_dir;
  settings_files files{.main = directory / "mahavishnu.yaml",
                       .local = directory / "local.yaml",
                       .legacy = from.working_dir / "oneiric.yaml"};
  files.uses_legacy = !is_there(files.main) && !is_there(files.local) && is_there(files.legacy);
  return files;
}

std::string display_name(const sources& from, const std::filesystem::path& file) {
  auto relative = file.lexically_normal().lexically_relative(from.working_dir.lexically_normal());
  if (relative.empty() || *relative.begin() == "..")
    return file.lexically_normal().string();
  return relative.string();
}

load_outcome load_supposing(const sources& from, const supposed_file* supposed) {
  merger layers{from, supposed};
  auto files = files_of(from);
  if (files.uses_legacy && !supposed) {
    layers.warn(display_name(from, files.legacy) + ": is deprecated; turn it into " +
                display_name(from, files.main) + " with \"mahavishnu config migrate\"");
    layers.add_file(files.legacy, layer::legacy_file);
  }
  layers.check_directory(files.main.parent_path());
  layers.add_file(files.main, layer::main_file);
  layers.add_file(files.local, layer::local_file);
  layers.add(read_environment_layer(from.environment));
  layers.add(read_flag_layer(from.flags));
  return layers.finish();
}

load_outcome load(const sources& from) {
  return load_supposing(from, nullptr);
}

std::string to_string(const problem& trouble) {
  return trouble.origin + ": " + trouble.message;
}

environment process_environment() {
  environment variables;
  for (auto** at = environ; at && *at; ++at) {
    std::string_view line{*at};
    auto separator = line.find('=');
    if (separator != std::string_view::npos)
      variables.emplace(line.substr(0, separator), line.substr(separator + 1));
  }
  return variables;
}

} // namespace mahavishnu::config
