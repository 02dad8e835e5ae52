// SPDX-License-Identifier: MIT
#include "auth/strict_json.hpp"

#include <set>
#include <string>
#include <vector>

namespace mahavishnu::auth {

namespace {

using nlohmann::json;

/// Looks at a text before a document is made of it; the first thing that is wrong ends it.
class strict_reader final : public nlohmann::json_sax<json> {
public:
  explicit strict_reader(std::size_t most_depth) : most_depth_(most_depth) {}

  bool null() override { return is_inside(); }
  bool boolean(bool) override { return is_inside(); }
  bool number_integer(number_integer_t) override { return is_inside(); }
  bool number_unsigned(number_unsigned_t) override { return is_inside(); }
  bool number_float(number_float_t, const string_t&) override { return is_inside(); }
  bool string(string_t&) override { return is_inside(); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return go_in(); }
  bool key(string_t& name) override { return names_.back().insert(name).second; }
  bool end_object() override { return go_out(); }
  bool start_array(std::size_t) override { return is_inside() && go_in(); }
  bool end_array() override { return go_out(); }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

private:
  /// The outermost value has to be an object.
  bool is_inside() const { return !names_.empty(); }

  bool go_in() {
    names_.emplace_back();
    return names_.size() <= most_depth_;
  }
  bool go_out() {
    names_.pop_back();
    return true;
  }

  std::size_t most_depth_;
  /// Of each object that is open, and nothing for an array.
  std::vector<std::set<std::string>> names_;
};

} // namespace

std::optional<json> parse_object(std::string_view text, std::size_t most_depth) {
  // The library would skip a byte order mark, which other readers take for nonsense.
  // And it would take a NUL for the end.
  if (text.starts_with('\xEF') || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  strict_reader reader{most_depth};
  if (!json::sax_parse(text, &reader))
    return std::nullopt;
  auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return std::nullopt;
  return parsed;
}

const json* find_member(const json& object, const char* name) {
  auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

} // namespace mahavishnu::auth
