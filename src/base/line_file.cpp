// SPDX-License-Identifier: MIT
#include "base/line_file.hpp"

#include "base/log.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

namespace mahavishnu {

using namespace std::chrono_literals;

namespace {

/// Before what could not be written is tried again.
constexpr auto retry_pause = 1s;

/// Written by one thread only.
class appended_file {
public:
  explicit appended_file(std::filesystem::path name) : name_(std::move(name)) {}
  appended_file(const appended_file&) = delete;
  ~appended_file() { close(); }

  std::uintmax_t size() const { return size_; }

  result<void> open() {
    close();
    // Somebody may have put a pipe there, which would make us wait.
    constexpr int how = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    descriptor_ = ::open(name_.c_str(), how, 0600);
    struct stat found {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &found) != 0)
      return failed("open");
    if (!S_ISREG(found.st_mode)) {
      close();
      return error{errc::io_failed, "'" + name_.string() + "' is no file"};
    }
    if ((found.st_mode & 0077) != 0 && ::fchmod(descriptor_, 0600) != 0)
      return failed("change the rights of");
    device_ = found.st_dev;
    number_ = found.st_ino;
    size_ = static_cast<std::uintmax_t>(found.st_size);
    // A crash may have left a part of a line.
    char last = '\n';
    if (size_ > 0 && ::pread(descriptor_, &last, 1, found.st_size - 1) == 1 && last != '\n')
      return append("\n");
    return {};
  }

  /// All of it or nothing.
  result<void> append(std::string_view text) {
    if (descriptor_ < 0)
      if (auto opened = open(); !opened)
        return opened;
    auto before = size_;
    while (!text.empty()) {
      auto count = ::write(descriptor_, text.data(), text.size());
      if (count < 0 && errno == EINTR)
        continue;
      if (count <= 0) {
        auto why = failed("write");
        if (::ftruncate(descriptor_, static_cast<off_t>(before)) == 0)
          size_ = before;
        else
          close(); // what is there now is seen when it is opened again
        return why;
      }
      size_ += static_cast<std::uintmax_t>(count);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  /// Somebody has moved it away or removed it.
  bool is_gone() const {
    struct stat found {};
    return ::stat(name_.c_str(), &found) != 0 || found.st_dev != device_ || found.st_ino != number_;
  }

  void close() {
    if (descriptor_ >= 0)
      ::close(descriptor_);
    descriptor_ = -1;
  }

private:
  error failed(const std::string& what) const {
    return {errc::io_failed,
            "cannot " + what + " '" + name_.string() + "': " + std::strerror(errno)};
  }

  const std::filesystem::path name_;
  int descriptor_ = -1;
  std::uintmax_t size_ = 0;
  dev_t device_ = 0;
  ino_t number_ = 0;
};

} // namespace

struct line_file::impl {
  explicit impl(options chosen) : how(std::move(chosen)), file(how.file) {}

  void run() {
    std::unique_lock lock{mutex};
    for (;;) {
      changed.wait(lock, [this] { return is_ending || !waiting.empty() || untold > 0; });
      if (waiting.empty() && untold == 0)
        return;
      auto is_last = is_ending;
      std::string batch;
      batch.swap(waiting);
      auto count = std::exchange(waiting_lines, 0);
      auto told = untold;
      is_writing = true;
      lock.unlock();
      auto written = write(batch, told);
      lock.lock();
      is_writing = false;
      if (written) {
        untold -= told;
      } else if (is_last || batch.size() + waiting.size() > how.most_waiting_bytes) {
        lose(count);
      } else {
        waiting.insert(0, batch);
        waiting_lines += count;
      }
      ++rounds;
      done.notify_all();
      say(written);
      if (!written) {
        if (is_last)
          return;
        changed.wait_for(lock, retry_pause, [this] { return is_ending; });
      }
    }
  }

  result<void> write(const std::string& batch, std::uint64_t told) {
    if (file.is_gone())
      if (auto opened = file.open(); !opened)
        return opened;
    if (how.most_bytes != 0 && file.size() > 0 && file.size() + batch.size() > how.most_bytes) {
      auto older = how.file;
      older += ".1";
      std::error_code why;
      std::filesystem::rename(how.file, older, why);
      if (why)
        return error{errc::io_failed, "cannot move '" + how.file.string() + "' to '" +
                                          older.string() + "': " + why.message()};
      if (auto opened = file.open(); !opened)
        return opened;
    }
    if (told == 0 || !how.loss_line)
      return file.append(batch);
    return file.append(how.loss_line(told) + "\n" + batch);
  }

  void lose(std::uint64_t count) {
    lost += count;
    untold += count;
  }

  /// Once when it begins, and once when it ends.
  void say(const result<void>& written) {
    if (!written && !is_failing)
      log::error("files", "{}; lines wait, and are lost when too many do", written.error().message);
    if (written && is_failing)
      log::warning("files", "'{}' is written again; lost lines until now: {}", how.file.string(),
                   lost);
    is_failing = !written;
  }

  const options how;
  appended_file file;      // of the thread
  bool is_failing = false; // of the thread

  std::mutex mutex;
  std::condition_variable changed;
  std::condition_variable done;
  std::string waiting;
  std::uint64_t waiting_lines = 0;
  std::uint64_t lost = 0;
  /// Of these, those which the file does not tell of yet.
  std::uint64_t untold = 0;
  /// How often something was written, or could not be.
  std::uint64_t rounds = 0;
  bool is_writing = false;
  bool is_ending = false;
  std::thread thread;
};

line_file::line_file(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

result<std::unique_ptr<line_file>> line_file::open(options chosen) {
  auto state = std::make_unique<impl>(std::move(chosen));
  if (auto opened = state->file.open(); !opened)
    return opened.error();
  // Signals are for the main program; a new thread inherits what is blocked here.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  result<void> started;
  try {
    state->thread = std::thread{[inside = state.get()] { inside->run(); }};
  } catch (const std::system_error& failure) {
    started =
        error{errc::io_failed, "cannot start the thread that writes '" + state->how.file.string() +
                                   "': " + failure.what() + "; raise the limit (ulimit -u)"};
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!started)
    return started.error();
  return std::unique_ptr<line_file>{new line_file{std::move(state)}};
}

line_file::~line_file() {
  {
    std::lock_guard guard{impl_->mutex};
    impl_->is_ending = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

void line_file::append(std::string line) {
  auto& inside = *impl_;
  auto is_first = false;
  {
    std::lock_guard guard{inside.mutex};
    if (inside.waiting.size() + line.size() >= inside.how.most_waiting_bytes)
      return inside.lose(1);
    is_first = inside.waiting.empty();
    inside.waiting.append(line).push_back('\n');
    ++inside.waiting_lines;
  }
  if (is_first)
    inside.changed.notify_one();
}

void line_file::flush() {
  auto& inside = *impl_;
  std::unique_lock lock{inside.mutex};
  // What is being written now does not have all of it.
  auto enough = inside.rounds + (inside.is_writing ? 2 : 1);
  inside.done.wait(lock, [&] {
    auto is_all = inside.waiting.empty() && inside.untold == 0 && !inside.is_writing;
    return is_all || inside.rounds >= enough;
  });
}

std::uint64_t line_file::lost() const {
  std::lock_guard guard{impl_->mutex};
  return impl_->lost;
}

} // namespace mahavishnu
