// SPDX-License-Identifier: MIT
#include "base/log.hpp"

#include "base/text.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <memory>

namespace mahavishnu::log {

namespace {

/// The message as the inside of a JSON string; spdlog's own patterns do not escape.
class json_text final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string_view text{line.payload.data(), line.payload.size()};
    bool is_utf8 = !first_invalid_utf8(text);
    for (auto c : text)
      append(out, static_cast<unsigned char>(c), is_utf8);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_text>();
  }

private:
  static void append(spdlog::memory_buf_t& out, unsigned char c, bool is_utf8) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !is_utf8)) {
      for (char each : fmt::format("\\u{:04x}", c))
        out.push_back(each);
    } else
      out.push_back(static_cast<char>(c));
  }
};

std::unique_ptr<spdlog::formatter> make_formatter(bool json) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<json_text>('*');
  formatter->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","text":"%*"})"
                              : "%Y-%m-%dT%H:%M:%S.%e %l %v");
  return formatter;
}

spdlog::level::level_enum to_spdlog(level at) {
  constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                              spdlog::level::err, spdlog::level::critical};
  return levels[static_cast<std::size_t>(at)];
}

/// Lines that wait for the thread that writes them. Their places, of 400 bytes each, are made at
/// once.
constexpr std::size_t most_waiting = 2048;

struct state {
  std::shared_ptr<spdlog::details::thread_pool> thread; // outlives the logger that uses it
  std::shared_ptr<spdlog::logger> logger;
};

state make_default() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("mahavishnu", std::move(sink));
  logger->set_formatter(make_formatter(false));
  logger->set_level(spdlog::level::warn);
  return {nullptr, std::move(logger)};
}

state& current() {
  static state now = make_default();
  return now;
}

} // namespace

result<level> level_from(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"debug", "info", "warning", "error", "critical"};
  auto wanted = to_lower(name);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == wanted)
      return static_cast<level>(i);
  return mahavishnu::error{errc::invalid_argument,
                           "'" + std::string{name} +
                               "' is no log level; use debug, info, warning, error or critical"};
}

result<void> open(const options& how) {
  std::vector<spdlog::sink_ptr> sinks{std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  if (!how.file.empty()) {
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(how.file));
    } catch (const spdlog::spdlog_ex& failure) {
      return mahavishnu::error{errc::io_failed, "cannot open the log file '" + how.file +
                                                    "': " + failure.what() + "; see log_file"};
    }
  }
  state next;
  if (how.background) {
    next.thread = std::make_shared<spdlog::details::thread_pool>(most_waiting, 1);
    next.logger = std::make_shared<spdlog::async_logger>(
        "mahavishnu", sinks.begin(), sinks.end(), next.thread,
        spdlog::async_overflow_policy::overrun_oldest);
  } else
    next.logger = std::make_shared<spdlog::logger>("mahavishnu", sinks.begin(), sinks.end());
  next.logger->set_formatter(make_formatter(how.json));
  next.logger->set_level(to_spdlog(how.least));
  next.logger->flush_on(spdlog::level::info);
  current() = std::move(next);
  return {};
}

void close() {
  current().logger->flush();
  auto least = current().logger->level();
  current() = make_default();
  current().logger->set_level(std::max(least, spdlog::level::warn));
}

bool wants(level at) {
  return current().logger->should_log(to_spdlog(at));
}

void write(level at, std::string_view component, std::string_view text) {
  current().logger->log(to_spdlog(at), "{}: {}", component, text);
}

} // namespace mahavishnu::log
