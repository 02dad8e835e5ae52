// SPDX-License-Identifier: MIT
/// What comes over the socket of a keeper from somebody who is no good server.
#include "exec/keeper_directory.hpp"
#include "exec/keeper_support.hpp"

#include <sys/socket.h>

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;
namespace wire = mahavishnu::exec::keeper_wire;

namespace {

/// A raw connection to a keeper.
class stranger {
public:
  explicit stranger(const std::string& directory)
      : socket_(exec::keeper_directory::connect(directory)) {
    REQUIRE(socket_);
  }

  /// False when the keeper does not listen any more.
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) {
        pollfd ready{socket_.get(), POLLOUT, 0};
        REQUIRE(poll(&ready, 1, std::chrono::milliseconds(deadline).count()) == 1);
        continue;
      }
      if (count < 0)
        return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void say(const wire::command& what) {
    auto frame = wire::encode(what);
    REQUIRE(frame);
    say(*frame);
  }

  /// The next word; nothing at the end of the connection.
  std::optional<wire::notice> hear() {
    for (;;) {
      if (auto frame = frames_.next())
        return wire::decode_notice(*frame);
      pollfd ready{socket_.get(), POLLIN, 0};
      REQUIRE(poll(&ready, 1, std::chrono::milliseconds(deadline).count()) == 1);
      char buffer[65536];
      auto count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (count <= 0)
        return std::nullopt;
      frames_.add({buffer, static_cast<std::size_t>(count)});
    }
  }

  /// Whether the keeper closes the connection, whatever it says before.
  bool is_sent_away() {
    while (hear()) {
    }
    return true;
  }

private:
  exec::unique_fd socket_;
  wire::frame_reader frames_;
};

} // namespace

TEST_CASE("garbage on the socket of a keeper harms nobody but who sends it") {
  keeper_place place;
  auto runner = place.open();
  auto keeper = pid_of(*runner);
  std::mt19937 random{seed()};
  for (int i = 0; i < 100; ++i) {
    stranger visitor{place.path()};
    std::string bytes(1 + random() % 5000, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random());
    if (random() % 2) { // a length that could be right
      auto size = static_cast<std::uint32_t>(bytes.size());
      bytes.insert(0, std::string{static_cast<char>(size), static_cast<char>(size >> 8), 0, 0});
    } else {
      bytes[3] = static_cast<char>(bytes[3] | 0x80);
    }
    visitor.say(bytes);
    CHECK(visitor.is_sent_away());
  }
  CHECK(start(*runner, shell("exit 5")).wait().exit_code == 5);
  CHECK(pid_of(*runner) == keeper);
}

TEST_CASE("a keeper does nothing for who has not said hello") {
  keeper_place place;
  auto runner = place.open();
  for (const auto& what : {wire::command{wire::start{named("intruder", shell("sleep 1000"))}},
                           wire::command{wire::close{}}, wire::command{wire::ping{}}}) {
    stranger visitor{place.path()};
    visitor.say(what);
    auto answer = visitor.hear();
    REQUIRE(answer);
    CHECK(std::get<wire::refused>(*answer).why.code == errc::invalid_argument);
    CHECK(visitor.is_sent_away());
  }
  CHECK(marked_processes(place.mark()).empty());
  CHECK(start(*runner, shell("exit 5")).wait().exit_code == 5);
}

TEST_CASE("a server of another version is refused and told what to do") {
  keeper_place place;
  auto runner = place.open();
  stranger visitor{place.path()};
  visitor.say(wire::hello{wire::version + 1, 99, "other", "/", {}});
  auto answer = visitor.hear();
  REQUIRE(answer);
  CHECK(std::get<wire::refused>(*answer).why.code == errc::incompatible);
  CHECK(start(*runner, shell("exit 5")).wait().exit_code == 5);
}

TEST_CASE("many connections that say nothing keep no server out") {
  keeper_place place;
  auto runner = place.open();
  std::vector<std::unique_ptr<stranger>> silent;
  for (int i = 0; i < 50; ++i)
    silent.push_back(std::make_unique<stranger>(place.path()));
  auto next = place.open(2);
  CHECK(start(*next, shell("exit 5")).wait().exit_code == 5);
}

TEST_CASE("a run that is started twice runs once and is told twice") {
  keeper_place place;
  place.open();
  stranger server{place.path()};
  server.say(wire::hello{wire::version, 2, "by hand", "/", {}});
  auto told_end = [&](const std::string& run) {
    for (;;) {
      auto said = server.hear();
      REQUIRE(said);
      auto* state = std::get_if<wire::state>(&*said);
      if (state && state->of.run == run && state->of.has_ended())
        return state->of;
    }
  };
  auto once = named("once", shell("echo x >> " + (place / "count")));
  server.say(wire::start{once});
  auto first = told_end("once");
  server.say(wire::start{once});
  auto second = told_end("once");
  CHECK(first.exit_code == 0);
  CHECK(first.pid == second.pid);
  CHECK(first.ended_at == second.ended_at);
  CHECK(content_of(place / "count") == "x\n");
}

TEST_CASE("input that is given again after a lost connection is taken once") {
  keeper_place place;
  place.open();
  stranger server{place.path()};
  server.say(wire::hello{wire::version, 2, "by hand", "/", {}});
  process_spec cat = named("cat", {});
  cat.argv = {"cat"};
  cat.stdin_text = "one ";
  cat.input_stays_open = true;
  server.say(wire::start{cat});
  server.say(wire::write_input{1, "cat", 4, "two ", false});
  server.say(wire::write_input{2, "cat", 4, "two ", false});
  server.say(wire::write_input{3, "cat", 6, "o three", false});
  server.say(wire::write_input{4, "cat", 99, "far ahead", false});
  server.say(wire::write_input{5, "cat", 13, "", true});
  server.say(wire::write_input{6, "cat", 13, "", true});
  std::map<std::uint64_t, bool> taken;
  std::string output;
  for (std::size_t words = 0; taken.size() < 6 || output.empty(); ++words) {
    auto said = server.hear();
    REQUIRE(said);
    if (auto* answer = std::get_if<wire::input_taken>(&*said))
      taken[answer->request] = !answer->failure;
    if (auto* state = std::get_if<wire::state>(&*said))
      output = state->of.output.text;
  }
  CHECK(output == "one two three");
  CHECK(taken == std::map<std::uint64_t, bool>{
                     {1, true}, {2, true}, {3, true}, {4, false}, {5, true}, {6, true}});
}

TEST_CASE("a server that takes nothing loses its connection but no end") {
  keeper_place place;
  place.open();
  {
    stranger deaf{place.path()};
    deaf.say(wire::hello{wire::version, 2, "deaf", "/", {}});
    deaf.say(wire::start{named("kept", shell("exit 3"))});
    // Each start is refused with its long name in the answer, and nobody takes the answers.
    std::string starts;
    for (int i = 0; i < 100; ++i)
      starts += *wire::encode(wire::command{wire::start{named(std::string(4000, '/'), shell(""))}});
    auto give_up_at = std::chrono::steady_clock::now() + deadline;
    bool let_go = false;
    while (!let_go && std::chrono::steady_clock::now() < give_up_at) {
      let_go = !deaf.say(starts);
    }
    CHECK(let_go);
  }
  auto runner = place.open(3);
  REQUIRE(runner->adopted().size() == 1);
  CHECK(attach(*runner, "kept").wait().exit_code == 3);
}
