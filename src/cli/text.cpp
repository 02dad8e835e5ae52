// SPDX-License-Identifier: MIT
#include "cli/text.hpp"

#include "cli/output.hpp"

#include <algorithm>
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

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line.append(row[i]).append(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text.append(line).append("\n");
  }
  return text;
}

std::string show_result(const task_result& task) {
  std::ostringstream text;
  text << "Task " << to_string(task.status) << ": " << task.task.str()
       << "\n  Pool: " << task.pool.value << "\n  Worker: " << task.worker.value
       << "\n  Exit code: " << task.exit_code << "\n  Duration: " << seconds(task.duration) << "\n";
  if (task.attempts > 1)
    text << "  Attempts: " << task.attempts << "\n";
  if (!task.error.empty())
    text << "  Error: " << task.error << "\n";
  auto block = [&](const char* title, const std::string& body) {
    if (!body.empty())
      text << title << ":\n" << body << (body.ends_with('\n') ? "" : "\n");
  };
  block("Output", task.output.str());
  block("Standard error", task.standard_error.str());
  return text.str();
}

int exit_code_of_task(const task_result& task) {
  return task.status == task_status::completed ? done : failed;
}

} // namespace mahavishnu::cli
