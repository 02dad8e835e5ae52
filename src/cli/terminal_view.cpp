// SPDX-License-Identifier: MIT
#include "cli/terminal_view.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <sstream>
#include <vector>

namespace mahavishnu::cli {

namespace {

constexpr int milliseconds_between_looks = 50;
constexpr char ctrl_p = '\x10';
constexpr char ctrl_q = '\x11';
constexpr auto all_of_the_screen = "\x1b[?1049h\x1b[2J";
constexpr std::string_view as_it_was = "\x1b[?1049l\x1b[?25h";
/// No terminal has more rows.
constexpr std::int32_t most_rows = 200;

/// Every key goes to the program, none to the line discipline here, until it ends.
class raw_keyboard {
public:
  /// Where nothing may be typed, Ctrl-C is still for us.
  explicit raw_keyboard(bool may_type) : is_raw_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    auto raw = before_;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST;
    if (!may_type)
      raw.c_lflag |= ISIG;
    if (is_raw_)
      tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::cout << all_of_the_screen << std::flush;
  }
  ~raw_keyboard() { put_back(); }
  /// Also from a thread that ends the process, so past what others have in their buffers.
  void put_back() const {
    [[maybe_unused]] auto written = ::write(STDOUT_FILENO, as_it_was.data(), as_it_was.size());
    if (is_raw_)
      tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  raw_keyboard(const raw_keyboard&) = delete;
  raw_keyboard& operator=(const raw_keyboard&) = delete;

private:
  termios before_{};
  bool is_raw_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream from{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(from, line);)
    lines.push_back(line);
  return lines;
}

/// What was typed within the time between two looks; nothing when the keyboard is gone.
std::optional<std::string> read_keys() {
  pollfd keyboard{STDIN_FILENO, POLLIN, 0};
  if (poll(&keyboard, 1, milliseconds_between_looks) <= 0)
    return std::string{};
  std::array<char, 1024> bytes;
  auto count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count <= 0)
    return std::nullopt;
  return std::string{bytes.data(), static_cast<std::size_t>(count)};
}

result<terminal_text> capture(session& server, const std::string& id, std::int32_t lines) {
  auto all = server.ask<terminals_captured>(capture_terminals{{id}, lines});
  if (!all)
    return all.error();
  if (all->terminals.empty())
    return error{errc::not_found,
                 "there is no terminal '" + id + "' any more; see: mahavishnu terminal list"};
  return std::move(all->terminals.front());
}

int code_of(const terminal_info& about) {
  return about.exit_code > 0 && about.exit_code < 256 ? about.exit_code : done;
}

std::string words_for_end(const terminal_info& about) {
  return "The program in terminal " + about.terminal + " has ended" +
         (about.note.empty() ? "" : ": " + about.note) + ".";
}

/// The window of whoever looks.
struct window {
  std::size_t lines = 24;
  std::size_t columns = 80;

  bool operator==(const window&) const = default;
};

window window_now() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return {};
  return {size.ws_row, size.ws_col};
}

/// How it ended, and what is to be said afterwards.
struct farewell {
  int code = done;
  std::string words;
  std::optional<error> why;
};

farewell watch(session& server, const interrupts& signals, const std::string& id, bool may_type) {
  typed_keys keys;
  std::string shown;
  window had{0, 0};
  while (!signals.came()) {
    if (auto here = window_now(); may_type && here != had) {
      // A window that is too small or too large for a terminal shows a part of it.
      [[maybe_unused]] auto fitted = server.ask<terminal_info>(resize_terminal{
          id, static_cast<std::int32_t>(here.columns), static_cast<std::int32_t>(here.lines)});
      had = here;
    }
    auto screen = capture(server, id, most_rows);
    if (!screen)
      return {failed, {}, screen.error()};
    auto here = window_now();
    if (auto now = picture(*screen, here.lines, here.columns); now != shown) {
      std::cout << now << std::flush;
      shown = std::move(now);
    }
    if (screen->about.status == "exited")
      return {code_of(screen->about), words_for_end(screen->about), {}};
    auto bytes = read_keys();
    auto typed = bytes ? keys.take(*bytes) : typed_keys::part{{}, true};
    if (may_type && !typed.for_program.empty())
      if (auto told =
              server.ask<typed_into_terminal>(type_into_terminal{id, typed.for_program, false});
          !told)
        return {failed, {}, told.error()};
    if (typed.leaves)
      return {done, "Left; the terminal goes on. Once more: mahavishnu attach " + id, {}};
  }
  return {interrupted, "Left; the terminal goes on. Once more: mahavishnu attach " + id, {}};
}

} // namespace

typed_keys::part typed_keys::take(std::string_view bytes) {
  part all;
  for (char each : bytes) {
    if (had_prefix_ && each == ctrl_q) {
      all.leaves = true;
      had_prefix_ = false;
      return all;
    }
    if (had_prefix_)
      all.for_program += ctrl_p; // it was for the program after all
    had_prefix_ = each == ctrl_p;
    if (!had_prefix_)
      all.for_program += each;
  }
  return all;
}

std::string picture(const terminal_text& screen, std::size_t lines, std::size_t columns) {
  auto all = lines_of(screen.text);
  auto cursor = static_cast<std::size_t>(std::max(screen.cursor_row, 0));
  auto above = static_cast<std::size_t>(std::max(screen.lines_above, 0));
  // Where the window is lower than the terminal, what is around the cursor is seen.
  auto first = above + (cursor >= lines ? cursor - lines + 1 : 0);
  std::string text = "\x1b[?25l\x1b[H";
  for (std::size_t i = 0; i < lines; ++i) {
    // Erased first: behind a line as wide as the window the cursor still stands on its end.
    text += "\x1b[K";
    if (first + i < all.size())
      text += fit(harmless(all[first + i]), columns);
    text += i + 1 < lines ? "\r\n" : "";
  }
  auto column = static_cast<std::size_t>(std::max(screen.cursor_column, 0));
  return text + "\x1b[" + std::to_string(above + cursor - first + 1) + ";" +
         std::to_string(std::min(column + 1, columns)) + "H\x1b[?25h";
}

int show_terminal(session& server, const output& out, interrupts& signals, const std::string& id,
                  bool may_type) {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    auto screen = capture(server, id, 0);
    if (!screen)
      return out.failure(screen.error());
    std::cout << screen->text << (screen->text.ends_with('\n') ? "" : "\n") << std::flush;
    if (screen->about.status == "exited") {
      out.talk(words_for_end(screen->about));
      return code_of(screen->about);
    }
    out.talk("To type into it, attach from a terminal, or take: mahavishnu terminal send " + id);
    return done;
  }
  farewell end;
  {
    raw_keyboard all_keys{may_type};
    on_interrupt leave{signals, [] {}, [&] { all_keys.put_back(); }};
    end = watch(server, signals, id, may_type);
  }
  if (end.why)
    return out.failure(*end.why);
  out.talk(end.words);
  return end.code;
}

} // namespace mahavishnu::cli
