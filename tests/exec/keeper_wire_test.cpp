// SPDX-License-Identifier: MIT
#include "exec/frame_socket.hpp"
#include "exec/keeper_wire.hpp"
#include "support/catch.hpp"

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::exec;
namespace wire = mahavishnu::exec::keeper_wire;

namespace {

process_spec full_spec() {
  process_spec spec;
  spec.run = "run-1";
  spec.argv = {"/bin/echo", "", std::string("a\0b", 3)};
  spec.working_directory = "/tmp";
  spec.environment = {{"NAME", "value"}, {"EMPTY", ""}};
  spec.stdin_text = "input\n";
  spec.input_stays_open = true;
  spec.file_limit = 1ull << 40;
  spec.grace = std::chrono::milliseconds{-7};
  spec.terminal = terminal_size{100, 50};
  spec.limits = {{"nofile", 100, 200}, {"core", 0, unlimited}};
  spec.nice = -3;
  spec.umask = 027;
  spec.secrets = {{"TOKEN", std::string("s\0t", 3)}, {"EMPTY", ""}};
  spec.cgroup = exec::cgroup_limits{1u << 30, {}, 150, true};
  return spec;
}

run_state full_state() {
  run_state state;
  state.run = "run-2";
  state.pid = 4711;
  state.started_at = 1'700'000'000'000;
  state.ended_at = 1'700'000'000'001;
  state.input_bytes = 12;
  state.failure = error{errc::process_failed, "it was lost"};
  state.exit_code = -1;
  state.signal = 9;
  state.output = {1ull << 33, false, ""};
  state.error_output = {3, true, std::string("\xFF\0\n", 3)};
  state.survivors = {12, 345};
  state.note = "two do not end";
  return state;
}

std::vector<wire::command> all_commands() {
  return {wire::hello{1, 7, "server", "/home", {"A=1", "B="}},
          wire::start{full_spec()},
          wire::stop{"r", 250},
          wire::write_input{8, "r", 99, "bytes", true},
          wire::resize{"r", {132, 43}},
          wire::measure{9, "r"},
          wire::follow{"r"},
          wire::unfollow{"r"},
          wire::heard{"r"},
          wire::forget{"r"},
          wire::close{5000},
          wire::ping{10}};
}

std::vector<wire::notice> all_notices() {
  return {wire::welcome{1, 42, "0f", true, 3},
          wire::refused{{errc::already_exists, "another one"}},
          wire::superseded{8},
          wire::state{full_state()},
          wire::input_taken{8, error{errc::process_failed, "closed"}},
          wire::measured{9, 1u << 30},
          wire::grown{"r", output_growth::stream::error, 77},
          wire::pong{10}};
}

std::string frame_of(const auto& what) {
  auto frame = wire::encode(what);
  REQUIRE(frame);
  return *frame;
}

std::string_view body_of(std::string_view frame) {
  return frame.substr(4);
}

} // namespace

TEST_CASE("every command of a server arrives as it was sent") {
  auto all = all_commands();
  REQUIRE(all.size() == std::variant_size_v<wire::command>);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].index() == i);
    auto frame = frame_of(all[i]);
    auto decoded = wire::decode_command(body_of(frame));
    REQUIRE(decoded);
    CHECK(decoded->index() == i);
    CHECK(frame_of(*decoded) == frame);
  }
  auto decoded = wire::decode_command(body_of(frame_of(all[1])));
  const auto& spec = std::get<wire::start>(*decoded).spec;
  CHECK(spec.argv == full_spec().argv);
  CHECK(spec.environment == full_spec().environment);
  CHECK(spec.grace == full_spec().grace);
  CHECK(spec.file_limit == full_spec().file_limit);
  CHECK(spec.input_stays_open);
  CHECK(spec.terminal == full_spec().terminal);
  REQUIRE(spec.limits.size() == 2);
  CHECK(spec.limits[1].name == "core");
  CHECK(spec.limits[1].hard == unlimited);
  CHECK(spec.nice == -3);
  CHECK(spec.umask == mode_t{027});
  CHECK(spec.secrets == full_spec().secrets);
  CHECK(spec.cgroup == full_spec().cgroup);
}

TEST_CASE("every notice of a keeper arrives as it was sent") {
  auto all = all_notices();
  REQUIRE(all.size() == std::variant_size_v<wire::notice>);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].index() == i);
    auto frame = frame_of(all[i]);
    auto decoded = wire::decode_notice(body_of(frame));
    REQUIRE(decoded);
    CHECK(decoded->index() == i);
    CHECK(frame_of(*decoded) == frame);
  }
  CHECK(std::get<wire::state>(*wire::decode_notice(body_of(frame_of(all[3])))).of == full_state());
}

TEST_CASE("the first byte of a frame never changes its meaning") {
  CHECK(frame_of(wire::command{wire::hello{}})[4] == 1);
  CHECK(frame_of(wire::command{wire::ping{}})[4] == 12);
  CHECK(frame_of(wire::notice{wire::welcome{}})[4] == 64);
  CHECK(frame_of(wire::notice{wire::pong{}})[4] == 71);
}

TEST_CASE("a frame that is cut, or longer than what it says, is none") {
  auto check = [](const std::string& frame, auto decode) {
    auto body = body_of(frame);
    for (std::size_t size = 0; size < body.size(); ++size)
      CHECK_FALSE(decode(body.substr(0, size)));
    CHECK_FALSE(decode(std::string(body) + "x"));
  };
  for (const auto& each : all_commands())
    check(frame_of(each), wire::decode_command);
  for (const auto& each : all_notices())
    check(frame_of(each), wire::decode_notice);
}

TEST_CASE("a count that lies takes no memory") {
  byte_writer body;
  body.put(std::uint8_t{2}); // start
  body.put(std::string_view{"run"});
  body.put(std::uint32_t{0xFFFFFFFF}); // arguments
  body.put(std::string_view{"one"});
  CHECK_FALSE(wire::decode_command(body.take()));
}

TEST_CASE("what is longer than a frame may be is not sent") {
  wire::write_input much;
  much.bytes.assign(wire::largest_frame, 'x');
  auto refused = wire::encode(wire::command{much});
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::invalid_argument);
}

TEST_CASE("frames come out of a stream however it is cut") {
  std::mt19937 random{test::seed()};
  std::string stream;
  std::vector<std::string> bodies;
  for (int i = 0; i < 200; ++i) {
    auto all = all_commands();
    auto frame = frame_of(all[random() % all.size()]);
    bodies.emplace_back(body_of(frame));
    stream += frame;
  }
  wire::frame_reader reader;
  std::size_t seen = 0;
  for (std::size_t at = 0; at < stream.size();) {
    auto piece = std::min<std::size_t>(1 + random() % 97, stream.size() - at);
    reader.add(std::string_view{stream}.substr(at, piece));
    at += piece;
    while (auto body = reader.next()) {
      REQUIRE(seen < bodies.size());
      REQUIRE(*body == bodies[seen++]);
    }
  }
  CHECK(seen == bodies.size());
  CHECK_FALSE(reader.is_broken());
}

TEST_CASE("a frame that is announced too long or empty breaks the stream before it is read") {
  for (std::uint32_t size : {std::uint32_t{0}, static_cast<std::uint32_t>(wire::largest_frame + 1),
                             std::uint32_t{0xFFFFFFFF}}) {
    byte_writer head;
    head.put(size);
    wire::frame_reader reader;
    reader.add(head.take());
    CHECK_FALSE(reader.next());
    CHECK(reader.is_broken());
    reader.add(frame_of(wire::command{wire::ping{}}));
    CHECK_FALSE(reader.next());
  }
}
