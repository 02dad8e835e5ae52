// SPDX-License-Identifier: MIT
#include "net/url.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace mahavishnu::net {

namespace {

constexpr std::size_t longest_url = 8192;
constexpr std::size_t longest_host = 253;

bool is_one_of(char c, std::string_view others) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

bool consists_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char c) { return is_one_of(c, others); });
}

error refuse(std::string_view what, std::string_view reason) {
  return {errc::invalid_argument, "'" + std::string(what) + "' " + std::string(reason)};
}

/// What may be repeated of a URL that could not be read: nothing from a user name or a query on.
std::string_view harmless_part(std::string_view text, std::size_t most = 100) {
  auto slashes = text.find("://");
  auto start = slashes == std::string_view::npos ? 0 : slashes + 3;
  auto end = text.find('@', start) != std::string_view::npos ? start : text.find_first_of("?#");
  return first_bytes(text.substr(0, end), most);
}

std::optional<std::uint16_t> port_from(std::string_view text) {
  std::uint16_t port = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc{} || end != text.data() + text.size() || port == 0)
    return std::nullopt;
  return port;
}

bool is_host(std::string_view host, bool in_brackets) {
  if (host.empty() || host.size() > longest_host)
    return false;
  return in_brackets ? consists_of(host, ":.") : consists_of(host, "-._");
}

/// A request line ends at the first blank, and a fragment is not for the server.
result<std::string> target_from(std::string_view rest) {
  auto target = rest.substr(0, rest.find('#'));
  if (!consists_of(target, "-._~!$&'()*+,;=:@/?%[]"))
    return refuse(harmless_part(target),
                  "has a character that a URL may not have; write it as %XX, its UTF-8 bytes in "
                  "hexadecimal");
  if (!target.starts_with('/'))
    return '/' + std::string(target);
  return std::string(target);
}

} // namespace

std::string url::origin() const {
  auto in_brackets = host.find(':') != std::string::npos;
  return (secure ? "https://" : "http://") + (in_brackets ? '[' + host + ']' : host) + ':' +
         std::to_string(port);
}

std::string url::authority() const {
  auto whole = origin().substr(secure ? 8 : 7);
  return port == (secure ? 443 : 80) ? whole.substr(0, whole.rfind(':')) : whole;
}

std::string url::shown() const {
  return (secure ? "https://" : "http://") + authority() + target.substr(0, target.find('?'));
}

result<url> parse_url(std::string_view text) {
  if (text.size() > longest_url)
    return refuse(harmless_part(text, 20),
                  "is the start of a URL of more than 8192 bytes; shorten it");
  url read;
  auto slashes = text.find("://");
  auto scheme = to_lower(text.substr(0, std::min(slashes, text.size())));
  if (slashes == std::string_view::npos || (scheme != "http" && scheme != "https"))
    return refuse(harmless_part(text), "is no URL; write it with http:// or https:// before it");
  read.secure = scheme == "https";
  read.port = read.secure ? 443 : 80;
  auto rest = text.substr(slashes + 3);
  auto place = rest.substr(0, rest.find_first_of("/?#"));
  auto target = target_from(rest.substr(place.size()));
  if (place.find('@') != std::string_view::npos)
    return refuse(harmless_part(text),
                  "is the start of a URL with a user name or a password in it; take them out, and "
                  "give a token where its setting is");
  if (!target)
    return target.error();
  read.target = std::move(*target);
  auto in_brackets = place.starts_with('[');
  auto host_end = in_brackets ? place.find(']') : place.find(':');
  if (in_brackets && host_end == std::string_view::npos)
    return refuse(harmless_part(text), "has a '[' before its host, but no ']' after it; add it");
  auto host = place.substr(in_brackets ? 1 : 0, in_brackets ? host_end - 1 : host_end);
  if (!is_host(host, in_brackets))
    return refuse(harmless_part(text), "names no host; write one after the '://'");
  read.host = to_lower(host);
  auto behind = host_end == std::string_view::npos ? std::string_view{}
                                                   : place.substr(host_end + (in_brackets ? 1 : 0));
  if (!behind.empty()) {
    auto port = behind.starts_with(':') ? port_from(behind.substr(1)) : std::nullopt;
    if (!port)
      return refuse(harmless_part(text),
                    "has no port between 1 and 65535 after its ':'; correct it");
    read.port = *port;
  }
  return read;
}

result<url> follow(const url& base, std::string_view location) {
  if (location.find("://") < location.find_first_of("/?#"))
    return parse_url(location);
  if (location.starts_with("//"))
    return parse_url((base.secure ? "https:" : "http:") + std::string(location));
  if (location.starts_with('/'))
    return parse_url(base.origin() + std::string(location));
  auto path = base.target.substr(0, base.target.find('?'));
  if (!location.starts_with('?'))
    path.erase(path.rfind('/') + 1);
  return parse_url(base.origin() + path + std::string(location));
}

} // namespace mahavishnu::net
