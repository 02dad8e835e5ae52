// SPDX-License-Identifier: MIT
#include "cli/command_line.hpp"
#include "cli/session.hpp"
#include "config/file.hpp"
#include "mahavishnu/config/edit.hpp"
#include "mahavishnu/config/migrate.hpp"
#include "mahavishnu/config/render.hpp"

#include <CLI/CLI.hpp>

namespace mahavishnu::cli {

namespace {

json::value as_json(const std::vector<config::problem>& problems) {
  auto list = json::value::array();
  for (const auto& each : problems)
    list.push_back({{"origin", each.origin}, {"key", each.key}, {"message", each.message}});
  return list;
}

/// Says every problem, in both forms.
int refuse(const output& out, const std::vector<config::problem>& problems,
           const std::vector<std::string>& warnings = {}) {
  for (const auto& each : problems)
    out.talk("error: " + to_string(each));
  if (out.is_json())
    out.answer("config_check",
               {{"valid", false}, {"problems", as_json(problems)}, {"warnings", warnings}}, "");
  return wrong_usage;
}

void warn(const output& out, const std::vector<std::string>& warnings) {
  for (const auto& each : warnings)
    out.talk("warning: " + each);
}

int validate(const invocation& now, const output& out) {
  auto from = sources_of(now);
  if (!from)
    return out.failure(from.error());
  if (auto good = check_settings_dir(now); !good)
    return out.failure(good.error());
  auto loaded = config::load(*from);
  warn(out, loaded.warnings);
  if (!loaded.settings)
    return refuse(out, loaded.problems, loaded.warnings);
  out.answer("config_check",
             {{"valid", true}, {"problems", json::value::array()}, {"warnings", loaded.warnings}},
             "The settings are valid.\n");
  return done;
}

int show(const invocation& now, const output& out, bool with_origins) {
  auto settings = load_settings(now, out);
  if (!settings)
    return settings.error();
  auto origins = with_origins ? config::origins::shown : config::origins::hidden;
  out.document(json::value::parse(config::render_settings_json(*settings, origins)),
               config::render_settings(*settings, origins));
  return done;
}

int get(const invocation& now, const output& out, const std::string& key) {
  auto settings = load_settings(now, out);
  if (!settings)
    return settings.error();
  auto text = config::render_value(*settings, key);
  auto object = config::render_value_json(*settings, key);
  if (!text || !object)
    return out.failure({errc::invalid_argument, (text ? object : text).error().message});
  out.document(json::value::parse(*object), *text + (text->ends_with('\n') ? "" : "\n"));
  return done;
}

struct set_options {
  std::string key, value, file;
  bool save = false;
};

/// Without `--save`: what the value would be, checked like any other.
int try_out(invocation now, const output& out, const set_options& wish) {
  now.flags.push_back({wish.key, wish.value, "config set"});
  auto settings = load_settings(now, out);
  if (!settings)
    return settings.error();
  auto text = config::render_value(*settings, wish.key);
  if (!text)
    return out.failure({errc::invalid_argument, text.error().message});
  out.answer("config_change", {{"key", wish.key}, {"saved", false}},
             wish.key + " would be " + *text + "\n");
  out.talk("Nothing was saved; add --save to write it to the settings file.");
  return done;
}

int set(const invocation& now, const output& out, const set_options& wish) {
  if (!wish.save)
    return try_out(now, out, wish);
  auto from = sources_of(now);
  if (!from)
    return out.failure(from.error());
  config::edit_request request{*from, wish.key, wish.value, std::nullopt};
  if (!wish.file.empty())
    request.file = wish.file;
  auto saved = config::save_setting(request);
  warn(out, saved.warnings);
  if (!saved.report)
    return refuse(out, saved.problems, saved.warnings);
  auto file = saved.report->file.string();
  auto object = json::value{
      {"key", wish.key}, {"saved", true}, {"file", file}, {"created", saved.report->created}};
  if (saved.report->overridden_by) {
    auto by = to_string(*saved.report->overridden_by);
    object["overridden_by"] = by;
    out.talk("warning: " + by + " sets " + wish.key + " too and wins over the file");
  }
  out.answer("config_change", object, "Saved " + wish.key + " to " + file + ".\n");
  return done;
}

/// Refuses to replace a file that somebody has already, unless that is what was asked for.
result<void> write_template(const std::filesystem::path& path, bool replace) {
  std::error_code ignored;
  if (!replace && std::filesystem::exists(path, ignored))
    return error{errc::already_exists, "'" + path.string() + "' exists; --force replaces it"};
  if (auto failed = config::write_file(path, config::render_template(), 0644))
    return error{failed->code, "'" + path.string() + "' " + failed->message};
  return {};
}

struct init_options {
  bool force = false;
  bool to_stdout = false;
};

int init(const invocation& now, const output& out, const init_options& wish) {
  if (wish.to_stdout) {
    auto text = config::render_template();
    out.document({{"template", text}}, text);
    return done;
  }
  auto from = sources_of(now);
  if (!from)
    return out.failure(from.error());
  auto path = from->settings_dir / "mahavishnu.yaml";
  if (auto written = write_template(path, wish.force); !written)
    return out.failure(written.error());
  out.answer("config_file", {{"file", path.string()}, {"created", true}},
             "Wrote " + path.string() + ".\n");
  out.talk("Values of this machine only belong in " + (from->settings_dir / "local.yaml").string() +
           ", which git should ignore.");
  return done;
}

struct migrate_options {
  std::string from, to;
  bool force = false;
};

int migrate(const output& out, const migrate_options& wish) {
  auto made = config::migrate_file(wish.from, wish.to, wish.force);
  if (!made.text)
    return refuse(out, made.problems);
  std::string text = "Migrated " + wish.from + " to " + wish.to + ".\n";
  for (const auto& each : made.moved)
    text += "  " + each + "\n";
  out.answer("config_migration", {{"from", wish.from}, {"to", wish.to}, {"moved", made.moved}},
             text);
  return done;
}

} // namespace

void add_config_commands(CLI::App& app, invocation& now) {
  auto* config = app.add_subcommand("config", "Settings: look at them, check them, change them");
  config->require_subcommand(1);

  auto* get_command = config->add_subcommand("get", "Print one setting, or those of a group");
  auto key = std::make_shared<std::string>();
  get_command->add_option("key", *key, "For example pools.max_workers")->required();
  get_command->callback(
      [&now, key] { now.action = [&now, key](output& out) { return get(now, out, *key); }; });

  auto* set_command = config->add_subcommand("set", "Change one setting in its file");
  auto wish = std::make_shared<set_options>();
  set_command->add_option("key", wish->key, "For example pools.max_workers")->required();
  set_command->add_option("value", wish->value, "The new value; items of a list with commas")
      ->required();
  set_command->add_flag("--save", wish->save, "Write it; comments and order stay");
  set_command->add_option("--file", wish->file, "Which file (default: the one that sets it now)");
  set_command->callback(
      [&now, wish] { now.action = [&now, wish](output& out) { return set(now, out, *wish); }; });

  auto* show_command = config->add_subcommand("show", "Print all settings, secrets masked");
  auto origin = std::make_shared<bool>(false);
  show_command->add_flag("--origin", *origin, "Say for each which file and line, variable or flag");
  show_command->callback([&now, origin] {
    now.action = [&now, origin](output& out) { return show(now, out, *origin); };
  });

  auto* init_command = config->add_subcommand("init", "Write a settings file that explains itself");
  auto init_wish = std::make_shared<init_options>();
  init_command->add_flag("--force", init_wish->force, "Replace an existing one");
  init_command->add_flag("--stdout", init_wish->to_stdout, "Print it instead");
  init_command->callback([&now, init_wish] {
    now.action = [&now, init_wish](output& out) { return init(now, out, *init_wish); };
  });

  config->add_subcommand("validate", "Check everything; exit code 2 when something is wrong")
      ->callback([&now] { now.action = [&now](output& out) { return validate(now, out); }; });

  config->add_subcommand("schema", "Print a JSON Schema of the settings file, for editors")
      ->callback([&now] {
        now.action = [](output& out) {
          auto text = config::render_schema();
          out.document(json::value::parse(text), text);
          return done;
        };
      });

  config->add_subcommand("docs", "Print the page docs/settings.md")->callback([&now] {
    now.action = [](output& out) {
      auto text = config::render_docs();
      out.document({{"markdown", text}}, text);
      return done;
    };
  });

  auto* migrate_command =
      config->add_subcommand("migrate", "Write an old settings file with today's names");
  auto migration = std::make_shared<migrate_options>();
  migrate_command->add_option("old", migration->from, "For example oneiric.yaml")->required();
  migrate_command->add_option("new", migration->to, "For example settings/mahavishnu.yaml")
      ->required();
  migrate_command->add_flag("--force", migration->force, "Replace an existing file");
  migrate_command->callback([&now, migration] {
    now.action = [migration](output& out) { return migrate(out, *migration); };
  });
}

} // namespace mahavishnu::cli
