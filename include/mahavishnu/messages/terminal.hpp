// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fields.hpp"
#include "mahavishnu/messages/fwd.hpp"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace mahavishnu {

/// Run a command in 1 to 10 terminals of their own, all or none; answered by `terminals_launched`.
/// One that cannot be started is there as `exited`, and its note says why.
struct launch_terminals {
  /// For /bin/sh; `bash` alone gives a shell to type into.
  std::string command;
  std::int32_t count = 1;
  /// 40 to 300 and 10 to 200; 0: those of the settings.
  std::int32_t columns = 0;
  std::int32_t rows = 0;
  /// An absolute path; empty: where the server runs.
  std::string working_directory;

  friend bool operator==(const launch_terminals&, const launch_terminals&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"command", &launch_terminals::command}, field{"count", &launch_terminals::count},
        field{"columns", &launch_terminals::columns}, field{"rows", &launch_terminals::rows},
        field{"cwd", &launch_terminals::working_directory}};
  }
};

struct terminals_launched {
  std::vector<std::string> terminals;

  friend bool operator==(const terminals_launched&, const terminals_launched&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"session_ids", &terminals_launched::terminals}};
  }
};

/// Type into a terminal; answered by `typed_into_terminal` when it has been taken, or after a
/// while in which nobody has read it.
struct type_into_terminal {
  std::string terminal;
  std::string text;
  /// Press Enter after it.
  bool submit = true;

  friend bool operator==(const type_into_terminal&, const type_into_terminal&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"session_id", &type_into_terminal::terminal},
                      field{"text", &type_into_terminal::text},
                      field{"submit", &type_into_terminal::submit}};
  }
};

struct typed_into_terminal {
  std::string terminal;
  /// Whether there is room for more; if not, the program does not read what is typed.
  bool taken = false;

  friend bool operator==(const typed_into_terminal&, const typed_into_terminal&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"session_id", &typed_into_terminal::terminal},
                      field{"taken", &typed_into_terminal::taken}};
  }
};

/// What do these terminals show; answered by `terminals_captured`.
struct capture_terminals {
  std::vector<std::string> terminals;
  /// The last so many, of what is on the screen and has left it at the top; 0: as many as the
  /// settings say.
  std::int32_t lines = 0;

  friend bool operator==(const capture_terminals&, const capture_terminals&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"session_ids", &capture_terminals::terminals},
                      field{"lines", &capture_terminals::lines}};
  }
};

/// A terminal, and what runs in it.
struct terminal_info {
  std::string terminal;
  std::string command;
  /// `running`, `closing` or `exited`; one that has exited is there until it is closed or its place
  /// is needed.
  std::string status;
  std::int32_t columns = 0;
  std::int32_t rows = 0;
  /// As the program has set it.
  std::string title;
  /// -1: it has not exited.
  std::int32_t exit_code = -1;
  /// Why it could not run, or what else is to be known.
  std::string note;
  /// RFC 3339.
  std::string started;

  friend bool operator==(const terminal_info&, const terminal_info&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"session_id", &terminal_info::terminal}, field{"command", &terminal_info::command},
        field{"status", &terminal_info::status},       field{"columns", &terminal_info::columns},
        field{"rows", &terminal_info::rows},           field{"title", &terminal_info::title},
        field{"exit_code", &terminal_info::exit_code}, field{"note", &terminal_info::note},
        field{"started", &terminal_info::started}};
  }
};

/// What somebody in front of it would see.
struct terminal_text {
  terminal_info about;
  /// Without the colours, and without the spaces at the ends of lines and the empty lines at the
  /// end.
  std::string text;
  /// How many lines of it have left the screen at its top.
  std::int32_t lines_above = 0;
  /// On the screen, from 0 on.
  std::int32_t cursor_row = 0;
  std::int32_t cursor_column = 0;
  /// Whether a program that uses the whole screen, such as an editor, has put its own in place.
  bool alternate = false;

  friend bool operator==(const terminal_text&, const terminal_text&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"terminal", &terminal_text::about},
                      field{"text", &terminal_text::text},
                      field{"lines_above", &terminal_text::lines_above},
                      field{"cursor_row", &terminal_text::cursor_row},
                      field{"cursor_column", &terminal_text::cursor_column},
                      field{"alternate", &terminal_text::alternate}};
  }
};

struct terminals_captured {
  /// In the order of the question.
  std::vector<terminal_text> terminals;

  friend bool operator==(const terminals_captured&, const terminals_captured&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"terminals", &terminals_captured::terminals}};
  }
};

/// Give a terminal another size, within the bounds of `launch_terminals`; its program is told.
/// Answered by `terminal_info`.
struct resize_terminal {
  std::string terminal;
  std::int32_t columns = 0;
  std::int32_t rows = 0;

  friend bool operator==(const resize_terminal&, const resize_terminal&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"session_id", &resize_terminal::terminal},
                      field{"columns", &resize_terminal::columns},
                      field{"rows", &resize_terminal::rows}};
  }
};

/// Which terminals are there; answered by `terminal_list`.
struct list_terminals {
  friend bool operator==(const list_terminals&, const list_terminals&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct terminal_list {
  /// The oldest first.
  std::vector<terminal_info> terminals;

  friend bool operator==(const terminal_list&, const terminal_list&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"terminals", &terminal_list::terminals}};
  }
};

/// End what runs in this terminal, and forget it. Answered by `terminals_closed` when it is gone.
struct close_terminal {
  std::string terminal;

  friend bool operator==(const close_terminal&, const close_terminal&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"session_id", &close_terminal::terminal}};
  }
};

/// The same for all terminals.
struct close_all_terminals {
  friend bool operator==(const close_all_terminals&, const close_all_terminals&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct terminals_closed {
  std::int32_t closed_count = 0;

  friend bool operator==(const terminals_closed&, const terminals_closed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"closed_count", &terminals_closed::closed_count}};
  }
};

} // namespace mahavishnu
