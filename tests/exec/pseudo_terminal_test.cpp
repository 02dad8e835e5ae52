// SPDX-License-Identifier: MIT
#include "exec/pseudo_terminal.hpp"
#include "exec/spawned.hpp"
#include "exec/terminal_screen.hpp"

#include <sys/resource.h>

using namespace mahavishnu;
using namespace mahavishnu::test;
using exec::pseudo_terminal;
using exec::terminal_screen;
using exec::terminal_size;

namespace {

pseudo_terminal open_terminal(terminal_size size = {24, 80}) {
  auto terminal = pseudo_terminal::open(size);
  REQUIRE(terminal.has_value());
  return std::move(*terminal);
}

/// A child on a terminal, and all that it has written there.
class terminal_session {
public:
  terminal_session(const std::string& script, terminal_size size = {24, 80})
      : terminal_(open_terminal(size)), child_(shell(script), options()) {}

  pseudo_terminal& terminal() { return terminal_; }
  spawned& child() { return child_; }
  const std::string& text() const { return text_; }

  void type(std::string_view bytes) {
    auto written = terminal_.write(bytes);
    REQUIRE(written.has_value());
    REQUIRE(*written == bytes.size());
  }

  /// Reads until the text has come, or to the end.
  void read_until(const std::string& wanted) {
    while (text_.find(wanted) == std::string::npos && read_some()) {
    }
  }
  std::string read_all() {
    while (read_some()) {
    }
    return text_;
  }

private:
  spawn_options options() const {
    spawn_options chosen;
    chosen.terminal = terminal_.path();
    return chosen;
  }
  bool read_some() {
    pollfd ready{terminal_.descriptor(), POLLIN, 0};
    REQUIRE(poll(&ready, 1, std::chrono::milliseconds(deadline).count()) == 1);
    char buffer[4096];
    auto piece = terminal_.read(buffer);
    REQUIRE(piece.has_value());
    text_.append(buffer, piece->size);
    return !piece->ended;
  }

  pseudo_terminal terminal_;
  spawned child_;
  std::string text_;
};

} // namespace

TEST_CASE("a child on a terminal has it as its streams and as its controlling terminal") {
  terminal_session session{"tty; echo on tty > /dev/tty; "
                           "test -t 0 && test -t 1 && test -t 2 && echo all three; "
                           "cut -d' ' -f7,8 /proc/$$/stat"};
  auto text = session.read_all();
  CHECK(text.starts_with(session.terminal().path() + "\r\non tty\r\nall three\r\n"));
  // It is in the foreground: the group of its terminal is its own.
  CHECK(text.ends_with(" " + std::to_string(session.child().pid()) + "\r\n"));
  CHECK_FALSE(session.child().process().input);
  CHECK_FALSE(session.child().process().output);
  CHECK(session.child().wait() == 0);
}

TEST_CASE("what is typed reaches the child as its input") {
  terminal_session session{"read line; echo got $line"};
  session.type("some words\n");
  session.read_until("got some words\r\n");
  CHECK_THAT(session.text(), ContainsSubstring("got some words\r\n"));
  CHECK(session.child().wait() == 0);
}

TEST_CASE("a typed Ctrl-C ends the program in the foreground") {
  terminal_session session{"echo ready; exec sleep 1000"};
  session.read_until("ready");
  session.type("\x03");
  CHECK(session.child().wait() == 128 + SIGINT);
}

TEST_CASE("a child sees the size of its terminal, and hears of a new one") {
  terminal_session session{"trap 'stty size; exit' WINCH; stty size; echo ready; "
                           "while :; do read line; done",
                           {30, 100}};
  session.read_until("ready");
  CHECK_THAT(session.text(), ContainsSubstring("30 100"));
  REQUIRE(session.terminal().resize({50, 132}).has_value());
  session.type("\n");
  CHECK_THAT(session.read_all(), ContainsSubstring("50 132"));
  CHECK(*session.terminal().size() == terminal_size{50, 132});
}

TEST_CASE("a terminal whose child has gone hangs up on those who stay") {
  terminal_session session{"sleep 1000 & echo $!"};
  session.read_until("\r\n");
  auto left_behind = std::stoi(session.text());
  pollfd ended{session.child().process().exit.get(), POLLIN, 0};
  REQUIRE(poll(&ended, 1, std::chrono::milliseconds(deadline).count()) == 1);
  CHECK(ends(left_behind));
  session.read_all();
}

TEST_CASE("nothing to read is neither text nor the end") {
  auto terminal = open_terminal();
  char buffer[10];
  auto piece = terminal.read(buffer);
  REQUIRE(piece.has_value());
  CHECK(piece->size == 0);
  CHECK_FALSE(piece->ended);
}

TEST_CASE("a terminal whose child does not read takes no more at some point and does not block") {
  auto terminal = open_terminal();
  exec::unique_fd other{::open(terminal.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  REQUIRE(other);
  std::string block(4096, 'x');
  std::size_t total = 0;
  for (int i = 0; i < 1000; ++i) {
    auto written = terminal.write(block);
    REQUIRE(written.has_value());
    if (*written == 0)
      break;
    total += *written;
  }
  CHECK(total > 0);
  CHECK(total < 1000 * block.size());
}

TEST_CASE("a terminal of an impossible size is refused") {
  for (terminal_size size : {terminal_size{0, 80}, {24, 1}, {-1, 80}, {501, 80}, {24, 1001}}) {
    auto refused = pseudo_terminal::open(size);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
  }
  auto terminal = open_terminal();
  CHECK(terminal.resize({0, 0}).has_error());
  CHECK(*terminal.size() == terminal_size{24, 80});
}

TEST_CASE("when descriptors run out no terminal is opened, and the error says so") {
  exec::unique_fd next{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto lower = before;
  lower.rlim_cur = static_cast<rlim_t>(next.get());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &lower) == 0);
  auto refused = pseudo_terminal::open({24, 80});
  setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("ulimit -n"));
}

TEST_CASE("the screen of a program that draws on all of it is what one would see") {
  // As an editor does: its own screen, a frame, a line of state, then all is put back.
  terminal_session session{
      "export TERM=xterm; echo before; tput smcup; tput clear; tput cup 2 5; printf 'in the "
      "middle'; "
      "tput cup 9 0; tput rev; printf 'state line'; tput sgr0; tput civis; "
      "tput cup 4 3; echo drawn > /dev/null; read line; tput cnorm; tput rmcup; "
      "echo after",
      {10, 40}};
  auto screen = terminal_screen::open({10, 40});
  REQUIRE(screen.has_value());
  session.read_until("\x1b[5;4H");
  screen->feed(session.text());
  auto rows = screen->rows();
  CHECK(screen->alternate());
  CHECK(rows[2] == "     in the middle");
  CHECK(rows[9] == "state line");
  CHECK(rows[0].empty());
  CHECK(screen->cursor().row == 4);
  CHECK(screen->cursor().column == 3);
  CHECK_FALSE(screen->cursor().visible);

  auto seen = session.text().size();
  session.type("\n");
  screen->feed(session.read_all().substr(seen));
  CHECK_FALSE(screen->alternate());
  CHECK(screen->cursor().visible);
  CHECK(screen->rows()[0] == "before");
  CHECK(screen->rows()[1] == "after");
}
