// SPDX-License-Identifier: MIT
#include "config/yaml_edit.hpp"

#include "config/text_lines.hpp"
#include "config/yaml_extent.hpp"
#include "config/yaml_layer.hpp"
#include "mahavishnu/config/worker_type.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace mahavishnu::config {

namespace {

/// What a document says, without its looks: path and content of every leaf.
using meaning = std::map<std::string, std::string>;

void collect(const yaml_node& node, const std::string& path, meaning& into) {
  // A control byte in front keeps null apart from every text that a file can hold.
  if (node.kind == node_kind::null && !find_group(path))
    into[path] = "\x01null";
  else if (node.kind == node_kind::scalar)
    into[path] = node.text;
  if (node.kind == node_kind::sequence)
    into[path] = "\x01list";
  for (std::size_t at = 0; at < node.items.size(); ++at)
    collect(node.items[at], path + "\x01" + std::to_string(at), into);
  for (const auto& entry : node.entries)
    collect(entry.value, path.empty() ? entry.key : path + "." + entry.key, into);
}

/// Drops a path and the items below it.
void forget(meaning& all, const std::string& path) {
  std::erase_if(all, [&](const auto& leaf) {
    return leaf.first == path || leaf.first.starts_with(path + "\x01");
  });
}

/// Changes one text in one way after the other, until one way turns out to be right.
class editor {
public:
  editor(std::string_view text, const row& setting, const std::string& new_value)
      : text_{text},
        lines_{text},
        setting_{setting},
        value_{new_value},
        root_{parse_yaml(text).root} {}

  edited run() {
    auto found = locate(root_, false).values;
    auto at = *find_row(key_of(setting_));
    auto existing = std::ranges::find(found, at, &located::at);
    if (existing != found.end())
      replace(*existing);
    else if (root_.is_flow)
      insert_into_flow(root_, setting_.group.empty()
                                  ? assignment()
                                  : std::string{setting_.group} + ": {" + assignment() + "}");
    else if (setting_.group.empty())
      insert_at_top_level();
    else
      insert_into_group();
    if (done_)
      return {std::move(done_), {}};
    return {std::nullopt,
            {trouble_at_, "this line is written in a way that cannot be changed "
                          "safely; change " +
                              path_ + " by hand"}};
  }

private:
  std::string assignment() const { return std::string{setting_.name} + ": " + value_; }

  /// Keeps a candidate if it says the same as before except for the one key.
  void propose(const std::string& candidate) {
    if (done_)
      return;
    auto changed = parse_yaml(candidate);
    auto sample = parse_yaml("value: " + value_);
    if (!changed.problems.empty() || !sample.problems.empty())
      return;
    meaning before;
    meaning after;
    meaning wanted;
    collect(root_, {}, before);
    collect(changed.root, {}, after);
    collect(sample.root.entries.front().value, path_, wanted);
    forget(before, path_);
    before.merge(wanted);
    if (before == after)
      done_ = candidate;
  }

  void propose_replacement(std::size_t from, std::size_t to, const std::string& replacement) {
    auto candidate = std::string{text_};
    candidate.replace(from, to - from, replacement);
    propose(candidate);
  }

  /// A new line below an existing one.
  void propose_line(int below, const std::string& line) {
    auto at = lines_.end_of(below);
    auto is_last_without_end = at == text_.size() && !text_.empty() && text_.back() != '\n';
    propose_replacement(at, at,
                        is_last_without_end ? lines_.newline() + line : line + lines_.newline());
  }

  void replace(const located& existing) {
    path_ = existing.name;
    trouble_at_ = existing.key_at;
    if (existing.node->kind == node_kind::null) {
      if (auto after_colon = end_of_key(text_, existing.key_at.offset)) {
        auto null_end = end_of_null(text_, *after_colon);
        propose_replacement(*after_colon, null_end, " " + value_);
      }
    } else if (auto end = end_of_value(text_, *existing.node)) {
      propose_replacement(existing.node->at.offset, *end, value_);
    }
  }

  void insert_into_group() {
    const auto* group = root_.find(setting_.group);
    if (!group)
      return append_group();
    trouble_at_ = group->key_at;
    const auto& content = group->value;
    if (content.is_alias)
      return;
    if (content.is_flow)
      return insert_into_flow(content, assignment());
    if (content.kind == node_kind::null)
      return insert_into_empty_group(*group);
    const auto& last = content.entries.back();
    auto line = std::string(static_cast<std::size_t>(last.key_at.column - 1), ' ') + assignment();
    // Where the template explains the key is the best place for it.
    if (auto comment = lines_.find_commented(setting_.name, group->key_at.line + 1, true))
      propose_line(*comment, line);
    propose_line(last_line_of(lines_, last), line);
  }

  void insert_into_empty_group(const yaml_entry& group) {
    auto line = "  " + assignment();
    if (auto comment = lines_.find_commented(setting_.name, group.key_at.line + 1, true))
      propose_line(*comment, line);
    propose_line(group.key_at.line, line);
    if (auto after_colon = end_of_key(text_, group.key_at.offset))
      propose_replacement(*after_colon, end_of_null(text_, *after_colon),
                          " {" + assignment() + "}");
  }

  void append_group() {
    auto separator = text_.empty() ? "" : lines_.newline();
    propose_line(lines_.count(), separator + std::string{setting_.group} + ":" + lines_.newline() +
                                     "  " + assignment());
  }

  void insert_at_top_level() {
    if (auto comment = lines_.find_commented(setting_.name, 1, false))
      propose_line(*comment, assignment());
    auto is_value = [](const yaml_entry& entry) {
      return !find_group(entry.key) && entry.key != worker_types_key;
    };
    auto last = std::find_if(root_.entries.rbegin(), root_.entries.rend(), is_value);
    if (last != root_.entries.rend())
      propose_line(last_line_of(lines_, *last), assignment());
    propose_line(lines_.count(), assignment());
  }

  void insert_into_flow(const yaml_node& map, const std::string& entry) {
    trouble_at_ = map.at;
    auto end = end_of_value(text_, map);
    if (!end)
      return;
    auto last = text_.find_last_not_of(" \t\r\n", *end - 2);
    auto lead = text_[last] == '{' ? "" : text_[last] == ',' ? " " : ", ";
    propose_replacement(last + 1, last + 1, lead + entry);
  }

  std::string_view text_;
  text_lines lines_;
  const row& setting_;
  const std::string& value_;
  yaml_node root_;
  /// The name under which the file has the setting.
  std::string path_ = key_of(setting_);
  position trouble_at_;
  std::optional<std::string> done_;
};

} // namespace

edited edit_yaml(std::string_view text, const row& setting, const std::string& new_value) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::string_view mark = text.starts_with(byte_order_mark) ? byte_order_mark : "";
  auto document = parse_yaml(text);
  if (!document.problems.empty())
    return {std::nullopt, document.problems.front()};
  auto changed = editor{text.substr(mark.size()), setting, new_value}.run();
  if (changed.text)
    changed.text->insert(0, mark);
  return changed;
}

} // namespace mahavishnu::config
