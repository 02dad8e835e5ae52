// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/auth/key_set.hpp>
#include <mahavishnu/auth/key_set_cache.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

/// Where the keys come from that tokens are checked with.
namespace mahavishnu::mcp::server {

class key_source {
public:
  using moment = std::chrono::steady_clock::time_point;

  /// What can be hoped for when a key is missing.
  enum class outlook {
    /// Nothing, for now.
    same,
    /// There are others already: look().
    newer,
    /// They are being fetched: when_ready().
    coming,
  };

  virtual ~key_source() = default;

  /// Names the keys that there are, and changes with them; 0: there are none. Sees to it that they
  /// are looked for when it is time. Quick, as often as it may be called.
  virtual std::uint64_t look(moment now) = 0;
  /// Those of the last look().
  virtual std::optional<auth::key_set> keys(moment now) const = 0;

  /// A token was signed with a key that is not among them.
  virtual outlook look_for_more(moment now) { return static_cast<void>(now), outlook::same; }
  /// Calls back once, from any thread, when what was coming has come or has not. False: too many
  /// wait already. What waits when this goes is never called.
  virtual bool when_ready(std::function<void()>) { return false; }
  /// How long after a failure nothing is tried again.
  virtual std::chrono::seconds pause() const { return std::chrono::seconds{1}; }
};

/// Keys that never change, as a secret.
class fixed_keys final : public key_source {
public:
  explicit fixed_keys(auth::key_set keys) : keys_(std::move(keys)) {}

  std::uint64_t look(moment) override { return 1; }
  std::optional<auth::key_set> keys(moment) const override { return keys_; }

private:
  const auth::key_set keys_;
};

/// Public keys in a small local file, PEM or JWKS, which is read again when it has changed. A file
/// that has become unreadable, or nonsense, is said in the log, and changes nothing.
class keys_in_file final : public key_source {
public:
  /// The file has to be good once.
  static result<std::unique_ptr<keys_in_file>> open(std::filesystem::path file,
                                                    auth::algorithm how);

  std::uint64_t look(moment now) override;
  std::optional<auth::key_set> keys(moment) const override { return keys_; }
  outlook look_for_more(moment now) override;

private:
  struct stamp;

  keys_in_file(std::filesystem::path file, auth::algorithm how);
  void read_if_changed();

  const std::filesystem::path file_;
  const auth::algorithm how_;
  /// Of the file as it was read last.
  std::shared_ptr<const stamp> read_;
  std::string text_;
  std::optional<auth::key_set> keys_;
  std::uint64_t version_ = 0;
  moment looked_at_{};
};

struct keys_at_url_options {
  std::string url;
  auth::algorithm how = auth::algorithm::rs256;
  auth::key_set_cache::options times;
  /// For one answer, all in all.
  std::chrono::milliseconds timeout{10'000};
  /// Requests that wait for keys at a time.
  std::size_t most_waiting = 256;
};

/// A JWKS at a URL, fetched in the background: at once, when it has become old, and when there is a
/// token whose key is not in it. An answer that is of no use is said in the log, and changes
/// nothing.
class keys_at_url final : public key_source {
public:
  static result<std::unique_ptr<keys_at_url>> start(keys_at_url_options options, moment now);
  ~keys_at_url() override;

  std::uint64_t look(moment now) override;
  std::optional<auth::key_set> keys(moment now) const override;
  outlook look_for_more(moment now) override;
  bool when_ready(std::function<void()> callback) override;
  std::chrono::seconds pause() const override;

private:
  struct impl;
  explicit keys_at_url(std::unique_ptr<impl> state);

  const std::unique_ptr<impl> impl_;
};

} // namespace mahavishnu::mcp::server
