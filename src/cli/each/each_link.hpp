// SPDX-License-Identifier: MIT
#pragma once

#include "cli/each/job_message.hpp"
#include "cli/each/plan.hpp"
#include "cli/session.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace mahavishnu::cli::each {

struct job_end {
  std::uint64_t seq = 0;
  task_result result;
};

/// Jobs out to a server and results back, several in a message, while the caller does something
/// else: what has come is fetched with `take` when `descriptor` is readable.
class each_link {
public:
  static result<std::unique_ptr<each_link>> open(const invocation& now, const output& out);
  ~each_link();
  each_link(const each_link&) = delete;
  each_link& operator=(const each_link&) = delete;

  /// To the server again after it was lost; jobs that were out have to be sent again.
  result<void> reopen(const invocation& now, const output& out);

  session& server() { return *server_; }
  int descriptor() const { return mail_->descriptor; }
  /// Has the descriptor become readable, also from another thread.
  void wake() { mail_->wake(); }

  void send(std::vector<job_task> jobs, const job_place& where);
  /// As many more batches as the server should have of us.
  bool has_room() const { return batches_.size() < most_batches; }

  struct news {
    std::vector<job_end> ended;
    /// These were not taken; they may be sent again later.
    std::vector<std::uint64_t> turned_away;
    /// Nothing more will come from this server.
    std::optional<error> lost;
    /// The server no longer knows these; whether they ran, it may know by their keys.
    std::vector<std::uint64_t> forgotten;
    /// Nothing will be heard of these, for this reason, which is the first one.
    std::vector<std::uint64_t> given_up;
    std::optional<error> failed;
  };
  news take();

  void cancel_all();

private:
  static constexpr std::size_t most_batches = 250;

  struct batch {
    batch_id id;
    std::vector<std::uint64_t> jobs;
    std::int32_t next = 0;
    bool is_cancelled = false;
  };
  struct letter {
    std::uint64_t batch = 0;
    std::optional<result<batch_started>> started;
    std::optional<result<batch_news>> told;
  };
  /// Outlives us in the callbacks of questions that nobody waits for any more.
  struct mailbox {
    mailbox();
    ~mailbox();
    mailbox(const mailbox&) = delete;
    mailbox& operator=(const mailbox&) = delete;
    void wake() const;
    void put(letter what);

    int descriptor;
    std::mutex mutex;
    std::vector<letter> letters;
  };

  explicit each_link(std::unique_ptr<session> server);

  void follow(std::uint64_t number);
  void read(const letter& what, news& into);

  std::shared_ptr<mailbox> mail_;
  std::unique_ptr<session> server_;
  std::map<std::uint64_t, batch> batches_;
  std::uint64_t last_batch_ = 0;
};

} // namespace mahavishnu::cli::each
