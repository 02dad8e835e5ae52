// SPDX-License-Identifier: MIT
#include "mcp/companions/akosha.hpp"

#include "mcp/companions/embeddings.hpp"
#include "mcp/companions/send_meaning.hpp"

#include <algorithm>
#include <map>

namespace mahavishnu::mcp {

namespace {

constexpr std::size_t most_at_once = 20;

const tool* find_with_prefix(tool_search& search, wanted_tool wanted) {
  if (const auto* found = search.find(wanted))
    return found;
  wanted.name = "akosha_" + wanted.name;
  return search.find(wanted);
}

/// Of `memories`, as far as the schema says what one has.
parameter_names names_of_element(const json& schema) {
  const json::json_pointer element{"/properties/memories/items"};
  if (schema.contains(element))
    if (auto names = names_in(schema[element]); !names.known.empty())
      return names;
  return {{"memory_id", "text", "embedding", "metadata"}, {}};
}

std::vector<item_outcome> all_of(const std::vector<memory_item>& items,
                                 const std::function<item_outcome(const memory_item&)>& make) {
  std::vector<item_outcome> outcomes;
  std::ranges::transform(items, std::back_inserter(outcomes), make);
  return outcomes;
}

/// Texts under the ids of memories: what a batch says of those that it could not store.
std::map<std::string, std::string> errors_by_id(const json& object) {
  std::map<std::string, std::string> errors;
  if (auto list = object.find("errors"); list != object.end() && list->is_array())
    for (const auto& one : *list)
      errors.emplace(string_member(one, "memory_id"), string_member(one, "error"));
  return errors;
}

std::size_t count_in(const json& object, const char* name) {
  auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer())
    return 0;
  return static_cast<std::size_t>(std::max<std::int64_t>(0, found->get<std::int64_t>()));
}

class akosha_delivery final : public delivery {
public:
  akosha_delivery(const akosha_way& how, std::vector<memory_item> items)
      : how_(how), items_(std::move(items)), call_(how_.embedding_call(items_)) {}

  planned_call next() const override { return call_; }

  verdict take(const tool_result& answer) override {
    return call_.stores ? stored(answer) : embedded(answer);
  }

private:
  verdict embedded(const tool_result& answer) {
    if (answer.is_error)
      return failed(answer.text());
    if (auto words = failure_in_words(answer))
      return failed(*words);
    auto read = read_embeddings(answer, items_.size(), how_.embedding_size());
    if (!read)
      return ended([&](const memory_item& item) {
        return item_outcome{item.id, send_outcome::failed,
                            "the answer of '" + call_.tool + "' is " + read.error().message +
                                "; look at the version of the server and at its model"};
      });
    call_ = how_.storing_call(items_, std::move(*read));
    return {};
  }

  verdict stored(const tool_result& answer) {
    if (answer.is_error)
      return failed(answer.text());
    auto object = object_in(answer).value_or(json{});
    auto errors = object.is_object() ? errors_by_id(object) : std::map<std::string, std::string>{};
    if (errors.empty())
      if (auto words = failure_in_words(answer))
        return failed(*words);
    auto is_vague = object.is_object() && count_in(object, "failed") > errors.size();
    return ended([&](const memory_item& item) {
      if (auto found = errors.find(item.id); found != errors.end())
        return judge(item, found->second);
      if (is_vague)
        return item_outcome{item.id, send_outcome::failed,
                            "'" + call_.tool +
                                "' does not say which memories it has not stored; look at the log "
                                "of the server"};
      return item_outcome{item.id, send_outcome::sent, {}};
    });
  }

  item_outcome judge(const memory_item& item, const std::string& words) const {
    if (call_.stores && says_already_stored(words))
      return {item.id, send_outcome::sent, {}};
    return outcome_of_words(item.id, call_.tool, words);
  }

  /// It does not say which of the items is to blame.
  verdict failed(const std::string& words) const {
    if (items_.size() > 1)
      return {verdict::kind::one_by_one, {}};
    return ended([&](const memory_item& item) { return judge(item, words); });
  }

  verdict ended(const std::function<item_outcome(const memory_item&)>& make) const {
    return {verdict::kind::ended, all_of(items_, make)};
  }

  /// Its own: the server may be asked for its tools anew meanwhile.
  const akosha_way how_;
  const std::vector<memory_item> items_;
  planned_call call_;
};

} // namespace

result<std::shared_ptr<const way>> akosha_way::choose(const std::vector<tool>& tools,
                                                      const filing& filed) {
  auto chosen = std::make_shared<akosha_way>();
  chosen->filed_ = filed;
  auto missing = [](const std::string& what, const tool_search& search) {
    return error{errc::unsupported, "it offers no tool to " + what + ", of " + search.missed() +
                                        "; correct the URL, or update Akosha"};
  };

  tool_search embedding{tools};
  const auto* embed = find_with_prefix(embedding, {"generate_batch_embeddings", {"texts"}, {}});
  chosen->embeds_many_ = embed != nullptr;
  if (!embed)
    embed = find_with_prefix(embedding, {"generate_embedding", {"text"}, {}});
  if (!embed)
    return missing("make embeddings", embedding);
  chosen->embed_ = embed->name;

  tool_search storing{tools};
  const auto* store = find_with_prefix(storing, {"batch_store_memories", {"memories"}, {}});
  chosen->stores_many_ = store != nullptr;
  if (store)
    chosen->memory_ = names_of_element(store->input_schema);
  else
    store = find_with_prefix(storing,
                             {"store_memory", {"memory_id", "text", "embedding"}, {"metadata"}});
  if (!store)
    return missing("store memories", storing);
  chosen->store_ = store->name;
  if (!chosen->stores_many_)
    chosen->memory_ = names_in(store->input_schema);

  tool_search reporting{tools};
  if (const auto* report = reporting.find(
          {"aggregate_metrics", {"memory_items_count"}, {"pools_count", "timestamp"}})) {
    chosen->report_ = report->name;
    chosen->report_takes_ = names_in(report->input_schema);
  }
  return std::shared_ptr<const way>(std::move(chosen));
}

std::vector<std::string> akosha_way::tools() const {
  std::vector<std::string> names{embed_, store_};
  if (!report_.empty())
    names.push_back(report_);
  return names;
}

std::size_t akosha_way::most_items() const {
  return embeds_many_ && stores_many_ ? most_at_once : 1;
}

planned_call akosha_way::embedding_call(const std::vector<memory_item>& items) const {
  if (!embeds_many_)
    return {embed_, {{"text", text_to_embed(items.front().content)}}, false, true};
  auto texts = json::array();
  for (const auto& item : items)
    texts.push_back(text_to_embed(item.content));
  return {embed_, {{"texts", std::move(texts)}}, false, true};
}

json akosha_way::memory_for(const memory_item& item, json embedding) const {
  auto metadata = item.metadata;
  metadata["source"] = filed_.source;
  metadata["original_id"] = item.id;
  if (auto when = string_member(metadata, "timestamp"); !when.empty())
    metadata["created_at"] = when;
  if (!metadata.contains("type"))
    metadata["type"] = "task_result";
  return memory_.only_known({{"memory_id", item.id},
                             {"text", item.content},
                             {"embedding", std::move(embedding)},
                             {"metadata", std::move(metadata)}});
}

planned_call akosha_way::storing_call(const std::vector<memory_item>& items,
                                      std::vector<json> embeddings) const {
  if (!stores_many_)
    return {store_, memory_for(items.front(), std::move(embeddings.front())), true, true};
  auto memories = json::array();
  for (std::size_t i = 0; i < items.size(); ++i)
    memories.push_back(memory_for(items[i], std::move(embeddings[i])));
  return {store_, {{"memories", std::move(memories)}}, true, true};
}

std::unique_ptr<delivery> akosha_way::begin(std::vector<memory_item> items) const {
  return std::make_unique<akosha_delivery>(*this, std::move(items));
}

std::optional<planned_call> akosha_way::report(const sent_counts& counts) const {
  if (report_.empty())
    return std::nullopt;
  auto arguments = json{{"pools_count", counts.pools},
                        {"memory_items_count", counts.items},
                        {"timestamp", counts.timestamp}};
  return planned_call{report_, report_takes_.only_known(std::move(arguments)), false, false};
}

} // namespace mahavishnu::mcp
