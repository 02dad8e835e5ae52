// SPDX-License-Identifier: MIT
#include "cli/task_logs.hpp"

#include "cli/find.hpp"
#include "cli/kinds.hpp"

#include <algorithm>
#include <iostream>
#include <thread>
#include <utility>

namespace mahavishnu::cli {

namespace {

constexpr std::int32_t bytes_of_piece = 1 << 18;
/// Between two looks at what grows.
constexpr std::chrono::milliseconds between_looks{100};

/// So often nothing comes where there should be something, before we believe it.
constexpr int most_empty_pieces = 50;

/// Reads one stream of one task, and prints it or keeps it.
class log_reader {
public:
  log_reader(session& server, const output& out, const logs_wish& wish)
      : server_(server), out_(out), wish_(wish) {}

  int print() {
    if (wish_.lines)
      if (auto found = go_to_last(*wish_.lines); !found)
        return out_.failure(found.error());
    all_.offset = offset_;
    for (int empty_pieces = 0; empty_pieces < most_empty_pieces;) {
      auto piece = read(offset_);
      if (!piece)
        return out_.failure(piece.error());
      if (attempt_ != 0 && piece->attempt != attempt_) {
        begin_anew(piece->attempt);
        continue;
      }
      if (!piece->note.empty() && offset_ > 0 && !is_part_)
        leave_out(*piece);
      take(*piece);
      if (!std::cout) // nobody reads it any more
        return failed;
      bool has_all = offset_ >= end_.value_or(piece->size);
      if (has_all && (!wish_.follow || is_final(piece->status)))
        return finish(std::move(*piece));
      bool has_come = !piece->bytes.empty();
      empty_pieces = has_all || has_come ? 0 : empty_pieces + 1;
      if (has_all || !has_come)
        std::this_thread::sleep_for(between_looks);
    }
    return out_.failure({errc::io_failed, "what task '" + wish_.task.str() +
                                              "' has written cannot be read behind byte " +
                                              std::to_string(offset_) + "; try again"});
  }

private:
  result<task_output> read(std::int64_t offset, std::int32_t most = bytes_of_piece) {
    return server_.ask<task_output>(read_output{wish_.task, wish_.stream, offset, most});
  }

  /// To where the last lines begin. A line that has not ended counts as one.
  result<void> go_to_last(std::uint64_t lines) {
    auto whole = read(0, 0);
    if (!whole)
      return whole.error();
    attempt_ = whole->attempt;
    is_part_ = !whole->note.empty();
    if (!wish_.follow)
      end_ = whole->size;
    offset_ = whole->size;
    bool is_at_end = true;
    for (auto begin = lines > 0 ? offset_ : 0; begin > 0;) {
      auto from = std::max<std::int64_t>(begin - bytes_of_piece, 0);
      auto piece = read(from, static_cast<std::int32_t>(begin - from));
      if (!piece)
        return piece.error();
      const auto& bytes = piece->bytes;
      if (static_cast<std::int64_t>(bytes.size()) != begin - from) // it has just changed: all of it
        break;
      for (auto at = bytes.size(); at-- > 0; is_at_end = false)
        // The end of the last line is also the end of all.
        if (bytes[at] == '\n' && !is_at_end && --lines == 0) {
          offset_ = from + static_cast<std::int64_t>(at) + 1;
          return {};
        }
      begin = from;
    }
    if (lines > 0)
      offset_ = 0; // there are no more than that
    return {};
  }

  void begin_anew(std::int32_t attempt) {
    out_.talk("-- attempt " + std::to_string(attempt) + " --");
    attempt_ = attempt;
    offset_ = 0;
    end_.reset();
    is_part_ = false;
    all_ = {};
  }

  void take(const task_output& piece) {
    attempt_ = piece.attempt;
    is_part_ = !piece.note.empty();
    // What comes while we print is for those who follow.
    if (!wish_.follow && !end_)
      end_ = piece.size;
    offset_ += static_cast<std::int64_t>(piece.bytes.size());
    if (out_.is_json())
      all_.bytes += piece.bytes;
    else
      std::cout << piece.bytes << std::flush;
  }

  /// All of it was there, and now there is only a part, in which nothing is where it was.
  void leave_out(task_output& part) {
    out_.talk("what was written behind byte " + std::to_string(offset_) +
              " is there only in part; for its end: mahavishnu task logs " + wish_.task.str() +
              " --lines N");
    part.bytes.clear();
    offset_ = part.size;
    end_ = wish_.follow ? std::nullopt : std::optional{part.size};
  }

  int finish(task_output last) {
    if (!last.note.empty())
      out_.talk("note: " + last.note);
    if (out_.is_json()) {
      last.bytes = std::move(all_.bytes);
      last.offset = all_.offset;
      out_.answer(kind_of<task_output>(), json::from(last), {});
    }
    return done;
  }

  session& server_;
  const output& out_;
  const logs_wish& wish_;
  /// Of the next piece.
  std::int64_t offset_ = 0;
  std::int32_t attempt_ = 0;
  /// Where to end, for who does not follow.
  std::optional<std::int64_t> end_;
  /// What there is, is not all that was written.
  bool is_part_ = false;
  /// What is shown at the end instead of at once.
  task_output all_;
};

} // namespace

int print_logs(const invocation& now, const output& out, const std::string& task, logs_wish wish) {
  if (wish.follow && out.is_json())
    return out.failure({errc::invalid_argument,
                        "--follow prints as it comes and has no form in JSON; leave out one"});
  auto server = session::open(now, out);
  if (!server)
    return out.failure(server.error());
  auto id = find_task(**server, task);
  if (!id)
    return out.failure(id.error());
  wish.task = *id;
  return log_reader{**server, out, wish}.print();
}

} // namespace mahavishnu::cli
