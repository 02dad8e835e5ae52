// SPDX-License-Identifier: MIT
#include "cli/text.hpp"

#include "base/rfc3339.hpp"
#include "cli/look.hpp"
#include "cli/output.hpp"

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>

namespace mahavishnu::cli {

std::string seconds(std::chrono::nanoseconds duration) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3) << std::chrono::duration<double>(duration).count()
       << " s";
  return text.str();
}

std::string first_line(std::string_view text, std::size_t most) {
  auto line = text.substr(0, text.find('\n'));
  auto is_all = line.size() == text.size() || line.size() + 1 == text.size();
  if (line.size() > most) {
    line = line.substr(0, most);
    // Not in the middle of a character.
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80)
      line.remove_suffix(1);
    if (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0xC0)
      line.remove_suffix(1);
    is_all = false;
  }
  return std::string{line} + (is_all ? "" : "...");
}

std::string pairs(const std::map<std::string, std::string>& all) {
  std::string text;
  for (const auto& [name, value] : all)
    text.append(text.empty() ? "" : ", ").append(name).append("=").append(value);
  return text;
}

std::string age_text(std::chrono::milliseconds duration) {
  struct unit {
    std::string_view name;
    std::int64_t seconds;
  };
  static constexpr std::array<unit, 4> units{{{"d", 86'400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
  auto rest = std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(duration).count(), 0);
  for (std::size_t i = 0; i < units.size(); ++i) {
    auto many = rest / units[i].seconds;
    if (many == 0 && i + 1 < units.size())
      continue;
    auto text = std::to_string(many) + std::string{units[i].name};
    // Minutes of three days do not matter.
    if (i + 1 < units.size() && many < 10)
      if (auto few = rest % units[i].seconds / units[i + 1].seconds; few > 0)
        text += std::to_string(few) + std::string{units[i + 1].name};
    return text;
  }
  return "0s";
}

std::string age_of_moment(const std::string& text) {
  auto moment = parse_rfc3339(text);
  if (!moment)
    return text;
  auto past =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) - *moment;
  return past >= past.zero() ? age(past) + " ago" : "in " + age(-past);
}

std::string show_result(const task_result& task) {
  std::ostringstream text;
  text << "Task " << to_string(task.status) << ": " << task.task.str()
       << "\n  Pool: " << task.pool.value << "\n  Worker: " << task.worker.value
       << "\n  Exit code: " << task.exit_code << "\n  Duration: " << seconds(task.duration) << "\n";
  if (task.attempts > 1)
    text << "  Attempts: " << task.attempts << "\n";
  if (!task.error.empty())
    text << "  Error: " << harmless_lines(task.error) << "\n";
  auto block = [&](const char* title, const std::string& body) {
    if (!body.empty())
      text << title << ":\n" << body << (body.ends_with('\n') ? "" : "\n");
  };
  block("Output", task.output.str());
  block("Standard error", task.standard_error.str());
  return text.str();
}

int exit_code_of_task(const task_result& task) {
  switch (task.status) {
  case task_status::completed: return done;
  case task_status::timed_out: return timed_out;
  case task_status::cancelled: return interrupted;
  default: return task.exit_code > 0 && task.exit_code < 256 ? task.exit_code : failed;
  }
}

} // namespace mahavishnu::cli
