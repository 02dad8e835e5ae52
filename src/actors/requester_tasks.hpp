// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mahavishnu {

/// The tasks that end when their requester goes, and who that is.
template <class Who>
class requester_tasks {
public:
  /// Whether it is the first one of that requester, who is to be watched from now on.
  bool add(const Who& who, const task_id& task) {
    requesters_.emplace(task, who);
    auto& its = tasks_[who];
    its.insert(task);
    return its.size() == 1;
  }

  /// The task goes on no more; gives its requester when that was the last one of his.
  std::optional<Who> remove(const task_id& task) {
    auto found = requesters_.find(task);
    if (found == requesters_.end())
      return std::nullopt;
    auto who = std::move(found->second);
    requesters_.erase(found);
    auto its = tasks_.find(who);
    its->second.erase(task);
    if (!its->second.empty())
      return std::nullopt;
    tasks_.erase(its);
    return who;
  }

  /// As they came. They stay until they are removed.
  std::vector<task_id> of(const Who& who) const {
    auto found = tasks_.find(who);
    if (found == tasks_.end())
      return {};
    return {found->second.begin(), found->second.end()};
  }

private:
  std::unordered_map<task_id, Who> requesters_;
  std::unordered_map<Who, std::set<task_id>> tasks_;
};

} // namespace mahavishnu
