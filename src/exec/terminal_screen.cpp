// SPDX-License-Identifier: MIT
#include "exec/terminal_screen.hpp"

#include "exec/escape_splitter.hpp"
#include "exec/utf8.hpp"

#include <vterm.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <utility>

namespace mahavishnu::exec {

namespace {

constexpr std::size_t longest_title = 4096;
constexpr std::size_t most_answers = 64 * 1024;

void append_utf8(std::string& text, std::uint32_t code) {
  auto tail = [code](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code < 0x20 || code == 0x7F ? ' ' : code);
  } else if (code < 0x800) {
    text += {static_cast<char>(0xC0 | (code >> 6)), tail(0)};
  } else if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
    text += "\xEF\xBF\xBD";
  } else if (code < 0x10000) {
    text += {static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0)};
  } else {
    text += {static_cast<char>(0xF0 | (code >> 18)), tail(12), tail(6), tail(0)};
  }
}

/// A cell behind a wide character has this and is no cell of its own.
constexpr auto continued = static_cast<std::uint32_t>(-1);

void append_cell(std::string& text, const VTermScreenCell& cell) {
  if (cell.chars[0] == continued)
    return;
  if (cell.chars[0] == 0)
    text += ' ';
  for (std::size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; ++i)
    append_utf8(text, cell.chars[i]);
}

std::string without_spaces_at_end(std::string text) {
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

/// The last character of a text, besides those that only move the cursor; nothing when it has none.
std::string last_character(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) < 0x20)
    text.remove_suffix(1);
  auto at = text.size();
  while (at > 0 && text.size() - at < 4)
    if ((static_cast<unsigned char>(text[--at]) & 0xC0) != 0x80)
      break;
  return to_utf8(text.substr(at)).text;
}

/// Whether a control sequence is one that programs write: the library has room for so many numbers
/// and no more, and older versions of it do not look.
bool is_sane_sequence(std::string_view sequence) {
  constexpr int most_numbers = 16;
  constexpr int most_digits = 6;
  int numbers = 1, digits = 0;
  if (sequence.size() < 3 || sequence.back() < 0x40 || sequence.back() > 0x7e)
    return false;
  for (char c : sequence.substr(2, sequence.size() - 3)) {
    if (c < 0x20 || c > 0x3f)
      return false;
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    numbers += c == ';' || c == ':' ? 1 : 0;
    if (digits > most_digits)
      return false;
  }
  return numbers <= most_numbers && sequence.size() <= most_numbers * (most_digits + 1);
}

/// The same for other escapes: strings, and those of a few bytes that do not go on as something
/// else. What a terminal shows nothing of is left out.
bool is_sane_escape(std::string_view escape) {
  if (escape.size() < 2 || escape[1] == 'X' || escape[1] == '^' || escape[1] == '_')
    return false;
  if (escape[1] == ']' || escape[1] == 'P')
    return true;
  auto last = escape.back();
  return escape.find_first_of("[]P", 2) == std::string_view::npos && last >= 0x30 && last <= 0x7e &&
         std::ranges::all_of(escape.substr(1, escape.size() - 2),
                             [](char c) { return c >= 0x20 && c <= 0x2f; });
}

/// How often `ESC [ 5 b` wants the last character again; 0 when it is written in no sane way.
int repetitions(std::string_view sequence) {
  auto digits = sequence.substr(2, sequence.size() - 3);
  int count = 1;
  auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (digits.empty())
    return 1;
  return failure == std::errc{} && end == digits.data() + digits.size() ? std::max(count, 1) : 0;
}

struct terminal_free {
  void operator()(VTerm* terminal) const { vterm_free(terminal); }
};

} // namespace

struct terminal_screen::state {
  std::unique_ptr<VTerm, terminal_free> terminal;
  VTermScreen* screen = nullptr;
  std::size_t most_lines = 0;
  std::deque<std::string> lines;
  std::string title;
  std::string answers;
  bool cursor_visible = true;
  bool alternate = false;
  /// Older versions of the library lose a title and spoil a character that they get in two pieces.
  escape_splitter splitter;
  std::string last;

  state(terminal_size size, std::size_t scrollback)
      : terminal(vterm_new(size.rows, size.columns)), most_lines(scrollback) {
    vterm_set_utf8(terminal.get(), 1);
    vterm_output_set_callback(terminal.get(), &on_answer, this);
    screen = vterm_obtain_screen(terminal.get());
    vterm_screen_enable_altscreen(screen, 1);
    vterm_screen_set_callbacks(screen, callbacks(), this);
    vterm_screen_set_damage_merge(screen, VTERM_DAMAGE_SCREEN);
    vterm_screen_reset(screen, 1);
  }

  static const VTermScreenCallbacks* callbacks() {
    static const VTermScreenCallbacks all = [] {
      VTermScreenCallbacks chosen{};
      chosen.settermprop = &on_property;
      chosen.sb_pushline = &on_line_gone;
      return chosen;
    }();
    return &all;
  }

  void write(std::string_view bytes) {
    vterm_input_write(terminal.get(), bytes.data(), bytes.size());
  }

  VTermPos position() const {
    VTermPos at{};
    vterm_state_get_cursorpos(vterm_obtain_state(terminal.get()), &at);
    return at;
  }

  void take(escape_splitter::kind what, std::string_view piece) {
    using enum escape_splitter::kind;
    if (what == control_sequence && piece.back() == 'b')
      return repeat(repetitions(piece));
    if ((what == control_sequence && !is_sane_sequence(piece)) ||
        (what == other && !is_sane_escape(piece)))
      return;
    write(piece);
    if (what != text)
      return;
    if (auto character = last_character(piece); !character.empty())
      last = std::move(character);
  }

  /// In place of the library, older versions of which never come back when the last character has
  /// no width.
  void repeat(int count) {
    int rows = 0, columns = 0;
    vterm_get_size(terminal.get(), &rows, &columns);
    for (count = std::min(count, columns - position().col); count > 0; --count)
      write(last);
  }

  static state& of(void* user) { return *static_cast<state*>(user); }

  static void on_answer(const char* bytes, std::size_t size, void* user) {
    auto& answers = of(user).answers;
    if (answers.size() + size <= most_answers)
      answers.append(bytes, size);
  }

  static int on_property(VTermProp property, VTermValue* value, void* user) {
    auto& self = of(user);
    if (property == VTERM_PROP_CURSORVISIBLE)
      self.cursor_visible = value->boolean != 0;
    else if (property == VTERM_PROP_ALTSCREEN)
      self.alternate = value->boolean != 0;
    else if (property == VTERM_PROP_TITLE)
      self.take_title(*value);
    else
      return 0;
    return 1;
  }

  void take_title(const VTermValue& value) {
#if VTERM_VERSION_MAJOR > 0 || VTERM_VERSION_MINOR >= 2
    if (value.string.initial)
      title.clear();
    std::string_view piece{value.string.str, value.string.len};
#else
    title.clear();
    std::string_view piece{value.string};
#endif
    title += piece.substr(0, longest_title - std::min(longest_title, title.size()));
    title.resize(title.size() - unfinished_utf8(title));
    title = to_utf8(title).text;
  }

  static int on_line_gone(int columns, const VTermScreenCell* cells, void* user) {
    auto& self = of(user);
    if (self.most_lines == 0)
      return 0;
    std::string line;
    for (const auto& cell : std::span{cells, static_cast<std::size_t>(columns)})
      append_cell(line, cell);
    if (self.lines.size() == self.most_lines)
      self.lines.pop_front();
    self.lines.push_back(without_spaces_at_end(std::move(line)));
    return 1;
  }
};

terminal_screen::terminal_screen(std::unique_ptr<state> inner) : state_(std::move(inner)) {}
terminal_screen::terminal_screen(terminal_screen&&) noexcept = default;
terminal_screen& terminal_screen::operator=(terminal_screen&&) noexcept = default;
terminal_screen::~terminal_screen() = default;

result<terminal_screen> terminal_screen::open(terminal_size size, std::size_t scrollback) {
  if (auto checked = check_size(size); !checked)
    return checked.error();
  return terminal_screen{std::make_unique<state>(size, scrollback)};
}

void terminal_screen::feed(std::string_view bytes) {
  state_->splitter.feed(bytes, [this](escape_splitter::kind what, std::string_view piece) {
    state_->take(what, piece);
  });
  vterm_screen_flush_damage(state_->screen);
}

terminal_size terminal_screen::size() const {
  terminal_size now;
  vterm_get_size(state_->terminal.get(), &now.rows, &now.columns);
  return now;
}

result<void> terminal_screen::resize(terminal_size size) {
  if (auto checked = check_size(size); !checked)
    return checked;
  vterm_set_size(state_->terminal.get(), size.rows, size.columns);
  return {};
}

std::vector<std::string> terminal_screen::rows() const {
  auto [count, columns] = size();
  std::vector<std::string> rows;
  rows.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    std::string text;
    for (int column = 0; column < columns; ++column) {
      VTermScreenCell cell;
      if (vterm_screen_get_cell(state_->screen, {row, column}, &cell) != 0)
        append_cell(text, cell);
    }
    rows.push_back(without_spaces_at_end(std::move(text)));
  }
  return rows;
}

terminal_screen::cursor_state terminal_screen::cursor() const {
  auto at = state_->position();
  // Behind the last column the library may count one more.
  auto [rows, columns] = size();
  return {std::clamp(at.row, 0, rows - 1), std::clamp(at.col, 0, columns - 1),
          state_->cursor_visible};
}

const std::string& terminal_screen::title() const {
  return state_->title;
}

bool terminal_screen::alternate() const {
  return state_->alternate;
}

const std::deque<std::string>& terminal_screen::scrollback() const {
  return state_->lines;
}

std::string terminal_screen::take_answers() {
  return std::exchange(state_->answers, {});
}

} // namespace mahavishnu::exec
