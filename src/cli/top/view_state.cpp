// SPDX-License-Identifier: MIT
#include "cli/top/view_state.hpp"

#include "cli/look.hpp"

#include <algorithm>
#include <ranges>

namespace mahavishnu::cli::top {

namespace {

constexpr std::size_t columns_of_a_step = 16;
constexpr std::size_t longest_filter = 100;

constexpr std::array<std::chrono::milliseconds, 10> intervals{
    {std::chrono::milliseconds{100}, std::chrono::milliseconds{200}, std::chrono::milliseconds{500},
     std::chrono::seconds{1}, std::chrono::seconds{2}, std::chrono::seconds{5},
     std::chrono::seconds{10}, std::chrono::seconds{30}, std::chrono::seconds{60},
     std::chrono::seconds{300}}};

std::vector<std::string> help_lines() {
  return {"Tab, 1, 2, 3     pools, tasks, workers",
          "Up Down j k      select; also PgUp, PgDn, Home, End, g, G",
          "s, <, >          sort by the next column, or the one before",
          "r                the other way round",
          "/                only rows with that text; Esc shows all again",
          "p                only tasks of the selected pool, and all again",
          "Enter, l, a      log of the task, as it comes; of a pool: its tasks",
          "i                all that is known of it",
          "c                cancel the task",
          "+, -             longer or shorter between two pictures",
          "Space            pause, and go on",
          "h, ?             this help",
          "q                leave; of a log or a text: back to the list",
          "",
          "In a log: e shows the other stream, G or End follows again,",
          "Left and Right move along long lines."};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    auto end = text.find('\n');
    lines.push_back(line_for_people(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// The last character, with all of its bytes.
void drop_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
    text.pop_back();
  if (!text.empty())
    text.pop_back();
}

void append_character(std::string& text, key typed) {
  auto byte = [&](key bits) { text += static_cast<char>(bits); };
  auto more = [&](int shift) { byte(0x80 | (typed >> shift & 0x3F)); };
  if (typed < 0x80) {
    byte(typed);
  } else if (typed < 0x800) {
    byte(0xC0 | typed >> 6);
    more(0);
  } else if (typed < 0x10000) {
    byte(0xE0 | typed >> 12);
    more(6);
    more(0);
  } else {
    byte(0xF0 | typed >> 18);
    more(12);
    more(6);
    more(0);
  }
}

constexpr action look_again{action::kind::look_again, {}};

} // namespace

view_state::view_state(extent size, std::chrono::milliseconds interval, page first,
                       std::vector<std::string> pools)
    : size_(size), interval_(interval), page_(first), pools_(std::move(pools)) {
  // What runs stands first.
  places_[static_cast<std::size_t>(page::tasks)].sort_column = 2;
}

action view_state::handle(key typed) {
  message_.clear();
  if (prompt_ == prompt::filter)
    return handle_filter(typed);
  if (prompt_ == prompt::cancel)
    return answer_cancel(typed);
  return mode_ == mode::list ? handle_list(typed) : handle_text(typed);
}

action view_state::handle_list(key typed) {
  if (move(typed))
    return {};
  switch (typed) {
  case 'q': return {action::kind::leave, {}};
  case '1': return go_to(page::pools);
  case '2': return go_to(page::tasks);
  case '3': return go_to(page::workers);
  case keys::tab:
  case keys::right:
    return go_to(static_cast<page>((static_cast<std::size_t>(page_) + 1) % page_count));
  case keys::back_tab:
  case keys::left:
    return go_to(
        static_cast<page>((static_cast<std::size_t>(page_) + page_count - 1) % page_count));
  case 's':
  case '>': change_sort(true); break;
  case '<': change_sort(false); break;
  case 'r':
    here().is_reversed = !here().is_reversed;
    arrange();
    break;
  case '/': prompt_ = prompt::filter; break;
  case keys::escape:
    filter_.clear();
    arrange();
    break;
  case 'p': return narrow_to_pool();
  case keys::enter:
  case 'l':
  case 'a': return open_log();
  case 'i': return open_description();
  case 'c': return ask_to_cancel();
  case '+': change_interval(true); break;
  case '-': change_interval(false); break;
  case keys::space:
    is_paused_ = !is_paused_;
    if (!is_paused_)
      return look_again;
    break;
  case 'h':
  case '?': show_text("Keys", help_lines()); break;
  default: break;
  }
  return {};
}

action view_state::handle_text(key typed) {
  auto height = room();
  auto last = text_lines() - std::min(text_lines(), height);
  auto up = [&](std::size_t lines) {
    place_.first -= std::min(place_.first, lines);
    place_.follows = false;
  };
  auto down = [&](std::size_t lines) { place_.first = std::min(place_.first + lines, last); };
  switch (typed) {
  case 'q':
  case keys::escape:
    mode_ = mode::list;
    log_.reset();
    description_.reset();
    return look_again;
  case keys::up:
  case 'k': up(1); break;
  case keys::down:
  case keys::enter:
  case 'j': down(1); break;
  case keys::page_up:
  case 'b': up(height); break;
  case keys::page_down:
  case keys::space: down(height); break;
  case keys::home:
  case 'g': up(place_.first); break;
  case keys::end:
  case 'G':
  case 'F':
    place_.first = last;
    place_.follows = mode_ == mode::log;
    break;
  case keys::left: place_.left -= std::min(place_.left, columns_of_a_step); break;
  case keys::right: place_.left += columns_of_a_step; break;
  case 'e':
    if (log_) {
      log_.emplace(log_->task(), log_->stream() == output_stream::output ? output_stream::error
                                                                         : output_stream::output);
      place_ = {.follows = true};
    }
    break;
  default: break;
  }
  settle_text();
  return {};
}

action view_state::handle_filter(key typed) {
  switch (typed) {
  case keys::escape:
    filter_.clear();
    prompt_ = prompt::none;
    break;
  case keys::enter: prompt_ = prompt::none; break;
  case keys::backspace:
    if (filter_.empty())
      prompt_ = prompt::none;
    drop_last_character(filter_);
    break;
  default:
    if (is_character(typed) && filter_.size() < longest_filter)
      append_character(filter_, typed);
  }
  arrange();
  return {};
}

action view_state::answer_cancel(key typed) {
  prompt_ = prompt::none;
  auto task = std::exchange(to_cancel_, {});
  if (typed == 'y' || typed == 'Y')
    return {action::kind::cancel, task};
  message_ = "Not cancelled";
  return {};
}

void view_state::resize(extent size) {
  size_ = size;
  arrange();
  settle_text();
}

void view_state::take(snapshot now) {
  if (picture_)
    now.per_second = rate_between(*picture_, now);
  // Until all is there that a page needs, it shows what was there before.
  if (picture_ && !now.has_tasks) {
    now.tasks = std::move(picture_->tasks);
    now.has_tasks = picture_->has_tasks;
  }
  picture_ = std::move(now);
  lost_.reset();
  arrange();
}

bool view_state::take(const read_output& question, const task_output& piece) {
  if (!log_)
    return false;
  auto more = log_->take(question, piece);
  settle_text();
  return more;
}

void view_state::take(const description_wish& whose, const std::string& text) {
  if (!description_ || *description_ != whose)
    return;
  text_ = lines_of(text);
  settle_text();
}

void view_state::lose(const std::string& why, clock::time_point when) {
  lost_ = {harmless(why), lost_ ? lost_->since : when};
}

snapshot_wish view_state::wanted() const {
  snapshot_wish wish;
  wish.metrics = page_ == page::pools;
  wish.tasks = page_ != page::pools;
  wish.workers = page_ == page::workers;
  wish.pools = pools_;
  if (page_ == page::tasks)
    wish.tasks_of = pool_;
  return wish;
}

std::optional<read_output> view_state::wanted_log() const {
  if (!log_ || log_->is_complete())
    return std::nullopt;
  return log_->next();
}

std::optional<description_wish> view_state::wanted_description() const {
  return text_.empty() ? description_ : std::nullopt;
}

bool view_state::has_list() const {
  return picture_ && (page_ == page::pools || (page_ == page::tasks && picture_->has_tasks) ||
                      (page_ == page::workers && picture_->has_workers));
}

std::string view_state::pool_name() const {
  if (pool_.empty() || !picture_)
    return pool_;
  auto found = std::ranges::find(picture_->pools, pool_,
                                 [](const pool_info& each) { return each.pool.value; });
  return found == picture_->pools.end() ? pool_ : harmless(found->name);
}

std::size_t view_state::head_lines() const {
  return size_.lines >= 8 ? 3 : size_.lines >= 5 ? 1 : 0;
}

std::size_t view_state::room() const {
  // A list has its headings and a text its title; both have the last line below.
  auto taken = 2 + (mode_ == mode::list ? head_lines() : 0);
  return size_.lines > taken ? size_.lines - taken : 1;
}

const table_row* view_state::selection() const {
  return here().position < list_.rows.size() ? &list_.rows[here().position] : nullptr;
}

void view_state::arrange() {
  if (!picture_)
    return;
  list_ = table_of(page_, *picture_);
  keep_matching(list_, filter_, page_ == page::tasks ? pool_ : std::string{});
  sort_by(list_, here().sort_column, here().is_reversed);
  auto found = std::ranges::find(list_.rows, here().id, &table_row::id);
  // What has gone leaves the selection where it was.
  select(found == list_.rows.end() ? here().position
                                   : static_cast<std::size_t>(found - list_.rows.begin()));
}

void view_state::select(std::size_t position) {
  auto& place = here();
  auto count = list_.rows.size();
  place.position = count == 0 ? 0 : std::min(position, count - 1);
  place.id = count == 0 ? std::string{} : list_.rows[place.position].id;
  auto height = room();
  place.first = std::min(place.first, count - std::min(count, height));
  place.first = std::min(place.first, place.position);
  if (place.position >= place.first + height)
    place.first = place.position - height + 1;
}

bool view_state::move(key typed) {
  auto at = here().position;
  auto last = list_.rows.empty() ? 0 : list_.rows.size() - 1;
  switch (typed) {
  case keys::up:
  case 'k': select(at - std::min<std::size_t>(at, 1)); break;
  case keys::down:
  case 'j': select(at + 1); break;
  case keys::page_up: select(at - std::min(at, room())); break;
  case keys::page_down: select(at + room()); break;
  case keys::home:
  case 'g': select(0); break;
  case keys::end:
  case 'G': select(last); break;
  default: return false;
  }
  return true;
}

action view_state::go_to(page which) {
  page_ = which;
  arrange();
  return look_again;
}

action view_state::narrow_to_pool() {
  if (!pool_.empty() && page_ == page::tasks) {
    pool_.clear();
  } else if (const auto* row = selection(); row && !row->pool.empty()) {
    pool_ = row->pool;
    page_ = page::tasks;
  }
  arrange();
  return look_again;
}

action view_state::open_log() {
  const auto* row = selection();
  if (row == nullptr)
    return {};
  if (row->task.empty() && page_ == page::pools) {
    pool_.clear();
    return narrow_to_pool();
  }
  if (row->task.empty()) {
    message_ = "There is no task on it that has a log";
    return {};
  }
  log_.emplace(row->task);
  place_ = {.follows = true};
  mode_ = mode::log;
  return look_again;
}

action view_state::open_description() {
  const auto* row = selection();
  if (row == nullptr || (row->task.empty() && row->pool.empty()))
    return {};
  description_ = {row->task, row->task.empty() ? row->pool : std::string{}};
  show_text(row->task.empty() ? "Pool " + row->pool : "Task " + row->task.str(), {});
  return look_again;
}

action view_state::ask_to_cancel() {
  const auto* row = selection();
  if (row == nullptr || row->task.empty()) {
    message_ = "Only tasks can be cancelled";
  } else if (row->has_ended) {
    message_ = "It has ended already";
  } else {
    to_cancel_ = row->task;
    prompt_ = prompt::cancel;
  }
  return {};
}

void view_state::change_sort(bool forward) {
  // As the server has it is one of the ways, too.
  auto ways = list_.columns.size() + 1;
  auto now = here().sort_column == unsorted ? ways - 1 : here().sort_column;
  now = (now + (forward ? 1 : ways - 1)) % ways;
  here().sort_column = now == ways - 1 ? unsorted : now;
  arrange();
}

void view_state::change_interval(bool longer) {
  if (longer) {
    auto next = std::ranges::find_if(intervals, [&](auto each) { return each > interval_; });
    interval_ = next == intervals.end() ? interval_ : *next;
  } else {
    auto next = std::find_if(intervals.rbegin(), intervals.rend(),
                             [&](auto each) { return each < interval_; });
    interval_ = next == intervals.rend() ? interval_ : *next;
  }
}

void view_state::show_text(std::string title, std::vector<std::string> lines) {
  text_title_ = std::move(title);
  text_ = std::move(lines);
  place_ = {};
  mode_ = mode::text;
}

std::size_t view_state::text_lines() const {
  return mode_ == mode::log && log_ ? log_->dropped() + log_->lines().size() : text_.size();
}

void view_state::settle_text() {
  if (mode_ == mode::list)
    return;
  auto height = room();
  auto last = text_lines() - std::min(text_lines(), height);
  auto first = log_ ? log_->dropped() : 0;
  place_.first = place_.follows ? last : std::clamp(place_.first, std::min(first, last), last);
  place_.first = std::max(place_.first, first);
}

} // namespace mahavishnu::cli::top
