// SPDX-License-Identifier: MIT
#include "config/yaml_document.hpp"

#include "base/text.hpp"
#include "config/mask.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace mahavishnu::config {

namespace {

constexpr std::size_t deepest = 32;
constexpr std::size_t most_nodes = 10000;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

position to_position(const YAML::Mark& mark) {
  if (mark.is_null())
    return {};
  return {mark.line + 1, mark.column + 1, static_cast<std::size_t>(mark.pos)};
}

std::string line_text(const position& at) {
  return "line " + std::to_string(at.line);
}

/// Builds the tree from the events of the parser, and stops listening at the first limit.
class tree_builder final : public YAML::EventHandler {
public:
  explicit tree_builder(std::istream& input) : input_{input} {}

  yaml_document take() {
    document_.root = std::move(root_);
    return std::move(document_);
  }
  bool has_failed() const { return has_failed_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0)
      fail(to_position(mark), "a settings file holds one document; remove the second one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add_leaf(node_kind::null, {}, mark, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    check_tag(mark, tag);
    add_leaf(node_kind::scalar, text, mark, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (has_failed_)
      return;
    auto target = anchors_.find(anchor);
    if (target == anchors_.end())
      return fail(to_position(mark), "an alias cannot stand inside of what it stands for");
    // Counted before the copy is made: this is what stops a bomb.
    count_ += target->second.second;
    if (count_ > most_nodes)
      return fail_count(to_position(mark));
    auto copy = target->second.first;
    copy.is_alias = true;
    copy.at = to_position(mark);
    add(std::move(copy));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    check_tag(mark, tag);
    open(node_kind::sequence, mark, anchor, style);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    check_tag(mark, tag);
    open(node_kind::map, mark, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

private:
  /// A list or a map that is not complete yet.
  struct unfinished {
    yaml_node node;
    YAML::anchor_t anchor = 0;
    std::size_t count_before = 0;
    /// The key whose value comes next.
    std::optional<std::pair<std::string, position>> key;
  };

  void fail(const position& at, std::string message) {
    if (!has_failed_)
      document_.problems.push_back({at, std::move(message)});
    has_failed_ = true;
    // The parser would go on to the end of the file for nobody.
    input_.setstate(std::ios::eofbit | std::ios::failbit);
  }
  void fail_count(const position& at) {
    fail(at, "holds more than 10000 values once aliases are expanded");
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    constexpr auto known = std::to_array<std::string_view>(
        {"", "?", "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float",
         "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:map",
         "tag:yaml.org,2002:seq"});
    if (std::ranges::find(known, tag) == known.end())
      fail(to_position(mark), "the tag " + in_quotes(tag) + " means nothing in a settings file");
  }

  void add_leaf(node_kind kind, const std::string& text, const YAML::Mark& mark,
                YAML::anchor_t anchor) {
    if (has_failed_)
      return;
    yaml_node node;
    node.kind = kind;
    node.text = text;
    node.at = to_position(mark);
    if (++count_ > most_nodes)
      return fail_count(node.at);
    if (anchor != 0)
      anchors_[anchor] = {node, 1};
    add(std::move(node));
  }

  void open(node_kind kind, const YAML::Mark& mark, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    if (has_failed_)
      return;
    if (stack_.size() >= deepest)
      return fail(to_position(mark), "is nested deeper than 32 levels");
    if (++count_ > most_nodes)
      return fail_count(to_position(mark));
    auto& top = stack_.emplace_back();
    top.node.kind = kind;
    top.node.at = to_position(mark);
    top.node.is_flow = style == YAML::EmitterStyle::Flow;
    top.anchor = anchor;
    top.count_before = count_ - 1;
  }

  void close() {
    if (has_failed_)
      return;
    auto done = std::move(stack_.back());
    stack_.pop_back();
    if (done.anchor != 0)
      anchors_[done.anchor] = {done.node, count_ - done.count_before};
    add(std::move(done.node));
  }

  /// Puts a complete node where it belongs: the root, an item, a key, or the value of a key.
  void add(yaml_node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& parent = stack_.back();
    if (parent.node.kind == node_kind::sequence) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    if (parent.key) {
      auto [key, at] = *std::exchange(parent.key, std::nullopt);
      parent.node.entries.push_back({std::move(key), at, std::move(node)});
      return;
    }
    if (node.kind != node_kind::scalar)
      return fail(node.at, "a key must be a plain text");
    // Not fatal: the rest of the file may have more to say.
    if (const auto* twin = parent.node.find(node.text))
      document_.problems.push_back({node.at, "duplicate key " + in_quotes(node.text) + ", which " +
                                                 line_text(twin->key_at) + " has already"});
    parent.key.emplace(std::move(node.text), node.at);
  }

  std::istream& input_;
  yaml_document document_;
  yaml_node root_;
  std::vector<unfinished> stack_;
  /// Complete nodes with a name, and how many values each holds.
  std::map<YAML::anchor_t, std::pair<yaml_node, std::size_t>> anchors_;
  std::size_t count_ = 0;
  int documents_ = 0;
  bool has_failed_ = false;
};

position position_of(std::string_view text, std::size_t offset) {
  auto before = text.substr(0, offset);
  auto line_start = before.rfind('\n');
  return {
      1 + static_cast<int>(std::ranges::count(before, '\n')),
      static_cast<int>(line_start == std::string_view::npos ? offset : offset - line_start - 1) + 1,
      offset};
}

/// The first byte that a text file does not have.
std::optional<yaml_problem> find_bad_byte(std::string_view text) {
  if (auto at = first_invalid_utf8(text))
    return yaml_problem{position_of(text, *at), "is not valid UTF-8 here"};
  auto is_control = [](char c) {
    return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
  };
  auto found = std::ranges::find_if(text, is_control);
  if (found == text.end())
    return std::nullopt;
  return yaml_problem{position_of(text, static_cast<std::size_t>(found - text.begin())),
                      "has a control byte here"};
}

yaml_document refused(position at, std::string message) {
  return {.root = {}, .problems = {{at, std::move(message)}}};
}

} // namespace

const yaml_entry* yaml_node::find(std::string_view key) const {
  auto found = std::ranges::find(entries, key, &yaml_entry::key);
  return found == entries.end() ? nullptr : &*found;
}

yaml_document parse_yaml(std::string_view text) {
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  if (auto bad = find_bad_byte(text))
    return {.root = {}, .problems = {std::move(*bad)}};
  std::istringstream stream{std::string{text}};
  tree_builder builder{stream};
  try {
    YAML::Parser parser{stream};
    while (!builder.has_failed() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& failure) {
    auto document = builder.take();
    // After a limit the input ends early, which is no fault of the file.
    if (!builder.has_failed())
      document.problems.push_back({to_position(failure.mark), "is not valid YAML: " + failure.msg});
    return document;
  } catch (const std::exception& failure) {
    return refused({}, std::string{"cannot be read as YAML: "} + failure.what());
  }
  auto document = builder.take();
  if (document.root.kind == node_kind::null)
    document.root.kind = node_kind::map;
  if (document.root.kind != node_kind::map && document.problems.empty())
    return refused(document.root.at, "must be a map of settings, like \"log_level: INFO\"");
  return document;
}

} // namespace mahavishnu::config
