// SPDX-License-Identifier: MIT
/// No-op tasks that are on disk when they are accepted and when they have ended: how many a second,
/// and how long one takes, beside the time that the disk takes for one write.
#include "client.hpp"
#include "mahavishnu/messages/all.hpp"
#include "scratch.hpp"
#include "system.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

constexpr std::int64_t in_flight = 1000;

cost run(core& inside, std::int64_t requests, std::int64_t at_once) {
  return run_client<task_result>(
      inside.system(), inside.manager(), {requests, at_once},
      [] {
        return route_task{fresh_task(), {}, {}};
      },
      [](const task_result& answer) { return answer.status == task_status::completed; });
}

std::unique_ptr<core> start(const arguments& how, const scratch& place) {
  auto inside = start_core(how, "sharing", {{"exec.keepers", "false"}}, place.path());
  pools_wish wish;
  wish.pools = 10;
  wish.queue_limit = 10'000;
  start_pools(*inside, wish);
  return inside;
}

std::vector<double> measure_many(const arguments& how, std::int64_t requests) {
  auto place = scratch::on_disk();
  auto inside = start(how, place);
  return speed_of([&](std::int64_t n) { return run(*inside, n, in_flight); }, requests);
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// Microseconds from request to result.
std::vector<double> measure_one(const arguments& how, std::int64_t requests) {
  auto place = scratch::on_disk();
  auto inside = start(how, place);
  std::vector<double> times;
  for (std::int64_t i = 0; i < requests; ++i) {
    auto begin = clock::now();
    run(*inside, 1, 1);
    times.push_back(seconds_since(begin) * 1e6);
  }
  return {median(std::move(times))};
}

/// What the disk takes for a page that is appended, in microseconds.
std::vector<double> measure_disk(std::int64_t writes) {
  auto place = scratch::on_disk();
  auto file =
      ::open((place.path() / "file").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::string page(4096, 'x');
  std::vector<double> times;
  for (std::int64_t i = 0; i < writes; ++i) {
    auto begin = clock::now();
    if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0)
      std::abort();
    times.push_back(seconds_since(begin) * 1e6);
  }
  ::close(file);
  return {median(std::move(times))};
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"durable", how};
  auto& speed = results.number("durable tasks, 1000 in flight", "tasks/s");
  auto& cpu = results.number("durable tasks, 1000 in flight, CPU", "us/task");
  auto& one = results.number("a durable task on its own, p50, beside fdatasync", "us");
  speed.at_least(30'000);
  one.ratio_at_most(3);
  for (std::size_t i = 0; i < how.runs; ++i) {
    add(in_child([&] { return measure_many(how, how.scaled(200'000)); }), speed, cpu);
    if (how.floor)
      add_floor(in_child([&] { return measure_disk(how.scaled(1000)); }), one);
    add(in_child([&] { return measure_one(how, how.scaled(1000)); }), one);
  }
}
