// SPDX-License-Identifier: MIT
#include "cli/find.hpp"
#include "cli/interrupts.hpp"
#include "cli/terminal_view.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <iostream>
#include <thread>

namespace mahavishnu::cli {

namespace {

constexpr std::int32_t bytes_of_piece = 1 << 18;
constexpr std::chrono::milliseconds between_looks{50};

/// Passes on what a task writes to both of its streams, as it comes.
class task_follower {
public:
  task_follower(session& server, const output& out, task_id task)
      : server_(server), out_(out), task_(task) {}

  /// Whether anything came, and whether all has come of a task that has ended.
  struct look {
    bool came = false;
    bool ended = false;
  };

  result<look> pass_on() {
    look all{false, true};
    for (auto& each : streams_) {
      auto piece =
          server_.ask<task_output>(read_output{task_, each.which, each.offset, bytes_of_piece});
      if (!piece)
        return piece.error();
      if (piece->attempt != attempt_) {
        begin_anew(piece->attempt);
        return look{true, false};
      }
      *each.to << piece->bytes << std::flush;
      each.offset += static_cast<std::int64_t>(piece->bytes.size());
      if (!piece->note.empty() && is_final(piece->status) && each.note.empty()) {
        each.note = piece->note;
        out_.talk("note: " + piece->note);
      }
      all.came = all.came || !piece->bytes.empty();
      // Of a shortened output no more comes than there is.
      bool has_all = each.offset >= piece->size || (piece->bytes.empty() && !piece->note.empty());
      all.ended = all.ended && is_final(piece->status) && has_all;
    }
    return all;
  }

private:
  struct stream {
    output_stream which;
    std::ostream* to;
    std::int64_t offset = 0;
    std::string note = {};
  };

  void begin_anew(std::int32_t attempt) {
    if (attempt_ > 0)
      out_.talk("-- attempt " + std::to_string(attempt) + " --");
    attempt_ = attempt;
    for (auto& each : streams_)
      each.offset = 0;
  }

  session& server_;
  const output& out_;
  task_id task_;
  std::int32_t attempt_ = 0;
  std::array<stream, 2> streams_{
      {{output_stream::output, &std::cout}, {output_stream::error, &std::cerr}}};
};

int attach_to_task(session& server, const output& out, interrupts& signals, task_id task) {
  on_interrupt leave{
      signals,
      [&] { out.talk("Detached; the task goes on. Once more: mahavishnu attach " + task.str()); }};
  task_follower follower{server, out, task};
  while (!signals.came() && std::cout) {
    auto seen = follower.pass_on();
    if (!seen)
      return out.failure(seen.error());
    if (seen->ended) {
      auto result = server.ask<task_result>(wait_task{task});
      if (!result)
        return out.failure(result.error());
      if (result->status != task_status::completed)
        out.talk("Task " + std::string{to_string(result->status)} +
                 (result->error.empty() ? "" : ": " + result->error));
      return exit_code_of_task(*result);
    }
    if (!seen->came)
      std::this_thread::sleep_for(between_looks);
  }
  return interrupted;
}

int attach(const invocation& now, const output& out, const std::string& name) {
  if (out.is_json())
    return out.failure({errc::invalid_argument,
                        "attach passes on what comes and has no such form; leave out -o, or take: "
                        "mahavishnu task wait"});
  interrupts signals;
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto task = find_task(**server, name);
  if (task)
    return attach_to_task(**server, out, signals, *task);
  if (!names_nothing(task.error()))
    return out.failure(task.error());
  auto terminal = find_terminal(**server, name);
  if (!terminal && !names_nothing(terminal.error()))
    return out.failure(terminal.error());
  if (!terminal)
    return out.failure({errc::not_found, "there is neither a task nor a terminal '" +
                                             name.substr(0, 100) +
                                             "'; look for one with: mahavishnu ps --all, or "
                                             "mahavishnu terminal list"});
  return show_terminal(**server, out, signals, *terminal, !now.global.no_input);
}

} // namespace

void add_attach_command(CLI::App& app, invocation& now) {
  auto* command = app.add_subcommand(
      "attach", "See what a task writes, or use a terminal, until it ends or you leave");
  auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "Id of a task or a terminal, or its beginning")->required();
  command->callback(
      [&now, name] { now.action = [&now, name](output& out) { return attach(now, out, *name); }; });
}

} // namespace mahavishnu::cli
