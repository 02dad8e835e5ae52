// SPDX-License-Identifier: MIT
#include "mcp/server/validator.hpp"

#include "base/text.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace mahavishnu::mcp::server {

namespace {

constexpr std::size_t longest_reason = 300;

} // namespace

struct validator::state {
  valijson::Schema schema;
};

validator::validator(const json& schema) {
  auto made = std::make_unique<state>();
  valijson::SchemaParser parser;
  valijson::adapters::NlohmannJsonAdapter from{schema};
  parser.populateSchema(from, made->schema);
  state_ = std::move(made);
}

validator::validator(validator&&) noexcept = default;
validator::~validator() = default;

std::optional<std::string> validator::problem_of(const json& value) const {
  valijson::Validator judge{valijson::Validator::kStrongTypes};
  valijson::ValidationResults found;
  valijson::adapters::NlohmannJsonAdapter subject{value};
  if (judge.validate(state_->schema, subject, &found))
    return std::nullopt;
  valijson::ValidationResults::Error first;
  std::string where;
  // The first one is the innermost: those around it only say that it is there.
  if (found.popError(first))
    for (const auto& part : first.context)
      where += part == "<root>" ? std::string{"arguments"} : part;
  return where + ": " + std::string{first_bytes(first.description, longest_reason)};
}

} // namespace mahavishnu::mcp::server
