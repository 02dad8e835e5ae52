// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu {

/// A line that a run has written.
struct log_entry {
  std::chrono::sys_time<std::chrono::milliseconds> timestamp;
  /// "ERROR", "WARNING", "DEBUG", "CRITICAL" or "INFO", guessed from the words of the line.
  std::string level;
  std::string message;
  /// "stdout" or "stderr"; "capture" for what the capture itself has to say.
  std::string stream;

  friend bool operator==(const log_entry&, const log_entry&) = default;
};

/// The level that a line seems to have: the first of ERROR (or EXCEPTION), WARNING, DEBUG, CRITICAL
/// (or FATAL) and INFO that is in it, in any case; else what its stream suggests.
std::string guess_level(std::string_view line, std::string_view stream);

/// Keeps the last lines of runs and hands them to those who listen. Thread-safe and bounded: of
/// each run the last lines stay, and of all runs those that began last.
class output_capture {
public:
  static constexpr std::size_t default_lines = 10'000;

  /// With a directory, all lines also go to `<log_directory>/<run_id>.log`.
  explicit output_capture(std::string log_directory = {},
                          std::size_t lines_per_run = default_lines);
  ~output_capture();
  output_capture(const output_capture&) = delete;
  output_capture& operator=(const output_capture&) = delete;

  /// Begins a run anew, with no more than `lines` kept of it. A first line does that as well.
  result<void> begin_run(const std::string& run_id, std::size_t lines = default_lines);
  void append_line(const std::string& run_id, std::string_view line,
                   std::string_view stream = "stdout");
  /// Who listens hears that nothing more comes.
  void end_run(const std::string& run_id);

  /// The last `tail` of the kept lines that are not older than `since`.
  std::vector<log_entry>
  get_logs(const std::string& run_id, std::optional<std::size_t> tail = {},
           std::optional<std::chrono::sys_time<std::chrono::milliseconds>> since = {}) const;
  /// The same as text.
  std::vector<std::string> get_output(const std::string& run_id) const;

  /// Reads the lines of one run: first those that are kept, then each that comes. Who is slower
  /// than the run loses the oldest, and an entry of the stream "capture" says how many.
  class subscription {
  public:
    ~subscription();
    subscription(subscription&&) noexcept;
    subscription& operator=(subscription&&) noexcept;

    /// Nothing when none has come within that time, or when the run has ended and all was read.
    std::optional<log_entry> next(std::chrono::milliseconds patience);
    /// Whether the run has ended and all was read.
    bool is_over() const;

  private:
    friend class output_capture;
    struct place;
    explicit subscription(std::unique_ptr<place> where);
    std::unique_ptr<place> where_;
  };
  /// Of a run that has not begun, too.
  subscription subscribe(const std::string& run_id);

  /// The whole log file of a run; an error when none is kept, or there is none.
  result<std::string> read_log_file(const std::string& run_id) const;

  /// Forgets a run and removes its log file.
  void cleanup_run(const std::string& run_id);

private:
  struct kept;
  struct run_lines;
  std::shared_ptr<run_lines> open(const std::string& run_id);
  std::shared_ptr<run_lines> find(const std::string& run_id) const;
  std::string log_file(const std::string& run_id) const;

  std::unique_ptr<kept> kept_;
};

} // namespace mahavishnu
