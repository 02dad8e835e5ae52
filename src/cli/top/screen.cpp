// SPDX-License-Identifier: MIT
#include "cli/top/screen.hpp"

#include "cli/columns.hpp"
#include "cli/top/known_terminal.hpp"
// Functions instead of macros, whose names are too short to be nobody else's.
#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace mahavishnu::cli::top {

namespace {

/// Longer than the bytes of a key take to come, shorter than a person notices.
constexpr int escape_delay_ms = 25;

constexpr wint_t redraw = '\f'; // Ctrl-L

constexpr short good_pair = 1, bad_pair = 2, busy_pair = 3;

attr_t attributes_of(ink how) {
  switch (how) {
  case ink::strong: return A_BOLD;
  case ink::heading: return A_REVERSE | A_DIM;
  case ink::selected: return A_REVERSE;
  case ink::faint: return A_DIM;
  case ink::plain:
  case ink::good:
  case ink::bad:
  case ink::busy: break;
  }
  return A_NORMAL;
}

short pair_of(ink how) {
  switch (how) {
  case ink::good: return good_pair;
  case ink::bad: return bad_pair;
  case ink::busy: return busy_pair;
  case ink::plain:
  case ink::strong:
  case ink::heading:
  case ink::selected:
  case ink::faint: break;
  }
  return 0;
}

key key_of(wint_t code) {
  switch (code) {
  case KEY_UP: return keys::up;
  case KEY_DOWN: return keys::down;
  case KEY_LEFT: return keys::left;
  case KEY_RIGHT: return keys::right;
  case KEY_PPAGE: return keys::page_up;
  case KEY_NPAGE: return keys::page_down;
  case KEY_HOME: return keys::home;
  case KEY_END: return keys::end;
  case KEY_BTAB: return keys::back_tab;
  case KEY_BACKSPACE: return keys::backspace;
  case KEY_ENTER: return keys::enter;
  default: return keys::other;
  }
}

} // namespace

struct screen::parts {
  SCREEN* terminal = nullptr;
  bool has_colour = false;
  bool knows_unicode = false;
};

std::unique_ptr<screen> screen::open(bool has_colour) {
  // newterm() keeps what it has taken when it does not know the terminal.
  if (!is_known_terminal(STDOUT_FILENO))
    return nullptr;
  auto inside = std::make_unique<parts>();
  inside->terminal = newterm(nullptr, stdout, stdin);
  if (inside->terminal == nullptr)
    return nullptr;
  set_term(inside->terminal);
  // Signals are the business of whoever has the loop.
  for (int each : {SIGINT, SIGTERM, SIGTSTP, SIGWINCH})
    if (std::signal(each, SIG_DFL) == SIG_IGN)
      std::signal(each, SIG_IGN);
  inside->knows_unicode = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  inside->has_colour = has_colour && has_colors() && start_color() == OK;
  if (inside->has_colour) {
    use_default_colors();
    init_pair(good_pair, COLOR_GREEN, -1);
    init_pair(bad_pair, COLOR_RED, -1);
    init_pair(busy_pair, COLOR_YELLOW, -1);
  }
  cbreak(); // Ctrl-C stays a signal
  noecho();
  set_escdelay(escape_delay_ms);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  return std::unique_ptr<screen>{new screen{std::move(inside)}};
}

screen::screen(std::unique_ptr<parts> inside) : inside_(std::move(inside)) {}

screen::~screen() {
  curs_set(1);
  endwin();
  delscreen(inside_->terminal);
}

extent screen::size() const {
  return {static_cast<std::size_t>(getmaxx(stdscr)), static_cast<std::size_t>(getmaxy(stdscr))};
}

void screen::resize() {
  winsize now{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_row > 0 && now.ws_col > 0)
    resizeterm(now.ws_row, now.ws_col);
}

void screen::show(const frame& picture) {
  werase(stdscr);
  int row = 0;
  for (const auto& line : picture.lines) {
    wmove(stdscr, row++, 0);
    for (const auto& each : line) {
      wattr_set(stdscr, attributes_of(each.how), inside_->has_colour ? pair_of(each.how) : short{0},
                nullptr);
      auto text = inside_->knows_unicode ? each.text : in_ascii(each.text);
      waddnstr(stdscr, text.data(), static_cast<int>(text.size()));
    }
  }
  wattr_set(stdscr, A_NORMAL, 0, nullptr);
  curs_set(picture.cursor ? 1 : 0);
  if (picture.cursor)
    wmove(stdscr, getmaxy(stdscr) - 1, static_cast<int>(*picture.cursor));
  wrefresh(stdscr);
}

std::optional<key> screen::typed() {
  wint_t code = 0;
  switch (wget_wch(stdscr, &code)) {
  case ERR: return std::nullopt;
  case KEY_CODE_YES: return key_of(code);
  default: break;
  }
  if (code == redraw)
    clearok(curscr, TRUE);
  if (code == '\r')
    return keys::enter;
  if (code == 0x7F || code == '\b')
    return keys::backspace;
  return static_cast<key>(code);
}

void screen::rest() {
  endwin();
}

} // namespace mahavishnu::cli::top
