// SPDX-License-Identifier: MIT
#include "store/postgres_statements.hpp"

#include "store/page.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace mahavishnu::store {

namespace {

/// What the totals are, in the order of their columns.
constexpr std::array totals_columns{"pool_count",  "pool_digest", "open_count",
                                    "open_digest", "ended_count", "ended_digest",
                                    "writer",      "span",        "number"};

/// The row of them, as `totals`.
const std::string newest_totals = "(select * from totals order by number desc limit 1) as totals";

/// The checksum over all of them.
std::string sum_of_totals(const std::string& from) {
  std::string all;
  for (std::string_view each : totals_columns) {
    auto value = from + "." + std::string(each);
    all += all.empty() ? "sha256(" : " || ";
    all += each == "writer" ? "coalesce(uuid_send(" + value + "), '')" : "int8send(" + value + ")";
  }
  return all + ")";
}

/// That it is the one that was written with them.
std::string totals_agree() {
  return "sum = " + sum_of_totals("totals");
}

/// Values of some columns, by their names.
using new_values = std::map<std::string, std::string>;

/// Gives these to the totals if that holds, the next number, and the checksum over all that they
/// are then.
std::string update_totals(new_values given, const std::string& from,
                          const std::string& condition = "") {
  given["number"] = "totals.number + 1";
  std::string names;
  std::string values;
  for (const std::string name : totals_columns) {
    auto value = given.find(name);
    names += name + ", ";
    values += (values.empty() ? "" : ", ") +
              (value != given.end() ? value->second : "totals." + name) + " as " + name;
  }
  return "update totals set (" + names + "sum) = (select made.*, " + sum_of_totals("made") +
         " from (select " + values + ") as made)" + (from.empty() ? "" : " from " + from) +
         " where totals.number = (select max(number) from totals)" +
         (condition.empty() ? "" : " and " + condition);
}

/// `what` of the totals with `more` added to it, which is taken off when its count is negative.
new_values with_more(const std::string& what, const std::string& more) {
  auto count = what + "_count";
  auto digest = what + "_digest";
  return {{count, "totals." + count + " + " + more + ".count"},
          {digest, "totals." + digest + " # " + more + ".digest"}};
}

/// When tasks were opened, or have ended. Takes the end of one off the open ones if it was among
/// them.
std::string add_to_totals(const std::string& open, const std::string& ended,
                          const std::string& from) {
  auto values = with_more("open", open);
  values.merge(with_more("ended", ended));
  return update_totals(std::move(values), from);
}

std::string summed(const std::string& name, const std::string& sign, const std::string& source) {
  return "(select " + sign + "count(*) as count, coalesce(bit_xor(mark), 0) as digest from " +
         source + ") as " + name;
}

const std::vector<std::string> moved_columns{"attempt", "status", "state_sum", "progress"};
const std::vector<std::string> ended_columns{"ended_at",  "attempt",    "status",
                                             "state_sum", "output_sum", "result",
                                             "progress",  "output",     "error_output"};

/// Gives new values to those of the given tasks that have not ended. An update would join, and how,
/// a planner decides by what it has counted: it may read all open tasks for each given one. A
/// conflict goes to the row by its id, always.
std::string changed(const std::string& given, const std::string& where,
                    const std::vector<std::string>& columns) {
  std::string all;
  for (const char* each :
       {"id", "mark", "opened_at", "ended_at", "attempt", "opened_sum", "state_sum", "output_sum",
        "status", "pool", "key", "work", "progress", "result", "output", "error_output"}) {
    bool is_given = std::find(columns.begin(), columns.end(), each) != columns.end();
    all += (all.empty() ? "" : ", ") + std::string(is_given ? "given." : "known.") + each;
  }
  std::string set;
  for (const auto& each : columns)
    set += (set.empty() ? "" : ", ") + each + " = excluded." + each;
  return "insert into tasks (" + whole_task() + ") select " + all + " from " + given +
         " cross join lateral (select * from tasks where id = given.id and ended_at is null "
         "offset 0) as known " +
         where + " on conflict (id) do update set " + set;
}

/// A list first takes ids from indices, then looks at those tasks that are left. That a status is
/// compared together with the id leaves the planner one index to choose, whatever it has counted:
/// the others would be right about most statuses and read everything for a rare one.
std::string list_of(const std::string& ended) {
  return "select " + task_head() +
         " from (select id from ("
         "select found.id from unnest($3::smallint[]) as wanted (status) "
         "cross join lateral (select id from tasks where ended_at is not null " +
         ended +
         " limit $2::bigint) as found"
         ") as all_of_them order by id desc limit $2::bigint) as ids "
         "join tasks using (id) order by id desc";
}

/// The same with those that have not ended.
std::string list_of(const std::string& open, const std::string& ended) {
  auto all = list_of(ended);
  std::string before = " from (select id from (";
  all.insert(all.find(before) + before.size(),
             "(select id from tasks where ended_at is null and id <= $1::uuid "
             "and status = any($3::smallint[]) " +
                 open + " order by id desc limit $2::bigint) union all ");
  return all;
}

} // namespace

const std::string& task_head() {
  static const std::string columns = "id, mark, opened_at, ended_at, attempt, opened_sum, "
                                     "state_sum, output_sum, status, pool, key, work, progress, "
                                     "result";
  return columns;
}

const std::string& whole_task() {
  static const std::string columns = task_head() + ", output, error_output";
  return columns;
}

postgres_statements::postgres_statements() {
  trust_totals = {"trust_totals",
                  "select 1 / (count(*) = 1 and bool_and(" + totals_agree() +
                      "))::integer, "
                      "sqrt(bool_and(writer is not distinct from $1::uuid)::integer - 1) "
                      "from " +
                      newest_totals};
  claim = {"claim",
           update_totals({{"writer", "$1::uuid"}, {"span", "0::bigint"}}, "", totals_agree())};
  note_span = {"note_span", update_totals({{"span", "$1::bigint"}}, "", "writer = $2::uuid")};
  take_back = {"take_back",
               "with gone as (delete from tasks where id = any($1::uuid[]) "
               "returning mark, ended_at) " +
                   add_to_totals("open", "ended",
                                 summed("open", "-", "gone where ended_at is null") + ", " +
                                     summed("ended", "-", "gone where ended_at is not null"))};
  // A row that was there has been locked by this transaction.
  put_pools = {"put_pools",
               "with put as (insert into pools (id, mark, record, sum) "
               "select * from unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::integer[]) "
               "on conflict (sha256(id)) do update set record = excluded.record, "
               "sum = excluded.sum returning mark, xmax = 0 as is_new) " +
                   update_totals(with_more("pool", "new"), summed("new", "", "put where is_new"))};
  drop_pools = {"drop_pools",
                "with gone as (delete from pools where id = any($1::bytea[]) "
                "returning mark) " +
                    update_totals(with_more("pool", "less"), summed("less", "-", "gone"))};

  // What an insert in the same statement sees is how it was before: only those that were known.
  // That there are any is seldom, and looked at before all rows are looked for once more.
  open_tasks = {
      "open_tasks",
      "with given as materialized (select * from unnest("
      "$1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[], "
      "$7::integer[], $8::integer[], $9::smallint[], $10::bytea[], $11::bytea[], $12::bytea[], "
      "$13::bytea[], $14::bytea[], $15::bytea[], $16::bytea[], $17::boolean[]) as given (" +
          whole_task() +
          ", is_changed)), "
          "inserted as (insert into tasks (" +
          whole_task() + ") select " + whole_task() +
          " from given on conflict (id) do nothing returning mark, ended_at), "
          "changed as (" +
          changed("given",
                  "where given.is_changed and (select count(*) from inserted) < "
                  "(select count(*) from given)",
                  ended_columns) +
          " returning mark, ended_at), "
          "open as (select new.count - gone.count as count, new.digest # gone.digest as digest "
          "from " +
          summed("new", "", "inserted where ended_at is null") + ", " +
          summed("gone", "", "changed where ended_at is not null") +
          "), ended as (select count(*) as count, coalesce(bit_xor(mark), 0) as digest from "
          "(select * from inserted union all select * from changed) as all_of_them "
          "where ended_at is not null) " +
          add_to_totals("open", "ended", "open, ended")};
  move_tasks = {"move_tasks",
                changed("unnest($1::uuid[], $2::smallint[], $3::integer[], $4::integer[], "
                        "$5::bytea[]) as given (id, status, attempt, state_sum, progress)",
                        "", moved_columns)};
  end_tasks = {
      "end_tasks",
      "with changed as (" +
          changed("unnest($1::uuid[], $2::smallint[], $3::integer[], $4::bigint[], "
                  "$5::integer[], $6::integer[], $7::bytea[], $8::bytea[], $9::bytea[], "
                  "$10::bytea[]) as given (id, status, attempt, ended_at, state_sum, "
                  "output_sum, progress, result, output, error_output)",
                  "", ended_columns) +
          " returning mark) " +
          add_to_totals("gone", "ended",
                        summed("gone", "-", "changed") + ", " + summed("ended", "", "changed"))};
  // Those that ended first go first: they are too old, or too many. How many there are to be has to
  // be right, or all of them might go.
  forget = {
      "forget",
      "with trusted as (select ended_count from " + newest_totals + " where " + totals_agree() +
          "), "
          "first as (select id, ended_at from tasks where ended_at is not null "
          "order by ended_at, id limit $3::bigint), "
          "numbered as (select id, ended_at, row_number() over (order by ended_at, id) as number "
          "from first), "
          "gone as (delete from tasks where id = any(array(select id from numbered, trusted "
          "where ended_at < $1::bigint or ($2::bigint > 0 and number <= "
          "ended_count - $2::bigint))) returning mark), "
          "less as (select -count(*) as count, coalesce(bit_xor(mark), 0) as digest from gone) " +
          update_totals(with_more("ended", "less"), "less, trusted") + " returning -less.count"};

  pools = {"pools", "select id, record, sum from pools order by id"};
  // What the index of open tasks has is counted beside what it has to have.
  totals = {"totals", "select pool_count, pool_digest, "
                      "open_count, open_digest, ended_count, ended_digest, "
                      "found.count, found.digest, coalesce(" +
                          totals_agree() +
                          ", false) from "
                          "(select count(*) as count, coalesce(bit_xor(mark), 0) as digest "
                          "from tasks where ended_at is null) as found left join " +
                          newest_totals + " on true"};
  last_span = {"last_span", "select span, writer is not distinct from $1::uuid from " +
                                newest_totals + " where " + totals_agree()};
  // What no update can mend: the row may be missing.
  count_again = {"count_again",
                 "with gone as (delete from totals) insert into totals select made.*, " +
                     sum_of_totals("made") +
                     " from (select all_pools.*, all_tasks.*, $1::uuid as writer, "
                     "$2::bigint as span, "
                     "(select coalesce(max(number), 0) + 1 from totals) as number from "
                     "(select count(*) as pool_count, coalesce(bit_xor(mark), 0) as pool_digest "
                     "from pools) as all_pools, "
                     "(select count(*) filter (where ended_at is null) as open_count, "
                     "coalesce(bit_xor(mark) filter (where ended_at is null), 0) as open_digest, "
                     "count(ended_at) as ended_count, "
                     "coalesce(bit_xor(mark) filter (where ended_at is not null), 0) "
                     "as ended_digest from tasks) as all_tasks) as made "
                     "returning open_count, ended_count, pool_count"};
  find = {"find", "select " + whole_task() + " from tasks where id = $1::uuid"};
  find_head = {"find_head", "select " + task_head() + " from tasks where id = $1::uuid"};
  find_pool = {"find_pool",
               "select id, record, sum from pools where sha256(id) = sha256($1::bytea)"};
  newest = {"newest", "select " + task_head() +
                          " from tasks where id <= $1::uuid order by id desc limit $2::bigint"};
  keyed = {"keyed", "select " + task_head() +
                        " from tasks where key is not null order by id desc limit $1::bigint"};
  const std::string with_that_status = "and (status, id) <= (wanted.status, $1::uuid) "
                                       "and status >= wanted.status order by status desc, id desc";
  with_status = {"with_status", list_of("", with_that_status)};
  ended_with_status = {"ended_with_status", list_of(with_that_status)};
  // The status as another type: no other index is in that order.
  const std::string of_that_pool =
      "and substr(pool, 1, 32) = substr($4::bytea, 1, 32) "
      "and (status::integer, id) <= (wanted.status::integer, $1::uuid) "
      "and status::integer >= wanted.status::integer and pool = $4::bytea "
      "order by status::integer desc, id desc";
  of_pool = {"of_pool", list_of("and pool = $4::bytea", of_that_pool)};
  ended_of_pool = {"ended_of_pool", list_of(of_that_pool)};
  // The places come from the index alone, so that they are what the next page goes on from,
  // whatever is in the rows. How long a value is is known without reading it.
  const std::string ends = "select ended_at, id from tasks where ended_at is not null and "
                           "(ended_at, id) > ($1::bigint, $2::uuid) and ended_at < $3::bigint "
                           "order by ended_at, id limit ";
  ended_after = {"ended_after",
                 "select " + whole_task() +
                     ", end_at, end_id from (select ends.ended_at as end_at, ends.id as end_id, "
                     "known.*, sum(octet_length(work)::bigint + octet_length(output) + "
                     "octet_length(error_output)) over (order by ends.ended_at, ends.id "
                     "rows between unbounded preceding and 1 preceding) as bytes_before from (" +
                     ends +
                     "$4::bigint) as ends left join lateral "
                     "(select * from tasks where id = ends.id offset 0) as known on true) as page "
                     "where coalesce(bytes_before, 0) < " +
                     std::to_string(most_bytes_of_page) + " order by end_at, end_id"};
  next_end = {"next_end", ends + "1"};
}

std::vector<postgres_statement> postgres_statements::for_writing() const {
  return {begin,      commit,     trust_totals, claim,     note_span, take_back, put_pools,
          drop_pools, open_tasks, move_tasks,   end_tasks, forget,    last_span};
}

std::vector<postgres_statement> postgres_statements::for_reading() const {
  return {pools,         totals,      find,        find_head,         find_pool,
          newest,        keyed,       with_status, ended_with_status, of_pool,
          ended_of_pool, ended_after, next_end};
}

const postgres_statements& postgres_sql() {
  static const postgres_statements all;
  return all;
}

} // namespace mahavishnu::store
