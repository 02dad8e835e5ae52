// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

namespace mahavishnu::bench {

namespace {

std::string first_line(const char* path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

std::string value_after(const char* path, std::string_view name) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name))
      if (auto at = line.find_first_not_of(" \t:", name.size()); at != std::string::npos)
        return line.substr(at);
  return "unknown";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + '"';
}

std::string text_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string list_of(const std::vector<double>& values) {
  std::string out = "[";
  for (auto each : values)
    out.append(out.size() == 1 ? "" : ",").append(text_of(each));
  return out + "]";
}

double median(std::vector<double> values) {
  return quantile(values, 0.5);
}

std::string summary_of(const std::vector<double>& values) {
  auto [least, most] = std::ranges::minmax(values);
  return "\"runs\":" + list_of(values) + ",\"median\":" + text_of(median(values)) +
         ",\"min\":" + text_of(least) + ",\"max\":" + text_of(most);
}

std::string today() {
  auto now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

} // namespace

arguments parse(int argc, char** argv) {
  arguments how;
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    if (flag == "--no-floor") {
      how.floor = false;
      continue;
    }
    std::string value = i + 1 < argc ? argv[++i] : "";
    if (flag == "--runs")
      how.runs = std::max<std::size_t>(1, std::strtoul(value.c_str(), nullptr, 10));
    else if (flag == "--threads")
      how.threads = std::strtoul(value.c_str(), nullptr, 10);
    else if (flag == "--scheduler")
      how.scheduler = value;
    else if (flag == "--scale")
      how.scale = std::strtod(value.c_str(), nullptr);
    else if (flag == "--commit")
      how.commit = value;
    else if (flag == "--set")
      how.set[value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
    else {
      std::cerr
          << argv[0] << ": unknown flag '" << flag
          << "'; there are --runs, --threads, --scheduler, --scale, --set, --commit, --no-floor\n";
      std::exit(2);
    }
  }
  return how;
}

// -- measurement ---------------------------------------------------------------------------------

measurement& measurement::at_least(double bar) {
  least_ = bar;
  return *this;
}

measurement& measurement::at_most(double bar) {
  most_ = bar;
  return *this;
}

measurement& measurement::ratio_at_least(double bar) {
  least_ratio_ = bar;
  return *this;
}

measurement& measurement::ratio_at_most(double bar) {
  most_ratio_ = bar;
  return *this;
}

/// Runs are paired, so that what else the machine does spoils both sides of a ratio.
std::vector<double> measurement::ratios() const {
  std::vector<double> out;
  for (std::size_t i = 0; i < std::min(runs_.size(), floor_.size()); ++i)
    out.push_back(runs_[i] / floor_[i]);
  return out;
}

bool measurement::met() const {
  auto value = median(runs_);
  return (!least_ || value >= *least_) && (!most_ || value <= *most_) &&
         (!least_ratio_ || floor_.empty() || median(ratios()) >= *least_ratio_) &&
         (!most_ratio_ || floor_.empty() || median(ratios()) <= *most_ratio_);
}

std::string measurement::bar_text() const {
  std::string text;
  auto add = [&](const std::string& part) {
    text.append(text.empty() ? "" : " and ").append(part);
  };
  if (least_)
    add("at least " + text_of(*least_));
  if (most_)
    add("at most " + text_of(*most_));
  if (least_ratio_)
    add("at least " + text_of(*least_ratio_) + " x floor");
  if (most_ratio_)
    add("at most " + text_of(*most_ratio_) + " x floor");
  return text;
}

std::string measurement::json() const {
  std::string out = "{\"bench\":" + quoted(name_) + ",\"unit\":" + quoted(unit_) + ",";
  out += summary_of(runs_);
  if (!floor_.empty())
    out += ",\"floor\":{" + summary_of(floor_) + "},\"ratio\":" + text_of(median(ratios()));
  if (auto bar = bar_text(); !bar.empty())
    out += ",\"bar\":" + quoted(bar) + ",\"met\":" + (met() ? "true" : "false");
  return out + "}";
}

std::string measurement::line() const {
  auto [least, most] = std::ranges::minmax(runs_);
  auto text = name_ + ": " + text_of(median(runs_)) + " " + unit_ + " (" + text_of(least) + " to " +
              text_of(most) + ", " + std::to_string(runs_.size()) + " runs)";
  if (!floor_.empty())
    text += "; floor " + text_of(median(floor_)) + ", ratio " + text_of(median(ratios()));
  if (auto bar = bar_text(); !bar.empty())
    text += "; bar " + bar + (met() ? ": met" : ": MISSED");
  return text;
}

// -- report --------------------------------------------------------------------------------------

report::report(std::string name, const arguments& how)
    : name_(std::move(name)), how_(how), load_before_(first_line("/proc/loadavg")) {}

report::~report() {
  std::string numbers;
  for (const auto& each : numbers_) {
    numbers.append(numbers.empty() ? "" : ",").append(each.json());
    std::cerr << each.line() << "\n";
  }
  std::string failures;
  for (const auto& each : failures_)
    failures.append(failures.empty() ? "" : ",").append(quoted(each));
  std::cout << "{\"program\":" << quoted(name_) << ",\"date\":" << quoted(today())
            << ",\"commit\":" << quoted(how_.commit)
            << ",\"cpu\":" << quoted(value_after("/proc/cpuinfo", "model name"))
            << ",\"cores\":" << std::thread::hardware_concurrency()
            << ",\"load_before\":" << quoted(load_before_)
            << ",\"load_after\":" << quoted(first_line("/proc/loadavg")) << ",\"results\":["
            << numbers << "],\"failures\":[" << failures << "]}" << std::endl;
}

void report::check(bool good, const std::string& what) {
  if (good)
    return;
  std::cerr << name_ << ": FAILED: " << what << "\n";
  failures_.push_back(what);
}

double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

namespace {

double cpu_seconds_of(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace

double cpu_seconds() {
  return cpu_seconds_of(RUSAGE_SELF);
}

double all_cpu_seconds() {
  return cpu_seconds() + cpu_seconds_of(RUSAGE_CHILDREN);
}

double resident_mb() {
  ::malloc_trim(0); // what is free is not in use
  std::ifstream file{"/proc/self/statm"};
  long total = 0;
  long resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

double peak_resident_mb() {
  return std::strtod(value_after("/proc/self/status", "VmHWM").c_str(), nullptr) * 1024 / 1e6;
}

std::vector<double> in_child(const std::function<std::vector<double>()>& measure) {
  int ends[2];
  if (::pipe(ends) != 0)
    std::abort();
  auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    auto values = measure();
    auto bytes = values.size() * sizeof(double);
    auto written = ::write(ends[1], values.data(), bytes);
    ::_exit(written == static_cast<ssize_t>(bytes) ? 0 : 1);
  }
  ::close(ends[1]);
  std::vector<double> values;
  for (double each = 0; ::read(ends[0], &each, sizeof each) == sizeof each;)
    values.push_back(each);
  ::close(ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
    std::cerr << "benchmark: a run failed\n";
    std::exit(1);
  }
  return values;
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty())
    return 0;
  std::ranges::sort(values);
  auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(q * last + 0.5)];
}

} // namespace mahavishnu::bench
