// SPDX-License-Identifier: MIT
#include "patterns/run_directory.hpp"

#include "base/durable_file.hpp"
#include "base/state_dir.hpp"
#include "exec/keeper_directory.hpp"
#include "exec/output_file.hpp"
#include "exec/run_log.hpp"
#include "exec/survivors.hpp"
#include "patterns/progress.hpp"
#include "patterns/run_json.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <system_error>

namespace mahavishnu {

namespace {

namespace fs = std::filesystem;
using exec::unique_fd;

constexpr const char* record_name = "run.json";
constexpr const char* owner_name = "owner";
constexpr const char* cancel_name = "cancel";

/// 16 hex digits, and what no name of a run has in it.
constexpr std::size_t mark_size = 17;

constexpr std::uint64_t longest_record = 4u << 20;
/// Where the last word about progress is looked for.
constexpr std::size_t end_of_output = 64 * 1024;

error failed(const std::string& what, const fs::path& path) {
  return {errc::io_failed, what + " '" + path.string() +
                               "': " + std::generic_category().message(errno) +
                               "; look at its rights and at the free space"};
}

/// Not the only one of its kind in the directory, but the only one of this name.
std::string hidden_name(const std::string& run_id) {
  static std::atomic<unsigned> last = 0;
  return "." + std::to_string(::getpid()) + "-" + std::to_string(++last) + "-" + run_id;
}

result<void> make_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)
    return {};
  return failed("cannot make", path);
}

void sync_directory(const fs::path& path) {
  // Where the file system cannot, nothing is lost that is not lost anyway.
  unique_fd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  ::fsync(directory.get());
}

std::string mark_by_chance() {
  std::random_device device;
  char text[mark_size + 1];
  std::snprintf(text, sizeof text, "%08x%08x/", static_cast<unsigned>(device()),
                static_cast<unsigned>(device()));
  return text;
}

std::string text_of(const run_record& record) {
  using json = nlohmann::ordered_json;
  return to_json(record).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

struct flock whole_file() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

bool is_locked(const fs::path& path) {
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  auto range = whole_file();
  return file && ::fcntl(file.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

std::string whole_text(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::optional<run_progress> progress_in(const fs::path& output) {
  struct stat found {};
  if (::stat(output.c_str(), &found) != 0)
    return std::nullopt;
  auto size = static_cast<std::uint64_t>(found.st_size);
  auto piece = exec::read_output(output.string(), size > end_of_output ? size - end_of_output : 0,
                                 end_of_output);
  if (!piece)
    return std::nullopt;
  // A line that has not ended yet may say half a number.
  auto end = piece->bytes.rfind('\n');
  return end == std::string::npos ? std::nullopt
                                  : last_progress(std::string_view{piece->bytes}.substr(0, end));
}

} // namespace

run_directory::run_directory(fs::path runs, std::string run_id)
    : runs_(std::move(runs)), run_id_(std::move(run_id)), path_(runs_ / run_id_) {}

result<run_owner> run_directory::create(const run_record& record) const {
  if (auto checked = check_run(record); !checked)
    return checked.error();
  if (auto prepared = state_dir::prepare(runs_.parent_path()); !prepared)
    return prepared.error();
  if (auto made = make_directory(runs_); !made)
    return made.error();
  auto beside = runs_ / hidden_name(run_id_);
  if (::mkdir(beside.c_str(), 0700) != 0)
    return failed("cannot make", beside);
  auto give_up = [&](error why) {
    std::error_code ignored;
    fs::remove_all(beside, ignored);
    return why;
  };
  unique_fd owner{::open((beside / owner_name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  auto range = whole_file();
  auto mark = mark_by_chance();
  if (!owner || ::fcntl(owner.get(), F_OFD_SETLK, &range) != 0 ||
      ::write(owner.get(), mark.data(), mark.size()) != static_cast<ssize_t>(mark.size()))
    return give_up(failed("cannot lock", beside / owner_name));
  if (auto written = replace_file(beside / record_name, text_of(record)); !written)
    return give_up(written.error());
  if (::rename(beside.c_str(), path_.c_str()) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
      return give_up({errc::already_exists,
                      "there is a run '" + run_id_ + "' already; give this one another id"});
    return give_up(failed("cannot make", path_));
  }
  sync_directory(runs_);
  return run_owner{std::move(owner), std::move(mark)};
}

run_files run_directory::files() const {
  auto folder = keeper() / "out";
  std::error_code ignored;
  if (fs::is_directory(outputs(), ignored))
    folder = outputs();
  return {folder / (run_id_ + ".out"), folder / (run_id_ + ".err")};
}

bool run_directory::exists() const {
  std::error_code ignored;
  return exec::is_run_name(run_id_) && fs::is_directory(path_, ignored);
}

result<run_record> run_directory::read() const {
  if (!exists())
    return error{errc::not_found,
                 "there is no run '" + run_id_.substr(0, 100) + "'; see: mahavishnu runs list"};
  auto file = path_ / record_name;
  auto damaged = [&](const std::string& why) {
    return error{errc::io_failed, "run '" + run_id_ + "' cannot be read: '" + file.string() +
                                      "' is damaged, " + why + "; its output is in '" +
                                      path_.string() + "'; move that directory away"};
  };
  std::error_code failure;
  auto size = fs::file_size(file, failure);
  if (failure)
    return damaged(failure.message());
  if (size > longest_record)
    return damaged("it has " + std::to_string(size) + " bytes");
  auto run = run_from_json(whole_text(file));
  if (!run)
    return damaged(run.error().message);
  if (run->run_id != run_id_)
    return damaged("it is that of '" + run->run_id + "'");
  return run;
}

result<void> run_directory::write(const run_record& record) const {
  if (auto checked = check_run(record); !checked)
    return checked;
  if (!exists())
    return error{errc::not_found, "there is no run '" + run_id_.substr(0, 100) + "' to change"};
  return replace_file(path_ / record_name, text_of(record));
}

run_evidence run_directory::evidence() const {
  run_evidence seen;
  seen.owner_lives = is_locked(path_ / owner_name);
  seen.keeper_lives = exec::keeper_directory::is_served(keeper().string());
  auto log = exec::read_run_log(whole_text(keeper() / "runs"));
  if (auto found = log.runs.find(run_id_); found != log.runs.end())
    seen.kept = std::move(found->second);
  if (log.is_damaged)
    seen.log_damage = log.warnings.front();
  struct stat asked {};
  if (::stat((path_ / cancel_name).c_str(), &asked) == 0)
    seen.asked_to_end_at = run_time{std::chrono::seconds{asked.st_mtim.tv_sec} +
                                    std::chrono::milliseconds{asked.st_mtim.tv_nsec / 1'000'000}};
  seen.progress = progress_in(files().standard_output);
  return seen;
}

result<run_record> run_directory::look() const {
  auto run = read();
  if (!run || !is_active(run->status) || !run->pattern)
    return run;
  auto seen = evidence();
  // Its own command may have written the end, and gone, in between.
  auto again = read();
  return again ? judge(std::move(*again), seen) : again;
}

void run_directory::end_leftovers() const {
  if (auto mark = whole_text(path_ / owner_name); mark.size() == mark_size)
    exec::end_survivors(mark);
  if (auto mark = whole_text(keeper() / "lock"); mark.size() >= mark_size - 1)
    exec::end_survivors(mark + ".");
}

result<void> run_directory::ask_for_the_end() const {
  unique_fd file{
      ::open((path_ / cancel_name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  return file ? result<void>{} : failed("cannot write", path_ / cancel_name);
}

bool run_directory::is_asked_to_end() const {
  return ::access((path_ / cancel_name).c_str(), F_OK) == 0;
}

result<void> run_directory::remove() const {
  auto beside = runs_ / hidden_name(run_id_);
  if (::rename(path_.c_str(), beside.c_str()) != 0)
    return failed("cannot remove", path_);
  std::error_code failure;
  fs::remove_all(beside, failure);
  if (failure)
    return error{errc::io_failed, "cannot remove '" + beside.string() + "': " + failure.message()};
  return {};
}

} // namespace mahavishnu
