// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"
#include "mahavishnu/messages/fields.hpp"
#include "mahavishnu/messages/shared_text.hpp"
#include "mahavishnu/messages/task.hpp"

#include <cstdint>
#include <string>
#include <tuple>

namespace mahavishnu {

/// What a process writes to.
enum class output_stream : std::uint8_t { output, error };

template <>
struct enum_names<output_stream> {
  static constexpr std::array<std::string_view, 2> values{"stdout", "stderr"};
};

/// Give a piece of what a task has written, also while it runs; answered by `task_output`.
struct read_output {
  task_id task;
  output_stream stream = output_stream::output;
  /// From this byte on.
  std::int64_t offset = 0;
  /// No more bytes than this; 0: only tell how many there are.
  std::int32_t most = 0;

  friend bool operator==(const read_output&, const read_output&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &read_output::task}, field{"stream", &read_output::stream},
                      field{"offset", &read_output::offset}, field{"most", &read_output::most}};
  }
};

struct task_output {
  task_id task;
  /// How the task stood when the bytes were read: when it had ended, no more will come.
  task_status status = task_status::queued;
  /// Which attempt has written them; each begins anew. 0: none has been made.
  std::int32_t attempt = 0;
  std::int64_t offset = 0;
  std::string bytes;
  /// Of all that there is now.
  std::int64_t size = 0;
  /// What is to be known of it: why not all is here. Empty when there is nothing to be said.
  std::string note;

  friend bool operator==(const task_output&, const task_output&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"task_id", &task_output::task},    field{"status", &task_output::status},
        field{"attempt", &task_output::attempt}, field{"offset", &task_output::offset},
        field{"output", &task_output::bytes},    field{"size", &task_output::size},
        field{"note", &task_output::note}};
  }
};

/// To a pool: where is what this task has written? Answered by `output_location`.
struct locate_output {
  task_id task;

  friend bool operator==(const locate_output&, const locate_output&) = default;
  static constexpr auto fields() { return std::tuple{field{"task_id", &locate_output::task}}; }
};

/// Where both streams of the last attempt of a task are.
struct output_location {
  task_id task;
  pool_id pool;
  task_status status = task_status::queued;
  std::int32_t attempt = 0;
  /// Files that grow as the process writes; none where nobody keeps them, and when it has ended.
  std::string output_file;
  std::string error_file;
  /// When it has ended, what the result has of them: the first and the last of what is longer.
  shared_text output;
  shared_text standard_error;
  bool truncated = false;

  friend bool operator==(const output_location&, const output_location&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &output_location::task},
                      field{"pool_id", &output_location::pool},
                      field{"status", &output_location::status},
                      field{"attempt", &output_location::attempt},
                      field{"output_file", &output_location::output_file},
                      field{"error_file", &output_location::error_file},
                      field{"output", &output_location::output},
                      field{"stderr", &output_location::standard_error},
                      field{"truncated", &output_location::truncated}};
  }
};

} // namespace mahavishnu
