// SPDX-License-Identifier: MIT
#include "exec/run_log.hpp"

#include "base/checksum.hpp"
#include "exec/keeper_wire.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

namespace mahavishnu::exec {

namespace {

enum class record_type : std::uint8_t { started = 1, ended = 2, heard = 3 };

/// Begins each record, so that reading can go on behind one that is damaged.
constexpr std::string_view mark = "run\n";
constexpr std::size_t head_size = mark.size() + 2 * sizeof(std::uint32_t);

/// A shorter file is not worth compacting.
constexpr std::uint64_t long_file = 256 * 1024;

std::string record_of(byte_writer body) {
  auto text = body.take();
  byte_writer head;
  head.put(static_cast<std::uint32_t>(text.size()));
  head.put(checksum::of(text));
  return std::string(mark) + head.take() + text;
}

std::string record_of(record_type type, const run_state& run) {
  byte_writer body;
  body.put(static_cast<std::uint8_t>(type));
  keeper_wire::put(body, run);
  return record_of(std::move(body));
}

/// The body of the record at the start of `bytes`, if there is a whole and undamaged one.
std::optional<std::string_view> body_at(std::string_view bytes) {
  if (!bytes.starts_with(mark))
    return std::nullopt;
  byte_reader head{bytes.substr(mark.size())};
  auto size = head.number<std::uint32_t>();
  auto sum = head.number<std::uint32_t>();
  if (!head.good() || size > head.left())
    return std::nullopt;
  auto body = bytes.substr(head_size, size);
  return checksum::of(body) == sum ? std::optional{body} : std::nullopt;
}

bool apply(std::string_view body, std::map<std::string, run_state>& runs) {
  byte_reader from{body};
  auto type = static_cast<record_type>(from.number<std::uint8_t>());
  if (type == record_type::heard) {
    runs.erase(from.text());
    return from.complete();
  }
  auto run = keeper_wire::read_run_state(from);
  if (!run || !from.complete() || !is_run_name(run->run))
    return false;
  runs[run->run] = std::move(*run);
  return type == record_type::started || type == record_type::ended;
}

result<std::string> read_all(const unique_fd& file) {
  std::string bytes;
  std::array<char, 65536> buffer;
  for (;;) {
    auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return error{errc::io_failed, std::generic_category().message(errno)};
    if (count == 0)
      return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

bool write_all(const unique_fd& file, std::string_view bytes) {
  while (!bytes.empty()) {
    auto count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

} // namespace

run_log_contents read_run_log(std::string_view bytes) {
  run_log_contents contents;
  for (std::size_t at = 0; at < bytes.size();) {
    if (auto body = body_at(bytes.substr(at))) {
      if (!apply(*body, contents.runs)) {
        contents.is_damaged = true;
        contents.warnings.push_back("the record at byte " + std::to_string(at) +
                                    " is none that this version knows; it was skipped");
      }
      at += head_size + body->size();
      contents.good_bytes = at;
      continue;
    }
    auto next = bytes.find(mark, at + 1);
    while (next != std::string_view::npos && !body_at(bytes.substr(next)))
      next = bytes.find(mark, next + 1);
    if (next == std::string_view::npos) {
      contents.warnings.push_back("the last " + std::to_string(bytes.size() - at) +
                                  " bytes are no whole record; they were cut off");
      break;
    }
    contents.is_damaged = true;
    contents.warnings.push_back("the " + std::to_string(next - at) + " bytes from byte " +
                                std::to_string(at) + " on are damaged; they were skipped");
    at = next;
  }
  return contents;
}

result<run_log_contents> read_run_log_file(const std::string& path) {
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!file && errno == ENOENT)
    return run_log_contents{};
  auto bytes = file ? read_all(file) : result<std::string>{error{}};
  if (!bytes)
    return error{errc::io_failed, "cannot read '" + path +
                                      "': " + std::generic_category().message(errno) +
                                      "; look at its rights and its owner"};
  return read_run_log(*bytes);
}

result<run_log> run_log::open(std::string path, run_log_contents& contents) {
  unique_fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
  run_log log{std::move(path), std::move(file)};
  if (!log.file_)
    return log.refused("open");
  auto bytes = read_all(log.file_);
  if (!bytes)
    return log.refused("read");
  contents = read_run_log(*bytes);
  if (contents.good_bytes < bytes->size() &&
      ::ftruncate(log.file_.get(), static_cast<off_t>(contents.good_bytes)) != 0)
    return log.refused("cut");
  log.bytes_ = contents.good_bytes;
  for (const auto& [name, run] : contents.runs) {
    auto record = record_of(run.has_ended() ? record_type::ended : record_type::started, run);
    log.live_bytes_ += record.size();
    log.live_.emplace(name, std::move(record));
  }
  return log;
}

result<void> run_log::started(const run_state& run) {
  auto record = record_of(record_type::started, run);
  if (auto written = append(record); !written)
    return written;
  live_bytes_ += record.size();
  live_[run.run] = std::move(record);
  return {};
}

result<void> run_log::ended(const run_state& run) {
  auto record = record_of(record_type::ended, run);
  auto& live = live_[run.run];
  live_bytes_ += record.size() - live.size();
  live = record;
  return append(record);
}

result<void> run_log::heard(const std::string& run) {
  auto found = live_.find(run);
  if (found == live_.end())
    return {};
  live_bytes_ -= found->second.size();
  live_.erase(found);
  byte_writer body;
  body.put(static_cast<std::uint8_t>(record_type::heard));
  body.put(std::string_view{run});
  if (auto written = append(record_of(std::move(body))); !written)
    return written;
  return compact_if_long();
}

result<void> run_log::append(std::string_view record) {
  if (write_all(file_, record)) {
    bytes_ += record.size();
    return {};
  }
  auto failure = refused("write to");
  // Half a record would hide those behind it from nobody, but it is no use either.
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes_)) != 0)
    failure.message += " (and it cannot be cut)";
  return failure;
}

/// Writes what still counts to a new file, when most of a long one does not.
result<void> run_log::compact_if_long() {
  if (bytes_ < long_file || bytes_ / 4 < live_bytes_)
    return {};
  auto beside = path_ + ".new";
  unique_fd fresh{::open(beside.c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!fresh)
    return refused("compact");
  std::string records;
  for (const auto& [name, record] : live_)
    records += record;
  if (!write_all(fresh, records) || ::rename(beside.c_str(), path_.c_str()) != 0)
    return refused("compact");
  file_ = std::move(fresh);
  bytes_ = live_bytes_;
  return {};
}

error run_log::refused(const std::string& what) const {
  return {errc::io_failed, "cannot " + what + " '" + path_ +
                               "': " + std::generic_category().message(errno) +
                               "; look at the rights of its directory and at the free space"};
}

} // namespace mahavishnu::exec
