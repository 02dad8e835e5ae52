// SPDX-License-Identifier: MIT
#include "actors/outputs.hpp"
#include "deterministic.hpp"
#include "exec/output_capture.hpp"
#include "support/scratch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// A server whose processes seem to write into a directory, and whose long outputs are in another.
struct server_with_files : deterministic {
  explicit server_with_files(std::uint64_t most_bytes = 1'000'000, bool has_files = true) {
    if (has_files)
      runner->output_directory = (place / "out").string();
    outputs_how.has_files = has_files;
    outputs_how.directory = (place / "kept").string();
    outputs_how.most_bytes = most_bytes;
    outputs_how.keep_for = 1h;
    start(manager_options());
  }

  task_id submit(const std::string& pool, const std::string& prompt, std::int32_t attempts = 1) {
    auto spec = task_of(prompt);
    spec.retry.max_attempts = attempts;
    spec.retry.delay = 1s;
    return ask<task_accepted>(control, submit_task{spec, pool, {}, {}}).value().task;
  }

  pending<task_output> read(const task_id& task, std::int64_t offset = 0, std::int32_t most = 1000,
                            output_stream stream = output_stream::output) {
    auto answer = ask<task_output>(control, read_output{task, stream, offset, most});
    for (int looks = 1; looks < 4 && !answer.has_come(); ++looks)
      advance(50ms);
    return answer;
  }

  scratch place;
};

const std::size_t default_history_bytes = pool_manager_options{}.history_bytes;

std::string long_text(std::size_t bytes) {
  std::string text;
  for (int line = 1; text.size() < bytes; ++line)
    text += "line " + std::to_string(line) + "\n";
  return text;
}

/// What is left of it in a result.
exec::process_exit cut(const std::string& text) {
  exec::output_capture kept{text.size() / 4};
  kept.append(text);
  exec::process_exit exit;
  exit.output_truncated = true;
  exit.standard_output = kept.take();
  return exit;
}

} // namespace

TEST_CASE("what a task writes can be read while it runs and when it has ended") {
  server_with_files s;
  s.spawn("a");
  auto first = s.submit("a", "first");
  auto waiting = s.submit("a", "waiting");
  CHECK(s.read(first).value() == task_output{first, task_status::running, 1, 0, {}, 0, {}});
  CHECK(s.read(waiting).value() == task_output{waiting, task_status::queued, 0, 0, {}, 0, {}});

  s.place.write("out/" + first.str() + ".1.out", "one\ntwo\n");
  s.place.write("out/" + first.str() + ".1.err", "bad\n");
  CHECK(s.read(first).value() ==
        task_output{first, task_status::running, 1, 0, "one\ntwo\n", 8, {}});
  CHECK(s.read(first, 4, 2).value().bytes == "tw");
  CHECK(s.read(first, 0, 0).value() == task_output{first, task_status::running, 1, 0, {}, 8, {}});
  CHECK(s.read(first, 100).value().bytes.empty());
  CHECK(s.read(first, 0, 1000, output_stream::error).value().bytes == "bad\n");

  auto exit = exit_with(3, "one\ntwo\nthree\n");
  exit.standard_error = "bad\nworse\n";
  s.finish("first", exit);
  CHECK(s.read(first, 8).value() ==
        task_output{first, task_status::failed, 1, 8, "three\n", 14, {}});
  CHECK(s.read(first, 4, 1000, output_stream::error).value().bytes == "worse\n");
  CHECK(s.read(first, 14).value().bytes.empty());
}

TEST_CASE("each attempt of a task begins anew, and the last one is read") {
  server_with_files s;
  s.spawn("a");
  auto task = s.submit("a", "again", 2);
  s.place.write("out/" + task.str() + ".1.out", "first try\n");
  CHECK(s.read(task).value().bytes == "first try\n");
  CHECK(s.read(task).value().attempt == 1);
  s.finish("again", exit_with(1, "first try\n"));
  CHECK(s.read(task).value() ==
        task_output{task, task_status::parked, 1, 0, "first try\n", 10, {}});
  s.advance(2s);
  s.place.write("out/" + task.str() + ".2.out", "second\n");
  auto now = s.read(task).value();
  CHECK(now.attempt == 2);
  CHECK(now.bytes == "second\n");
}

TEST_CASE("a long output is read whole from where it is kept, and said to be cut without it") {
  server_with_files s;
  s.spawn("a");
  auto task = s.submit("a", "loud");
  auto text = long_text(4000);
  auto name = "kept/" + task.str() + ".1.out";
  s.place.write(name, text);
  s.place.write("kept/" + task.str() + ".2.out", text + "of another attempt\n");
  auto exit = cut(text);
  exit.standard_error = "short\n";
  s.finish("loud", exit);
  auto whole = s.read(task, 0, 10'000).value();
  CHECK(whole.bytes == text);
  CHECK(whole.note.empty());
  CHECK(s.read(task, 3000, 500).value().bytes == text.substr(3000, 500));
  CHECK(s.read(task, 0, 1000, output_stream::error).value().bytes == "short\n");

  std::filesystem::remove(s.place / name);
  auto rest = s.read(task, 0, 10'000).value();
  CHECK(rest.bytes == exit.standard_output);
  CHECK_THAT(rest.note, ContainsSubstring("storage.output_bytes"));
  CHECK(s.read(task, 0, 1000, output_stream::error).value().note.empty());
}

TEST_CASE("a long output of an attempt before the last is read whole until the next begins") {
  server_with_files s;
  s.spawn("a");
  auto task = s.submit("a", "loud", 2);
  auto text = long_text(4000);
  s.place.write("kept/" + task.str() + ".1.out", text);
  auto exit = cut(text);
  exit.exit_code = 1;
  s.finish("loud", exit);
  CHECK(s.read(task, 0, 10'000).value() ==
        task_output{
            task, task_status::parked, 1, 0, text, static_cast<std::int64_t>(text.size()), {}});
  auto other = s.read(task, 0, 1000, output_stream::error).value();
  CHECK((other.size == 0 && other.note.empty()));
}

TEST_CASE(
    "what waiting tasks have written is kept while it is not too much, and said to be missing") {
  server_with_files s;
  s.spawn("a");
  auto many = std::string(default_history_bytes / 2 - 1000, 'x');
  std::vector<task_id> tasks;
  for (const auto* prompt : {"1", "2", "3", "4"}) {
    tasks.push_back(s.submit("a", prompt, 2));
    s.finish(prompt, exit_with(1, prompt == std::string{"4"} ? "little" : many));
  }
  CHECK(s.read(tasks[0]).value().size == static_cast<std::int64_t>(many.size()));
  CHECK(s.read(tasks[1]).value().note.empty());
  auto third = s.read(tasks[2]).value();
  CHECK((third.size == 0 && third.status == task_status::parked));
  CHECK_THAT(third.note, ContainsSubstring("pools.history_bytes"));
  CHECK(s.read(tasks[3]).value().bytes == "little");
  // There is room again when they begin anew.
  s.ask<task_cancelled>(s.control, cancel_task{tasks[0]}).value();
  auto fifth = s.submit("a", "5", 2);
  s.finish("5", exit_with(1, many));
  CHECK(s.read(fifth).value().size == static_cast<std::int64_t>(many.size()));
}

TEST_CASE("an output that has gone while it was looked for is looked for once more") {
  server_with_files s;
  s.spawn("a");
  auto task = s.submit("a", "quick");
  s.runner->on_file_of = [&] {
    s.runner->on_file_of = {};
    s.runner->finish(s.runner->started().back().handle, exit_with(0, "said\n"));
  };
  CHECK(s.read(task).value() == task_output{task, task_status::completed, 1, 0, "said\n", 5, {}});
}

TEST_CASE("a task that another pool runs for its own is read where it runs") {
  server_with_files s;
  s.spawn("a");
  auto b = s.spawn("b");
  auto on_b = s.execute("b", "blocks b");
  auto first = s.route("1", "round_robin");
  auto second = s.route("2", "round_robin"); // waits in b
  s.finish("1");                             // now a has room
  auto run = s.runner->started().back().spec.run;
  auto task = *task_id::parse(run.substr(0, run.find('.')));
  s.place.write("out/" + run + ".out", "in a\n");
  CHECK(s.read(task).value() == task_output{task, task_status::running, 1, 0, "in a\n", 5, {}});
  s.finish("2", exit_with(0, "in a\nto the end\n"));
  CHECK(second.value().task == task);
  CHECK(s.read(task).value().bytes == "in a\nto the end\n");
  s.finish("blocks b");
}

TEST_CASE("what cannot be read is refused, and said why") {
  server_with_files s{1'000'000, false};
  s.spawn("a");
  auto task = s.submit("a", "run");
  CHECK(s.read(task).failure().code == errc::unsupported);
  CHECK_THAT(s.read(task).failure().message, ContainsSubstring("exec.keepers"));
  CHECK(s.read(task, -1).failure().code == errc::invalid_argument);
  CHECK(s.read(task, 0, -1).failure().code == errc::invalid_argument);
  CHECK(s.read(task_id{1, 2}).failure().code == errc::not_found);
  s.finish("run", exit_with(0, "at the end\n"));
  CHECK(s.read(task).value().bytes == "at the end\n");
}

TEST_CASE("long outputs go when they are too many or too old") {
  server_with_files s{2 << 20};
  for (const auto* name : {"x", "y", "z"})
    s.place.write("kept/" + std::string{name} + ".out", std::string(900'000, 'x'));
  auto files = [&] {
    auto all = std::filesystem::directory_iterator{s.place / "kept"};
    return std::distance(begin(all), end(all));
  };
  s.clock->at = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  s.advance(61s);
  CHECK(files() == 2);
  s.clock->at += 2h;
  s.advance(61s);
  CHECK(files() == 0);
}
