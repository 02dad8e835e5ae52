// SPDX-License-Identifier: MIT
#pragma once

#include "actors/ask.hpp"
#include "cli/command_line.hpp"
#include "cli/instance.hpp"
#include "mahavishnu/messages/all.hpp"

#include <filesystem>
#include <memory>

namespace mahavishnu::cli {

/// Where this invocation gets its settings from.
result<config::sources> sources_of(const invocation& now);

/// A settings directory that somebody named must be there; the usual one need not.
result<void> check_settings_dir(const invocation& now);

/// The settings of this invocation. When they are wrong, every problem has been said and the exit
/// code is the error.
boost::system::result<config::settings, exit_code> load_settings(const invocation& now,
                                                                 const output& out);

/// Where its server keeps its state.
result<std::filesystem::path> state_directory(const config::settings& settings);

/// An error without a text when the settings are wrong: every problem has been said.
result<instance> find_instance(const invocation& now, const output& out);

/// A connection to the server of a state directory, for as long as the command lives.
class session {
public:
  static result<std::unique_ptr<session>> open(const invocation& now, const output& out);
  ~session();

  template <class Answer, class Question>
  result<Answer> ask(const Question& question, std::chrono::milliseconds limit = answer_limit) {
    return mahavishnu::ask<Answer>(system(), control(), question, limit);
  }

  /// The same for those who do not wait: `later` is called from another thread, and must be short.
  template <class Answer, class Question>
  void ask_later(const Question& question, std::function<void(result<Answer>)> later,
                 std::chrono::milliseconds limit = answer_limit) {
    mahavishnu::ask<Answer>(system(), control(), question, limit, std::move(later));
  }

  /// Starts a batch that is cancelled when this session ends before it, however it ends.
  result<batch_started> start(const execute_batch& wish);

  const config::settings& settings() const;

  /// The end of a command that has asked for one thing and has said the answer: ends the process
  /// if that has nothing else to do. Taking the actor system apart takes longer than the question.
  int leave(int code);

  static constexpr std::chrono::seconds answer_limit{30};
  /// Tasks are bounded by the server; a server that dies is noticed.
  static constexpr std::chrono::hours task_limit{24 * 40};

private:
  struct parts;
  explicit session(std::unique_ptr<parts> inside);
  caf::actor_system& system();
  const control_actor& control() const;
  std::unique_ptr<parts> inside_;
};

} // namespace mahavishnu::cli
