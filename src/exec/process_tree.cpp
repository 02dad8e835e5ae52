// SPDX-License-Identifier: MIT
#include "exec/process_tree.hpp"

#include <unistd.h>

#include <algorithm>

namespace mahavishnu::exec {

process_tree::process_tree(pid_t root, std::string token, pid_t reaper)
    : root_(root),
      mark_(std::string(mark_name) + "=" + token),
      reaper_(reaper),
      self_(::getpid()) {}

bool process_tree::is_known(const process_entry& entry) const {
  auto at = known_.find(entry.pid);
  return at != known_.end() && at->second == entry.started;
}

void process_tree::remember(const process_entry& entry) {
  known_[entry.pid] = entry.started;
}

bool process_tree::is_in_session(const process_table& table, const process_entry& entry) const {
  return own_group(table) && (entry.session == root_ || entry.group == root_);
}

std::optional<pid_t> process_tree::own_group(const process_table& table) const {
  // The numbers of session and group are the root's as long as it is there, be it as a zombie.
  const auto* root = root_ != 0 ? table.find(root_) : nullptr;
  return root != nullptr && is_known(*root) ? std::optional{root_} : std::nullopt;
}

bool process_tree::is_marked(const process_table& table, const process_entry& entry,
                             const std::set<pid_t>& reapers) {
  if (!reapers.contains(entry.parent) || !entry.alive())
    return false;
  if (auto at = strangers_.find(entry.pid); at != strangers_.end() && at->second == entry.started)
    return false;
  auto marked = table.has_mark(entry.pid, mark_);
  if (!marked)
    undecided_ = true;
  else if (!*marked)
    strangers_[entry.pid] = entry.started;
  return marked.value_or(false);
}

void process_tree::forget_ended(const process_table& table) {
  auto ended = [&](const auto& one) {
    const auto* entry = table.find(one.first);
    return entry == nullptr || entry->started != one.second;
  };
  std::erase_if(known_, ended);
  std::erase_if(strangers_, ended);
}

std::vector<process_entry> process_tree::members(const process_table& table,
                                                 const std::vector<pid_t>& more) {
  // Only the first look takes the root at its number: later that may be another's.
  if (const auto* root = table.find(root_); root != nullptr && !root_seen_) {
    remember(*root);
    root_seen_ = true;
  }
  forget_ended(table);
  undecided_ = false;

  auto reapers = reaper_ == self_ ? std::set<pid_t>{} : table.above(self_);
  reapers.insert(reaper_);
  std::vector<pid_t> heads;
  for (const auto& entry : table.entries()) {
    if (entry.pid == reaper_ || entry.pid == self_ || entry.pid == 1)
      continue;
    if (is_known(entry) || is_in_session(table, entry) ||
        std::ranges::find(more, entry.pid) != more.end() || is_marked(table, entry, reapers))
      heads.push_back(entry.pid);
  }
  for (auto pid : heads)
    remember(*table.find(pid));
  for (const auto* entry : table.descendants(heads))
    if (entry->pid != reaper_ && entry->pid != self_)
      remember(*entry);

  std::vector<process_entry> alive;
  for (const auto& entry : table.entries())
    if (is_known(entry) && entry.alive())
      alive.push_back(entry);
  return alive;
}

} // namespace mahavishnu::exec
