// SPDX-License-Identifier: MIT
#include "mahavishnu/config/edit.hpp"

#include "config/convert.hpp"
#include "config/file.hpp"
#include "config/layers.hpp"
#include "config/substitute.hpp"
#include "config/yaml_edit.hpp"
#include "config/yaml_layer.hpp"
#include "config/yaml_text.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::config {

namespace {

namespace fs = std::filesystem;

/// The steps of one change; each says false when it has found a problem.
class change {
public:
  explicit change(const edit_request& request)
      : request_{request}, from_{request.from}, files_{files_of(request.from)} {}

  edit_outcome run() {
    if (find_setting() && check_value() && choose_file() && read() && make_text() &&
        check_result() && write())
      outcome_.report = std::move(report_);
    return std::move(outcome_);
  }

private:
  bool fail(std::string where, std::string message) {
    outcome_.problems.push_back(
        {std::move(where), at_ ? key_of(setting()) : request_.key, std::move(message)});
    return false;
  }

  const row& setting() const { return rows[*at_]; }
  std::string name() const { return display_name(from_, report_.file); }

  bool find_setting() {
    at_ = find_row(request_.key);
    if (at_)
      return true;
    at_ = find_old_name(request_.key);
    if (!at_)
      return fail("command line", no_setting_text(request_.key));
    outcome_.warnings.push_back(request_.key + " is deprecated; use " + key_of(setting()));
    return true;
  }

  bool check_value() {
    auto text = substitute(request_.value, from_.environment);
    if (text.has_error())
      return fail("command line", key_of(setting()) + ": " + text.error().message);
    auto converted = convert(setting(), *text);
    if (converted.has_error())
      return fail("command line", converted.error().message);
    wanted_ = *std::move(converted);
    return true;
  }

  bool choose_file() {
    // A new file beside it would make the old one, and all that it sets, count for nothing.
    if (files_.uses_legacy)
      return fail(display_name(from_, files_.legacy),
                  "is an old settings file that is not changed; turn it into " +
                      display_name(from_, files_.main) +
                      " first, with \"mahavishnu config migrate\"");
    if (request_.file)
      report_.file = explicit_file(*request_.file);
    else if (sets_it(files_.local))
      report_.file = files_.local;
    else if (sets_it(files_.main))
      report_.file = files_.main;
    else
      report_.file = setting().secret ? files_.local : files_.main;
    return true;
  }

  /// One of our own two files by its own path, however the user wrote it.
  fs::path explicit_file(const fs::path& given) const {
    auto file = from_.working_dir / given;
    std::error_code trouble;
    for (const auto& known : {files_.main, files_.local})
      if (fs::weakly_canonical(known, trouble) == fs::weakly_canonical(file, trouble))
        return known;
    return file;
  }

  bool sets_it(const fs::path& file) const {
    auto text = read_file(file);
    if (!text)
      return false;
    auto document = parse_yaml(*text);
    auto found = locate(document.root, false).values;
    return std::ranges::find(found, *at_, &located::at) != found.end();
  }

  bool read() {
    auto text = read_file(report_.file);
    if (!text && text.error().code != errc::not_found)
      return fail(name(), text.error().message);
    report_.created = !text;
    old_text_ = text ? *std::move(text) : std::string{};
    return true;
  }

  bool make_text() {
    auto made = edit_yaml(old_text_, setting(), yaml_value_of(setting(), request_.value));
    if (!made.text)
      return fail(
          to_string(origin{layer_of_file(), name(), made.problem.at.line, made.problem.at.column}),
          made.problem.message);
    new_text_ = *std::move(made.text);
    return true;
  }

  layer layer_of_file() const {
    return report_.file == files_.local ? layer::local_file : layer::main_file;
  }
  bool is_loaded() const { return report_.file == files_.main || report_.file == files_.local; }

  bool check_result() {
    auto content = read_yaml_layer(new_text_, name(), layer_of_file(), from_.environment);
    auto saved = std::ranges::find(content.assignments, *at_, &assignment::at);
    if (saved == content.assignments.end() || (saved->value && *saved->value != wanted_))
      return fail(name(), "the value would be read as another one; change " + key_of(setting()) +
                              " by hand");
    if (!is_loaded()) {
      outcome_.problems = std::move(content.problems);
      return outcome_.problems.empty();
    }
    supposed_file supposed{report_.file, new_text_};
    auto loaded = load_supposing(from_, &supposed);
    outcome_.problems = std::move(loaded.problems);
    if (!loaded.settings)
      return false;
    if (const auto& winner = loaded.settings->origin_of(*at_); winner.layer > layer_of_file())
      report_.overridden_by = winner;
    return true;
  }

  bool write() {
    if (auto failure = write_file(report_.file, new_text_, setting().secret ? 0600 : 0644))
      return fail(name(), failure->message);
    warn_if_readable();
    return true;
  }

  void warn_if_readable() {
    constexpr auto others = fs::perms::group_read | fs::perms::others_read;
    std::error_code trouble;
    auto mode = fs::status(report_.file, trouble).permissions();
    if (setting().secret && !trouble && (mode & others) != fs::perms::none)
      outcome_.warnings.push_back(name() + " holds a secret and can be read by other users; "
                                           "run \"chmod 600\" on it");
  }

  const edit_request& request_;
  const sources& from_;
  settings_files files_;
  std::optional<row_index> at_;
  value wanted_;
  std::string old_text_;
  std::string new_text_;
  edit_report report_;
  edit_outcome outcome_;
};

} // namespace

edit_outcome save_setting(const edit_request& request) {
  return change{request}.run();
}

} // namespace mahavishnu::config
