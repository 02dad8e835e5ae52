// SPDX-License-Identifier: MIT
#include "cli/find.hpp"
#include "cli/kinds.hpp"
#include "cli/names.hpp"
#include "cli/yaml.hpp"
#include "mahavishnu/patterns/run_registry.hpp"
#include "patterns/run_json.hpp"

#include <CLI/CLI.hpp>

#include <array>

namespace mahavishnu::cli {

namespace {

/// All that is known of one thing.
struct found_thing {
  std::string_view kind;
  json::value object;
};

template <class Answer>
result<found_thing> as_thing(const result<Answer>& answer) {
  if (!answer)
    return answer.error();
  return found_thing{kind_of<Answer>(), json::from(*answer)};
}

/// Whether a word has to be the whole name, or may be the beginning of it.
enum class match { whole, beginning };

result<found_thing> inspect_pool(session& server, const std::string& name, match how) {
  if (how == match::whole)
    return as_thing(server.ask<pool_description>(describe_pool{name}));
  auto pool = find_pool(server, name);
  if (!pool)
    return pool.error();
  return as_thing(server.ask<pool_description>(describe_pool{*pool}));
}

result<found_thing> inspect_task(session& server, const std::string& name, match how) {
  if (how == match::whole && !task_id::parse(name))
    return error{errc::not_found, {}};
  auto task = find_task(server, name);
  if (!task)
    return task.error();
  return as_thing(server.ask<task_info>(describe_task{*task}));
}

/// The one of a list that is meant.
template <class Item>
result<found_thing> inspect_one_of(const std::vector<Item>& all, const std::string& name, match how,
                                   std::string_view what, std::string (*name_of)(const Item&)) {
  std::vector<std::string> names;
  for (const auto& each : all)
    names.push_back(name_of(each));
  if (how == match::whole)
    std::erase_if(names, [&](const std::string& each) { return each != name; });
  auto meant = meant_by(name, what, names);
  if (!meant)
    return meant.error();
  if (!*meant)
    return error{errc::not_found, {}};
  auto found = std::ranges::find(all, **meant, name_of);
  return found_thing{kind_of<Item>(), json::from(*found)};
}

result<found_thing> inspect_terminal(session& server, const std::string& name, match how) {
  auto all = server.ask<terminal_list>(list_terminals{});
  if (!all)
    return all.error();
  return inspect_one_of<terminal_info>(all->terminals, name, how, "terminal",
                                       [](const terminal_info& each) { return each.terminal; });
}

result<found_thing> inspect_worker(session& server, const std::string& name, match how) {
  auto all = server.ask<worker_list>(list_workers{});
  if (!all)
    return all.error();
  return inspect_one_of<worker_info>(all->workers, name, how, "worker",
                                     [](const worker_info& each) { return each.worker.value; });
}

result<found_thing> inspect_periodic(session& server, const std::string& name, match how) {
  auto all = server.ask<periodic_list>(list_periodic{});
  if (!all)
    return all.error();
  return inspect_one_of<periodic_info>(all->tasks, name, how, "periodic task",
                                       [](const periodic_info& each) { return each.task.name; });
}

result<found_thing> inspect_type(session& server, const std::string& name, match how) {
  auto all = server.ask<worker_type_list>(list_worker_types{});
  if (!all)
    return all.error();
  return inspect_one_of<worker_type_info>(all->types, name, how, "worker type",
                                          [](const worker_type_info& each) { return each.name; });
}

struct thing_kind {
  std::string_view name;
  result<found_thing> (*inspect)(session&, const std::string&, match);
};

constexpr std::array<thing_kind, 6> thing_kinds{{{"pool", inspect_pool},
                                                 {"task", inspect_task},
                                                 {"periodic", inspect_periodic},
                                                 {"terminal", inspect_terminal},
                                                 {"worker", inspect_worker},
                                                 {"worker-type", inspect_type}}};

/// The first kind that has a thing of that name, and only then one whose name begins so.
result<found_thing> find_thing(session& server, const run_registry& runs, const std::string& name,
                               const std::string& kind) {
  for (auto how : {match::whole, match::beginning})
    for (const auto& each : thing_kinds) {
      if (!kind.empty() && kind != each.name)
        continue;
      auto found = each.inspect(server, name, how);
      if (found || !names_nothing(found.error()))
        return found;
    }
  if (kind.empty() || kind == "run") {
    auto id = runs.find_run(name);
    auto run = id ? runs.get_run(*id) : result<run_record>{id.error()};
    if (run)
      return found_thing{"run", to_json(*run)};
    if (run.error().code != errc::not_found)
      return run.error();
  }
  return error{errc::not_found,
               "there is nothing of the name '" + name.substr(0, 100) +
                   "'; look at what there is: mahavishnu ps --all, or mahavishnu pool list"};
}

int inspect(const invocation& now, const output& out, const std::vector<std::string>& names,
            const std::string& kind) {
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto directory = state_directory((*server)->settings());
  if (!directory)
    return out.failure(directory.error());
  run_registry runs{*directory};
  int worst = done;
  for (const auto& name : names) {
    auto thing = find_thing(**server, runs, name, kind);
    if (!thing) {
      worst = std::max(worst, out.failure(thing.error()));
      continue;
    }
    auto text = yaml_of(thing->object);
    if (names.size() == 1)
      out.answer(thing->kind, thing->object, text);
    else
      out.item(thing->kind, thing->object, "---\n" + text.substr(0, text.size() - 1));
  }
  return worst;
}

} // namespace

void add_inspect_command(CLI::App& app, invocation& now) {
  auto* command = app.add_subcommand("inspect", "Tell all that is known of things of any kind");
  struct given {
    std::vector<std::string> names;
    std::string kind;
  };
  auto wish = std::make_shared<given>();
  command
      ->add_option("names", wish->names,
                   "Names or ids of pools, tasks, periodic tasks, terminals, workers, worker types "
                   "or runs, or their beginnings")
      ->required();
  command->add_option("--kind", wish->kind, "Only such a thing, where several have that name")
      ->check(
          CLI::IsMember({"pool", "task", "periodic", "terminal", "worker", "worker-type", "run"}));
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) { return inspect(now, out, wish->names, wish->kind); };
  });
}

} // namespace mahavishnu::cli
