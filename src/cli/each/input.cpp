// SPDX-License-Identifier: MIT
#include "cli/each/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace mahavishnu::cli::each {

namespace {

constexpr std::size_t piece = std::size_t{64} << 10;
/// A command line has no room for more.
constexpr std::size_t longest_record = std::size_t{8} << 20;
/// Values of all sources but the first, which have to be kept.
constexpr std::size_t most_kept = 1'000'000;
/// Files that are longer are not read twice only to tell how long it takes.
constexpr off_t most_counted = off_t{1} << 30;

bool can_be_read(int descriptor) {
  pollfd watched{descriptor, POLLIN, 0};
  return ::poll(&watched, 1, 0) > 0;
}

class words final : public value_source {
public:
  explicit words(value_list all) : all_(std::move(all)) {}
  result<taken<std::string>> take() override {
    if (next_ == all_.size())
      return taken<std::string>{};
    return taken<std::string>::of(std::move(all_[next_++]));
  }
  std::optional<std::uint64_t> count() override { return all_.size(); }

private:
  value_list all_;
  std::size_t next_ = 0;
};

class records final : public value_source {
public:
  records(std::string name, int descriptor, char delimiter)
      : name_(std::move(name)), descriptor_(descriptor), delimiter_(delimiter) {}
  ~records() override {
    if (descriptor_ > STDERR_FILENO)
      ::close(descriptor_);
  }
  records(const records&) = delete;
  records& operator=(const records&) = delete;

  int descriptor() const override { return descriptor_; }

  result<taken<std::string>> take() override {
    for (;;) {
      auto end = bytes_.find(delimiter_, searched_);
      if (end != std::string::npos) {
        auto value = bytes_.substr(begin_, end - begin_);
        begin_ = searched_ = end + 1;
        return taken<std::string>::of(std::move(value));
      }
      searched_ = bytes_.size();
      if (at_end_ && begin_ == bytes_.size())
        return taken<std::string>{};
      if (at_end_)
        return taken<std::string>::of(bytes_.substr(std::exchange(begin_, bytes_.size())));
      if (bytes_.size() - begin_ > longest_record)
        return error{errc::invalid_argument,
                     "a value in '" + name_ + "' is longer than " + std::to_string(longest_record) +
                         " bytes; put such data into files, and give their names"};
      if (!can_be_read(descriptor_))
        return taken<std::string>::later();
      if (auto good = read_more(); !good)
        return good.error();
    }
  }

  std::optional<std::uint64_t> count() override {
    struct stat file {};
    auto from = ::lseek(descriptor_, 0, SEEK_CUR);
    if (::fstat(descriptor_, &file) != 0 || !S_ISREG(file.st_mode) || from < 0 ||
        file.st_size - from > most_counted)
      return std::nullopt;
    std::uint64_t found = 0;
    char last = delimiter_;
    std::array<char, piece> buffer{};
    for (auto at = from;;) {
      auto count = ::pread(descriptor_, buffer.data(), buffer.size(), at);
      if (count < 0)
        return std::nullopt;
      if (count == 0)
        return found + (last == delimiter_ ? 0 : 1);
      found += static_cast<std::uint64_t>(
          std::count(buffer.begin(), buffer.begin() + count, delimiter_));
      last = buffer[static_cast<std::size_t>(count) - 1];
      at += count;
    }
  }

private:
  result<void> read_more() {
    bytes_.erase(0, begin_);
    searched_ -= std::exchange(begin_, 0);
    auto size = bytes_.size();
    bytes_.resize(size + piece);
    auto count = ::read(descriptor_, bytes_.data() + size, piece);
    auto failure = errno;
    bytes_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0)
      at_end_ = true;
    if (count < 0 && failure != EINTR && failure != EAGAIN)
      return error{errc::io_failed, "cannot read '" + name_ + "': " + std::strerror(failure)};
    return {};
  }

  std::string name_;
  int descriptor_;
  char delimiter_;
  std::string bytes_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;
  bool at_end_ = false;
};

/// Blocks until there is a value or the end.
result<taken<std::string>> wait_for(value_source& source) {
  for (;;) {
    auto value = source.take();
    if (!value || value->state != taken<std::string>::how::later)
      return value;
    pollfd watched{source.descriptor(), POLLIN, 0};
    ::poll(&watched, 1, -1);
  }
}

} // namespace

std::unique_ptr<value_source> words_source(value_list all) {
  return std::make_unique<words>(std::move(all));
}

result<std::unique_ptr<value_source>> file_source(const std::string& file, char delimiter) {
  auto descriptor =
      file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0)
    return error{errno == ENOENT ? errc::not_found : errc::io_failed,
                 "cannot read '" + file + "': " + std::strerror(errno) +
                     "; name a file with a value on each line"};
  struct stat about {};
  if (::fstat(descriptor, &about) == 0 && S_ISDIR(about.st_mode)) {
    if (descriptor != STDIN_FILENO)
      ::close(descriptor);
    return error{errc::io_failed, "cannot read '" + file +
                                      "': it is a directory; name its files, as in ::: " + file +
                                      "/*"};
  }
  return std::make_unique<records>(file, descriptor, delimiter);
}

result<job_input> job_input::open(const std::vector<source_words>& sources, input_options options) {
  std::vector<linked> groups;
  std::size_t from_stdin = 0;
  auto add = [&groups](std::unique_ptr<value_source> source, bool is_linked) {
    if (!is_linked || groups.empty())
      groups.emplace_back();
    groups.back().sources.push_back(std::move(source));
  };
  for (const auto& each : sources) {
    if (!each.are_files) {
      add(words_source(each.words), each.is_linked);
      continue;
    }
    for (const auto& file : each.words) {
      auto source = file_source(file, options.delimiter);
      if (!source)
        return source.error();
      from_stdin += file == "-" ? 1 : 0;
      add(std::move(*source), each.is_linked);
    }
  }
  if (from_stdin > 1)
    return error{errc::invalid_argument, "standard input is named twice as a source; name it once"};
  if (groups.empty())
    add(words_source({}), false);
  job_input made;
  made.options_ = std::move(options);
  made.first_ = std::move(groups.front());
  groups.erase(groups.begin());
  std::optional<std::uint64_t> count;
  for (auto& each : made.first_.sources) {
    auto its = each->count();
    count = &each == &made.first_.sources.front() ? its
            : count && its                        ? std::optional{std::min(*count, *its)}
                                                  : std::nullopt;
  }
  if (auto good = made.keep_others(std::move(groups)); !good)
    return good.error();
  for (const auto& each : made.others_)
    if (count)
      *count *= each.size();
  auto records = std::max<std::size_t>(made.options_.records, 1);
  if (count)
    made.count_ = (*count + records - 1) / records;
  return made;
}

result<void> job_input::keep_others(std::vector<linked> groups) {
  for (auto& group : groups) {
    auto& kept = others_.emplace_back();
    for (bool at_end = false; !at_end;) {
      value_list record;
      for (auto& each : group.sources) {
        auto value = wait_for(*each);
        if (!value)
          return value.error();
        at_end = at_end || !*value;
        record.push_back(std::move(value->value));
      }
      if (!at_end)
        kept.push_back(std::move(record));
      if (kept.size() > most_kept)
        return error{errc::invalid_argument,
                     "a source that is not the first one has more than " +
                         std::to_string(most_kept) +
                         " values, which would have to be kept; give that one first"};
    }
  }
  at_.assign(others_.size(), 0);
  return {};
}

result<taken<value_list>> job_input::take_from(linked& group) {
  using list = taken<value_list>;
  while (group.so_far.size() < group.sources.size()) {
    auto value = group.sources[group.so_far.size()]->take();
    if (!value)
      return value.error();
    if (value->state == taken<std::string>::how::later)
      return list::later();
    if (!*value)
      return list{};
    group.so_far.push_back(std::move(value->value));
  }
  return list::of(std::exchange(group.so_far, {}));
}

result<taken<value_list>> job_input::take_combination() {
  if (std::ranges::any_of(others_, [](const auto& each) { return each.empty(); }))
    return taken<value_list>{};
  if (!now_) {
    auto record = take_from(first_);
    if (!record || !*record)
      return record;
    now_ = std::move(record->value);
  }
  auto job = *now_;
  for (std::size_t i = 0; i < others_.size(); ++i)
    job.insert(job.end(), others_[i][at_[i]].begin(), others_[i][at_[i]].end());
  auto i = others_.size();
  for (; i > 0; --i) {
    if (++at_[i - 1] < others_[i - 1].size())
      break;
    at_[i - 1] = 0;
  }
  if (i == 0)
    now_.reset();
  return taken<value_list>::of(std::move(job));
}

void job_input::split_columns(value_list& record) const {
  if (!options_.column_separator)
    return;
  value_list columns;
  for (const auto& each : record)
    for (std::sregex_token_iterator at{each.begin(), each.end(), *options_.column_separator, -1},
         end;
         at != end; ++at)
      columns.push_back(at->str());
  record = std::move(columns);
}

result<taken<value_list>> job_input::take() {
  auto needed = std::max<std::size_t>(options_.records, 1);
  while (records_in_job_ < needed) {
    auto record = take_combination();
    if (!record || record->state == taken<value_list>::how::later)
      return record;
    if (!*record) {
      if (records_in_job_ == 0)
        return record;
      break; // the last job has fewer
    }
    split_columns(record->value);
    std::ranges::move(record->value, std::back_inserter(job_));
    ++records_in_job_;
  }
  records_in_job_ = 0;
  if (options_.records == 0)
    job_.clear();
  return taken<value_list>::of(std::exchange(job_, {}));
}

int job_input::descriptor() const {
  auto waiting = std::min(first_.so_far.size(), first_.sources.size() - 1);
  return first_.sources[waiting]->descriptor();
}

} // namespace mahavishnu::cli::each
