// SPDX-License-Identifier: MIT
#include "cli/top/live.hpp"

#include "cli/top/frame.hpp"
#include "cli/top/screen.hpp"
#include "cli/top/server_link.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdlib>
#include <iostream>

namespace mahavishnu::cli::top {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_tries{1000};
constexpr milliseconds between_pieces{250};
/// A server that has not answered for so long is said to be away.
constexpr milliseconds patience{3000};
/// For a server that does not answer while somebody wants to leave.
constexpr milliseconds patience_at_the_end{200};

/// Waits until one of them can be read, or this moment comes. Which ones, in their order.
template <std::size_t N>
std::array<short, N> wait_for(const std::array<int, N>& descriptors, clock::time_point until) {
  std::array<pollfd, N> all{};
  for (std::size_t i = 0; i < N; ++i)
    all[i] = {descriptors[i], POLLIN, 0};
  // A moment that is far away is no longer than this.
  auto time = std::chrono::ceil<milliseconds>(std::min(until, clock::now() + milliseconds{60'000}) -
                                              clock::now());
  poll(all.data(), N, static_cast<int>(std::max<std::int64_t>(time.count(), 0)));
  std::array<short, N> come{};
  for (std::size_t i = 0; i < N; ++i)
    come[i] = all[i].revents;
  return come;
}

int code_of_signal(int which) {
  return 128 + which;
}

/// With a question open at a server that does not answer, the connection would be waited for.
int leave(server_link& link, int code) {
  if (link.end(patience_at_the_end))
    return code;
  std::cout << std::flush;
  std::_Exit(code);
}

/// Keys, signals, answers and the clock, and what each of them means for the view.
class watcher {
public:
  watcher(screen& terminal, server_link& link, signal_inbox& signals, const watch_wish& wish)
      : terminal_(terminal),
        link_(link),
        signals_(signals),
        state_(terminal.size(), wish.interval, wish.first, wish.pools) {}

  int run() {
    while (!code_) {
      ask_what_is_due();
      terminal_.show(draw(state_, clock::now()));
      auto come = wait_for(std::array{STDIN_FILENO, link_.descriptor(), signals_.descriptor()},
                           next_turn());
      if (come[2] != 0)
        heed_signals();
      if (come[1] != 0)
        for (auto& each : link_.answers())
          take(each);
      if (come[0] != 0 && !code_)
        heed_keys();
    }
    return *code_;
  }

private:
  /// A question of one kind: whether it is open, and when the next one is due.
  struct slot {
    bool is_open = false;
    clock::time_point asked{};
    clock::time_point due{};
  };

  template <class Question>
  void ask(slot& mine, Question what) {
    mine.is_open = true;
    mine.asked = clock::now();
    link_.ask(std::move(what));
  }

  bool looks() const {
    // A log is all that is seen of the server; that it is back has to be noticed all the same.
    bool is_seen = state_.shown() == view_state::mode::list && !state_.is_paused();
    return is_seen || must_look_ || state_.lost();
  }

  void ask_what_is_due() {
    auto now = clock::now();
    if (picture_.is_open && now - picture_.asked > patience)
      state_.lose("it does not answer", picture_.asked);
    if (!picture_.is_open && looks() && (must_look_ || now >= picture_.due)) {
      must_look_ = false;
      ask(picture_, state_.wanted());
    }
    if (auto piece = state_.wanted_log(); piece && !log_.is_open && now >= log_.due)
      ask(log_, *piece);
    if (auto thing = state_.wanted_description();
        thing && !description_.is_open && now >= description_.due)
      ask(description_, *thing);
  }

  clock::time_point next_turn() const {
    auto next = clock::now() + (state_.lost() ? between_tries : milliseconds{60'000});
    if (picture_.is_open)
      next = std::min(next, std::max(picture_.asked + patience, clock::now() + between_tries));
    else if (looks())
      next = std::min(next, picture_.due);
    if (state_.wanted_log() && !log_.is_open)
      next = std::min(next, log_.due);
    if (state_.wanted_description() && !description_.is_open)
      next = std::min(next, description_.due);
    return next;
  }

  void take(answer& news) {
    auto now = clock::now();
    if (const auto* failure = std::get_if<error>(&news.what))
      fail(news.to, *failure, now);
    else if (auto* picture = std::get_if<snapshot>(&news.what))
      take(std::get<snapshot_wish>(news.to), std::move(*picture), now);
    else if (const auto* piece = std::get_if<task_output>(&news.what)) {
      bool has_more = state_.take(std::get<read_output>(news.to), *piece);
      log_ = {.due = has_more ? now : now + between_pieces};
    } else if (const auto* text = std::get_if<std::string>(&news.what)) {
      description_ = {};
      state_.take(std::get<description_wish>(news.to), *text);
    } else if (const auto* task = std::get_if<task_cancelled>(&news.what)) {
      state_.say(told_of(*task));
      must_look_ = true;
    }
  }

  void take(const snapshot_wish& wish, snapshot picture, clock::time_point now) {
    picture_ = {.due = now + state_.interval()};
    // Somebody has gone on to something else, or wants peace.
    if (wish != state_.wanted())
      must_look_ = true;
    else if (state_.is_paused() && state_.has_list() && !state_.lost())
      return;
    state_.take(std::move(picture));
  }

  void fail(const question& about, const error& failure, clock::time_point now) {
    bool is_of_thing = failure.code == errc::not_found || failure.code == errc::invalid_argument ||
                       failure.code == errc::unsupported || failure.code == errc::io_failed;
    auto why = told(failure).what;
    if (!is_of_thing)
      state_.lose(why, now);
    else if (const auto* thing = std::get_if<description_wish>(&about))
      state_.take(*thing, why);
    else
      state_.say(harmless(why));
    slot later{.due = now + between_tries};
    if (std::holds_alternative<snapshot_wish>(about))
      picture_ = later;
    else if (std::holds_alternative<read_output>(about))
      log_ = later;
    else if (std::holds_alternative<description_wish>(about))
      description_ = later;
  }

  static std::string told_of(const task_cancelled& task) {
    if (task.status == task_status::running)
      return "It is being ended";
    if (task.status == task_status::cancelled)
      return "Cancelled";
    return "It had ended already: " + std::string{to_string(task.status)};
  }

  void heed_keys() {
    bool has_any = false;
    for (auto typed = terminal_.typed(); typed && !code_; typed = terminal_.typed()) {
      has_any = true;
      auto wanted = state_.handle(*typed);
      switch (wanted.what) {
      case action::kind::leave: code_ = done; break;
      case action::kind::look_again: must_look_ = true; break;
      case action::kind::cancel: link_.ask(cancel_task{wanted.task}); break;
      case action::kind::none: break;
      }
    }
    // Readable, with nothing to be read: nobody is there any more.
    int bytes = 0;
    if (!has_any && (ioctl(STDIN_FILENO, FIONREAD, &bytes) != 0 || bytes == 0) &&
        ++empty_reads_ > 3)
      code_ = code_of_signal(SIGHUP);
    if (has_any)
      empty_reads_ = 0;
  }

  void heed_signals() {
    while (auto which = signals_.next())
      switch (*which) {
      case SIGTSTP:
        terminal_.rest();
        signals_.let_through(SIGTSTP);
        break;
      case SIGCONT: terminal_.rest(); [[fallthrough]]; // the shell had the terminal meanwhile
      case SIGWINCH:
        terminal_.resize();
        state_.resize(terminal_.size());
        break;
      default: code_ = code_of_signal(*which);
      }
  }

  screen& terminal_;
  server_link& link_;
  signal_inbox& signals_;
  view_state state_;
  slot picture_, log_, description_;
  bool must_look_ = false;
  int empty_reads_ = 0;
  std::optional<int> code_;
};

void print(const output& out, const snapshot& now) {
  switch (out.form()) {
  case output_form::table:
  case output_form::wide: out.answer("top", {}, plain_text(now, out.where())); break;
  case output_form::jsonl: out.item("top", json_of(now), {}); break;
  case output_form::name: out.answer("top", {{"tasks", json_of(now)["tasks"]}}, {}); break;
  case output_form::json:
  case output_form::yaml: out.answer("top", json_of(now), {});
  }
}

bool is_one_document(const output& out) {
  return out.form() == output_form::json || out.form() == output_form::yaml ||
         out.form() == output_form::name;
}

int print(server_link& link, const output& out, signal_inbox& signals, const watch_wish& wish) {
  const snapshot_wish picture_wish{.metrics = true,
                                   .tasks = true,
                                   .workers = out.is_json(),
                                   .pools = wish.pools,
                                   .tasks_of = {},
                                   .limit = wish.limit};
  auto count = is_one_document(out) ? 1 : wish.count;
  std::optional<snapshot> before;
  bool is_asked = false;
  auto due = clock::now();
  for (std::int64_t printed = 0; !count || printed < *count;) {
    if (!is_asked && clock::now() >= due) {
      link.ask(picture_wish);
      is_asked = true;
    }
    wait_for(std::array{link.descriptor(), signals.descriptor()},
             is_asked ? clock::time_point::max() : due);
    if (auto which = signals.next()) {
      if (*which == SIGTSTP) // kept back for a screen that is not to be had
        signals.let_through(SIGTSTP);
      else if (*which != SIGWINCH && *which != SIGCONT)
        return leave(link, code_of_signal(*which));
    }
    for (auto& each : link.answers()) {
      if (const auto* failure = std::get_if<error>(&each.what))
        return leave(link, out.failure(*failure));
      auto& picture = std::get<snapshot>(each.what);
      if (before)
        picture.per_second = rate_between(*before, picture);
      if (printed > 0 && !out.is_json())
        std::cout << "\n";
      print(out, picture);
      if (!std::cout) // nobody reads it any more
        return leave(link, failed);
      before = std::move(picture);
      is_asked = false;
      due = clock::now() + wish.interval;
      ++printed;
    }
  }
  return leave(link, done);
}

} // namespace

signal_inbox::signal_inbox(bool has_screen) {
  sigemptyset(&kept_);
  auto keep = [this](int which) {
    struct sigaction now {};
    if (sigaction(which, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
      sigaddset(&kept_, which);
  };
  for (int each : {SIGINT, SIGTERM, SIGHUP})
    keep(each);
  if (has_screen)
    for (int each : {SIGWINCH, SIGTSTP, SIGCONT})
      keep(each);
  pthread_sigmask(SIG_BLOCK, &kept_, &before_);
  descriptor_ = signalfd(-1, &kept_, SFD_CLOEXEC | SFD_NONBLOCK);
}

signal_inbox::~signal_inbox() {
  close(descriptor_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> signal_inbox::next() {
  signalfd_siginfo come{};
  if (read(descriptor_, &come, sizeof come) != sizeof come)
    return std::nullopt;
  return static_cast<int>(come.ssi_signo);
}

void signal_inbox::let_through(int which) {
  sigset_t only{};
  sigemptyset(&only);
  sigaddset(&only, which);
  raise(which);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  pthread_sigmask(SIG_BLOCK, &only, nullptr);
}

bool may_have_screen(const invocation& now, const output& out) {
  const auto* terminal = std::getenv("TERM");
  return !now.global.no_input && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 &&
         terminal != nullptr && *terminal != '\0' && std::string_view{terminal} != "dumb" &&
         (out.form() == output_form::table || out.form() == output_form::wide);
}

int watch(const invocation& now, const output& out, signal_inbox& signals, const watch_wish& wish) {
  std::setlocale(LC_CTYPE, ""); // while there is one thread
  server_link link{now, out};
  if (auto done = link.connected(); !done)
    return out.failure(done.error());
  auto terminal = screen::open(out.where().colour);
  if (!terminal) {
    out.talk("warning: nothing is known of a terminal of that type; see TERM");
    return print(link, out, signals, wish);
  }
  try {
    auto code = watcher{*terminal, link, signals, wish}.run();
    terminal.reset();
    return leave(link, code);
  } catch (const std::exception& failure) {
    terminal.reset();
    return leave(link, out.failure({errc::internal, failure.what()}));
  }
}

int print_pictures(const invocation& now, const output& out, signal_inbox& signals,
                   const watch_wish& wish) {
  server_link link{now, out};
  if (auto done = link.connected(); !done)
    return out.failure(done.error());
  return print(link, out, signals, wish);
}

} // namespace mahavishnu::cli::top
