// SPDX-License-Identifier: MIT
#include "store/sqlite_outbox.hpp"

#include "store/field_sum.hpp"

#include <limits>
#include <utility>

namespace mahavishnu::store {

namespace {

struct target_row {
  std::int64_t number = 0;
  std::string name;
  bool is_enabled = false;
  std::uint64_t forgotten = 0;
  std::string last_error;

  std::uint32_t sum() const {
    return field_sum::of(number, name, static_cast<std::uint8_t>(is_enabled), forgotten,
                         last_error);
  }
};

/// A damaged one is taken for enabled, so that what is new waits for it: what waits in vain can be
/// disabled, and what does not wait is never sent.
target_row read_target(const sqlite_memory_session& at, const sqlite_run& row) {
  target_row read{row.number(0), std::string{row.bytes(1)}, row.number(2) != 0,
                  static_cast<std::uint64_t>(row.number(3)), std::string{row.bytes(4)}};
  if (row.number(5) == read.sum())
    return read;
  return {read.number, read.name, true, 0,
          at.damaged("the state of target '" + read.name + "'").message};
}

/// The first one of the statement; nothing when there is none.
result<std::optional<target_row>> one_target(const sqlite_memory_session& at, sqlite_run row) {
  if (row.next())
    return std::optional{read_target(at, row)};
  if (row.failure() != SQLITE_OK)
    return at.connection.failure("read the targets of", row.failure());
  return std::optional<target_row>{};
}

result<target_row> known_target(const sqlite_memory_session& at, const std::string& name) {
  auto target = one_target(at, sqlite_run{at.target_by_name, name});
  if (!target)
    return target.error();
  if (!*target)
    return error{errc::not_found,
                 at.connection.name() + " has no target '" + name + "'; enable it first"};
  return std::move(**target);
}

int write(const sqlite_memory_session& at, const target_row& row) {
  return change_or_add(at.connection, at.put_target, at.add_target, row.number, row.name,
                       row.is_enabled, row.forgotten, row.last_error, row.sum());
}

/// @pre the row has all columns but the target.
result<outbox_row> read_outgoing(const sqlite_memory_session& at, std::int64_t target,
                                 const sqlite_run& row) {
  outbox_row read{target,
                  row.number(0),
                  static_cast<outbox_state>(row.number(1)),
                  row.number(2),
                  static_cast<std::uint32_t>(row.number(3)),
                  std::string{row.bytes(4)}};
  if (row.number(5) != read.sum())
    return at.damaged("what is to be sent of content " + std::to_string(read.content));
  return read;
}

/// With the newest record that has it.
result<memory_record> record_of(const sqlite_memory_session& at, std::int64_t content) {
  auto bytes = at.content(content);
  if (!bytes)
    return bytes.error();
  auto newest = [&]() -> result<document_row> {
    sqlite_run row{at.documents_of_content, content};
    if (row.next())
      return at.read_document(row);
    return at.unread("the list of documents of content " + std::to_string(content), row.failure());
  }();
  if (!newest)
    return newest.error();
  if (newest->content != content) // what leads to it has led to another one
    return at.damaged("the list of documents of content " + std::to_string(content));
  auto record = at.newest_of(*newest, std::numeric_limits<wall_time>::max());
  if (!record)
    return record.error();
  auto whole = at.whole(*record, *newest);
  if (whole)
    whole->content = std::move(*bytes);
  return whole;
}

/// Contents that are not in the outbox for it.
result<void> add_all(const sqlite_memory_session& at, const target_row& target) {
  std::vector<std::int64_t> contents;
  {
    sqlite_run row{at.contents_not_for, target.number};
    while (row.next())
      contents.push_back(row.number(0));
    if (row.failure() != SQLITE_OK)
      return at.connection.failure("read", row.failure());
  }
  for (auto content : contents)
    if (int code = write(at, outbox_row{target.number, content}); code != SQLITE_OK)
      return at.connection.failure("write", code);
  return {};
}

void apply(const outcome& to, outbox_row& row, target_row& target) {
  ++row.tries;
  row.reason = to.what == delivery::sent ? "" : to.reason;
  row.due = to.what == delivery::failed ? to.next : 0;
  row.state = to.what == delivery::sent       ? outbox_state::sent
              : to.what == delivery::given_up ? outbox_state::given_up
                                              : outbox_state::waiting;
  if (to.what != delivery::sent)
    target.last_error = to.reason;
}

} // namespace

std::uint32_t outbox_row::sum() const {
  return field_sum::of(target, content, static_cast<std::uint8_t>(state), due, tries, reason);
}

int write(const sqlite_memory_session& at, const outbox_row& row) {
  return change_or_add(at.connection, at.put_outgoing, at.add_outgoing, row.target, row.content,
                       static_cast<std::uint8_t>(row.state), row.due, row.tries, row.reason,
                       row.sum());
}

result<std::vector<std::int64_t>> enabled_targets(const sqlite_memory_session& at) {
  std::vector<std::int64_t> numbers;
  sqlite_run row{at.targets};
  while (row.next()) {
    auto target = read_target(at, row);
    if (target.is_enabled)
      numbers.push_back(target.number);
  }
  if (row.failure() != SQLITE_OK)
    return at.connection.failure("read the targets of", row.failure());
  return numbers;
}

result<void> forget_outgoing(const sqlite_memory_session& at, std::int64_t content) {
  std::vector<std::int64_t> waiting;
  {
    sqlite_run row{at.outgoing_of_content, content};
    while (row.next())
      if (row.number(1) == 0)
        waiting.push_back(row.number(0));
    if (row.failure() != SQLITE_OK)
      return at.connection.failure("read", row.failure());
  }
  for (auto number : waiting) {
    auto target = one_target(at, sqlite_run{at.target_by_number, number});
    if (!target)
      return target.error();
    if (!*target)
      continue;
    ++(*target)->forgotten;
    if (int code = write(at, **target); code != SQLITE_OK)
      return at.connection.failure("write", code);
  }
  if (int code = run(sqlite_run{at.drop_outgoing, content}); code != SQLITE_OK)
    return at.connection.failure("write", code);
  return {};
}

result<void> enable_target(const sqlite_memory_session& at, const std::string& name,
                           bool with_all) {
  auto known = one_target(at, sqlite_run{at.target_by_name, name});
  if (!known)
    return known.error();
  target_row target;
  if (*known) {
    target = std::move(**known);
  } else {
    target.name = name;
    sqlite_run row{at.last_target};
    if (!row.next())
      return at.connection.failure("read the targets of", row.failure());
    target.number = row.number(0) + 1;
  }
  target.is_enabled = true;
  if (int code = write(at, target); code != SQLITE_OK)
    return at.connection.failure("write", code);
  return with_all ? add_all(at, target) : result<void>{};
}

result<void> disable_target(const sqlite_memory_session& at, const std::string& name) {
  auto target = known_target(at, name);
  if (!target)
    return target.error();
  target->is_enabled = false;
  if (int code = write(at, *target); code != SQLITE_OK)
    return at.connection.failure("write", code);
  return {};
}

result<waiting_contents> waiting_for(const sqlite_memory_session& at, const std::string& name,
                                     wall_time now, std::size_t most) {
  auto target = known_target(at, name);
  if (!target)
    return target.error();
  waiting_contents all;
  std::size_t bytes = 0;
  sqlite_run row{at.outgoing_due, target->number, now};
  while (all.whole.records.size() < most && row.next()) {
    auto note = [&](const error& damage) {
      if (all.whole.damaged.size() < most)
        all.whole.damaged.push_back(damage);
    };
    auto due = read_outgoing(at, target->number, row);
    if (!due) { // it goes all the same, and what becomes of it makes that anew
      note(due.error());
      due = outbox_row{target->number, row.number(0)};
    }
    auto record = record_of(at, due->content);
    if (!record) {
      note(record.error());
      // What else is damaged of it may be made again.
      if (auto content = at.content(row.number(0)); !content && !at.has_failed())
        all.given_up.push_back({row.number(0), delivery::given_up, content.error().message, 0});
      continue;
    }
    bytes += record->content.size();
    if (bytes > most_bytes_waiting && !all.whole.records.empty())
      break;
    all.whole.records.push_back({due->content, std::move(*record), due->tries});
  }
  if (row.failure() != SQLITE_OK)
    return at.connection.failure("read", row.failure());
  return all;
}

result<void> settle_outgoing(const sqlite_memory_session& at, const std::string& name,
                             std::span<const outcome> outcomes) {
  auto target = known_target(at, name);
  if (!target)
    return target.error();
  for (const auto& each : outcomes) {
    outbox_row row{target->number, each.number};
    {
      sqlite_run found{at.outgoing_by_content, target->number, each.number};
      if (!found.next()) {
        if (found.failure() != SQLITE_OK)
          return at.connection.failure("read", found.failure());
        continue;
      }
      // What is damaged of it is made anew: the outcome says all that counts.
      if (auto read = read_outgoing(at, target->number, found); read)
        row = std::move(*read);
    }
    if (row.state != outbox_state::waiting)
      continue;
    apply(each, row, *target);
    if (int code = write(at, row); code != SQLITE_OK)
      return at.connection.failure("write", code);
  }
  if (int code = write(at, *target); code != SQLITE_OK)
    return at.connection.failure("write", code);
  return {};
}

result<std::vector<target_state>> states_of_targets(const sqlite_memory_session& at) {
  std::vector<target_row> rows;
  {
    sqlite_run row{at.targets};
    while (row.next())
      rows.push_back(read_target(at, row));
    if (row.failure() != SQLITE_OK)
      return at.connection.failure("read the targets of", row.failure());
  }
  std::vector<target_state> states;
  for (auto& row : rows) {
    target_state state{row.name, row.is_enabled, 0, 0, 0, row.forgotten, row.last_error};
    sqlite_run count{at.count_outgoing, row.number};
    while (count.next()) {
      auto& into = count.number(0) == 0   ? state.waiting
                   : count.number(0) == 1 ? state.sent
                                          : state.failed;
      into = static_cast<std::uint64_t>(count.number(1));
    }
    if (count.failure() != SQLITE_OK)
      return at.connection.failure("read", count.failure());
    states.push_back(std::move(state));
  }
  return states;
}

} // namespace mahavishnu::store
