// SPDX-License-Identifier: MIT
#include "mcp/server/key_source.hpp"

#include "base/log.hpp"
#include "net/http_client.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <vector>

namespace mahavishnu::mcp::server {

using namespace std::chrono_literals;

namespace {

/// Of a text with keys.
constexpr std::size_t most_key_bytes = std::size_t{256} << 10;
/// Between two looks at a file.
constexpr auto file_pause = 1s;

} // namespace

// -- a file ---------------------------------------------------------------------------------------

/// What changes with the content of a file. Writes within one tick of the kernel's clock change
/// nothing of it, so that of a file which has just changed does not say much.
struct keys_in_file::stamp {
  static result<stamp> of(const std::filesystem::path& file) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0)
      return error{errc::io_failed, "cannot be read: " + std::string{std::strerror(errno)}};
    if (!S_ISREG(found.st_mode))
      return error{errc::io_failed, "is no file"};
    return stamp{found.st_ino, found.st_size, found.st_ctim.tv_sec, found.st_ctim.tv_nsec};
  }
  bool is_young() const { return ::time(nullptr) - second <= 2; }

  friend bool operator==(const stamp&, const stamp&) = default;

  ino_t number = 0;
  off_t size = 0;
  time_t second = 0;
  long nanosecond = 0;
};

keys_in_file::keys_in_file(std::filesystem::path file, auth::algorithm how)
    : file_(std::move(file)), how_(how) {}

namespace {

result<std::string> text_of(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream)
    return error{errc::io_failed, "cannot be read: " + std::string{std::strerror(errno)}};
  std::string text(most_key_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > most_key_bytes)
    return error{errc::io_failed, "is longer than 256 KiB, which no file with keys is"};
  return text;
}

} // namespace

result<std::unique_ptr<keys_in_file>> keys_in_file::open(std::filesystem::path file,
                                                         auth::algorithm how) {
  auto about = [name = file.string()](const error& why) {
    return error{errc::invalid_settings,
                 "the file with public keys, '" + name + "', " + why.message};
  };
  auto found = stamp::of(file);
  if (!found)
    return about(found.error());
  auto text = text_of(file);
  if (!text)
    return about(text.error());
  auto keys = auth::key_set::of_public_keys(*text, how);
  if (!keys)
    return about({errc::invalid_settings, "has no use here: " + keys.error().message});
  std::unique_ptr<keys_in_file> made{new keys_in_file{std::move(file), how}};
  made->read_ = std::make_shared<const stamp>(*found);
  made->text_ = *std::move(text);
  made->keys_ = *std::move(keys);
  made->version_ = 1;
  return made;
}

void keys_in_file::read_if_changed() {
  auto ignored = [this](const std::string& why) {
    log::warning("mcp", "the file with public keys, '{}', {}; going on with those from before",
                 file_.string(), why);
  };
  auto found = stamp::of(file_);
  if (!found) {
    if (std::exchange(read_, nullptr))
      ignored(found.error().message);
    return;
  }
  if (read_ && *read_ == *found && !found->is_young())
    return;
  read_ = std::make_shared<const stamp>(*found);
  auto text = text_of(file_);
  if (!text)
    return ignored(text.error().message);
  if (*text == text_)
    return;
  text_ = *std::move(text);
  auto keys = auth::key_set::of_public_keys(text_, how_);
  if (!keys)
    return ignored("has no use here: " + keys.error().message);
  keys_ = *std::move(keys);
  ++version_;
  log::info("mcp", "the file with public keys, '{}', has changed: {} keys", file_.string(),
            keys_->size());
}

std::uint64_t keys_in_file::look(moment now) {
  if (now - looked_at_ >= file_pause) {
    looked_at_ = now;
    read_if_changed();
  }
  return version_;
}

key_source::outlook keys_in_file::look_for_more(moment now) {
  auto before = version_;
  return look(now) == before ? outlook::same : outlook::newer;
}

// -- a URL ----------------------------------------------------------------------------------------

struct keys_at_url::impl {
  explicit impl(keys_at_url_options given) : options(std::move(given)), cache(options.times) {}

  std::uint64_t current(moment now) const { return cache.keys(now) ? version : 0; }

  /// What is_fetching was set for.
  void fetch() {
    net::client_request request;
    request.url = options.url;
    request.headers = {{"Accept", "application/jwk-set+json, application/json"}};
    request.connect_timeout = std::min<std::chrono::milliseconds>(options.timeout, 5s);
    request.whole_timeout = options.timeout;
    request.max_body_bytes = most_key_bytes;
    client->send(std::move(request),
                 [this](const result<net::client_answer>& answer) { take(answer); });
  }

  static result<auth::key_set> read(const result<net::client_answer>& answer, auth::algorithm how) {
    if (!answer)
      return answer.error();
    if (answer->status != 200)
      return error{errc::io_failed, "it answered " + std::to_string(answer->status)};
    return auth::key_set::of_jwks(answer->body, how);
  }

  void take(const result<net::client_answer>& answer) {
    auto keys = read(answer, options.how);
    std::vector<std::function<void()>> ready;
    {
      std::lock_guard guard{mutex};
      is_fetching = false;
      if (is_closing)
        return;
      ready.swap(waiting);
      if (keys) {
        // A fetch that brought nothing new must not empty what was kept of tokens.
        auto is_new = std::exchange(text, answer->body) != answer->body || version == 0;
        cache.store(*keys, asked_at);
        version += is_new ? 1 : 0;
      }
    }
    if (!keys)
      log::warning("mcp", "no keys from auth.jwks_url: {}; trying again in {} s at the earliest",
                   keys.error().message, options.times.pause.count());
    for (const auto& call : ready)
      call();
  }

  const keys_at_url_options options;
  mutable std::mutex mutex;
  auth::key_set_cache cache;
  std::string text;
  std::uint64_t version = 0;
  /// By the last look().
  std::uint64_t told = 0;
  bool is_fetching = false;
  /// Keys are as old as the question for them.
  moment asked_at{};
  bool is_closing = false;
  std::vector<std::function<void()>> waiting;
  /// The first to go: its callbacks are for the rest.
  std::unique_ptr<net::http_client> client;
};

keys_at_url::keys_at_url(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

keys_at_url::~keys_at_url() {
  std::vector<std::function<void()>> never;
  {
    std::lock_guard guard{impl_->mutex};
    impl_->is_closing = true;
    never.swap(impl_->waiting);
  }
  impl_->client.reset();
}

result<std::unique_ptr<keys_at_url>> keys_at_url::start(keys_at_url_options options, moment now) {
  auto state = std::make_unique<impl>(std::move(options));
  auto client = net::http_client::start();
  if (!client)
    return client.error();
  state->client = *std::move(client);
  std::unique_ptr<keys_at_url> made{new keys_at_url{std::move(state)}};
  made->look(now);
  return made;
}

std::uint64_t keys_at_url::look(moment now) {
  std::uint64_t version = 0;
  {
    std::lock_guard guard{impl_->mutex};
    version = impl_->told = impl_->current(now);
    if (impl_->is_fetching || !impl_->cache.should_fetch(now))
      return version;
    impl_->is_fetching = true;
    impl_->asked_at = now;
  }
  impl_->fetch();
  return version;
}

std::optional<auth::key_set> keys_at_url::keys(moment now) const {
  std::lock_guard guard{impl_->mutex};
  return impl_->cache.keys(now);
}

key_source::outlook keys_at_url::look_for_more(moment now) {
  {
    std::lock_guard guard{impl_->mutex};
    if (impl_->is_fetching)
      return outlook::coming;
    if (impl_->current(now) != impl_->told) // it has come since then
      return outlook::newer;
    if (!impl_->cache.should_fetch_for_unknown_key(now))
      return outlook::same;
    impl_->is_fetching = true;
    impl_->asked_at = now;
  }
  impl_->fetch();
  return outlook::coming;
}

bool keys_at_url::when_ready(std::function<void()> callback) {
  {
    std::lock_guard guard{impl_->mutex};
    if (impl_->is_fetching) {
      if (impl_->waiting.size() >= impl_->options.most_waiting)
        return false;
      impl_->waiting.push_back(std::move(callback));
      return true;
    }
  }
  callback(); // it has come meanwhile
  return true;
}

std::chrono::seconds keys_at_url::pause() const {
  return impl_->options.times.pause;
}

} // namespace mahavishnu::mcp::server
