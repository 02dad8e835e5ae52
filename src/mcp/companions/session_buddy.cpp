// SPDX-License-Identifier: MIT
#include "mcp/companions/session_buddy.hpp"

#include "mcp/companions/bounded_item.hpp"
#include "mcp/companions/send_meaning.hpp"

#include <algorithm>

namespace mahavishnu::mcp {

namespace {

struct candidate {
  wanted_tool wanted;
  /// Whether the server takes the same item twice for one.
  bool is_keyed;
};

const std::vector<candidate>& candidates() {
  static const std::vector<candidate> all{
      {{"store_conversation", {"content", "metadata"}, {"project"}}, true},
      {{"store_reflection", {"content"}, {"tags", "project"}}, false},
      {{"store_memory", {"content", "metadata"}, {}}, false}};
  return all;
}

/// To find what tasks have left among all that others reflect on.
std::vector<std::string> tags_for(const memory_item& item, const std::string& source) {
  std::vector<std::string> tags{source};
  for (const auto* name : {"type", "pool_name", "status"})
    if (auto value = string_member(item.metadata, name); !value.empty())
      tags.push_back(value);
  std::ranges::move(tags_of(item.metadata), std::back_inserter(tags));
  return tags;
}

class one_call final : public delivery {
public:
  one_call(std::string id, planned_call call) : id_(std::move(id)), call_(std::move(call)) {}

  planned_call next() const override { return call_; }

  verdict take(const tool_result& answer) override {
    if (answer.is_error)
      return ended(outcome_of_words(id_, call_.tool, answer.text()));
    if (auto words = failure_in_words(answer))
      return ended(outcome_of_words(id_, call_.tool, *words));
    return ended({id_, send_outcome::sent, {}});
  }

private:
  static verdict ended(item_outcome outcome) {
    return {verdict::kind::ended, {std::move(outcome)}};
  }

  std::string id_;
  planned_call call_;
};

} // namespace

result<std::shared_ptr<const way>> session_buddy_way::choose(const std::vector<tool>& tools,
                                                             const std::string& source) {
  tool_search search{tools};
  for (const auto& [wanted, is_keyed] : candidates()) {
    const auto* found = search.find(wanted);
    if (!found)
      continue;
    auto chosen = std::make_shared<session_buddy_way>();
    chosen->tool_ = found->name;
    chosen->takes_ = names_in(found->input_schema);
    chosen->is_keyed_ = is_keyed;
    chosen->source_ = source;
    return std::shared_ptr<const way>(std::move(chosen));
  }
  return error{errc::unsupported, "it offers no tool to store memories, of " + search.missed() +
                                      "; correct the URL, or update Session-Buddy"};
}

planned_call session_buddy_way::call_for(const memory_item& item) const {
  auto metadata = item.metadata;
  metadata["task_id"] = item.id;
  metadata["source"] = source_;
  auto arguments = json{{"content", item.content + "\n\n[" + source_ + " task " + item.id + ']'},
                        {"metadata", std::move(metadata)},
                        {"tags", tags_for(item, source_)},
                        {"project", source_}};
  return {tool_, takes_.only_known(std::move(arguments)), true, is_keyed_};
}

std::unique_ptr<delivery> session_buddy_way::begin(std::vector<memory_item> items) const {
  return std::make_unique<one_call>(items.front().id, call_for(items.front()));
}

} // namespace mahavishnu::mcp
