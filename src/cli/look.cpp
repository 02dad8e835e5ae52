// SPDX-License-Identifier: MIT
#include "cli/look.hpp"

#include "base/text.hpp"
#include "cli/columns.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mahavishnu::cli {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD
constexpr std::size_t widest = 10'000;

bool is_set(const char* value) {
  return value != nullptr && *value != '\0';
}

bool is_control(char byte) {
  return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
}

} // namespace

look look_of(std::size_t terminal_width, const environment_of& environment) {
  look how;
  how.width = terminal_width;
  const auto* terminal = environment("TERM");
  how.colour = terminal_width > 0 && !is_set(environment("NO_COLOR")) && is_set(terminal) &&
               std::string_view{terminal} != "dumb";
  return how;
}

std::size_t terminal_width_of(int descriptor) {
  if (isatty(descriptor) == 0)
    return 0;
  std::size_t told = 0;
  if (const auto* columns = std::getenv("COLUMNS")) {
    std::string_view text{columns};
    std::from_chars(text.data(), text.data() + text.size(), told);
  }
  winsize size{};
  if (told == 0 && ioctl(descriptor, TIOCGWINSZ, &size) == 0)
    told = size.ws_col;
  return told == 0 ? 80 : std::min(told, widest);
}

std::size_t width_of(std::string_view text) {
  return columns_of(text);
}

std::string fit(std::string_view text, std::size_t width) {
  constexpr std::string_view more = "...";
  if (width_of(text) <= width)
    return std::string{text};
  if (width <= more.size())
    return std::string{within(text, width)};
  return std::string{within(text, width - more.size())}.append(more);
}

std::string harmless(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    auto good = text.substr(0, first_invalid_utf8(text).value_or(text.size()));
    for (std::size_t i = 0; i < good.size(); ++i) {
      // U+0080 to U+009F are control characters, too.
      bool is_high_control = good[i] == '\xC2' && static_cast<unsigned char>(good[i + 1]) < 0xA0;
      if (is_control(good[i]) || is_high_control)
        clean += ' ';
      else
        clean += good[i];
      i += is_high_control ? 1 : 0;
    }
    text.remove_prefix(good.size());
    if (!text.empty()) {
      clean += replacement;
      text.remove_prefix(1);
    }
  }
  return clean;
}

std::string harmless_lines(std::string_view text) {
  std::string clean;
  for (;;) {
    auto end = text.find('\n');
    clean += harmless(text.substr(0, end));
    if (end == std::string_view::npos)
      return clean;
    clean += '\n';
    text.remove_prefix(end + 1);
  }
}

tint tint_of(std::string_view word) {
  struct entry {
    std::string_view word;
    tint how;
  };
  static constexpr auto known = std::to_array<entry>({{"healthy", tint::good},
                                                      {"completed", tint::good},
                                                      {"ready", tint::good},
                                                      {"ok", tint::good},
                                                      {"up", tint::good},
                                                      {"degraded", tint::busy},
                                                      {"running", tint::busy},
                                                      {"draining", tint::busy},
                                                      {"warning", tint::busy},
                                                      {"unhealthy", tint::bad},
                                                      {"failed", tint::bad},
                                                      {"timeout", tint::bad},
                                                      {"lost", tint::bad},
                                                      {"error", tint::bad},
                                                      {"crashed", tint::bad},
                                                      {"cancelled", tint::faint},
                                                      {"closed", tint::faint},
                                                      {"queued", tint::none}});
  const auto* found = std::ranges::find(known, word, &entry::word);
  return found == known.end() ? tint::none : found->how;
}

std::string tinted(std::string_view text, tint how, const look& where) {
  if (!where.colour || how == tint::none)
    return std::string{text};
  auto code = [how] {
    switch (how) {
    case tint::good: return "32";
    case tint::bad: return "31";
    case tint::busy: return "33";
    case tint::faint: return "2";
    case tint::none: break;
    }
    return "0";
  }();
  return "\x1b[" + std::string{code} + "m" + std::string{text} + "\x1b[0m";
}

} // namespace mahavishnu::cli
