// SPDX-License-Identifier: MIT
#include "base/strict_json.hpp"

#include "base/text.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mahavishnu {

namespace {

using nlohmann::json;

constexpr auto no_json = "no valid JSON";
constexpr std::size_t longest_quote = 64;

/// Builds the value and looks at each member while it comes.
class strict_reader final : public nlohmann::json_sax<json> {
public:
  explicit strict_reader(std::size_t most_depth) : most_depth_(most_depth) {}

  json take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return fail(no_json); }
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
    return fail(no_json);
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
    if (open_.size() == most_depth_)
      return fail("JSON with more than " + std::to_string(most_depth_) +
                  " arrays and objects in each other");
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

  const std::size_t most_depth_;
  json root_;
  std::vector<json*> open_;
  json* member_ = nullptr;
  std::string problem_;
};

} // namespace

result<json> parse_strict_json(std::string_view text, std::size_t most_depth) {
  // The library would take a NUL for the end, and skip a byte order mark, which other readers take
  // for nonsense.
  if (text.starts_with('\xEF') || text.find('\0') != std::string_view::npos)
    return error{errc::invalid_argument, no_json};
  strict_reader reader{most_depth};
  if (!json::sax_parse(text, &reader))
    return error{errc::invalid_argument, reader.problem()};
  return result<json>{boost::system::in_place_value, reader.take()};
}

} // namespace mahavishnu
