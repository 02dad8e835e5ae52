// SPDX-License-Identifier: MIT
#include "actors/ask.hpp"
#include "app/core.hpp"
#include "mahavishnu/messages/all.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"
#include "support/tasks.hpp"
#include "wire/endpoint.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_actor.hpp>

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// A server without its process: real actors, real processes, a real socket.
struct server {
  server() {
    auto started = core::start(config::settings::defaults(), {{}, {}, [] {}});
    REQUIRE(started.has_value());
    inside = std::move(*started);
    wire::acceptor_options options;
    options.existing = wire::leftover::remove;
    auto opened = wire::acceptor::start(inside->system(), socket, inside->control(), options);
    REQUIRE(opened.has_value());
    door = std::move(*opened);
  }
  ~server() {
    inside->close_pools();
    door->stop();
  }

  scratch dir;
  std::filesystem::path socket = dir / "control.sock";
  std::unique_ptr<core> inside;
  std::unique_ptr<wire::acceptor> door;
};

/// A command without its process: an actor system of its own.
struct client {
  explicit client(const server& whom) {
    auto dialled = wire::dial<control_actor>(system, whom.socket, 5000ms);
    REQUIRE(dialled.has_value());
    control = *dialled;
  }
  template <class Answer, class Question>
  result<Answer> ask(const Question& question, std::chrono::milliseconds limit = 30s) {
    return mahavishnu::ask<Answer>(system, control, question, limit);
  }
  /// A pool of shell workers, called `local`.
  void spawn_local(std::int32_t workers = 0) {
    pool_config wish;
    wish.name = "local";
    wish.worker_type = "shell";
    wish.min_workers = workers;
    REQUIRE(ask<pool_spawned>(spawn_pool{wish}).has_value());
  }

  system_config config{system_options{}};
  caf::actor_system system{config};
  control_actor control;
};

} // namespace

TEST_CASE("a command in another actor system spawns a pool and gets a result") {
  server s;
  client c{s};
  c.spawn_local();

  auto answer = c.ask<task_result>(route_task{task_of("echo hi; echo oh >&2; exit 3"), {}, {}});
  REQUIRE(answer.has_value());
  CHECK(answer->status == task_status::failed);
  CHECK(answer->exit_code == 3);
  CHECK(answer->output.str() == "hi\n");
  CHECK(answer->standard_error.str() == "oh\n");
  CHECK(answer->duration > 0ns);
}

TEST_CASE("an error crosses the wire with its code and its text") {
  server s;
  client c{s};
  auto answer = c.ask<task_result>(execute_on_pool{"nope", task_of("true")});
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == errc::not_found);
  CHECK_THAT(answer.error().message, ContainsSubstring("'nope'"));
}

TEST_CASE("a megabyte of output crosses the wire whole") {
  server s;
  client c{s};
  c.spawn_local();
  auto answer = c.ask<task_result>(
      execute_on_pool{"local", task_of("head -c 1000000 /dev/zero | tr '\\0' x")});
  REQUIRE(answer.has_value());
  CHECK(answer->output.str() == std::string(1'000'000, 'x'));
  CHECK_FALSE(answer->truncated);
}

TEST_CASE("the process of a task that goes with its requester ends when that one goes") {
  server s;
  client c{s};
  c.spawn_local();
  message_pipe box;
  auto spec = task_of("echo $$ > '" + box.path() + "'; exec sleep 1000");
  spec.cancel_with_requester = true;
  auto asker = c.system.spawn(
      [](caf::event_based_actor* self, const control_actor& control, const task_spec& task) {
        self->request(control, caf::infinite, execute_on_pool{"local", task})
            .then([](const task_result&) {}, [](const caf::error&) {});
      },
      c.control, spec);
  auto pid = std::stoi(box.wait_for_line());
  REQUIRE(pid > 0);
  caf::anon_send_exit(asker, caf::exit_reason::kill);
  CHECK(ends(pid));
}

TEST_CASE("a request to a server that goes away is an error at once and not a time-out") {
  auto s = std::make_unique<server>();
  client c{*s};
  c.spawn_local();
  message_pipe box;
  result<task_result> answer = error{};
  std::thread waiting{[&] {
    answer = c.ask<task_result>(
        execute_on_pool{"local", task_of("echo $$ > '" + box.path() + "'; exec sleep 1000")},
        std::chrono::hours{1});
  }};
  REQUIRE(std::stoi(box.wait_for_line()) > 0);
  s.reset();
  waiting.join();
  // The pool was closed first, so the task may have been reported as cancelled.
  if (answer.has_value())
    CHECK(answer->status == task_status::cancelled);
  else
    CHECK(answer.error().code == errc::unreachable);
}

TEST_CASE("a hundred commands at once each get their own result") {
  server s;
  client c{s};
  c.spawn_local(4);
  std::vector<std::thread> threads;
  std::vector<std::string> outputs(100);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    threads.emplace_back([&, i] {
      auto answer =
          c.ask<task_result>(execute_on_pool{"local", task_of("echo " + std::to_string(i))}, 60s);
      if (answer)
        outputs[i] = answer->output.str();
    });
  for (auto& each : threads)
    each.join();
  for (std::size_t i = 0; i < outputs.size(); ++i)
    CHECK(outputs[i] == std::to_string(i) + "\n");
}
