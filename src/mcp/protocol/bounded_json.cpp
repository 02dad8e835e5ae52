// SPDX-License-Identifier: MIT
#include "mcp/protocol/bounded_json.hpp"

#include "base/text.hpp"

namespace mahavishnu::mcp {

namespace {

bool nests_deeper(std::string_view text, std::size_t most) {
  std::size_t depth = 0;
  auto in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > most)
        return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

std::string too_deep(std::size_t most) {
  return "JSON with more than " + std::to_string(most) + " arrays and objects in each other";
}

constexpr std::size_t longest_quote = 64;

/// Builds the value and looks at each member while it comes.
class strict_reader final : public nlohmann::json_sax<json> {
public:
  explicit strict_reader(std::size_t max_depth) : max_depth_(max_depth) {}

  json take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return fail("no valid JSON"); }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto [at, is_new] = open_.back()->get_ref<json::object_t&>().try_emplace(name);
    if (!is_new)
      return fail("JSON in which the member '" + std::string{first_bytes(name, longest_quote)} +
                  "' comes twice in one object");
    member_ = &at->second;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return fail("no valid JSON");
  }

private:
  json& place(json&& value) {
    if (open_.empty())
      return root_ = std::move(value);
    if (open_.back()->is_array()) {
      auto& list = open_.back()->get_ref<json::array_t&>();
      list.push_back(std::move(value));
      return list.back();
    }
    return *member_ = std::move(value);
  }
  bool put(json value) {
    place(std::move(value));
    return true;
  }
  /// What is open stays where it is: nothing is added beside it until it is closed.
  bool open(json&& empty) {
    if (open_.size() == max_depth_)
      return fail(too_deep(max_depth_));
    open_.push_back(&place(std::move(empty)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool fail(std::string why) {
    problem_ = std::move(why);
    return false;
  }

  const std::size_t max_depth_;
  json root_;
  std::vector<json*> open_;
  json* member_ = nullptr;
  std::string problem_;
};

} // namespace

parsed_json parse_strict_json(std::string_view text, std::size_t max_depth) {
  // The library would take a NUL for the end, and skip a byte order mark.
  if (text.starts_with('\xEF') || text.find('\0') != std::string_view::npos)
    return {{}, "no valid JSON"};
  strict_reader reader{max_depth};
  if (!json::sax_parse(text, &reader))
    return {{}, reader.problem()};
  return {reader.take(), {}};
}

parsed_json parse_json(std::string_view text, std::size_t max_depth) {
  if (nests_deeper(text, max_depth))
    return {{}, too_deep(max_depth)};
  parsed_json read{json::parse(text, nullptr, false), {}};
  if (read.value.is_discarded())
    return {{}, "no valid JSON"};
  return read;
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string string_member(const json& object, std::string_view name) {
  if (!object.is_object())
    return {};
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

} // namespace mahavishnu::mcp
