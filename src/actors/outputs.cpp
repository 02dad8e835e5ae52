// SPDX-License-Identifier: MIT
#include "actors/outputs.hpp"

#include "base/log.hpp"
#include "exec/kept_outputs.hpp"
#include "exec/output_capture.hpp"
#include "exec/output_file.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

namespace mahavishnu::outputs_detail {

/// From the clock: see whether too much is kept. Never leaves this process.
struct sweep {};

/// From the clock: what should have been there may be there by now. Never leaves this process.
struct look_again {
  caf::typed_response_promise<task_output> promise;
  read_output wish;
  int looks;
};

} // namespace mahavishnu::outputs_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::outputs_detail::sweep)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::outputs_detail::look_again)

namespace mahavishnu {

namespace {

using outputs_detail::look_again;
using outputs_detail::sweep;
using exec_stream = exec::output_growth::stream;

using outputs_self_actor = outputs_actor::extend<caf::reacts_to<sweep>, caf::reacts_to<look_again>>;

constexpr std::chrono::seconds location_limit{6};
/// A piece travels in one message.
constexpr std::int32_t most_bytes_of_piece = 1 << 20;
/// At what should be there and is not.
constexpr int most_looks = 4;
constexpr std::chrono::milliseconds between_looks{50};

struct outputs_state {
  static inline const char* name = "outputs";

  outputs_self_actor::pointer self = nullptr;
  outputs_options options;

  /// Of the last task that was read and had ended, which does not change any more: a long output is
  /// asked for piece by piece.
  struct ended_output {
    output_location at;
    std::optional<std::string> output_file;
    std::optional<std::string> error_file;
  };
  std::optional<ended_output> last;

  caf::result<task_output> read(const read_output& wish) {
    if (wish.offset < 0 || wish.most < 0)
      return to_caf({errc::invalid_argument, "offset and number of bytes cannot be less than 0"});
    auto promise = self->make_response_promise<task_output>();
    if (last && last->at.task == wish.task)
      deliver(promise, piece_of_ended(wish));
    else
      locate_and_read(promise, wish, most_looks);
    return promise;
  }

  using promised = caf::typed_response_promise<task_output>;

  static void deliver(promised promise, result<task_output> piece) {
    if (piece)
      promise.deliver(std::move(*piece));
    else
      promise.deliver(to_caf(piece.error()));
  }

  void locate_and_read(const promised& promise, const read_output& wish, int looks) {
    self->request(options.manager, location_limit, locate_output{wish.task})
        .then(
            [this, promise, wish, looks](const output_location& at) {
              if (is_final(at.status)) {
                last = ended_output{at, {}, {}};
                deliver(promise, piece_of_ended(wish));
                return;
              }
              auto piece = piece_of_open(wish, at);
              // It may be about to end, and its file has gone.
              if (looks > 1 && piece && at.status == task_status::running &&
                  (piece->size == 0 || piece->size < wish.offset))
                self->delayed_send(self, between_looks, look_again{promise, wish, looks - 1});
              else
                deliver(promise, std::move(piece));
            },
            [promise](const caf::error& why) {
              deliver(promise, from_caf(why, "the pool manager"));
            });
  }

  static bool is_growing(const output_location& at) { return !at.output_file.empty(); }

  result<task_output> piece_of_open(const read_output& wish, const output_location& at) const {
    if (is_growing(at))
      return from_file(wish, at,
                       wish.stream == output_stream::output ? at.output_file : at.error_file);
    if (at.status == task_status::running && !options.has_files)
      return error{errc::unsupported, "what the running task '" + at.task.str() +
                                          "' writes is in no file: set exec.keepers to true, or "
                                          "wait for its end"};
    return from_file_or_text(wish, at, whole_file(wish.stream, at)); // of the attempt before
  }

  result<task_output> piece_of_ended(const read_output& wish) {
    auto& file = wish.stream == output_stream::output ? last->output_file : last->error_file;
    if (!file)
      file = whole_file(wish.stream, last->at);
    return from_file_or_text(wish, last->at, *file);
  }

  static const std::string& text_of(output_stream which, const output_location& at) {
    return (which == output_stream::output ? at.output : at.standard_error).str();
  }

  /// Of an output that is too long for a result; empty when it is not, or when nobody has it.
  std::string whole_file(output_stream which, const output_location& at) const {
    if (!at.truncated || options.directory.empty())
      return {};
    return exec::kept_outputs{options.directory}.whole_of(
        at.task.str(), which == output_stream::output ? exec_stream::output : exec_stream::error,
        text_of(which, at));
  }

  static result<task_output> from_file_or_text(const read_output& wish, const output_location& at,
                                               const std::string& file) {
    if (!file.empty() && ::access(file.c_str(), F_OK) == 0) // it goes when it is old
      return from_file(wish, at, file);
    return from_text(wish, at, text_of(wish.stream, at));
  }

  static task_output answer_to(const read_output& wish, const output_location& at) {
    task_output answer;
    answer.task = at.task;
    answer.status = at.status;
    answer.attempt = at.attempt;
    answer.offset = wish.offset;
    return answer;
  }

  static std::size_t most_of(const read_output& wish) {
    return static_cast<std::size_t>(std::min(wish.most, most_bytes_of_piece));
  }

  static result<task_output> from_file(const read_output& wish, const output_location& at,
                                       const std::string& path) {
    auto piece = exec::read_output(path, static_cast<std::uint64_t>(wish.offset), most_of(wish));
    if (!piece)
      return piece.error();
    auto answer = answer_to(wish, at);
    answer.bytes = std::move(piece->bytes);
    answer.size = static_cast<std::int64_t>(piece->file_size);
    return answer;
  }

  static task_output from_text(const read_output& wish, const output_location& at,
                               const std::string& text) {
    auto answer = answer_to(wish, at);
    answer.size = static_cast<std::int64_t>(text.size());
    if (wish.offset < answer.size)
      answer.bytes = text.substr(static_cast<std::size_t>(wish.offset), most_of(wish));
    bool is_all_gone = at.output.str().empty() && at.standard_error.str().empty();
    if (at.truncated && is_all_gone && !is_final(at.status))
      answer.note = "what attempt " + std::to_string(at.attempt) +
                    " has written is not here until the next one begins: the server was started "
                    "anew, or there is too much of it (pools.history_bytes)";
    else if (at.truncated && exec::output_capture::cut_of(text))
      answer.note = "this is the first and the last of a longer output; the whole of it is not "
                    "kept, or not any more (storage.output_bytes, storage.keep_days)";
    return answer;
  }

  void clean_up() {
    auto oldest =
        options.keep_for.count() == 0
            ? std::chrono::system_clock::time_point{}
            : std::chrono::system_clock::time_point{options.clock->now()} - options.keep_for;
    auto swept = exec::kept_outputs{options.directory}.sweep(oldest, options.most_bytes);
    if (!swept)
      log::error("outputs", "{}", swept.error().message);
    else if (swept->failure)
      log::error("outputs", "{}", swept->failure->message);
    if (swept && swept->files > 0)
      log::info("outputs", "{} long outputs of {} bytes are kept no longer; {} bytes are",
                swept->files, swept->bytes, swept->bytes_left);
    self->delayed_send(self, options.sweep_every, sweep{});
  }
};

outputs_self_actor::behavior_type outputs(outputs_self_actor::stateful_pointer<outputs_state> self,
                                          const outputs_options& options) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  self->set_default_handler(caf::drop);
  if (!options.directory.empty())
    self->send(self, sweep{});
  return {
      [&state](const read_output& x) { return state.read(x); },
      [&state](const sweep&) { state.clean_up(); },
      [&state](const look_again& x) { state.locate_and_read(x.promise, x.wish, x.looks); },
  };
}

} // namespace

outputs_actor spawn_outputs(caf::actor_system& system, outputs_options options, bool detached) {
  return detached ? system.spawn<caf::detached>(outputs, std::move(options))
                  : system.spawn(outputs, std::move(options));
}

} // namespace mahavishnu
