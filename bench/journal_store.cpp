// SPDX-License-Identifier: MIT
/// The journal in SQLite: tasks written in spans beside the same bytes written to a plain file and
/// synced once per span, lists of a million ended tasks, and what a server reads when it starts.
///
/// With `--set postgres=URL` also the journal in PostgreSQL, written beside the same in SQLite.
/// Each run makes a schema `bench_NUMBER` there and leaves it.
#include "base/byte_codec.hpp"
#include "must.hpp"
#include "report.hpp"
#include "scratch.hpp"
#include "store/postgres_store.hpp"
#include "store/sqlite_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>

using namespace mahavishnu;
using namespace mahavishnu::bench;
using namespace mahavishnu::store;

namespace {

constexpr std::int64_t span_size = 1000;
constexpr std::uint8_t queued = 0, running = 1, completed = 2, rare = 3;

/// Ten a millisecond, in ten pools.
task_id task_number(std::int64_t n) {
  return {static_cast<std::uint64_t>(1'700'000'000'000 + n / 10) << 16,
          static_cast<std::uint64_t>(n) * 0x9e3779b97f4a7c15u};
}

task_opened opened(std::int64_t n) {
  return {task_number(n),
          pool_id{"pool_0000000" + std::to_string(n % 10)},
          queued,
          1'700'000'000'000 + n / 10,
          "",
          std::string(300, 'w')};
}

task_moved moved(std::int64_t n) {
  return {task_number(n), running, 1, std::string(100, 'p')};
}

task_ended ended(std::int64_t n) {
  return {task_number(n),
          n % 100'000 == 50'000 ? rare : completed,
          1'700'000'000'000 + n / 10 + n % 977,
          1,
          std::string(100, 'p'),
          std::string(100, 'r'),
          std::string(200, 'o'),
          ""};
}

/// What is done to each task of a span of tasks, a span of changes for each step.
using steps = std::vector<std::vector<std::function<change(std::int64_t)>>>;

std::vector<change> changes(const std::vector<std::function<change(std::int64_t)>>& step,
                            std::int64_t first, std::int64_t count) {
  std::vector<change> span;
  span.reserve(static_cast<std::size_t>(count) * step.size());
  for (auto n = first; n < first + count; ++n)
    for (const auto& make : step)
      span.push_back(make(n));
  return span;
}

/// Tasks a second, and milliseconds of CPU for a thousand of them, of which making them is no part.
std::vector<double> measure_writing(std::int64_t tasks, const steps& all,
                                    const std::function<void(std::span<const change>)>& write) {
  cost total;
  for (std::int64_t first = 0; first < tasks; first += span_size)
    for (const auto& step : all) {
      auto span = changes(step, first, span_size);
      auto start = clock::now();
      auto cpu = cpu_seconds();
      write(span);
      total.cpu_seconds += cpu_seconds() - cpu;
      total.seconds += seconds_since(start);
    }
  auto thousands = static_cast<double>(tasks) / 1000;
  return {static_cast<double>(tasks) / total.seconds, total.cpu_seconds * 1000 / thousands};
}

std::vector<double> measure_store(std::int64_t tasks, const steps& all) {
  auto place = scratch::on_disk();
  auto store = good(open_sqlite(place / "journal.db"));
  return measure_writing(tasks, all,
                         [&](std::span<const change> span) { good(store->apply(span)); });
}

/// The floor: one write and one sync for each span.
std::vector<double> measure_file(std::int64_t tasks, const steps& all) {
  auto place = scratch::on_disk();
  int file = ::open((place / "file").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  auto measured = measure_writing(tasks, all, [&](std::span<const change> span) {
    byte_writer bytes;
    auto put = [&](const task_id& task) {
      bytes.put(task.high());
      bytes.put(task.low());
    };
    for (const auto& each : span) {
      if (const auto* begin = std::get_if<task_opened>(&each)) {
        put(begin->task);
        bytes.put(std::string_view{begin->pool.value});
        bytes.put(std::string_view{begin->work});
      } else if (const auto* move = std::get_if<task_moved>(&each)) {
        put(move->task);
        bytes.put(std::string_view{move->progress});
      } else if (const auto* end = std::get_if<task_ended>(&each)) {
        put(end->task);
        bytes.put(std::string_view{end->progress});
        bytes.put(std::string_view{end->result});
        bytes.put(std::string_view{end->output});
        bytes.put(std::string_view{end->error_output});
      }
    }
    auto text = bytes.take();
    if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fdatasync(file) != 0)
      die("cannot write a plain file");
  });
  ::close(file);
  return measured;
}

std::string in_own_schema(const std::string& url) {
  return url + (url.find('?') == std::string::npos ? "?" : "&") + "options=-csearch_path%3Dbench_" +
         std::to_string(::getpid());
}

std::unique_ptr<journal_store> open_in_postgres(const std::string& url) {
  return good(open_postgres(in_own_schema(url)));
}

std::vector<double> measure_postgres(const std::string& url, std::int64_t tasks, const steps& all) {
  auto store = open_in_postgres(url);
  return measure_writing(tasks, all,
                         [&](std::span<const change> span) { good(store->apply(span)); });
}

/// What one who waits for the next sees: commits a second, of one task each.
std::vector<double> measure_commits(journal_store& store, std::int64_t first, std::int64_t count) {
  auto start = clock::now();
  for (auto n = first; n < first + count; ++n)
    good(store.apply(std::vector<change>{opened(n), ended(n)}));
  return {static_cast<double>(count) / seconds_since(start)};
}

/// The same at once and after many others, while somebody reads all of it as it was before.
std::vector<double> measure_commits_under_snapshot(const std::string& url, std::int64_t count,
                                                   std::int64_t others) {
  auto store = open_in_postgres(url);
  good(store->apply(std::vector<change>{opened(-1)}));
  std::vector<double> measured;
  auto reader = good(open_postgres(in_own_schema(url), postgres_use::read));
  good(reader->each_open([&](const result<stored_task>&) {
    if (!measured.empty())
      return;
    measured = measure_commits(*store, 0, count);
    measure_commits(*store, count, others);
    measured.push_back(measure_commits(*store, count + others, count).front());
  }));
  good(store->apply(std::vector<change>{ended(-1)}));
  return measured;
}

double milliseconds(const std::function<void()>& work) {
  auto start = clock::now();
  work();
  return seconds_since(start) * 1000;
}

/// A journal of ended tasks, some with another status than most.
void fill(journal_store& store, std::int64_t tasks) {
  for (std::int64_t first = 0; first < tasks; first += 20'000)
    good(store.apply(
        changes({opened, ended}, first, std::min<std::int64_t>(20'000, tasks - first))));
}

std::vector<double> measure_lists(const std::unique_ptr<journal_store>& store, std::int64_t tasks,
                                  std::int64_t fresh) {
  auto time_list = [&](task_filter wanted, std::size_t least) {
    return milliseconds([&] {
      if (good(store->list(wanted)).records.size() < least)
        die("a list is too short");
    });
  };
  auto some = static_cast<std::size_t>(tasks / 100'000);
  std::vector<double> measured{time_list({{}, {}, {}, 100}, 100),
                               time_list({{}, {rare}, {}, 100}, some),
                               time_list({pool_id{"pool_00000000"}, {rare}, {}, 100}, some),
                               time_list({pool_id{"pool_00000001"}, {rare}, {}, 100}, 0),
                               time_list({pool_id{"pool_00000003"}, {}, {}, 100}, 100)};
  good(store->apply(changes({opened, ended}, fresh, span_size)));
  auto forget = [&] {
    retention kept;
    kept.most = static_cast<std::uint64_t>(tasks);
    if (good(store->forget_ended(kept, span_size)) != span_size)
      die("nothing was forgotten");
  };
  measured.push_back(milliseconds(forget));
  measured.push_back(resident_mb());
  return measured;
}

std::vector<double> measure_start(std::int64_t tasks) {
  auto place = scratch::on_disk();
  good(open_sqlite(place / "journal.db"))->apply(changes({opened}, 0, tasks)).value();
  std::int64_t found = 0;
  auto time = milliseconds([&] {
    auto store = good(open_sqlite(place / "journal.db"));
    auto read = store->each_open([&](result<stored_task> each) {
      good(std::move(each));
      ++found;
    });
    read.value();
  });
  if (found != tasks)
    die("a start finds another number of tasks");
  return {time / 1000};
}

void measure_all_of_postgres(const arguments& how, report& results, const std::string& url) {
  auto tasks = how.scaled(50) * span_size;
  for (const auto& [name, all] :
       {std::pair<std::string, steps>{"opened and ended in one span", {{opened, ended}}},
        {"opened in one span, ended in the next", {{opened}, {ended}}}}) {
    auto& speed = results.number("PostgreSQL: 1000 tasks " + name + ", beside SQLite", "tasks/s");
    auto& cpu = results.number("PostgreSQL: the same, CPU of 1000 tasks here", "ms");
    run_beside_floor(
        how, [&] { return measure_store(tasks, all); },
        [&] { return measure_postgres(url, tasks, all); }, speed, cpu);
  }
  auto commits = how.scaled(500);
  run_beside_floor(
      how,
      [&] {
        auto place = scratch::on_disk();
        return measure_commits(*good(open_sqlite(place / "journal.db")), 0, commits);
      },
      [&] { return measure_commits(*open_in_postgres(url), 0, commits); },
      results.number("PostgreSQL: commits of one task, beside SQLite", "1/s"));
  auto& at_once = results.number("PostgreSQL: the same under an old snapshot", "1/s");
  auto& later = results.number("PostgreSQL: the same after 20,000 others under it", "1/s");
  add(in_child([&] { return measure_commits_under_snapshot(url, commits, how.scaled(20'000)); }),
      at_once, later);

  auto many = how.scaled(1'000'000);
  auto number = [&](const std::string& name) -> measurement& {
    return results.number("PostgreSQL: " + name, "ms");
  };
  auto& newest = number("list of the 100 newest of a million");
  auto& with_status = number("list of a rare status");
  auto& in_pool = number("list of a rare status in a pool");
  auto& none = number("list of a status that a pool has not");
  auto& of_pool = number("list of the 100 newest of a pool");
  auto& forget = number("forgetting 1000 tasks");
  auto& memory = results.number("PostgreSQL: memory here with a million tasks", "MB");
  add(in_child([&] {
        auto store = open_in_postgres(url);
        fill(*store, many);
        return measure_lists(store, many, many);
      }),
      newest, with_status, in_pool, none, of_pool, forget, memory);
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"journal_store", how};
  auto tasks = how.scaled(50) * span_size;
  auto written = [&](const std::string& name, const steps& all, double most_cpu) {
    auto& speed = results.number(name + ", beside a plain file", "tasks/s");
    auto& cpu = results.number(name + ", CPU of 1000 tasks", "ms");
    if (most_cpu > 0)
      cpu.at_most(most_cpu);
    run_beside_floor(
        how, [&] { return measure_file(tasks, all); }, [&] { return measure_store(tasks, all); },
        speed, cpu);
  };
  written("1000 tasks opened and ended in one span", {{opened, ended}}, 10);
  written("1000 tasks opened in one span, ended in the next", {{opened}, {ended}}, 20);
  written("1000 tasks opened, moved and ended in three spans", {{opened}, {moved}, {ended}}, 0);

  if (auto url = how.set.find("postgres"); url != how.set.end())
    measure_all_of_postgres(how, results, url->second);

  auto many = how.scaled(1'000'000);
  auto& newest = results.number("list of the 100 newest of a million", "ms").at_most(10);
  auto& with_status = results.number("list of a rare status", "ms").at_most(10);
  auto& in_pool = results.number("list of a rare status in a pool", "ms").at_most(10);
  auto& none = results.number("list of a status that a pool has not", "ms").at_most(10);
  auto& of_pool = results.number("list of the 100 newest of a pool", "ms").at_most(10);
  auto& forget = results.number("forgetting 1000 tasks", "ms");
  auto& memory = results.number("memory with a million tasks", "MB").at_most(50);
  {
    auto place = scratch::on_disk();
    auto path = place / "journal.db";
    in_child([&] {
      fill(*good(open_sqlite(path)), many);
      return std::vector<double>{};
    });
    auto fresh = many;
    for (std::size_t i = 0; i < how.runs; ++i, fresh += span_size)
      add(in_child([&] { return measure_lists(good(open_sqlite(path)), many, fresh); }), newest,
          with_status, in_pool, none, of_pool, forget, memory);
  }

  auto open_tasks = how.scaled(100'000);
  auto& start = results.number("start with 100,000 open tasks", "s").at_most(0.5);
  for (std::size_t i = 0; i < how.runs; ++i)
    add(in_child([&] { return measure_start(open_tasks); }), start);
}
