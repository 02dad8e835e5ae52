// SPDX-License-Identifier: MIT
#include "cli/top/frame.hpp"

#include "base/text.hpp"
#include "cli/columns.hpp"
#include "cli/look.hpp"
#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

namespace mahavishnu::cli::top {

namespace {

constexpr std::size_t gap = 1;
/// No column is cut to less than this, and rare ones go before others have less than that.
constexpr std::size_t narrowest = 8;
constexpr std::size_t comfortable = 16;

ink ink_of(tint how) {
  switch (how) {
  case tint::good: return ink::good;
  case tint::bad: return ink::bad;
  case tint::busy: return ink::busy;
  case tint::faint: return ink::faint;
  case tint::none: break;
  }
  return ink::plain;
}

std::string many(std::size_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

std::string rate_text(std::optional<double> per_second) {
  if (!per_second)
    return {};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), *per_second < 100 ? "%.1f/s" : "%.0f/s", *per_second);
  return text.data();
}

/// Pieces one after the other, as far as there is room.
class line_of_pieces {
public:
  explicit line_of_pieces(std::size_t columns) : room_(columns) {}

  line_of_pieces& add(std::string_view text, ink how = ink::plain) {
    auto fitting = within(text, room_);
    room_ -= columns_of(fitting);
    if (!fitting.empty())
      line_.push_back({std::string{fitting}, how});
    return *this;
  }
  line_of_pieces& fill(ink how) { return add(std::string(room_, ' '), how); }
  frame_line take() { return std::move(line_); }

private:
  std::size_t room_;
  frame_line line_;
};

std::string server_text(const snapshot& now) {
  return harmless(now.server.server_name) + " " + harmless(now.server.version) +
         (now.server.shutting_down ? ", shutting down" : ", up " + age(now.server.uptime));
}

std::string rest_of_totals(const totals& all, std::optional<double> per_second) {
  auto rate = rate_text(per_second);
  return std::to_string(all.waiting) + " waiting, " + std::to_string(all.completed) + " done, " +
         std::to_string(all.failed) + " failed" + (rate.empty() ? "" : ", " + rate);
}

frame_line server_line(const view_state& state, clock::time_point now) {
  line_of_pieces line{state.size().columns};
  if (const auto& lost = state.lost()) {
    line.add("No server for " + age(now - lost->since) + ", trying again: ", ink::bad)
        .add(lost->why, ink::bad);
    return line.take();
  }
  if (!state.picture())
    return line.add("Asking the server ...").take();
  line.add(server_text(*state.picture()), ink::strong);
  line.add("   every " + seconds_text(state.interval()));
  if (state.is_paused())
    line.add("   ").add("PAUSED", ink::busy);
  return line.take();
}

frame_line totals_line(const view_state& state) {
  line_of_pieces line{state.size().columns};
  if (!state.picture())
    return line.take();
  const auto& now = *state.picture();
  auto all = totals_of(now);
  line.add(many(now.pools.size(), "pool") + ", tasks: ");
  line.add(std::to_string(all.running) + " running", all.running > 0 ? ink::busy : ink::plain);
  return line.add(", " + rest_of_totals(all, now.per_second)).take();
}

frame_line tabs_line(const view_state& state) {
  line_of_pieces line{state.size().columns};
  for (std::size_t i = 0; i < page_count; ++i) {
    auto each = static_cast<page>(i);
    auto text = " " + std::to_string(i + 1) + " " + std::string{title_of(each)};
    if (each == state.current() && state.has_list())
      text += " (" + std::to_string(state.list().rows.size()) + ")";
    line.add(text + " ", each == state.current() ? ink::selected : ink::plain);
  }
  if (state.current() == page::tasks && !state.pool_name().empty())
    line.add("  pool ").add(state.pool_name(), ink::busy);
  if (!state.filter().empty())
    line.add("  with ").add(state.filter(), ink::busy);
  return line.take();
}

/// Which columns are shown, and how wide.
struct layout {
  std::vector<std::size_t> shown;
  std::vector<std::size_t> widths;
};

std::string title_in(const view_state& state, std::size_t column) {
  auto title = state.list().columns[column].title;
  if (column == state.sort_column())
    title += state.is_reversed() ? "v" : "^";
  return title;
}

std::size_t width_with(const layout& now, std::size_t most, const table& list) {
  std::size_t all = now.shown.empty() ? 0 : gap * (now.shown.size() - 1);
  for (std::size_t i = 0; i < now.shown.size(); ++i)
    all += list.columns[now.shown[i]].may_shrink ? std::min(now.widths[i], most) : now.widths[i];
  return all;
}

/// Takes what is too much from the widest columns that may lose it.
void shrink(layout& now, const table& list, std::size_t room) {
  while (width_with(now, static_cast<std::size_t>(-1), list) > room) {
    auto widest = now.shown.size();
    for (std::size_t i = 0; i < now.shown.size(); ++i)
      if (list.columns[now.shown[i]].may_shrink && now.widths[i] > narrowest &&
          (widest == now.shown.size() || now.widths[i] > now.widths[widest]))
        widest = i;
    if (widest == now.shown.size())
      return; // the rest is cut at the edge
    --now.widths[widest];
  }
}

layout layout_of(const view_state& state) {
  const auto& list = state.list();
  layout now;
  for (std::size_t i = 0; i < list.columns.size(); ++i) {
    auto width = columns_of(title_in(state, i));
    for (const auto& row : list.rows)
      width = std::max(width, columns_of(row.cells[i].text));
    now.shown.push_back(i);
    now.widths.push_back(width);
  }
  for (auto i = now.shown.size();
       i-- > 0 && width_with(now, comfortable, list) > state.size().columns;)
    if (list.columns[now.shown[i]].is_rare) {
      now.shown.erase(now.shown.begin() + static_cast<std::ptrdiff_t>(i));
      now.widths.erase(now.widths.begin() + static_cast<std::ptrdiff_t>(i));
    }
  shrink(now, list, state.size().columns);
  return now;
}

frame_line heading_line(const view_state& state, const layout& where) {
  line_of_pieces line{state.size().columns};
  for (std::size_t i = 0; i < where.shown.size(); ++i) {
    const auto& about = state.list().columns[where.shown[i]];
    line.add(padded(title_in(state, where.shown[i]), where.widths[i], about.is_number) +
                 std::string(gap, ' '),
             ink::heading);
  }
  return line.fill(ink::heading).take();
}

frame_line row_line(const view_state& state, const layout& where, std::size_t position) {
  line_of_pieces line{state.size().columns};
  const auto& row = state.list().rows[position];
  bool is_selected = position == state.selected();
  for (std::size_t i = 0; i < where.shown.size(); ++i) {
    const auto& about = state.list().columns[where.shown[i]];
    const auto& whole = row.cells[where.shown[i]].text;
    auto text =
        about.keeps_end ? cut_front(whole, where.widths[i]) : cut_end(whole, where.widths[i]);
    // What users write is not coloured, whatever word it is.
    auto how = about.may_shrink ? ink::plain : ink_of(tint_of(whole));
    line.add(padded(std::move(text), where.widths[i], about.is_number) + std::string(gap, ' '),
             is_selected ? ink::selected : how);
  }
  if (is_selected)
    line.fill(ink::selected);
  return line.take();
}

std::string_view when_empty(const view_state& state) {
  if (!state.has_list())
    return state.lost() ? "" : "Reading ...";
  if (!state.filter().empty())
    return "Nothing has that text; Esc shows all again";
  switch (state.current()) {
  case page::pools: return "No pools. Start one with: mahavishnu pool spawn --name NAME";
  case page::tasks: return "No tasks. Run one with: mahavishnu task submit --prompt COMMAND";
  case page::workers: break;
  }
  return "No workers";
}

void draw_list(const view_state& state, clock::time_point now, frame& picture) {
  bool has_room = state.head_lines() >= 3, has_line = state.head_lines() >= 1;
  if (has_room || (has_line && state.lost()))
    picture.lines.push_back(server_line(state, now));
  if (has_room || (has_line && !state.lost()))
    picture.lines.push_back(totals_line(state));
  if (has_room)
    picture.lines.push_back(tabs_line(state));
  auto where = layout_of(state);
  picture.lines.push_back(heading_line(state, where));
  if (!state.has_list() || state.list().rows.empty())
    picture.lines.push_back(line_of_pieces{state.size().columns}.add(when_empty(state)).take());
  else
    for (auto i = state.first_row();
         i < std::min(state.first_row() + state.room(), state.list().rows.size()); ++i)
      picture.lines.push_back(row_line(state, where, i));
}

std::string log_title(const log_text& log) {
  std::string text = "Log of " + log.task().str();
  if (log.stream() == output_stream::error)
    text += ", standard error";
  if (log.has_begun())
    text += ": " + std::string{to_string(log.status())};
  if (log.attempt() > 1)
    text += ", attempt " + std::to_string(log.attempt());
  if (log.is_cut() || !log.note().empty())
    text += ", only a part of it";
  return text;
}

std::string_view when_empty(const log_text& log) {
  if (!log.has_begun())
    return "Reading ...";
  return log.is_complete() ? "It has written nothing" : "It has written nothing yet";
}

void draw_log(const view_state& state, frame& picture) {
  const auto& log = *state.log();
  auto columns = state.size().columns;
  picture.lines.push_back(
      line_of_pieces{columns}.add(log_title(log), ink::heading).fill(ink::heading).take());
  if (log.lines().empty())
    picture.lines.push_back(line_of_pieces{columns}.add(when_empty(log), ink::faint).take());
  for (auto i = std::max(state.place().first, log.dropped()) - log.dropped();
       i < log.lines().size() && picture.lines.size() <= state.room(); ++i)
    picture.lines.push_back(
        line_of_pieces{columns}.add(behind(log.lines()[i], state.place().left)).take());
}

void draw_text(const view_state& state, frame& picture) {
  auto columns = state.size().columns;
  picture.lines.push_back(
      line_of_pieces{columns}.add(state.text_title(), ink::heading).fill(ink::heading).take());
  if (state.text().empty())
    picture.lines.push_back(line_of_pieces{columns}.add("Reading ...", ink::faint).take());
  for (auto i = state.place().first;
       i < state.text().size() && picture.lines.size() <= state.room(); ++i)
    picture.lines.push_back(
        line_of_pieces{columns}.add(behind(state.text()[i], state.place().left)).take());
}

std::string hints(const view_state& state) {
  if (state.shown() == view_state::mode::list)
    return "q quit  h help  Tab view  / filter  s sort  Enter log  i all  p pool  c cancel";
  if (state.shown() == view_state::mode::text)
    return "q back  Up Down scroll";
  return std::string{"q back  e other stream  "} +
         (state.place().follows ? state.log()->is_complete() ? "at its end" : "follows"
                                : "G follow");
}

void draw_last_line(const view_state& state, frame& picture) {
  line_of_pieces line{state.size().columns};
  auto columns = state.size().columns;
  if (state.asked() == view_state::prompt::filter) {
    constexpr std::size_t room_of_cursor = 2;
    auto text = "/" + cut_front(state.filter(), columns - std::min(columns, room_of_cursor));
    picture.cursor = std::min(columns_of(text), columns - std::min<std::size_t>(columns, 1));
    line.add(text, ink::strong);
  } else if (state.asked() == view_state::prompt::cancel) {
    constexpr std::string_view before = "Cancel ", after = "? y/n";
    auto room = columns - std::min(columns, before.size() + after.size());
    line.add(before, ink::busy)
        .add(cut_front(state.to_cancel().str(), room), ink::busy)
        .add(after, ink::busy);
  } else if (!state.message().empty()) {
    line.add(state.message(), ink::strong);
  } else if (state.lost() && (state.shown() != view_state::mode::list || state.head_lines() == 0)) {
    line.add("No server, trying again: ", ink::bad).add(state.lost()->why, ink::bad);
  } else {
    line.add(hints(state), ink::faint);
  }
  picture.lines.push_back(line.take());
}

/// What is shown is of some time ago.
void grey_out(frame& picture) {
  for (auto& line : picture.lines)
    for (auto& each : line)
      if (each.how != ink::bad && each.how != ink::heading && each.how != ink::selected)
        each.how = ink::faint;
}

} // namespace

frame draw(const view_state& state, clock::time_point now) {
  frame picture;
  switch (state.shown()) {
  case view_state::mode::list: draw_list(state, now, picture); break;
  case view_state::mode::log: draw_log(state, picture); break;
  case view_state::mode::text: draw_text(state, picture); break;
  }
  if (state.lost())
    grey_out(picture);
  auto above = state.size().lines - std::min<std::size_t>(state.size().lines, 1);
  picture.lines.resize(above);
  draw_last_line(state, picture);
  return picture;
}

std::string plain_text(const snapshot& now, const look& where) {
  auto plain = where;
  plain.colour = false;
  auto all = totals_of(now);
  auto text = server_text(now) + "\n" + many(now.pools.size(), "pool") +
              ", tasks: " + std::to_string(all.running) + " running, " +
              rest_of_totals(all, now.per_second) + "\n";
  for (auto each : {page::pools, page::tasks}) {
    auto list = table_of(each, now);
    if (list.rows.empty())
      continue;
    auto lines = grid_of(list);
    text += "\n" + lines.text(plain);
  }
  return text;
}

} // namespace mahavishnu::cli::top
