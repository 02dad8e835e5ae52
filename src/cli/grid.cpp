// SPDX-License-Identifier: MIT
#include "cli/grid.hpp"

#include <algorithm>
#include <numeric>

namespace mahavishnu::cli {

namespace {

constexpr std::size_t gap = 2;
/// No column is cut to less than this.
constexpr std::size_t narrowest = 8;

/// Takes what is too much from the columns that may lose it, each time from the widest of them.
void shrink(std::vector<std::size_t>& widths, const std::vector<bool>& may, std::size_t room) {
  auto total = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  while (total > room) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (may[i] && widths[i] > narrowest &&
          (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == widths.size())
      return;
    auto cut = std::min(total - room, widths[widest] - narrowest);
    widths[widest] -= cut;
    total -= cut;
  }
}

} // namespace

void grid::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (auto& each : cells)
    each = harmless(each);
  rows_.push_back(std::move(cells));
}

std::string grid::text(const look& where) const {
  if (rows_.empty() && !when_empty_.empty())
    return when_empty_ + notes_;
  std::vector<std::size_t> shown;
  std::vector<std::size_t> widths;
  std::vector<bool> may_shrink;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].is_rare && !where.wide)
      continue;
    auto width = width_of(columns_[i].title);
    for (const auto& row : rows_)
      width = std::max(width, width_of(row[i]));
    shown.push_back(i);
    widths.push_back(width);
    may_shrink.push_back(columns_[i].may_shrink);
  }
  auto gaps = gap * (shown.empty() ? 0 : shown.size() - 1);
  if (where.width > 0 && !where.wide)
    shrink(widths, may_shrink, where.width > gaps ? where.width - gaps : 0);
  std::string text;
  auto add_line = [&](auto&& cell_of, bool is_heading) {
    std::string line;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const auto& about = columns_[shown[i]];
      auto cell = fit(cell_of(shown[i]), widths[i]);
      std::string padding(widths[i] - std::min(widths[i], width_of(cell)), ' ');
      auto coloured = is_heading ? cell : tinted(cell, tint_of(cell), where);
      line += (i == 0 ? "" : std::string(gap, ' ')) +
              (about.is_number ? padding + coloured : coloured + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line([&](std::size_t i) { return columns_[i].title; }, true);
  for (const auto& row : rows_)
    add_line([&](std::size_t i) { return row[i]; }, false);
  return text + notes_;
}

} // namespace mahavishnu::cli
