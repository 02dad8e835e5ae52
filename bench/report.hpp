// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::bench {

/// What the command line of every benchmark takes:
/// `--runs N --threads N --scheduler NAME --scale F --commit TEXT --no-floor
/// --set KEY=VALUE`.
struct arguments {
  std::size_t runs = 5;
  std::size_t threads = 0;
  /// Empty: what the benchmark is about.
  std::string scheduler;
  /// Work per run, relative to the usual.
  double scale = 1;
  std::string commit = "unknown";
  bool floor = true;
  /// Settings that differ from those that the benchmark is about.
  std::map<std::string, std::string> set;

  std::string scheduler_or(const std::string& usual) const {
    return scheduler.empty() ? usual : scheduler;
  }
  std::vector<std::string> schedulers_or(const std::vector<std::string>& usual) const {
    return scheduler.empty() ? usual : std::vector{scheduler};
  }
  std::int64_t scaled(std::int64_t usual) const {
    return static_cast<std::int64_t>(static_cast<double>(usual) * scale);
  }
};

arguments parse(int argc, char** argv);

/// One number that was measured several times, beside what it is compared with.
class measurement {
public:
  measurement(std::string name, std::string unit)
      : name_(std::move(name)), unit_(std::move(unit)) {}

  void add(double value) { runs_.push_back(value); }
  void add_floor(double value) { floor_.push_back(value); }

  /// The bars: for the median, and for the median of ours / floor of the same run.
  measurement& at_least(double bar);
  measurement& at_most(double bar);
  measurement& ratio_at_least(double bar);
  measurement& ratio_at_most(double bar);

  std::string json() const;
  /// For people.
  std::string line() const;

private:
  std::vector<double> ratios() const;
  bool met() const;
  std::string bar_text() const;

  std::string name_;
  std::string unit_;
  std::vector<double> runs_;
  std::vector<double> floor_;
  std::optional<double> least_;
  std::optional<double> most_;
  std::optional<double> least_ratio_;
  std::optional<double> most_ratio_;
};

/// One run gave a value for each of these.
template <class... Measurement>
void add(const std::vector<double>& values, Measurement&... to) {
  std::size_t i = 0;
  (to.add(values.at(i++)), ...);
}

template <class... Measurement>
void add_floor(const std::vector<double>& values, Measurement&... to) {
  std::size_t i = 0;
  (to.add_floor(values.at(i++)), ...);
}

/// All that one program measures. Prints one JSON object when it goes.
class report {
public:
  report(std::string name, const arguments& how);
  ~report();
  report(const report&) = delete;
  report& operator=(const report&) = delete;

  measurement& number(std::string name, std::string unit) {
    return numbers_.emplace_back(std::move(name), std::move(unit));
  }
  /// Something that is not as it must be: is printed, and the program says so when it ends.
  void check(bool good, const std::string& what);
  int exit_code() const { return failures_.empty() ? 0 : 1; }

private:
  std::string name_;
  arguments how_;
  std::string load_before_;
  std::deque<measurement> numbers_; // handed out by reference
  std::vector<std::string> failures_;
};

using clock = std::chrono::steady_clock;
double seconds_since(clock::time_point start);
/// That this process has used until now.
double cpu_seconds();
/// The same with its children that have ended, and theirs.
double all_cpu_seconds();

/// What something took.
struct cost {
  double seconds = 0;
  double cpu_seconds = 0;
};

/// Of this process, in MB (10^6 bytes).
double resident_mb();
double peak_resident_mb();
/// What `measure` gives, from a process of its own: so that one run leaves nothing behind for the
/// next one, and what one takes in memory is seen. @pre no thread has been started.
std::vector<double> in_child(const std::function<std::vector<double>()>& measure);

/// All runs, each in a process of its own, with the floor beside it unless that is unwanted.
template <class Floor, class Ours, class... Measurement>
void run_beside_floor(const arguments& how, Floor measure_floor, Ours measure, Measurement&... to) {
  for (std::size_t i = 0; i < how.runs; ++i) {
    if (how.floor)
      add_floor(in_child(measure_floor), to...);
    add(in_child(measure), to...);
  }
}

/// Sorts them.
double quantile(std::vector<double>& values, double q);

} // namespace mahavishnu::bench
