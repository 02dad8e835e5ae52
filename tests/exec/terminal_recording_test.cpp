// SPDX-License-Identifier: MIT
#include "exec/terminal_recording.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <random>

using namespace std::chrono_literals;
using mahavishnu::exec::json_string;
using mahavishnu::exec::terminal_recording;
using nlohmann::json;

namespace {

/// A recording whose lines are kept.
struct recorded {
  std::vector<std::string> lines;
  terminal_recording recording;

  explicit recorded(const terminal_recording::header& about = {{24, 80}, 1'700'000'000, "", "", ""})
      : recording(about, [this](std::string_view line) { lines.emplace_back(line); }) {}
  recorded(const recorded&) = delete;

  json event(std::size_t number) const { return json::parse(lines.at(number + 1)); }
  std::size_t count() const { return lines.size() - 1; }
};

} // namespace

TEST_CASE("a recording starts with what it is a recording of") {
  recorded all{{{30, 100}, 1'700'000'000, "sh -c \"x\"", "a title", "xterm-256color"}};
  REQUIRE(all.lines.size() == 1);
  CHECK(all.lines[0].ends_with("}\n"));
  CHECK(json::parse(all.lines[0]) == json{{"version", 2},
                                          {"width", 100},
                                          {"height", 30},
                                          {"timestamp", 1'700'000'000},
                                          {"command", "sh -c \"x\""},
                                          {"title", "a title"},
                                          {"env", {{"TERM", "xterm-256color"}}}});
  CHECK(json::parse(recorded{}.lines[0]).size() == 4);
}

TEST_CASE("each event is a line with its time, its kind and its text") {
  recorded all;
  all.recording.output(1'500'000us, "hello\r\n");
  all.recording.input(2'000'001us, "\x03");
  all.recording.resize(70s, {50, 132});
  REQUIRE(all.count() == 3);
  CHECK(all.lines[1] == "[1.500000, \"o\", \"hello\\r\\n\"]\n");
  CHECK(all.lines[2] == "[2.000001, \"i\", \"\\u0003\"]\n");
  CHECK(all.lines[3] == "[70.000000, \"r\", \"132x50\"]\n");
}

TEST_CASE("time never goes back") {
  recorded all;
  all.recording.output(5s, "a");
  all.recording.output(3s, "b");
  all.recording.output(-3s, "c");
  all.recording.output(6s, "d");
  CHECK(all.event(1)[0] == 5.0);
  CHECK(all.event(2)[0] == 5.0);
  CHECK(all.event(3)[0] == 6.0);
}

TEST_CASE("a character that comes in two pieces is in the later event") {
  recorded all;
  all.recording.output(1s, "a\xE2");
  all.recording.input(1s, "\xC3");
  all.recording.output(2s, "\x82");
  all.recording.output(3s, "\xAC"
                           "b");
  all.recording.input(4s, "\xA4");
  REQUIRE(all.count() == 3);
  CHECK(all.event(0)[2] == "a");
  CHECK(all.event(1)[2] == "\xE2\x82\xAC"
                           "b");
  CHECK(all.event(1)[0] == 3.0);
  CHECK(all.event(2) == json::array({4.0, "i", "\xC3\xA4"}));
}

TEST_CASE("what will never be a character is replaced at the end") {
  recorded all;
  all.recording.output(1s, "a\xE2\x82");
  all.recording.finish(2s);
  all.recording.finish(3s);
  REQUIRE(all.count() == 2);
  CHECK(all.event(1) == json::array({2.0, "o", "\xEF\xBF\xBD\xEF\xBF\xBD"}));
}

TEST_CASE("any text is a JSON string of itself") {
  std::string all_ascii;
  for (char c = 0; c < 127; ++c)
    all_ascii += c;
  all_ascii += '\x7F';
  for (const std::string& text :
       {std::string{}, all_ascii, std::string{"\xC3\xA4\xE2\x82\xAC\"\\"}})
    CHECK(json::parse(json_string(text)) == text);
  CHECK(json_string("a\"\n") == "\"a\\\"\\n\"");
}

TEST_CASE("any bytes in any pieces make lines of JSON that hold the same text") {
  std::minstd_rand random{mahavishnu::test::seed()};
  for (int round = 0; round < 300; ++round) {
    recorded whole, pieces;
    std::string bytes(random() % 200, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random() % 3 == 0 ? 0xE0 + random() % 20 : random());
    whole.recording.output(1s, bytes);
    whole.recording.finish(1s);
    for (std::size_t at = 0; at < bytes.size();) {
      auto piece = bytes.substr(at, 1 + random() % 5);
      pieces.recording.output(std::chrono::microseconds{random() % 1'000'000}, piece);
      at += piece.size();
    }
    pieces.recording.finish(9s);
    auto text = [](const recorded& from) {
      std::string joined;
      for (std::size_t i = 0; i < from.count(); ++i)
        joined += from.event(i)[2].get<std::string>();
      return joined;
    };
    REQUIRE(text(whole) == text(pieces));
  }
}
