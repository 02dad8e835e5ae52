// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/output_capture.hpp"

#include "base/rfc3339.hpp"
#include "base/text.hpp"
#include "exec/run_state.hpp"
#include "exec/unique_fd.hpp"
#include "exec/utf8.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

namespace mahavishnu {

namespace {

/// What the lines of one run may take, however long they are.
constexpr std::size_t most_bytes_per_run = std::size_t{16} << 20;
constexpr std::size_t most_runs = 256;

std::chrono::sys_time<std::chrono::milliseconds> now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

log_entry word_of_the_capture(std::string message) {
  return {now(), "WARNING", std::move(message), "capture"};
}

} // namespace

std::string guess_level(std::string_view line, std::string_view stream) {
  using guess = std::pair<const char*, const char*>;
  constexpr std::array<guess, 7> words{{{"error", "ERROR"},
                                        {"exception", "ERROR"},
                                        {"warning", "WARNING"},
                                        {"debug", "DEBUG"},
                                        {"critical", "CRITICAL"},
                                        {"fatal", "CRITICAL"},
                                        {"info", "INFO"}}};
  auto lower = to_lower(line);
  for (auto [word, level] : words)
    if (lower.find(word) != std::string::npos)
      return level;
  return stream == "stderr" ? "ERROR" : "INFO";
}

/// The last lines of one run, each with a number.
struct output_capture::run_lines {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<log_entry> lines;
  std::uint64_t first = 0;
  std::size_t bytes = 0;
  std::size_t most = default_lines;
  bool has_begun = false;
  bool has_ended = false;
  exec::unique_fd file;

  std::uint64_t end() const { return first + lines.size(); }

  void add(log_entry entry) {
    bytes += entry.message.size();
    lines.push_back(std::move(entry));
    while (lines.size() > most || (bytes > most_bytes_per_run && lines.size() > 1)) {
      bytes -= lines.front().message.size();
      lines.pop_front();
      ++first;
    }
    changed.notify_all();
  }
};

struct output_capture::kept {
  std::string directory;
  std::size_t lines_per_run;
  mutable std::mutex mutex;
  std::map<std::string, std::shared_ptr<run_lines>> runs;
  /// In the order in which they came.
  std::deque<std::string> order;

  /// Makes room for one more run: those that have ended go first.
  void forget_an_old_one() {
    if (runs.size() < most_runs)
      return;
    auto oldest = std::ranges::find_if(order, [this](const std::string& each) {
      auto& run = *runs.at(each);
      std::lock_guard guard{run.mutex};
      return run.has_ended;
    });
    if (oldest == order.end())
      oldest = order.begin();
    runs.erase(*oldest);
    order.erase(oldest);
  }
};

output_capture::output_capture(std::string log_directory, std::size_t lines_per_run)
    : kept_(std::make_unique<kept>()) {
  kept_->directory = std::move(log_directory);
  kept_->lines_per_run = std::max<std::size_t>(lines_per_run, 1);
}

output_capture::~output_capture() = default;

std::shared_ptr<output_capture::run_lines> output_capture::open(const std::string& run_id) {
  std::lock_guard guard{kept_->mutex};
  if (auto found = kept_->runs.find(run_id); found != kept_->runs.end())
    return found->second;
  kept_->forget_an_old_one();
  auto fresh = std::make_shared<run_lines>();
  fresh->most = kept_->lines_per_run;
  kept_->runs.emplace(run_id, fresh);
  kept_->order.push_back(run_id);
  return fresh;
}

std::shared_ptr<output_capture::run_lines> output_capture::find(const std::string& run_id) const {
  std::lock_guard guard{kept_->mutex};
  auto found = kept_->runs.find(run_id);
  return found == kept_->runs.end() ? nullptr : found->second;
}

std::string output_capture::log_file(const std::string& run_id) const {
  return kept_->directory + "/" + run_id + ".log";
}

result<void> output_capture::begin_run(const std::string& run_id, std::size_t lines) {
  if (!exec::is_run_name(run_id))
    return error{errc::invalid_argument, "'" + run_id.substr(0, 100) +
                                             "' is no id of a run; use no more than 100 letters, "
                                             "digits, '.', '_' and '-', and no '.' at the start"};
  auto run = open(run_id);
  std::lock_guard guard{run->mutex};
  if (run->has_begun && !run->has_ended)
    return error{errc::already_exists,
                 "run '" + run_id + "' is captured already; give each run an id of its own"};
  run->first = run->end();
  run->lines.clear();
  run->bytes = 0;
  run->most = std::clamp<std::size_t>(lines, 1, kept_->lines_per_run);
  run->has_begun = true;
  run->has_ended = false;
  if (kept_->directory.empty())
    return {};
  auto path = log_file(run_id);
  run->file = exec::unique_fd{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!run->file)
    return error{errc::io_failed, "cannot write '" + path + "': " + std::strerror(errno) +
                                      "; make its directory or name another one"};
  return {};
}

void output_capture::append_line(const std::string& run_id, std::string_view line,
                                 std::string_view stream) {
  auto run = find(run_id);
  auto has_begun = [&] {
    if (!run)
      return false;
    std::lock_guard guard{run->mutex};
    return run->has_begun;
  };
  if (!has_begun()) {
    if (!begin_run(run_id))
      return;
    run = find(run_id);
    if (!run)
      return;
  }
  log_entry entry{now(), guess_level(line, stream), exec::to_utf8(line).text, std::string{stream}};
  std::lock_guard guard{run->mutex};
  if (run->file) {
    auto text = "[" + rfc3339(entry.timestamp) + "] [" + entry.level + "] [" + entry.stream + "] " +
                entry.message + "\n";
    // A full disk takes the file from us and nothing else.
    if (::write(run->file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      run->file = {};
      run->add(word_of_the_capture("the log file cannot be written any more: " +
                                   std::string{std::strerror(errno)}));
    }
  }
  run->add(std::move(entry));
}

void output_capture::end_run(const std::string& run_id) {
  if (auto run = find(run_id)) {
    std::lock_guard guard{run->mutex};
    run->has_ended = true;
    run->file = {};
    run->changed.notify_all();
  }
}

std::vector<log_entry> output_capture::get_logs(
    const std::string& run_id, std::optional<std::size_t> tail,
    std::optional<std::chrono::sys_time<std::chrono::milliseconds>> since) const {
  auto run = find(run_id);
  if (!run)
    return {};
  std::lock_guard guard{run->mutex};
  std::vector<log_entry> entries;
  for (const auto& each : run->lines)
    if (!since || each.timestamp >= *since)
      entries.push_back(each);
  if (tail && entries.size() > *tail)
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(*tail));
  return entries;
}

std::vector<std::string> output_capture::get_output(const std::string& run_id) const {
  std::vector<std::string> lines;
  for (auto& each : get_logs(run_id))
    lines.push_back(std::move(each.message));
  return lines;
}

result<std::string> output_capture::read_log_file(const std::string& run_id) const {
  if (kept_->directory.empty())
    return error{errc::unsupported, "no log files are kept; give the capture a directory for them"};
  if (!exec::is_run_name(run_id))
    return error{errc::invalid_argument, "'" + run_id.substr(0, 100) + "' is no id of a run"};
  std::ifstream file{log_file(run_id), std::ios::binary};
  if (!file)
    return error{errc::not_found, "there is no log file '" + log_file(run_id) + "'"};
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

void output_capture::cleanup_run(const std::string& run_id) {
  std::shared_ptr<run_lines> run;
  {
    std::lock_guard guard{kept_->mutex};
    auto found = kept_->runs.extract(run_id);
    if (found)
      run = found.mapped();
    std::erase(kept_->order, run_id);
  }
  if (run) {
    std::lock_guard guard{run->mutex};
    run->has_ended = true;
    run->changed.notify_all();
  }
  if (!kept_->directory.empty() && exec::is_run_name(run_id))
    ::unlink(log_file(run_id).c_str());
}

// -- subscription --------------------------------------------------------------------------------

struct output_capture::subscription::place {
  std::shared_ptr<run_lines> run;
  /// The line that is read next.
  std::uint64_t next = 0;
};

output_capture::subscription::subscription(std::unique_ptr<place> where)
    : where_(std::move(where)) {}
output_capture::subscription::~subscription() = default;
output_capture::subscription::subscription(subscription&&) noexcept = default;
output_capture::subscription&
output_capture::subscription::operator=(subscription&&) noexcept = default;

output_capture::subscription output_capture::subscribe(const std::string& run_id) {
  auto run = open(run_id);
  std::lock_guard guard{run->mutex};
  auto where = std::make_unique<subscription::place>();
  where->run = run;
  where->next = run->first;
  return subscription{std::move(where)};
}

std::optional<log_entry> output_capture::subscription::next(std::chrono::milliseconds patience) {
  auto& run = *where_->run;
  std::unique_lock lock{run.mutex};
  run.changed.wait_for(lock, patience, [&] { return where_->next < run.end() || run.has_ended; });
  if (where_->next < run.first) {
    auto missed = run.first - where_->next;
    where_->next = run.first;
    return word_of_the_capture(std::to_string(missed) +
                               " lines were dropped: they came faster than they were read");
  }
  if (where_->next >= run.end())
    return std::nullopt;
  return run.lines[static_cast<std::size_t>(where_->next++ - run.first)];
}

bool output_capture::subscription::is_over() const {
  std::lock_guard guard{where_->run->mutex};
  return where_->run->has_ended && where_->next >= where_->run->end();
}

} // namespace mahavishnu
