// SPDX-License-Identifier: MIT
#include "store/postgres_store.hpp"

#include "store/page.hpp"
#include "store/postgres_care.hpp"
#include "store/postgres_session.hpp"
#include "store/postgres_span.hpp"
#include "store/postgres_statements.hpp"
#include "store/postgres_url.hpp"
#include "store/task_state.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <thread>
#include <unordered_set>
#include <utility>

namespace mahavishnu::store {

namespace {

/// How often a call that lost its connection is made again with a new one.
constexpr int most_repeats = 1;

/// Between two tries to reach a server that may be about to start.
constexpr std::chrono::milliseconds between_tries{100};

/// What nobody else is called.
task_id own_name() {
  std::random_device chance;
  auto half = [&chance] { return static_cast<std::uint64_t>(chance()) << 32 | chance(); };
  auto high = half();
  return {high, half() | 1};
}

/// What PostgreSQL calls it when a span finds totals that are not those that were written: a
/// division by zero, of which there is no other.
constexpr std::string_view damaged_totals = "22012";
/// And when another has signed them: the root of a negative number, of which there is no other.
constexpr std::string_view totals_of_another = "2201F";

/// Behind the columns of a whole task in a page of ended ones.
enum { end_at = 16, end_id };

/// What became of a span when the connection was lost before the server had answered.
enum class outcome {
  written,
  not_written,
  /// What says so is damaged.
  unknown,
};

class postgres_store final : public journal_store {
public:
  postgres_store(postgres_url url, postgres_use use, std::chrono::milliseconds patience)
      : url_(std::move(url)), use_(use), patience_(patience) {}

  /// After the connection was lost, too.
  result<void> open() {
    if (refused_)
      return *refused_;
    if (session_ && !session_->connection.has_ended())
      return {};
    session_.reset();
    auto session = postgres_session::open(url_, use_, ours_);
    if (!session)
      return session.error();
    if (use_ == postgres_use::write)
      if (auto claimed = claim(*session); !claimed)
        return claimed;
    if (!std::exchange(has_warned_, true) && use_ == postgres_use::write &&
        !session->warning.empty())
      warnings_.push_back(session->warning);
    session_ = std::move(*session);
    return {};
  }

  result<void> apply(std::span<const change> changes) override {
    if (auto refused = refusal_to_write())
      return *refused;
    if (auto opened = open(); !opened)
      return opened;
    auto span = ++span_;
    for (int repeats = 0;; ++repeats) {
      auto written = write(span, changes);
      // What the server has said counts, even if it was its last word.
      if (written || !lose_session())
        return written;
      auto became = find_out(span);
      if (became && *became == outcome::written)
        return settled();
      if (!became || *became == outcome::unknown) {
        doubt(changes);
        return not_known(became ? "its totals are damaged" : became.error().message);
      }
      if (repeats == most_repeats)
        return written;
    }
  }

  result<found<stored_pool>> pools() override {
    using found_pools = found<stored_pool>;
    return within<found_pools>([](postgres_session& at) -> result<found_pools> {
      postgres_transaction instant{at.connection, begin_instant};
      if (!instant.begun())
        return at.connection.failure("read", instant.begun());
      return at.read_pools();
    });
  }

  result<void> each_open(const std::function<void(result<stored_task>)>& take) override {
    bool has_given = false;
    auto give = [&](result<stored_task> each) {
      has_given = true;
      take(std::move(each));
    };
    return within<void>([&](postgres_session& at) { return give_open(at, give); },
                        [&has_given] { return !has_given; });
  }

  result<std::optional<stored_task>> find(const task_id& task) override {
    return within<std::optional<stored_task>>(
        [&task](postgres_session& at) { return at.find_task(task); });
  }

  result<found<stored_task>> list(const task_filter& wanted) override {
    return within<found<stored_task>>([&wanted](postgres_session& at) {
      auto all = newest(at, wanted);
      if (all)
        std::erase_if(all->records, [&](const stored_task& each) {
          bool is_right = is_wanted(wanted, each);
          if (!is_right)
            all->damaged.push_back(at.damaged("the list that has task '" + each.task.str() + "'"));
          return !is_right;
        });
      return all;
    });
  }

  result<found<stored_task>> keyed(std::size_t most) override {
    return within<found<stored_task>>([most](postgres_session& at) {
      return at.heads(postgres_sql().keyed, values(row_limit(most)));
    });
  }

  result<ended_tasks> ended_after(const end_position& position, wall_time before,
                                  std::size_t most) override {
    return within<ended_tasks>([&](postgres_session& at) -> result<ended_tasks> {
      auto rows = at.connection.run(postgres_sql().ended_after,
                                    values(position.at, position.task, before, row_limit(most)));
      if (rows.is_damage())
        return next_ended(at, position, before);
      if (!rows)
        return at.connection.failure("read", rows);
      ended_tasks all{{}, position};
      for (int row = 0; row < rows.rows(); ++row)
        take_ended(at, {rows.number(end_at, row), task_in(rows, end_id, row)}, rows, row, all);
      return all;
    });
  }

  result<std::size_t> forget_ended(const retention& kept, std::size_t step) override {
    if (auto refused = refusal_to_write())
      return *refused;
    return within<std::size_t>([&](postgres_session& at) -> result<std::size_t> {
      // 0 is no time to be older than, and whatever ended before 1970 has to stay then.
      auto before =
          kept.ended_before != 0 ? kept.ended_before : std::numeric_limits<wall_time>::min();
      auto forget = [&] {
        return at.connection.run(postgres_sql().forget,
                                 values(before, row_limit(kept.most), row_limit(step)));
      };
      auto gone = forget();
      if (gone && gone.rows() == 0) {
        if (auto counted = count_again(at, span_); !counted)
          return counted.error();
        gone = forget();
      }
      if (!gone)
        return at.connection.failure("write", gone);
      if (gone.rows() != 1)
        return at.damaged("how much there is to be");
      return static_cast<std::size_t>(gone.number(0));
    });
  }

  std::vector<std::string> take_warnings() override { return std::exchange(warnings_, {}); }

  result<store_report> check() override { return within<store_report>(check_postgres); }
  result<void> backup(const std::string& path) override {
    return within<void>([&path](postgres_session& at) { return backup_postgres(at, path); });
  }
  result<void> compact() override {
    if (auto refused = refusal_to_write())
      return *refused;
    return within<void>(compact_postgres, [] { return false; });
  }

private:
  template <class... Value>
  static postgres_values values(Value&&... given) {
    return postgres_values::of(std::forward<Value>(given)...);
  }

  // -- connections --------------------------------------------------------------------------------

  /// Does this, and once more when the connection was lost and that can be told from nothing.
  template <class Value, class Body, class May>
  result<Value> within(Body body, May may_repeat) {
    if (auto refused = refusal_to_begin())
      return *refused;
    for (int repeats = 0;; ++repeats) {
      if (auto opened = open(); !opened)
        return opened.error();
      is_in_use_ = true;
      struct leave {
        ~leave() { *in_use = false; }
        bool* in_use;
      } at_the_end{&is_in_use_};
      auto done = body(*session_);
      if (!lose_session() || done || repeats == most_repeats || !may_repeat())
        return done;
    }
  }
  template <class Value, class Body>
  result<Value> within(Body body) {
    return within<Value>(std::move(body), [] { return true; });
  }

  /// Whether it was lost: then the next call makes another one.
  bool lose_session() {
    if (!session_ || !session_->connection.is_lost())
      return false;
    session_.reset();
    return true;
  }

  std::optional<error> refusal_to_begin() const {
    if (!is_in_use_)
      return std::nullopt;
    return error{errc::internal, "the journal '" + url_.shown() +
                                     "' was used by what it has called; let that return first"};
  }
  std::optional<error> refusal_to_write() const {
    if (use_ == postgres_use::read)
      return error{errc::unsupported, "cannot write the journal '" + url_.shown() +
                                          "': it was opened so that it can only be read; open it "
                                          "to write"};
    return refusal_to_begin();
  }

  // -- writing ------------------------------------------------------------------------------------

  result<void> write(std::int64_t span, std::span<const change> changes) {
    auto& connection = session_->connection;
    auto sent = send(connection, span, changes);
    if (sent && sent->state() == damaged_totals) {
      if (auto counted = count_again(*session_, span - 1); !counted)
        return counted;
      sent = send(connection, span, changes);
    }
    if (sent && sent->state() == totals_of_another)
      return refuse_for_good();
    if (!sent)
      return sent.error();
    const auto& done = *sent;
    if (!done)
      return connection.failure("write", done);
    if (done.done() != "COMMIT")
      return error{errc::internal, "the journal '" + connection.name() +
                                       "' was not written: the server has answered " +
                                       std::string(done.done()) + " to a commit"};
    return settled();
  }

  /// The changes as one transaction, and how it ended. An error for what cannot be written at all.
  result<postgres_result> send(postgres_connection& connection, std::int64_t span,
                               std::span<const change> changes) const {
    const auto& sql = postgres_sql();
    connection.begin_pipeline();
    connection.send(sql.begin);
    connection.send(sql.trust_totals, values(writer_));
    connection.send(sql.note_span, values(span, writer_));
    if (auto ids = to_take_back(changes); ids.bytes() > 0)
      connection.send(sql.take_back, values(std::move(ids)));
    auto given = each_call(changes, [&connection](const postgres_call& call) {
      connection.send(*call.statement, call.values);
    });
    if (given)
      connection.send(sql.commit);
    auto done = connection.end_pipeline();
    if (!connection.is_lost() && connection.in_transaction())
      connection.execute("rollback");
    if (!given)
      return given.error();
    return done;
  }

  /// When the totals are damaged. The last span of ours that was written stays known.
  result<void> count_again(postgres_session& at, std::int64_t last_span) {
    auto counted = at.count_again(writer_, last_span);
    if (!counted)
      return counted.error();
    warnings_.push_back(std::move(*counted));
    return {};
  }

  /// Which of our spans were written can be told as long as nobody else writes. Transaction ids
  /// could not tell it: after a crash, or on another server, the same one is given again.
  result<void> claim(postgres_session& at) {
    auto last = last_span(at);
    if (!last)
      return last.error();
    if (last->is_signed && last->is_ours)
      return {};
    // Whoever had it since has gone on with all that was open, and may have ended it.
    if (last->is_signed && has_claimed_)
      return refuse_for_good();
    auto claimed = at.connection.run(postgres_sql().claim, values(writer_));
    if (!claimed)
      return at.connection.failure("write", claimed);
    has_claimed_ = true;
    return {};
  }

  struct signed_span {
    /// Not when the totals are damaged.
    bool is_signed = false;
    bool is_ours = false;
    std::int64_t number = 0;
  };

  result<signed_span> last_span(postgres_session& at) const {
    auto found = at.connection.run(postgres_sql().last_span, values(writer_));
    if (!found)
      return at.connection.failure("read", found);
    if (found.rows() != 1)
      return signed_span{};
    return signed_span{true, found.number(1) != 0, found.number(0)};
  }

  error refuse_for_good() {
    refused_ = error{errc::already_exists,
                     "the journal '" + url_.shown() +
                         "' was taken over by another server, or made anew, so this server never "
                         "writes to it again; end this one, and start it anew when no other has "
                         "the journal"};
    warnings_.push_back(refused_->message);
    return *refused_;
  }

  // -- when the connection was lost before an answer ----------------------------------------------

  /// Asks as long as there is patience. An error when nobody has answered.
  result<outcome> find_out(std::int64_t span) {
    for (auto until = std::chrono::steady_clock::now() + patience_;;) {
      auto became = look_for(span);
      if (became || refused_ || std::chrono::steady_clock::now() >= until)
        return became;
      lose_session();
      std::this_thread::sleep_for(between_tries);
    }
  }

  result<outcome> look_for(std::int64_t span) {
    if (auto opened = open(); !opened)
      return opened.error();
    auto last = last_span(*session_);
    if (!last)
      return last.error();
    if (!last->is_signed || !last->is_ours)
      return outcome::unknown;
    if (last->number < span)
      return outcome::not_written;
    // The connection may have been lost while the server waited for a standby to have it. That has
    // it when it has something later.
    auto confirmed = session_->connection.run(postgres_sql().note_span, values(span, writer_));
    if (!confirmed)
      return session_->connection.failure("write", confirmed);
    return outcome::written;
  }

  /// Nobody knows whether these are there.
  void doubt(std::span<const change> changes) {
    for (const auto& each : changes)
      if (const auto* opened = std::get_if<task_opened>(&each))
        doubtful_.insert(opened->task);
  }

  /// Those of them that are not wanted after all.
  postgres_array to_take_back(std::span<const change> changes) const {
    auto unwanted = doubtful_;
    for (const auto& each : changes)
      if (const auto* opened = std::get_if<task_opened>(&each))
        unwanted.erase(opened->task);
    postgres_array ids{postgres_type::uuid};
    for (const auto& each : unwanted)
      ids.add(each);
    return ids;
  }

  /// What is there is known.
  result<void> settled() {
    doubtful_.clear();
    return {};
  }

  error not_known(const std::string& why) const {
    return {errc::lost, "the connection to the journal '" + url_.shown() +
                            "' was lost while it was written, and whether the last changes are in "
                            "it is not known: " +
                            why};
  }

  // -- reading ------------------------------------------------------------------------------------

  static result<void> give_open(postgres_session& at,
                                const std::function<void(result<stored_task>)>& take) {
    postgres_transaction instant{at.connection, begin_instant};
    if (!instant.begun())
      return at.connection.failure("read", instant.begun());
    auto totals = at.totals();
    if (!totals)
      return totals.error();
    bool is_damaged = !totals->written || totals->listed != totals->written->open;
    if (is_damaged)
      if (auto said = say_damaged_list(at, totals->written, take); !said)
        return said;
    return at.each_task(
        "ended_at is null", [&take](read_row each) { take(std::move(each.read)); },
        is_damaged ? whole_limit : silence_limit);
  }

  /// The list of open tasks is not what was written, or nobody knows what that was: all tasks are
  /// looked at.
  static result<void> say_damaged_list(postgres_session& at,
                                       const std::optional<postgres_totals>& written,
                                       const std::function<void(result<stored_task>)>& take) {
    auto set = at.connection.execute(without_indices);
    if (!set)
      return at.connection.failure("read", set);
    auto counted = at.connection.query(
        "select count(*), coalesce(bit_xor(mark), 0) from tasks where ended_at is null", {},
        whole_limit);
    if (!counted)
      return at.connection.failure("read", counted);
    postgres_total found{static_cast<std::uint64_t>(counted.number(0)),
                         static_cast<std::uint64_t>(counted.number(1))};
    auto journal = "in the journal '" + at.connection.name() + "' ";
    auto how_many = std::to_string(found.count) + " were found among all tasks";
    if (!written)
      take(error{errc::io_failed, "how many open tasks there are to be " + journal +
                                      "cannot be read: " + how_many + "; a backup may have more"});
    else
      take(error{errc::io_failed,
                 "the list of open tasks " + journal + "is damaged: " +
                     std::to_string(written->open.count) + " were written, " + how_many +
                     (found == written->open ? ", the same ones" : "; a backup may have more")});
    return {};
  }

  static result<found<stored_task>> newest(postgres_session& at, const task_filter& wanted) {
    const auto& sql = postgres_sql();
    auto limit = row_limit(wanted.limit);
    // Without a bound, up to the last id that there is.
    task_id last{wanted.before.high() - (wanted.before.low() == 0 ? 1 : 0),
                 wanted.before.low() - 1};
    if (wanted.pool.empty() && wanted.statuses.empty() && !wanted.only_ended)
      return at.heads(sql.newest, values(last, limit));
    auto statuses = wanted.statuses;
    if (statuses.empty()) {
      // To look for each that can be takes less than a millisecond.
      statuses.resize(1 + std::numeric_limits<std::uint8_t>::max());
      std::iota(statuses.begin(), statuses.end(), std::uint8_t{0});
    }
    std::sort(statuses.begin(), statuses.end());
    statuses.erase(std::unique(statuses.begin(), statuses.end()), statuses.end());
    postgres_array given{postgres_type::int2};
    for (auto each : statuses)
      given.add(static_cast<std::int16_t>(each));
    if (wanted.pool.empty())
      return at.heads(wanted.only_ended ? sql.ended_with_status : sql.with_status,
                      values(last, limit, std::move(given)));
    return at.heads(wanted.only_ended ? sql.ended_of_pool : sql.of_pool,
                    values(last, limit, std::move(given), std::string_view{wanted.pool.value}));
  }

  /// The next one alone: a page with a value that the server cannot read does not come, and the one
  /// that has it is to cost no other.
  static result<ended_tasks> next_ended(postgres_session& at, const end_position& position,
                                        wall_time before) {
    ended_tasks all{{}, position};
    postgres_transaction instant{at.connection, begin_instant};
    if (!instant.begun())
      return at.connection.failure("read", instant.begun());
    auto next =
        at.connection.run(postgres_sql().next_end, values(position.at, position.task, before));
    if (!next)
      return at.connection.failure("read", next);
    if (next.rows() == 0)
      return all;
    end_position end{next.number(0), task_in(next, 1, 0)};
    auto found = at.connection.run(postgres_sql().find, values(end.task));
    if (found.is_damage()) {
      all.last = end;
      all.tasks.damaged.push_back(at.damaged(record_name_of(end.task)));
      return all;
    }
    if (!found)
      return at.connection.failure("read", found);
    take_ended(at, end, found, 0, all);
    return all;
  }

  /// What is in a row for this place in the list of ends.
  static void take_ended(const postgres_session& at, const end_position& end,
                         const postgres_result& rows, int row, ended_tasks& all) {
    all.last = end;
    auto listed = [&] {
      return at.damaged("the list of ended tasks, which has task '" + end.task.str() + "',");
    };
    if (rows.rows() <= row || rows.is_null(0, row))
      return all.tasks.damaged.push_back(listed());
    auto read = at.read_task(rows, row, true).read;
    if (!read)
      all.tasks.damaged.push_back(read.error());
    else if (read->ended_at != end.at)
      all.tasks.damaged.push_back(listed());
    else
      all.tasks.records.push_back(std::move(*read));
  }

  static task_id task_in(const postgres_result& rows, int column, int row) {
    return task_key::read(rows.bytes(column, row)).value_or(task_id{});
  }

  static bool is_wanted(const task_filter& wanted, const stored_task& task) {
    return (wanted.pool.empty() || wanted.pool == task.pool) &&
           (wanted.statuses.empty() || std::find(wanted.statuses.begin(), wanted.statuses.end(),
                                                 task.status) != wanted.statuses.end()) &&
           (task.ended_at || !wanted.only_ended);
  }

  postgres_url url_;
  postgres_use use_;
  std::chrono::milliseconds patience_;
  /// Nothing after it was lost.
  std::optional<postgres_session> session_;
  /// Connections that would have to be ended if they were lost and are still there.
  std::vector<postgres_backend> ours_;
  /// What the spans that we write are signed with.
  task_id writer_ = own_name();
  std::int64_t span_ = 0;
  bool has_claimed_ = false;
  /// Why nothing is ever written again.
  std::optional<error> refused_;
  /// What was to be opened when nobody could say whether it was. Whoever wanted it was refused.
  std::unordered_set<task_id> doubtful_;
  bool is_in_use_ = false;
  bool has_warned_ = false;
  std::vector<std::string> warnings_;
};

} // namespace

result<std::unique_ptr<journal_store>> open_postgres(const std::string& url, postgres_use use,
                                                     std::chrono::milliseconds patience) {
  auto parsed = postgres_url::parse(url);
  if (!parsed)
    return parsed.error();
  auto store = std::make_unique<postgres_store>(std::move(*parsed), use, patience);
  if (auto opened = store->open(); !opened)
    return opened.error();
  return std::unique_ptr<journal_store>{std::move(store)};
}

result<void> restore_postgres(const std::string& url, journal_store& from) {
  auto parsed = postgres_url::parse(url);
  if (!parsed)
    return parsed.error();
  std::vector<postgres_backend> none;
  auto session = postgres_session::open(*parsed, postgres_use::write, none);
  if (!session)
    return session.error();
  return fill_postgres(*session, from);
}

} // namespace mahavishnu::store
