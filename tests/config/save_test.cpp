// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/workspace.hpp"
#include "mahavishnu/config/edit.hpp"
#include "mahavishnu/config/render.hpp"
#include "support/catch.hpp"

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::config;
using mahavishnu::test::text_of;
using mahavishnu::test::workspace;

namespace {

namespace fs = std::filesystem;

constexpr auto main_file = "settings/mahavishnu.yaml";
constexpr auto local_file = "settings/local.yaml";
const std::string long_secret(40, 's');

edit_outcome save(const workspace& here, std::string key, std::string value,
                  std::optional<fs::path> file = std::nullopt) {
  return save_setting({here.sources(), std::move(key), std::move(value), std::move(file)});
}

int mode_of(const fs::path& file) {
  return static_cast<int>(fs::status(file).permissions());
}

} // namespace

TEST_CASE("a value goes to mahavishnu.yaml, which is made when it is missing") {
  workspace here;
  auto saved = save(here, "pools.max_workers", "20");
  REQUIRE(saved.report);
  CHECK(saved.report->created);
  CHECK(saved.report->file == here / main_file);
  CHECK_FALSE(saved.report->overridden_by);
  CHECK(here.read(main_file) == "pools:\n  max_workers: 20\n");
  CHECK(here.load().settings.value().get<"pools.max_workers">() == 20);
}

TEST_CASE("a secret goes to local.yaml, which only its owner can read") {
  workspace here;
  auto saved = save(here, "auth.secret", long_secret);
  REQUIRE(saved.report);
  CHECK(saved.warnings.empty());
  CHECK(saved.report->file == here / local_file);
  CHECK(mode_of(here / local_file) == 0600);
  CHECK(here.load().settings.value().get<"auth.secret">() == long_secret);
}

TEST_CASE("a secret in a file that others can read keeps the mode and gets a warning") {
  workspace here;
  here.write(local_file, "# mine\n");
  fs::permissions(here / local_file, fs::perms{0644});
  auto saved = save(here, "auth.secret", long_secret);
  REQUIRE(saved.report);
  CHECK(mode_of(here / local_file) == 0644);
  CHECK_THAT(text_of(saved.warnings), ContainsSubstring("chmod 600"));
}

TEST_CASE("a value goes to the strongest file that sets the key already") {
  workspace here;
  here.write(main_file, "debug: false\nlog_level: INFO\n");
  here.write(local_file, "debug: false\n");
  CHECK(save(here, "debug", "true").report.value().file == here / local_file);
  CHECK(save(here, "log_level", "error").report.value().file == here / main_file);
  CHECK(here.read(local_file) == "debug: true\n");
  CHECK(here.read(main_file) == "debug: false\nlog_level: ERROR\n");
}

TEST_CASE("an explicit file is used, and a stronger layer is reported") {
  workspace here;
  here.write(local_file, "debug: false\n");
  auto saved = save(here, "debug", "true", main_file);
  REQUIRE(saved.report);
  CHECK(here.read(main_file) == "debug: true\n");
  REQUIRE(saved.report->overridden_by);
  CHECK(to_string(*saved.report->overridden_by) == "settings/local.yaml:1:8");
}

TEST_CASE("a variable that overrides the saved value is reported") {
  workspace here;
  here.environment["MAHAVISHNU_DEBUG"] = "false";
  auto saved = save(here, "debug", "true");
  REQUIRE(saved.report);
  REQUIRE(saved.report->overridden_by);
  CHECK(to_string(*saved.report->overridden_by) == "environment MAHAVISHNU_DEBUG");
}

TEST_CASE("a bad value or key is refused and nothing is written") {
  workspace here;
  CHECK_THAT(text_of(save(here, "pools.max_workers", "0").problems),
             ContainsSubstring("pools.max_workers must be between 1 and 100, not 0"));
  CHECK_THAT(text_of(save(here, "pools.max_wokers", "5").problems),
             ContainsSubstring("did you mean \"pools.max_workers\"?"));
  CHECK_THAT(text_of(save(here, "server_name", "a\nb").problems), ContainsSubstring("one line"));
  CHECK_THAT(text_of(save(here, "server_name", "${NONE}").problems), ContainsSubstring("NONE"));
  CHECK_FALSE(fs::exists(here / "settings"));
}

TEST_CASE("a value that contradicts another one is refused and nothing is written") {
  workspace here;
  here.write(main_file, "pools:\n  max_workers: 5\n");
  auto saved = save(here, "pools.min_workers", "6");
  CHECK_FALSE(saved.report);
  CHECK_THAT(text_of(saved.problems), ContainsSubstring("pools.min_workers (6)"));
  CHECK(here.read(main_file) == "pools:\n  max_workers: 5\n");
  CHECK_THAT(text_of(save(here, "auth.enabled", "true").problems),
             ContainsSubstring("MAHAVISHNU_AUTH__SECRET"));
}

TEST_CASE("a bad value in a file can be put right") {
  workspace here;
  here.write(main_file, "pools:\n  max_workers: 0\n");
  CHECK(save(here, "pools.max_workers", "5").report);
  CHECK(here.load().settings.value().get<"pools.max_workers">() == 5);
}

TEST_CASE("a reference is saved as a reference") {
  workspace here;
  here.environment["NAME"] = "one";
  REQUIRE(save(here, "server_name", "${NAME}").report);
  CHECK(here.read(main_file) == "server_name: \"${NAME}\"\n");
  CHECK(here.load().settings.value().get<"server_name">() == "one");
}

TEST_CASE("an existing file keeps its mode, and a link keeps pointing at the file that changes") {
  workspace here;
  here.write("elsewhere/real.yaml", "debug: false # c\n");
  fs::permissions(here / "elsewhere/real.yaml", fs::perms{0640});
  fs::create_directories(here / "settings");
  fs::create_symlink("../elsewhere/real.yaml", here / main_file);
  REQUIRE(save(here, "debug", "true").report);
  CHECK(fs::is_symlink(here / main_file));
  CHECK(here.read("elsewhere/real.yaml") == "debug: true # c\n");
  CHECK(mode_of(here / "elsewhere/real.yaml") == 0640);
}

TEST_CASE("saving leaves no other file behind") {
  workspace here;
  REQUIRE(save(here, "debug", "true").report);
  REQUIRE(save(here, "debug", "false").report);
  auto files = fs::directory_iterator{here / "settings"};
  CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("a directory in the place of the file is refused") {
  workspace here;
  fs::create_directories(here / main_file);
  CHECK_THAT(text_of(save(here, "debug", "true").problems), ContainsSubstring("a directory"));
}

TEST_CASE("an old settings file has to be migrated before anything is saved") {
  workspace here;
  here.write("oneiric.yaml", "server_name: Old\n");
  CHECK_THAT(text_of(save(here, "debug", "true").problems), ContainsSubstring("config migrate"));
  CHECK_FALSE(fs::exists(here / main_file));
}

TEST_CASE("a file that is not loaded is checked for itself") {
  workspace here;
  here.write("other.yaml", "pools:\n  queue_limit: 5\n");
  REQUIRE(save(here, "pools.max_workers", "6", "other.yaml").report);
  CHECK(here.read("other.yaml") == "pools:\n  queue_limit: 5\n  max_workers: 6\n");
  here.write("bad.yaml", "pools:\n  queue_limit: none\n");
  CHECK_FALSE(save(here, "pools.max_workers", "6", "bad.yaml").report);
}

namespace {

/// Good values of every kind, with everything in them that YAML gives a meaning.
class random_values {
public:
  explicit random_values(std::uint32_t seed) : random_{seed} {}

  row_index setting() { return below(rows.size()); }

  std::string value_for(const row& setting) {
    switch (setting.kind) {
    case kind::boolean: return below(2) ? "true" : "false";
    case kind::choice: return std::string{setting.choices.items[below(setting.choices.count)]};
    case kind::integer:
      return std::to_string(static_cast<std::int64_t>(setting.min) +
                            static_cast<std::int64_t>(
                                below(static_cast<std::size_t>(setting.max - setting.min) + 1)));
    case kind::number:
      return number_text(setting.min + (setting.max - setting.min) / 1000 * double(below(1001)));
    case kind::text: return text();
    case kind::text_list: {
      std::vector<std::string> items(below(4));
      for (auto& item : items)
        item = text() + "x";
      return to_text(value{items});
    }
    }
    return {};
  }

private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random_);
  }
  std::string text() {
    static constexpr auto pieces = std::to_array<std::string_view>(
        {"a", "Z",    "0",    " ",  "#",  ": ",       "\"", "'", "\\",  "[",  "]",
         "{", "}",    ",",    "&",  "*",  "!",        "|",  ">", "%",   "@",  "`",
         "~", "null", "true", "- ", "\t", "\xC3\xBC", "$",  "?", "---", "..."});
    std::string made;
    for (auto count = below(8); count > 0; --count)
      made += pieces[below(pieces.size())];
    // A reference is another matter.
    return made.find("${") == std::string::npos ? made : "";
  }

  std::mt19937 random_;
};

} // namespace

TEST_CASE("random changes of the template are read back as exactly what was set") {
  workspace here;
  here.write(main_file, render_template());
  here.write(local_file, "");
  random_values random{test::seed()};
  std::map<row_index, value> expected;
  int saved_count = 0;
  for (int round = 0; round < 150; ++round) {
    auto at = random.setting();
    auto text = random.value_for(rows[at]);
    INFO(key_of(rows[at]) << " = " << text);
    auto saved = save(here, key_of(rows[at]), text, round % 3 ? main_file : local_file);
    if (!saved.report) {
      // Only a rule between settings may object to a value of the right type and range.
      CHECK(text_of(saved.problems).find("by hand") == std::string::npos);
      CHECK(text_of(saved.problems).find("unknown") == std::string::npos);
      CHECK(text_of(saved.problems).find("between") == std::string::npos);
      continue;
    }
    ++saved_count;
    if (!saved.report->overridden_by)
      expected[at] = convert(rows[at], text).value();
    auto loaded = here.load();
    REQUIRE(loaded.settings);
    for (row_index each = 0; each < rows.size(); ++each)
      if (auto known = expected.find(each); known != expected.end())
        REQUIRE(loaded.settings->at(each) == known->second);
      else
        REQUIRE(loaded.settings->origin_of(each).layer == layer::defaults);
  }
  CHECK(saved_count > 100);
  // Every comment of the template is still there, in its order.
  std::istringstream before{render_template()};
  std::istringstream after{here.read(main_file)};
  for (std::string line, found; std::getline(before, line);) {
    INFO(line);
    bool is_there = false;
    while (!is_there && std::getline(after, found))
      is_there = found == line;
    REQUIRE(is_there);
  }
}
