// SPDX-License-Identifier: MIT
#pragma once

#include "base/line_file.hpp"
#include "mcp/protocol/bounded_json.hpp"
#include "mcp/server/caller.hpp"
#include "net/http_message.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace mahavishnu::mcp::server {

/// How a call of a tool has ended.
enum class call_result : std::uint8_t { success, failure, denied };

/// Who has called what, and who was refused: one JSON object a line, without secrets. May be used
/// from any thread, and makes none of them wait for the disk.
class audit_log {
public:
  static result<std::unique_ptr<audit_log>> open(const std::filesystem::path& file,
                                                 std::uintmax_t most_bytes);

  void tool_called(const caller& who, std::string_view tool, const json& arguments, call_result how,
                   std::string_view error = {});

  /// Strangers can make us write as much as they like, so that of many in one second only the first
  /// are written, and then how many there were.
  void refused(const net::http_request& request, unsigned status, std::string_view who,
               std::string_view why);

  /// Lines that did not get into the file.
  std::uint64_t lost() const { return file_->lost(); }

private:
  explicit audit_log(std::unique_ptr<line_file> file) : file_(std::move(file)) {}

  void write(std::string_view event, json rest);

  const std::unique_ptr<line_file> file_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point second_{};
  std::uint64_t in_second_ = 0;
};

/// The arguments of a call as they may be kept: nothing that is called like a secret, and no more
/// of anything than is needed to know what it was.
json without_secrets(const json& arguments);

} // namespace mahavishnu::mcp::server
