// SPDX-License-Identifier: MIT
#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "cli/task_options.hpp"
#include "cli/top/live.hpp"

#include <CLI/CLI.hpp>

namespace mahavishnu::cli {

namespace {

/// Tasks in a picture that somebody reads line by line.
constexpr std::int32_t tasks_in_lines = 20;

/// The command as it was given.
struct top_wish {
  bool once = false;
  double interval = 2;
  std::string view = "tasks";
  std::optional<std::int64_t> count;
  std::optional<std::int32_t> limit;

  top::watch_wish watch(const output& out) const {
    top::watch_wish wish;
    for (std::size_t i = 0; i < top::page_count; ++i)
      if (view == to_lower(top::title_of(static_cast<top::page>(i))))
        wish.first = static_cast<top::page>(i);
    wish.interval = milliseconds_of(interval);
    wish.count = once ? std::optional<std::int64_t>{1} : count;
    bool is_text = out.form() == output_form::table || out.form() == output_form::wide;
    wish.limit = limit.value_or(is_text ? tasks_in_lines : top::most_tasks);
    return wish;
  }
};

int show_top(const invocation& now, const output& out, const top_wish& wish) {
  bool has_screen = !wish.once && !wish.count && top::may_have_screen(now, out);
  top::signal_inbox signals{has_screen};
  auto show = has_screen ? top::watch : top::print_pictures;
  return show(now, out, signals, wish.watch(out));
}

} // namespace

void add_top_command(CLI::App& app, invocation& now) {
  auto* command = app.add_subcommand(
      "top", "Look at pools, tasks and workers as they are now; h tells the keys");
  auto wish = std::make_shared<top_wish>();
  auto* once = command->add_flag("--once", wish->once, "Print one picture and leave");
  command->add_option("--interval,-d", wish->interval, "Seconds between two pictures (default: 2)")
      ->check(CLI::Range(top::shortest_interval, top::longest_interval));
  command->add_option("--count,-n", wish->count, "Print so many pictures and leave")
      ->check(CLI::Range(1, 1'000'000'000))
      ->excludes(once);
  command->add_option("--view", wish->view, "Begin with pools, tasks or workers (default: tasks)")
      ->check(CLI::IsMember({"pools", "tasks", "workers"}));
  command
      ->add_option("--limit", wish->limit,
                   "Tasks at most in what is printed (default: 20, as JSON 500)")
      ->check(CLI::Range(1, 10'000));
  command->callback([&now, wish] {
    now.action = [&now, wish](output& out) { return show_top(now, out, *wish); };
  });
}

} // namespace mahavishnu::cli
