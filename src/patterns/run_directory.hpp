// SPDX-License-Identifier: MIT
#pragma once

#include "exec/unique_fd.hpp"
#include "mahavishnu/patterns/run.hpp"
#include "mahavishnu/patterns/run_registry.hpp"
#include "patterns/run_judgement.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace mahavishnu {

/// Held by the command that a run depends on; the kernel releases it when that one ends, however it
/// ends.
struct run_owner {
  exec::unique_fd lock;
  /// Begins the mark of the processes that it runs for it, and of no other run's.
  std::string mark;
};

/// The directory of one run:
///
/// | file | what it is |
/// |---|---|
/// | `run.json` | the record, always whole |
/// | `owner` | locked by the command that starts the run, or that it is a part of; its text is a
/// mark | | `cancel` | made when somebody asks for the end | | `keeper/` | of a run that was
/// started and left: its keeper | | `out/` | of a run that its command waits for: what it has
/// written |
class run_directory {
public:
  run_directory(std::filesystem::path runs, std::string run_id);

  /// Makes it with its record in it: nobody ever sees one without. `already_exists` when the id is
  /// taken.
  result<run_owner> create(const run_record& record) const;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path keeper() const { return path_ / "keeper"; }
  std::filesystem::path outputs() const { return path_ / "out"; }
  run_files files() const;

  bool exists() const;
  /// What was written last; says which file is damaged.
  result<run_record> read() const;
  /// All of it or nothing, also when the machine goes down.
  result<void> write(const run_record& record) const;
  /// What has become of it.
  result<run_record> look() const;

  /// Kills what a run has left behind that nobody looks after any more.
  void end_leftovers() const;

  result<void> ask_for_the_end() const;
  bool is_asked_to_end() const;

  /// The directory in one step, so that none is left by halves.
  result<void> remove() const;

  /// What cannot be seen as a run: being made, or being removed.
  static bool is_hidden(const std::string& name) { return name.starts_with('.'); }

private:
  run_evidence evidence() const;

  std::filesystem::path runs_;
  std::string run_id_;
  std::filesystem::path path_;
};

} // namespace mahavishnu
