// SPDX-License-Identifier: MIT
#include "actors/worker_catalog.hpp"

#include "base/text.hpp"
#include "exec/process_runner.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace mahavishnu::worker_catalog_detail {

/// From the runner: a program has said which version it is. Never leaves this process.
struct version_heard {
  std::uint64_t round;
  std::size_t type;
  std::shared_ptr<exec::process_exit> exit;
};

/// From the clock: whoever has not answered by now is not waited for.
struct round_is_over {
  std::uint64_t round;
};

} // namespace mahavishnu::worker_catalog_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::worker_catalog_detail::version_heard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::worker_catalog_detail::round_is_over)

namespace mahavishnu {

namespace {

using worker_catalog_detail::round_is_over;
using worker_catalog_detail::version_heard;

using catalog_self_actor =
    worker_catalog_actor::extend<caf::reacts_to<version_heard>, caf::reacts_to<round_is_over>>;

constexpr std::chrono::seconds longest_probe{5};
constexpr std::size_t most_version_output = std::size_t{16} << 10;
constexpr std::size_t longest_version = 100;

std::string_view name_of(prompt_mode mode) {
  switch (mode) {
  case prompt_mode::argument: return "argument";
  case prompt_mode::words: return "words";
  case prompt_mode::standard_input: return "stdin";
  case prompt_mode::file: return "file";
  case prompt_mode::none: break;
  }
  return "none";
}

/// The first line that says something.
std::string first_line(std::string_view output) {
  while (!output.empty()) {
    auto line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(output.size(), line.size() + 1));
    if (auto start = line.find_first_not_of(" \t\r"); start != std::string_view::npos) {
      line.remove_prefix(start);
      line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
      return std::string{first_bytes(line, longest_version)};
    }
  }
  return {};
}

struct catalog_state {
  static inline const char* name = "worker_catalog";

  catalog_self_actor::pointer self = nullptr;
  worker_types types;
  std::shared_ptr<exec::process_runner> runner;

  /// Somebody who wants to know versions.
  struct round {
    worker_type_list answer;
    std::map<std::size_t, exec::process_handle> open; // by place in the answer
    caf::typed_response_promise<worker_type_list> promise;
  };
  std::map<std::uint64_t, round> rounds;
  std::uint64_t last_round = 0;

  worker_type_info info_of(const std::string& type_name, const worker_type& type) const {
    worker_type_info about;
    about.name = type_name;
    about.description = type.description;
    about.command = type.recipe.command;
    about.prompt = name_of(type.recipe.prompt);
    about.built_in = type.built_in;
    about.usable = true;
    if (type.find_program) {
      auto program = type.find_program();
      about.usable = program.has_value();
      (program ? about.program : about.error) = program ? *program : program.error().message;
    }
    return about;
  }

  caf::result<worker_type_list> list(const list_worker_types& wish) {
    worker_type_list answer;
    for (const auto& [type_name, type] : types)
      if (wish.name.empty() || wish.name == type_name)
        answer.types.push_back(info_of(type_name, type));
    if (answer.types.empty())
      return to_caf({errc::not_found, "there is no worker type '" + wish.name +
                                          "'; see mahavishnu worker-types list"});
    std::ranges::sort(answer.types, {}, &worker_type_info::name);
    if (!wish.probe)
      return answer;
    return probe(std::move(answer));
  }

  caf::result<worker_type_list> probe(worker_type_list answer) {
    auto number = ++last_round;
    auto& fresh = rounds[number];
    fresh.answer = std::move(answer);
    fresh.promise = self->make_response_promise<worker_type_list>();
    auto promise = fresh.promise;
    for (std::size_t i = 0; i < fresh.answer.types.size(); ++i) {
      const auto& about = fresh.answer.types[i];
      const auto& type = types.at(about.name);
      if (!about.usable || type.version_command.empty())
        continue;
      exec::process_spec asking;
      asking.argv = type.version_command;
      asking.environment = type.recipe.environment;
      asking.output_limit = most_version_output;
      auto done = [me = catalog_self_actor{self}, number, i](exec::process_exit exit) {
        caf::anon_send(
            me, version_heard{number, i, std::make_shared<exec::process_exit>(std::move(exit))});
      };
      fresh.open.emplace(i, runner->start(std::move(asking), std::move(done)));
    }
    if (fresh.open.empty())
      end(number);
    else
      self->delayed_send(self, longest_probe, round_is_over{number});
    return promise;
  }

  void hear(const version_heard& what) {
    auto found = rounds.find(what.round);
    if (found == rounds.end())
      return;
    auto& its = found->second;
    auto& about = its.answer.types[what.type];
    const auto& exit = *what.exit;
    auto said =
        first_line(exit.standard_output.empty() ? exit.standard_error : exit.standard_output);
    if (exit.failure)
      about.error = exit.failure->message;
    else if (exit.exit_code != 0)
      about.error = "it did not tell its version but ended with code " +
                    std::to_string(exit.exit_code) + (said.empty() ? "" : ": " + said);
    else
      about.version = said;
    about.usable = about.error.empty();
    its.open.erase(what.type);
    if (its.open.empty())
      end(what.round);
  }

  void give_up(const round_is_over& what) {
    auto found = rounds.find(what.round);
    if (found == rounds.end())
      return;
    for (const auto& [at, process] : found->second.open) {
      runner->stop(process);
      auto& about = found->second.answer.types[at];
      about.usable = false;
      about.error = "it did not tell its version within " + seconds_text(longest_probe);
    }
    end(what.round);
  }

  void end(std::uint64_t number) {
    auto node = rounds.extract(number);
    node.mapped().promise.deliver(std::move(node.mapped().answer));
  }
};

catalog_self_actor::behavior_type catalog(catalog_self_actor::stateful_pointer<catalog_state> self,
                                          const worker_types& types,
                                          const std::shared_ptr<exec::process_runner>& runner) {
  auto& state = self->state;
  state.self = self;
  state.types = types;
  state.runner = runner;
  self->set_default_handler(caf::drop);
  return {
      [&state](const list_worker_types& x) { return state.list(x); },
      [&state](const version_heard& x) { state.hear(x); },
      [&state](const round_is_over& x) { state.give_up(x); },
  };
}

} // namespace

worker_catalog_actor spawn_worker_catalog(caf::actor_system& system, worker_types types,
                                          std::shared_ptr<exec::process_runner> runner) {
  return system.spawn(catalog, std::move(types), std::move(runner));
}

} // namespace mahavishnu
