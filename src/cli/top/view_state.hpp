// SPDX-License-Identifier: MIT
#pragma once

#include "cli/top/keys.hpp"
#include "cli/top/log_text.hpp"
#include "cli/top/table.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::cli::top {

struct extent {
  std::size_t columns = 80;
  std::size_t lines = 24;

  friend bool operator==(const extent&, const extent&) = default;
};

/// What a key asks for that the picture alone cannot give.
struct action {
  enum class kind { none, leave, look_again, cancel };
  kind what = kind::none;
  task_id task; // to be cancelled
};

/// A thing of which everything is to be told.
struct description_wish {
  task_id task;
  /// Or a pool.
  std::string pool;

  friend bool operator==(const description_wish&, const description_wish&) = default;
};

/// Text that is longer than the screen.
struct text_place {
  std::size_t first = 0; // line
  std::size_t left = 0;  // column
  bool follows = false;
};

/// What somebody looks at, and what keys make of that. Knows neither the server nor the terminal.
class view_state {
public:
  enum class mode { list, log, text };
  enum class prompt { none, filter, cancel };

  view_state(extent size, std::chrono::milliseconds interval, page first,
             std::vector<std::string> pools = {});

  action handle(key typed);
  void resize(extent size);

  /// A new picture; the selection stays on the thing that it was on.
  void take(snapshot now);
  /// A piece of the log that is shown; true when more is there.
  bool take(const read_output& question, const task_output& piece);
  /// What is to be known of a thing, if it is still that which is looked at.
  void take(const description_wish& whose, const std::string& text);
  /// The server cannot be reached, or does not answer; until the next picture.
  void lose(const std::string& why, clock::time_point when);
  /// On the last line, until the next key.
  void say(std::string what) { message_ = std::move(what); }

  // What has to be asked for.
  snapshot_wish wanted() const;
  /// None while what has been read is all there will be.
  std::optional<read_output> wanted_log() const;
  std::optional<description_wish> wanted_description() const;
  bool is_paused() const { return is_paused_; }
  std::chrono::milliseconds interval() const { return interval_; }

  // What is to be seen.
  extent size() const { return size_; }
  mode shown() const { return mode_; }
  page current() const { return page_; }
  prompt asked() const { return prompt_; }
  const std::optional<snapshot>& picture() const { return picture_; }
  const table& list() const { return list_; }
  /// Row of the selection, and the first one on the screen.
  std::size_t selected() const { return here().position; }
  std::size_t first_row() const { return here().first; }
  std::size_t sort_column() const { return here().sort_column; }
  bool is_reversed() const { return here().is_reversed; }
  const std::string& filter() const { return filter_; }
  /// Name of the pool whose tasks are shown alone.
  std::string pool_name() const;
  const std::string& message() const { return message_; }
  const task_id& to_cancel() const { return to_cancel_; }
  const std::optional<log_text>& log() const { return log_; }
  const std::vector<std::string>& text() const { return text_; }
  const std::string& text_title() const { return text_title_; }
  const text_place& place() const { return place_; }
  struct loss {
    std::string why;
    clock::time_point since;
  };
  const std::optional<loss>& lost() const { return lost_; }
  /// Whether the list shows what was wished for, or is yet to come.
  bool has_list() const;

  /// Lines of the head above the list, for so high a screen.
  std::size_t head_lines() const;
  /// Rows of a list, or lines of a text, that the screen has room for.
  std::size_t room() const;

private:
  struct list_place {
    std::size_t sort_column = unsorted;
    bool is_reversed = false;
    std::string id; // of the selection
    std::size_t position = 0;
    std::size_t first = 0;
  };

  list_place& here() { return places_[static_cast<std::size_t>(page_)]; }
  const list_place& here() const { return places_[static_cast<std::size_t>(page_)]; }
  const table_row* selection() const;

  action handle_list(key typed);
  action handle_text(key typed);
  action handle_filter(key typed);
  action answer_cancel(key typed);

  void arrange();
  void select(std::size_t position);
  bool move(key typed);
  action go_to(page which);
  action narrow_to_pool();
  action open_log();
  action open_description();
  action ask_to_cancel();
  void change_sort(bool forward);
  void change_interval(bool longer);
  void show_text(std::string title, std::vector<std::string> lines);
  std::size_t text_lines() const;
  void settle_text();

  extent size_;
  std::chrono::milliseconds interval_;
  page page_;
  std::vector<std::string> pools_; // ids; none: all
  mode mode_ = mode::list;
  prompt prompt_ = prompt::none;
  std::optional<snapshot> picture_;
  std::optional<loss> lost_;
  bool is_paused_ = false;
  table list_;
  std::array<list_place, page_count> places_;
  std::string filter_;
  std::string pool_; // id
  std::string message_;
  task_id to_cancel_;
  std::optional<log_text> log_;
  std::optional<description_wish> description_;
  std::string text_title_;
  std::vector<std::string> text_;
  text_place place_;
};

} // namespace mahavishnu::cli::top
