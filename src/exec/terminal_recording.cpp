// SPDX-License-Identifier: MIT
#include "exec/terminal_recording.hpp"

#include "exec/utf8.hpp"

#include <algorithm>

namespace mahavishnu::exec {

namespace {

/// Seconds with six digits behind the point, in every locale.
std::string in_seconds(terminal_recording::time at) {
  auto digits = std::to_string(at.count() % 1'000'000);
  return std::to_string(at.count() / 1'000'000) + "." + std::string(6 - digits.size(), '0') +
         digits;
}

std::string field(std::string_view name, const std::string& value) {
  if (value.empty())
    return {};
  return ", " + json_string(name) + ": " + json_string(to_utf8(value).text);
}

} // namespace

std::string json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string json = "\"";
  for (char c : text) {
    auto code = static_cast<unsigned char>(c);
    switch (c) {
    case '"': json += "\\\""; break;
    case '\\': json += "\\\\"; break;
    case '\n': json += "\\n"; break;
    case '\r': json += "\\r"; break;
    case '\t': json += "\\t"; break;
    default:
      if (code >= 0x20 && code != 0x7F)
        json += c;
      else
        json += std::string("\\u00") + digits[code >> 4] + digits[code & 0xF];
    }
  }
  return json + '"';
}

terminal_recording::terminal_recording(const header& about, sink line) : line_(std::move(line)) {
  auto text = "{\"version\": 2, \"width\": " + std::to_string(about.size.columns) +
              ", \"height\": " + std::to_string(about.size.rows);
  if (about.timestamp != 0)
    text += ", \"timestamp\": " + std::to_string(about.timestamp);
  text += field("command", about.command) + field("title", about.title);
  if (!about.terminal.empty())
    text += ", \"env\": {\"TERM\": " + json_string(to_utf8(about.terminal).text) + "}";
  line_(text + "}\n");
}

void terminal_recording::output(time at, std::string_view bytes) {
  record(at, unfinished_output_, 'o', bytes);
}

void terminal_recording::input(time at, std::string_view bytes) {
  record(at, unfinished_input_, 'i', bytes);
}

void terminal_recording::resize(time at, terminal_size size) {
  write_event(at, 'r', std::to_string(size.columns) + "x" + std::to_string(size.rows));
}

void terminal_recording::finish(time at) {
  for (auto [unfinished, kind] : {std::pair{&unfinished_output_, 'o'}, {&unfinished_input_, 'i'}}) {
    if (!unfinished->empty())
      write_event(at, kind, to_utf8(*unfinished).text);
    unfinished->clear();
  }
}

void terminal_recording::record(time at, std::string& unfinished, char kind,
                                std::string_view bytes) {
  auto whole = unfinished + std::string(bytes);
  auto rest = unfinished_utf8(whole);
  unfinished = whole.substr(whole.size() - rest);
  whole.resize(whole.size() - rest);
  if (!whole.empty())
    write_event(at, kind, to_utf8(whole).text);
}

void terminal_recording::write_event(time at, char kind, std::string_view text) {
  last_ = std::max(last_, at);
  line_("[" + in_seconds(last_) + ", \"" + kind + "\", " + json_string(text) + "]\n");
}

} // namespace mahavishnu::exec
