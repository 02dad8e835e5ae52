// SPDX-License-Identifier: MIT
#include "actors/terminals.hpp"

#include "base/rfc3339.hpp"
#include "exec/output_file.hpp"
#include "exec/process_runner.hpp"
#include "exec/terminal_screen.hpp"
#include "exec/unique_fd.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace mahavishnu::terminals_detail {

/// From the runner: it has written something. Never leaves this process.
struct grown {
  std::string terminal;
  exec::output_growth how;
};

/// From the runner. Never leaves this process.
struct over {
  std::string terminal;
  std::shared_ptr<exec::process_exit> exit;
};

/// From the runner: there is room for more input, or never will be. Never leaves this process.
struct input_taken {
  std::uint64_t number;
  std::shared_ptr<result<void>> how;
};

/// From the clock: whoever has typed that waits no longer. Never leaves this process.
struct input_overdue {
  std::uint64_t number;
};

} // namespace mahavishnu::terminals_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::terminals_detail::grown)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::terminals_detail::over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::terminals_detail::input_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::terminals_detail::input_overdue)

namespace mahavishnu {

namespace {

using terminals_detail::grown;
using terminals_detail::input_overdue;
using terminals_detail::input_taken;
using terminals_detail::over;
using output_stream_of = exec::output_growth::stream;

constexpr std::int32_t most_at_once = 10;
constexpr std::size_t longest_command = 10'000;
constexpr std::size_t longest_text = std::size_t{64} << 10;
constexpr std::int32_t least_columns = 40, most_columns = 300, least_rows = 10, most_rows = 200;
/// What a program reads at all, it reads sooner.
constexpr std::chrono::seconds patience_with_readers{5};
/// Of a program that writes faster than we read, only the end is looked at: the rest would have
/// left the screen before anybody had seen it.
constexpr std::uint64_t most_behind = std::uint64_t{1} << 20;
constexpr std::size_t piece_size = 64 * 1024;
/// What has been read takes no room on the disk; without that help of the file system this is what
/// a terminal takes at most.
constexpr std::uint64_t most_in_file = std::uint64_t{4} << 30;

using terminals_self_actor =
    terminals_actor::extend<caf::reacts_to<grown>, caf::reacts_to<over>,
                            caf::reacts_to<input_taken>, caf::reacts_to<input_overdue>>;

/// The file keeps its size and what comes later; a file system that cannot do it changes nothing.
void give_back(const std::string& path, std::uint64_t read) {
  exec::unique_fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (file)
    (void)::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                      static_cast<off_t>(read));
}

struct lines_seen {
  std::string text;
  /// Of those that have left the screen.
  std::int32_t above = 0;
};

/// The last so many lines, without the empty ones at the end.
lines_seen last_lines(const exec::terminal_screen& screen, std::size_t count) {
  auto rows = screen.rows();
  while (!rows.empty() && rows.back().empty())
    rows.pop_back();
  std::vector<std::string> lines;
  std::size_t above = 0;
  // What has left the screen is of the programs before an editor, not of the editor.
  if (!screen.alternate() && count > rows.size()) {
    const auto& gone = screen.scrollback();
    auto wanted = std::min(count - rows.size(), gone.size());
    lines.assign(gone.end() - static_cast<std::ptrdiff_t>(wanted), gone.end());
    above = wanted;
  }
  auto shown = std::min(count, rows.size());
  lines.insert(lines.end(), rows.end() - static_cast<std::ptrdiff_t>(shown), rows.end());
  std::string text;
  for (const auto& line : lines)
    text += (text.empty() && &line == &lines.front() ? "" : "\n") + line;
  return {std::move(text), static_cast<std::int32_t>(above)};
}

struct terminals_state {
  static inline const char* name = "terminals";

  struct terminal {
    terminal_info about;
    exec::terminal_screen screen;
    exec::process_handle process = 0;
    /// Where its output is; empty until there is some.
    std::string file{};
    std::uint64_t read = 0;
    std::uint64_t given_back = 0;
    /// Whether news of more output is on its way: one at a time is enough.
    std::shared_ptr<std::atomic<bool>> is_told = std::make_shared<std::atomic<bool>>(false);

    bool has_exited() const { return about.status == "exited"; }
  };
  /// Somebody who waits until these are gone.
  struct closing {
    caf::typed_response_promise<terminals_closed> promise;
    std::set<std::string> left;
    std::int32_t count = 0;
  };

  terminals_self_actor::pointer self = nullptr;
  terminals_options options;
  std::mt19937_64 random;
  /// The oldest first.
  std::vector<terminal> terminals;
  std::vector<closing> closings;
  std::uint64_t last_input = 0;
  std::map<std::uint64_t, std::pair<std::string, caf::typed_response_promise<typed_into_terminal>>>
      inputs;

  ~terminals_state() {
    for (auto& each : terminals)
      if (!each.has_exited()) {
        options.runner->stop(each.process);
        ::unlink(each.file.c_str());
      }
  }

  // -- from the outside ------------------------------------------------------------------------

  caf::result<terminals_launched> launch(const launch_terminals& wish) {
    auto checked = check(wish);
    if (!checked)
      return to_caf(checked.error());
    if (auto room = make_room(static_cast<std::size_t>(wish.count)); !room)
      return to_caf(room.error());
    terminals_launched answer;
    for (std::int32_t i = 0; i < wish.count; ++i)
      answer.terminals.push_back(open(wish, *checked));
    return answer;
  }

  result<exec::terminal_size> check(const launch_terminals& wish) const {
    if (!options.enabled)
      return error{errc::unsupported, "there are no terminals here: set terminal.enabled to true "
                                      "and start the server again"};
    if (!options.runner)
      return error{errc::unsupported, "there are no terminals here: they need a state directory; "
                                      "set state_dir"};
    if (wish.command.empty() || wish.command.size() > longest_command ||
        wish.command.find('\0') != std::string::npos)
      return error{errc::invalid_argument,
                   "the command of a terminal has 1 to " + std::to_string(longest_command) +
                       " bytes, none of them 0; put what is longer into a script"};
    if (wish.count < 1 || wish.count > most_at_once)
      return error{errc::invalid_argument, std::to_string(wish.count) +
                                               " terminals cannot be launched at once; ask for 1 "
                                               "to " +
                                               std::to_string(most_at_once)};
    exec::terminal_size size{wish.rows == 0 ? options.default_size.rows : wish.rows,
                             wish.columns == 0 ? options.default_size.columns : wish.columns};
    if (auto good = check(size); !good)
      return good.error();
    if (!wish.working_directory.empty() && !wish.working_directory.starts_with('/'))
      return error{errc::invalid_argument,
                   "the directory '" + wish.working_directory + "' has to be an absolute path"};
    return size;
  }

  static result<void> check(exec::terminal_size size) {
    if (size.columns < least_columns || size.columns > most_columns || size.rows < least_rows ||
        size.rows > most_rows)
      return error{errc::invalid_argument,
                   "a terminal has 40 to 300 columns and 10 to 200 rows, and not " +
                       std::to_string(size.columns) + " and " + std::to_string(size.rows)};
    return {};
  }

  /// Those that have exited go first, the oldest before the others.
  result<void> make_room(std::size_t count) {
    auto exited = static_cast<std::size_t>(std::ranges::count_if(terminals, &terminal::has_exited));
    if (terminals.size() - exited + count > options.most)
      return error{errc::invalid_argument,
                   "there are " + std::to_string(terminals.size() - exited) +
                       " terminals, and no more than " + std::to_string(options.most) +
                       " may be open; close some, or raise terminal.max_concurrent_sessions"};
    while (terminals.size() + count > options.most)
      terminals.erase(std::ranges::find_if(terminals, &terminal::has_exited));
    return {};
  }

  std::string open(const launch_terminals& wish, exec::terminal_size size) {
    terminal_info about;
    about.terminal = next_id();
    about.command = wish.command;
    about.status = "running";
    about.columns = size.columns;
    about.rows = size.rows;
    about.started = rfc3339(std::chrono::floor<std::chrono::milliseconds>(options.clock->now()));
    auto id = about.terminal;
    exec::process_spec spec;
    spec.run = id;
    spec.argv = {"/bin/sh", "-c", wish.command};
    spec.working_directory = wish.working_directory;
    spec.environment = {{"TERM", "xterm-256color"}};
    spec.terminal = size;
    spec.input_stays_open = true;
    spec.output_limit = 4096; // it is read from the file
    spec.file_limit = most_in_file;
    spec.grace = options.grace;
    auto screen = exec::terminal_screen::open(size, options.scrollback);
    terminals_self_actor me{self};
    auto process = options.runner->start(std::move(spec), [me, id](exec::process_exit exit) {
      caf::anon_send(me, over{id, std::make_shared<exec::process_exit>(std::move(exit))});
    });
    // The size has been checked, and by stricter rules than those of the screen.
    terminal fresh{std::move(about), std::move(screen.value()), process};
    options.runner->follow(process,
                           [me, id, is_told = fresh.is_told](const exec::output_growth& how) {
                             if (!is_told->exchange(true))
                               caf::anon_send(me, grown{id, how});
                           });
    terminals.push_back(std::move(fresh));
    return id;
  }

  std::string next_id() {
    constexpr std::string_view digits = "0123456789abcdef";
    for (;;) {
      std::string id = "term_";
      auto number = random();
      for (int i = 0; i < 8; ++i, number >>= 4)
        id += digits[number & 0xf];
      if (find(id) == nullptr)
        return id;
    }
  }

  terminal* find(const std::string& id) {
    auto found = std::ranges::find(
        terminals, id, [](const terminal& x) -> const std::string& { return x.about.terminal; });
    return found == terminals.end() ? nullptr : &*found;
  }

  static error unknown(const std::string& id) {
    return {errc::not_found, "there is no terminal '" + id +
                                 "'; it was closed, or another has taken the place that it had "
                                 "after its end (terminal_list gives those that there are)"};
  }

  caf::result<typed_into_terminal> type(const type_into_terminal& wish) {
    auto* whose = find(wish.terminal);
    if (whose == nullptr)
      return to_caf(unknown(wish.terminal));
    if (whose->about.status != "running")
      return to_caf({errc::process_failed, "nothing can be typed into terminal '" + wish.terminal +
                                               "', which has ended; launch another"});
    if (wish.text.size() > longest_text)
      return to_caf({errc::invalid_argument, "no more than " + std::to_string(longest_text) +
                                                 " bytes can be typed at once into terminal '" +
                                                 wish.terminal + "'"});
    auto promise = self->make_response_promise<typed_into_terminal>();
    auto number = ++last_input;
    inputs.emplace(number, std::pair{wish.terminal, promise});
    self->delayed_send(self, patience_with_readers, input_overdue{number});
    options.runner->write_input(
        whose->process, wish.submit ? wish.text + '\r' : wish.text, false,
        [me = terminals_self_actor{self}, number](result<void> how) {
          caf::anon_send(me, input_taken{number, std::make_shared<result<void>>(std::move(how))});
        });
    return promise;
  }

  caf::result<terminals_captured> capture(const capture_terminals& wish) {
    auto lines = wish.lines == 0 ? options.capture_lines : wish.lines;
    if (lines < 1)
      return to_caf({errc::invalid_argument, "a capture has 1 line or more"});
    terminals_captured answer;
    if (wish.terminals.empty())
      for (auto& each : terminals)
        answer.terminals.push_back(show(each, lines));
    for (const auto& id : wish.terminals) {
      auto* whose = find(id);
      if (whose == nullptr)
        return to_caf(unknown(id));
      answer.terminals.push_back(show(*whose, lines));
    }
    return answer;
  }

  terminal_text show(terminal& whose, std::int32_t lines) {
    read_on(whose);
    terminal_text shown;
    shown.about = describe(whose);
    auto seen = last_lines(whose.screen, static_cast<std::size_t>(lines));
    shown.text = std::move(seen.text);
    shown.lines_above = seen.above;
    auto cursor = whose.screen.cursor();
    shown.cursor_row = cursor.row;
    shown.cursor_column = cursor.column;
    shown.alternate = whose.screen.alternate();
    return shown;
  }

  caf::result<terminal_info> resize(const resize_terminal& wish) {
    auto* whose = find(wish.terminal);
    if (whose == nullptr)
      return to_caf(unknown(wish.terminal));
    exec::terminal_size size{wish.rows, wish.columns};
    if (auto good = check(size); !good)
      return to_caf(good.error());
    if (auto resized = whose->screen.resize(size); !resized)
      return to_caf(resized.error());
    whose->about.columns = size.columns;
    whose->about.rows = size.rows;
    if (!whose->has_exited())
      options.runner->resize(whose->process, size);
    return describe(*whose);
  }

  static terminal_info describe(const terminal& whose) {
    auto about = whose.about;
    about.title = whose.screen.title();
    return about;
  }

  terminal_list list() const {
    terminal_list answer;
    for (const auto& each : terminals)
      answer.terminals.push_back(describe(each));
    return answer;
  }

  caf::result<terminals_closed> close(const std::string& id) {
    if (find(id) == nullptr)
      return to_caf(unknown(id));
    return close(std::vector{id});
  }

  caf::result<terminals_closed> close_all() {
    std::vector<std::string> all;
    for (const auto& each : terminals)
      all.push_back(each.about.terminal);
    return close(all);
  }

  caf::result<terminals_closed> close(const std::vector<std::string>& ids) {
    closing who{self->make_response_promise<terminals_closed>(), {}, 0};
    for (const auto& id : ids) {
      auto* whose = find(id);
      ++who.count;
      if (whose->has_exited()) {
        forget(id);
        continue;
      }
      who.left.insert(id);
      if (std::exchange(whose->about.status, "closing") != "closing")
        options.runner->stop(whose->process);
    }
    if (who.left.empty())
      who.promise.deliver(terminals_closed{who.count});
    else
      closings.push_back(who);
    return who.promise;
  }

  void forget(const std::string& id) {
    std::erase_if(terminals, [&](const terminal& each) { return each.about.terminal == id; });
    for (auto& each : closings)
      if (each.left.erase(id) > 0 && each.left.empty())
        each.promise.deliver(terminals_closed{each.count});
    std::erase_if(closings, [](const closing& each) { return each.left.empty(); });
  }

  // -- from the runner -------------------------------------------------------------------------

  void grow(const grown& news) {
    auto* whose = find(news.terminal);
    if (whose == nullptr || news.how.which != output_stream_of::output)
      return;
    *whose->is_told = false;
    whose->file = news.how.path;
    read_on(*whose);
    if (news.how.bytes > most_in_file)
      whose->about.note = "it has written more than " + std::to_string(most_in_file) +
                          " bytes, and what came later is not shown; close it and launch another";
  }

  void read_on(terminal& whose) {
    if (whose.file.empty())
      return;
    // Its program may write as fast as we read; the next news of it goes on.
    auto pieces = 2 * most_behind / piece_size;
    for (std::size_t got = piece_size; got == piece_size && pieces > 0; --pieces) {
      auto piece = exec::read_output(whose.file, whose.read, piece_size);
      if (!piece) {
        whose.about.note = piece.error().message;
        return;
      }
      if (piece->file_size > whose.read + most_behind) {
        whose.read = piece->file_size - most_behind;
        continue;
      }
      got = piece->bytes.size();
      whose.read += got;
      whose.screen.feed(piece->bytes);
    }
    if (whose.read >= whose.given_back + most_behind) {
      whose.given_back = whose.read;
      give_back(whose.file, whose.read);
    }
    // Programs ask where the cursor is, and wait for the answer.
    if (auto answers = whose.screen.take_answers(); !answers.empty())
      options.runner->write_input(whose.process, std::move(answers), false,
                                  [](const result<void>&) {});
  }

  void end(const over& news) {
    auto* whose = find(news.terminal);
    if (whose == nullptr)
      return;
    if (whose->file.empty())
      whose->file = options.runner->file_of(news.terminal, output_stream_of::output);
    read_on(*whose);
    ::unlink(whose->file.c_str());
    options.runner->settle({news.terminal});
    if (whose->about.status == "closing")
      return forget(news.terminal);
    const auto& exit = *news.exit;
    whose->file.clear();
    whose->about.status = "exited";
    whose->about.exit_code = exit.failure ? -1 : exit.exit_code;
    if (exit.failure)
      whose->about.note = exit.failure->message;
    else if (exit.signal != 0)
      whose->about.note = "ended by signal " + std::to_string(exit.signal);
    else if (!exit.note.empty())
      whose->about.note = exit.note;
  }

  void tell_taken(std::uint64_t number, const result<void>* how) {
    auto found = inputs.extract(number);
    if (!found)
      return;
    auto& [id, promise] = found.mapped();
    if (how == nullptr || *how)
      promise.deliver(typed_into_terminal{id, how != nullptr});
    else
      promise.deliver(to_caf(
          {how->error().code, "terminal '" + id + "' takes nothing: " + how->error().message}));
  }
};

terminals_self_actor::behavior_type
terminals(terminals_self_actor::stateful_pointer<terminals_state> self,
          const terminals_options& options) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.random.seed(options.seed);
  self->set_default_handler(caf::drop);
  return {
      [&state](const launch_terminals& x) { return state.launch(x); },
      [&state](const type_into_terminal& x) { return state.type(x); },
      [&state](const capture_terminals& x) { return state.capture(x); },
      [&state](const resize_terminal& x) { return state.resize(x); },
      [&state](const list_terminals&) { return state.list(); },
      [&state](const close_terminal& x) { return state.close(x.terminal); },
      [&state](const close_all_terminals&) { return state.close_all(); },
      [&state](const grown& x) { state.grow(x); },
      [&state](const over& x) { state.end(x); },
      [&state](const input_taken& x) { state.tell_taken(x.number, x.how.get()); },
      [&state](const input_overdue& x) { state.tell_taken(x.number, nullptr); },
  };
}

} // namespace

terminals_actor spawn_terminals(caf::actor_system& system, terminals_options options) {
  if (options.detached)
    return system.spawn<caf::detached>(terminals, std::move(options));
  return system.spawn(terminals, std::move(options));
}

} // namespace mahavishnu
