// SPDX-License-Identifier: MIT
#include "store/postgres_url.hpp"

#include "store/libpq.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

namespace mahavishnu::store {

namespace {

constexpr std::string_view form = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE";

error no_url(const std::string& why) {
  return {errc::invalid_argument,
          "the URL of the journal in PostgreSQL (not shown, it may have a password) " + why +
              "; write it as " + std::string(form) +
              ", and what is special in a password as %XX (@ is %40, / is %2F, % is %25)"};
}

/// Whatever the library quotes may be a part of a password.
std::string without_quoted(std::string text) {
  auto first = text.find('"');
  auto last = text.rfind('"');
  if (first != std::string::npos)
    text.replace(first, last - first + 1, "...");
  while (!text.empty() && (text.back() == '\n' || text.back() == '.'))
    text.pop_back();
  return text;
}

struct free_options {
  void operator()(PQconninfoOption* options) const { pq().PQconninfoFree(options); }
};

std::string encoded(std::string_view text, std::string_view plain) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string made;
  for (char each : text) {
    auto byte = static_cast<unsigned char>(each);
    if ((each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
        (each >= '0' && each <= '9') || plain.find(each) != std::string_view::npos)
      made += each;
    else
      made.append({'%', digits[byte >> 4], digits[byte & 0xF]});
  }
  return made;
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char each : text)
    if (each == ',')
      parts.emplace_back();
    else
      parts.back() += each;
  return parts;
}

/// "a,b" and "1,2" are a:1,b:2.
std::string with_ports(const std::string& hosts, const std::string& ports) {
  auto each_host = parts_of(hosts);
  auto each_port = parts_of(ports);
  std::string made;
  for (std::size_t i = 0; i < each_host.size(); ++i) {
    const auto& port = i < each_port.size() ? each_port[i] : each_port.front();
    made += (i > 0 ? "," : "") + encoded(each_host[i], "-_.~:") + (port.empty() ? "" : ":" + port);
  }
  return made;
}

bool is_secret(const PQconninfoOption& option) {
  return std::string_view{option.dispchar} == "*" || std::string_view{option.keyword} == "passfile";
}

/// A URL in which a password was not written as it has to be comes apart at the wrong place.
bool may_be_password(const PQconninfoOption& option) {
  std::string_view name{option.keyword};
  std::string_view value{option.val};
  if (name == "port")
    return value.find_first_not_of("0123456789,") != std::string_view::npos;
  return (name == "host" || name == "dbname" || name == "user") &&
         value.find('@') != std::string_view::npos;
}

} // namespace

result<postgres_url> postgres_url::parse(const std::string& text) {
  if (!text.starts_with("postgresql://") && !text.starts_with("postgres://"))
    return no_url("does not begin with postgresql://");
  if (const auto& library = load_libpq(); !library)
    return library.error();
  char* refusal = nullptr;
  std::unique_ptr<PQconninfoOption, free_options> parsed{
      pq().PQconninfoParse(text.c_str(), &refusal)};
  if (!parsed) {
    std::string why = refusal ? refusal : "there is no memory left";
    pq().PQfreemem(refusal);
    return no_url("cannot be read: " + without_quoted(std::move(why)));
  }
  postgres_url url;
  std::string user;
  std::string place;
  std::string port;
  std::string database;
  std::string rest;
  for (const auto* each = parsed.get(); each->keyword != nullptr; ++each) {
    if (each->val == nullptr)
      continue;
    if (may_be_password(*each))
      return no_url("has a " + std::string(each->keyword) + " that cannot be one");
    std::string name{each->keyword};
    std::string value{each->val};
    if (name == "user")
      user = encoded(value, "-_.~") + "@";
    else if (name == "host" && !value.starts_with('/'))
      place = value;
    else if (name == "port")
      port = value;
    else if (name == "dbname")
      database = encoded(value, "-_.~");
    else if (!is_secret(*each))
      rest += (rest.empty() ? "?" : "&") + name + "=" + encoded(value, "-_.~/,:= ");
    url.options_.emplace_back(std::move(name), std::move(value));
  }
  url.shown_ = "postgresql://" + user + with_ports(place, port) + "/" + database + rest;
  return url;
}

std::string postgres_url::option(const std::string& name) const {
  auto found = std::find_if(options_.begin(), options_.end(),
                            [&name](const auto& each) { return each.first == name; });
  return found != options_.end() ? found->second : "";
}

} // namespace mahavishnu::store
