// SPDX-License-Identifier: MIT
#include "cli/command_line.hpp"
#include "cli/interrupts.hpp"
#include "cli/kinds.hpp"
#include "cli/progress_line.hpp"
#include "cli/session.hpp"
#include "cli/task_options.hpp"
#include "cli/text.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <iostream>

namespace mahavishnu::cli {

namespace {

constexpr std::size_t longest_output_shown = 60;
/// What a task takes in a message besides its texts.
constexpr std::size_t task_overhead = 256;

/// The command as it was given.
struct batch_wish {
  std::string pool;
  bool routed = false;
  bool stream = false;
  std::vector<std::string> prompts;
  std::string file;
  route_options where;
  task_options task;
};

result<std::vector<std::string>> prompts_of(const batch_wish& wish) {
  auto prompts = wish.prompts;
  if (!wish.file.empty()) {
    auto text = read_text(wish.file);
    if (!text)
      return text.error();
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);)
      if (line.find_first_not_of(" \t\r") != std::string::npos)
        prompts.push_back(line);
  }
  if (prompts.empty())
    return error{errc::invalid_argument, wish.file.empty()
                                             ? "the batch has no tasks; give --prompt or --file"
                                             : "the batch has no tasks: '" + wish.file +
                                                   "' has no line that says anything"};
  return prompts;
}

result<execute_batch> batch_of(const batch_wish& wish) {
  if (wish.pool.empty() != wish.routed)
    return error{errc::invalid_argument,
                 wish.routed ? "give a pool or --route, not both" : "name a pool, or give --route"};
  auto prompts = prompts_of(wish);
  auto spec = wish.task.spec();
  auto labels = wish.where.required_labels();
  if (!prompts)
    return prompts.error();
  if (!spec || !labels)
    return spec ? labels.error() : spec.error();
  spec->labels = *labels;
  execute_batch batch{{}, wish.pool, wish.where.selector, wish.where.affinity};
  batch.tasks.reserve(prompts->size());
  for (auto& each : *prompts) {
    spec->prompt = shared_text{std::move(each)};
    batch.tasks.emplace_back(*spec);
  }
  return batch;
}

/// The server drops a connection with a message that is too long; better to say it here.
result<void> check_size(const execute_batch& batch, std::size_t most) {
  std::size_t size = 0;
  for (const auto& each : batch.tasks) {
    size += task_overhead + each->prompt.str().size() + each->working_directory.size();
    for (const auto* pairs : {&each->environment, &each->metadata, &each->labels})
      for (const auto& [name, value] : *pairs)
        size += name.size() + value.size();
  }
  if (size <= most)
    return {};
  return error{errc::invalid_argument,
               "the batch is too large: " + std::to_string(batch.tasks.size()) +
                   " tasks take about " + std::to_string(size) + " bytes, and at most " +
                   std::to_string(most) +
                   " can be sent (control.max_message_bytes); split it, or raise the limit"};
}

progress_counts counts(const batch_news& news) {
  progress_counts counts;
  counts.total = static_cast<std::uint64_t>(news.total);
  counts.done = static_cast<std::uint64_t>(news.done);
  counts.running = static_cast<std::uint64_t>(news.running);
  counts.queued = *counts.total - counts.done - counts.running;
  counts.failed = static_cast<std::uint64_t>(news.failed);
  return counts;
}

json::value with_index(const batch_item& item) {
  json::value object{{"index", item.index}};
  object.update(json::from(item.result));
  return object;
}

/// What has come of a batch.
struct collected {
  std::int32_t completed = 0;
  std::vector<task_result> results; // in the order of the tasks
};

/// Asks until all is known.
result<collected> follow(session& server, const batch_started& batch, bool stream,
                         progress_line& line) {
  // An answer with so many results of the greatest size still fits into a message.
  constexpr std::int64_t answer_bytes = 32 << 20;
  auto each = 2 * server.settings().get<"exec.output_limit_bytes">() + 4096;
  auto most = static_cast<std::int32_t>(std::clamp<std::int64_t>(answer_bytes / each, 1, 100));
  collected all;
  all.results.resize(static_cast<std::size_t>(batch.total));
  progress_counts last;
  for (follow_batch question{batch.batch, 0, most}; question.from < batch.total;) {
    auto news = server.ask<batch_news>(question);
    if (!news) {
      line.hide();
      return news.error();
    }
    if (stream && !news->items.empty())
      line.hide();
    for (auto& item : news->items) {
      if (stream)
        std::cout << json::text(with_index(item)) << '\n' << std::flush;
      else
        all.results[static_cast<std::size_t>(item.index)] = std::move(item.result);
    }
    question.from = news->next;
    all.completed = news->completed;
    last = counts(*news);
    line.show(last, progress_line::clock::now());
  }
  line.finish(last, progress_line::clock::now());
  return all;
}

grid show_results(const collected& all) {
  grid table{{{.title = "INDEX", .is_number = true},
              {.title = "TASK", .is_rare = true},
              {.title = "STATUS"},
              {.title = "EXIT", .is_number = true},
              {.title = "OUTPUT", .may_shrink = true}}};
  for (std::size_t i = 0; i < all.results.size(); ++i) {
    const auto& each = all.results[i];
    const auto& said = each.output.empty() ? each.error : each.output.str();
    table.add({std::to_string(i), each.task.str(), std::string{to_string(each.status)},
               std::to_string(each.exit_code), first_line(said, longest_output_shown)});
  }
  return table;
}

int run_batch(const invocation& now, const output& out, const batch_wish& wish) {
  auto batch = batch_of(wish);
  if (!batch)
    return out.failure(batch.error());
  interrupts signals;
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto most = (*server)->settings().get<"control.max_message_bytes">();
  if (auto good = check_size(*batch, static_cast<std::size_t>(most)); !good)
    return out.failure(good.error());
  auto started = (*server)->start(*batch);
  if (!started)
    return out.failure(started.error());
  progress_line line{std::cerr, progress_line::on_standard_error(out.is_quiet()),
                     progress_line::clock::now()};
  auto begin_to_cancel = [&] {
    out.talk(std::string{::isatty(STDERR_FILENO) == 1 ? "\n" : ""} +
             "Cancelling the batch; once more to leave at once.");
    (*server)->ask_later<batch_news>(cancel_batch{started->batch},
                                     [](const result<batch_news>&) {});
  };
  on_interrupt cancel{signals, begin_to_cancel, [&] { line.wipe(); }};
  auto all = follow(**server, *started, wish.stream, line);
  if (!all)
    return out.failure(all.error());
  auto not_completed = started->total - all->completed;
  if (!wish.stream) {
    json::value object{{"batch_id", started->batch.value},
                       {"total", started->total},
                       {"completed", all->completed},
                       {"failed", not_completed}};
    object.update(json::from(batch_result{all->results}));
    out.answer(kind_of<batch_result>(), object, show_results(*all));
  }
  out.talk(std::to_string(all->completed) + " of " + std::to_string(started->total) +
           " tasks completed.");
  if (not_completed == 0)
    return done;
  return signals.came() ? interrupted : failed;
}

} // namespace

void add_batch_command(CLI::App& pool, invocation& now) {
  auto* command = pool.add_subcommand("batch", "Run many tasks and wait for all results");
  auto wish = std::make_shared<batch_wish>();
  command->add_option("pool", wish->pool, "Name or id of the pool");
  auto* routed = command->add_flag("--route", wish->routed, "Find a pool for each task instead");
  wish->where.add_to(*command);
  for (auto* each : wish->where.all)
    each->needs(routed);
  add_words(*command, "--prompt,-p", wish->prompts, "A task; may be given many times");
  command->add_option("--file,-f", wish->file,
                      "A file with a task on each line; '-' is standard input");
  command->add_flag("--stream", wish->stream,
                    "Print each result when it comes, as JSON on one line");
  wish->task.add_to(*command);
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) { return run_batch(now, out, *wish); };
  });
}

} // namespace mahavishnu::cli
