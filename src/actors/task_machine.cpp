// SPDX-License-Identifier: MIT
#include "actors/task_machine.hpp"

namespace mahavishnu {

std::string_view sentence_of(task_status status) {
  switch (status) {
  case task_status::queued: return "Accepted; waits for a worker.";
  case task_status::parked: return "Accepted; waits for something other than a worker.";
  case task_status::running: return "A worker runs it.";
  case task_status::completed: return "Ended well: its process exited with code 0.";
  case task_status::failed:
    return "Ended badly: it exited with another code or by a signal, or could not be started.";
  case task_status::timed_out: return "Ended by the server, since its time was over.";
  case task_status::cancelled: return "Ended by the server, since somebody asked for it.";
  case task_status::lost: return "Its worker is gone, and nobody knows how it ended.";
  }
  return "In a state that this version does not know.";
}

void task_machine::forget_one() {
  // The beginning says what was asked for and how it went wrong first, the end how it ended.
  history_.erase(history_.begin() + longest_history / 2);
  ++left_out_;
}

} // namespace mahavishnu
