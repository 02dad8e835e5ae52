// SPDX-License-Identifier: MIT
/// What every memory has to do, whichever it is.
#include "store/memory_support.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <sstream>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::string_literals;

namespace {

struct memory_maker {
  std::string name;
  /// The same memory again for the same directory.
  std::function<std::unique_ptr<memory_store>(const scratch&)> open;
};

const std::vector<memory_maker>& makers() {
  static const std::vector<memory_maker> all{
      {"SQLite", [](const scratch& place) { return open_memory(place / "memory.db"); }},
  };
  return all;
}

/// A memory of each kind, one after the other.
#define EACH_MEMORY                                                                                \
  const auto& maker =                                                                              \
      makers()[GENERATE(Catch::Generators::range<std::size_t>(0, makers().size()))];               \
  INFO(maker.name);                                                                                \
  scratch place;                                                                                   \
  auto store = maker.open(place)

constexpr wall_time week = wall_time{7} * 24 * 3600 * 1000;

/// The hits of all pages, and how many pages it were.
std::vector<memory_hit> all_pages(memory_store& store, memory_query query) {
  std::vector<memory_hit> hits;
  for (int pages = 0;; ++pages) {
    REQUIRE(pages < 1000);
    auto page = searched(store, query);
    REQUIRE(page.hits.size() <= query.limit);
    hits.insert(hits.end(), page.hits.begin(), page.hits.end());
    if (page.next.empty())
      return hits;
    REQUIRE(page.hits.size() == query.limit);
    query.page = page.next;
  }
}

/// The rules of the interface in the plainest way.
class model {
public:
  remembered remember(const std::vector<memory_record>& batch) {
    remembered count;
    for (auto record : batch) {
      std::sort(record.tags.begin(), record.tags.end());
      record.tags.erase(std::unique(record.tags.begin(), record.tags.end()), record.tags.end());
      bool is_new = records.emplace(record.task, record).second;
      ++(is_new ? count.added : count.left_out);
      if (is_new)
        for (auto& [task, each] : records)
          if (each.pool == record.pool) {
            each.pool_name = record.pool_name;
            each.pool_type = record.pool_type;
          }
    }
    return count;
  }

  std::size_t forget(const retention& kept, std::size_t step) {
    std::vector<std::pair<wall_time, task_id>> ends;
    for (const auto& [id, record] : records)
      ends.emplace_back(record.at, id);
    std::sort(ends.begin(), ends.end());
    auto excess = kept.most != 0 && ends.size() > kept.most ? ends.size() - kept.most : 0;
    std::size_t gone = 0;
    for (; gone < ends.size() && gone < step; ++gone) {
      if (gone >= excess && ends[gone].first >= kept.ended_before)
        break;
      records.erase(ends[gone].second);
    }
    return gone;
  }

  static bool matches(const memory_record& record, const memory_query& query) {
    auto has = [&](const std::string& text) {
      auto words = words_of(text);
      std::istringstream wanted{query.text};
      for (std::string term; wanted >> term;) {
        bool is_prefix = term.back() == '*';
        if (is_prefix)
          term.pop_back();
        auto here = [&](const std::string& word) {
          return is_prefix ? word.starts_with(term) : word == term;
        };
        if (std::none_of(words.begin(), words.end(), here))
          return false;
      }
      return true;
    };
    auto among = [](const auto& all, const auto& one) {
      return std::find(all.begin(), all.end(), one) != all.end();
    };
    return has(record.title + " " + record.content) &&
           (query.pools.empty() || among(query.pools, record.pool.value) ||
            among(query.pools, record.pool_name)) &&
           (query.statuses.empty() || among(query.statuses, record.status)) &&
           std::all_of(query.tags.begin(), query.tags.end(),
                       [&](const auto& tag) { return among(record.tags, tag); }) &&
           (!query.from || record.at >= *query.from) && (!query.until || record.at < *query.until);
  }

  struct hit {
    wall_time newest_at = 0;
    std::uint64_t times = 0;
    friend bool operator==(const hit&, const hit&) = default;
  };

  /// By what is the same.
  std::map<std::string, hit> hits(const memory_query& query) const {
    std::map<std::string, hit> all;
    for (const auto& [id, record] : records)
      if (matches(record, query)) {
        auto [at, is_new] = all.try_emplace(same(record), hit{record.at, 0});
        at->second.newest_at = std::max(at->second.newest_at, record.at);
        ++at->second.times;
      }
    return all;
  }

  static std::string same(const memory_record& record) {
    return record.content.empty() ? "asked for " + record.title : "wrote " + record.content;
  }

  std::map<task_id, memory_record> records;

private:
  static std::vector<std::string> words_of(const std::string& text) {
    std::istringstream all{text};
    return {std::istream_iterator<std::string>{all}, {}};
  }
};

} // namespace

TEST_CASE("a memory that is new has nothing in it") {
  EACH_MEMORY;
  CHECK(good(store->cursor()).empty());
  CHECK_FALSE(good(store->find(task_number(1))));
  CHECK(searched(*store, looking_for("")).hits.empty());
  CHECK(searched(*store, looking_for("word")).hits.empty());
  CHECK(good(store->stats()).records == 0);
  CHECK(good(store->forget({1000, 1}, 10)) == 0);
  CHECK(good(store->targets()).empty());
  CHECK(checked(*store).records == 0);
  CHECK(remember(*store, {}) == remembered{});
  CHECK(store->take_warnings().empty());
}

TEST_CASE("a record is found again with all that was said of it, once, and after reopening") {
  EACH_MEMORY;
  auto first = memory(1, "make all", "built 3 targets");
  first.tags = {"nightly", "build", "nightly"};
  auto expected = first;
  expected.tags = {"build", "nightly"};
  CHECK(remember(*store, {first, first}, "a cursor\0"s + "\xff") == remembered{1, 1});
  CHECK(good(store->find(first.task)) == expected);
  auto other = first;
  other.content = "something else";
  store = nullptr;
  store = maker.open(place);
  CHECK(good(store->cursor()) == "a cursor\0"s + "\xff");
  CHECK(remember(*store, {other}, "further") == remembered{0, 1});
  CHECK(good(store->cursor()) == "further");
  CHECK(good(store->find(first.task)) == expected);
  CHECK(checked(*store).records == 1);
}

TEST_CASE("what a task has written is remembered as it is, whatever bytes") {
  EACH_MEMORY;
  std::mt19937 random{seed()};
  std::vector<memory_record> all;
  for (std::uint64_t n = 1; n <= 9; ++n) {
    auto bytes = [&](std::size_t most) {
      std::string made(random() % most, '\0');
      for (auto& byte : made)
        byte = static_cast<char>(random());
      return made;
    };
    auto record = memory(n, bytes(200), n == 9 ? std::string(3'000'000, 'x') : bytes(1 << 2 * n));
    record.tags = {bytes(10)};
    record.status = static_cast<std::uint8_t>(random());
    record.worker = worker_id{bytes(20)};
    record.pool = pool_id{bytes(20)};
    all.push_back(record);
  }
  remember(*store, all);
  for (const auto& each : all)
    CHECK(good(store->find(each.task)) == each);
  searched(*store, looking_for("x"));
  CHECK(searched(*store, looking_for("")).hits.size() == 9);
  checked(*store);
  while (good(store->forget({1'000'000, 0}, 2)) > 0)
    checked(*store);
}

TEST_CASE("equal contents are kept once, and are one hit that says how often") {
  EACH_MEMORY;
  std::vector<memory_record> batch;
  for (std::uint64_t n = 1; n <= 100; ++n)
    batch.push_back(memory(n, n % 2 == 0 ? "even" : "odd", "ok", "pool_" + std::to_string(n % 3)));
  remember(*store, batch);
  auto stats = good(store->stats());
  CHECK(stats.records == 100);
  CHECK(stats.contents == 1);
  REQUIRE(stats.pools.size() == 3);
  CHECK(stats.pools[0] ==
        pool_memory{pool_id{"pool_0"}, "name of pool_0", "mahavishnu", 33, 99'000});
  for (const auto* text : {"ok", "", "OK!"}) {
    auto page = searched(*store, looking_for(text));
    REQUIRE(page.hits.size() == 1);
    CHECK(page.total == 1);
    CHECK(page.hits[0].times == 100);
    CHECK(page.hits[0].newest.task == task_number(100));
  }
  auto odd = searched(*store, looking_for("odd ok"));
  REQUIRE(odd.hits.size() == 1);
  CHECK(odd.hits[0].times == 50);
  CHECK(odd.hits[0].newest.task == task_number(99));
  checked(*store);
}

TEST_CASE("without a content, what was asked for in the same words is one hit") {
  EACH_MEMORY;
  remember(*store, {memory(1, "touch a", ""), memory(2, "touch b", ""), memory(3, "touch a", "")});
  auto page = searched(*store, looking_for("touch"));
  CHECK(page.hits.size() == 2);
  CHECK(numbers_found(*store, "") == std::vector<std::uint64_t>{3, 2});
}

TEST_CASE("words are all there, phrases are phrases, and a star is a prefix") {
  EACH_MEMORY;
  remember(*store, {memory(1, "build the house", "the roof is RED and the door is blue"),
                    memory(2, "build the bridge", "Zürich naïve café"),
                    memory(3, "paint", "a red-blue house, /srv/data/file_17.txt, error: E1234")});
  auto numbers = [&](const std::string& text) {
    auto all = numbers_found(*store, text);
    std::sort(all.begin(), all.end());
    return all;
  };
  using some = std::vector<std::uint64_t>;
  CHECK(numbers("build") == some{1, 2});
  CHECK(numbers("house red") == some{1, 3});
  CHECK(numbers("HOUSE Red door") == some{1});
  CHECK(numbers("\"red blue\"") == some{3});
  CHECK(numbers("\"blue red\"").empty());
  CHECK(numbers("\"the house\" blue") == some{1});
  CHECK(numbers("\"the house\" \"the roof\"") == some{1});
  CHECK(numbers("\"house the\"").empty()); // not from the title into the content
  CHECK(numbers("zurich CAFE naive") == some{2});
  CHECK(numbers("züri*") == some{2});
  CHECK(numbers("bri*") == some{2});
  CHECK(numbers("b*") == some{1, 2, 3});
  CHECK(numbers("bri").empty());
  CHECK(numbers("\"the bri\"*") == some{2});
  CHECK(numbers("/srv/data/file_17.txt") == some{3});
  CHECK(numbers("file_17*") == some{3});
  CHECK(numbers("e1234") == some{3});
  CHECK(numbers("red-blue") == some{3});
  CHECK(numbers("...").empty());
  CHECK(numbers("  ") == some{1, 2, 3});
}

TEST_CASE("nothing that somebody types is an error") {
  EACH_MEMORY;
  remember(*store, {memory(1, "title", "content NEAR facets p1 s2 and or not")});
  std::mt19937 random{seed()};
  const std::vector<std::string> pieces{"\"",
                                        "*",
                                        "(",
                                        ")",
                                        "^",
                                        ":",
                                        "-",
                                        "+",
                                        "AND",
                                        "OR",
                                        "NOT",
                                        "NEAR",
                                        "NEAR(",
                                        "{",
                                        "}",
                                        "title",
                                        "title:",
                                        "{title}:",
                                        "facets",
                                        "facets:p1",
                                        "'",
                                        "''",
                                        ";",
                                        "--",
                                        " ",
                                        "\t",
                                        "\n",
                                        "%",
                                        "\\",
                                        "content",
                                        "con*",
                                        "\"con",
                                        "a",
                                        "\xff",
                                        "\xc3",
                                        "é",
                                        std::string(1, '\0'),
                                        ",",
                                        "?1",
                                        "p1",
                                        "s2",
                                        "rank",
                                        "\x02",
                                        "\xf4\x8f\xbf\xbf",
                                        "\xee\x80\x80"};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (auto left = random() % 8; left > 0; --left)
      text += pieces[random() % pieces.size()];
    INFO(text);
    searched(*store, looking_for(text));
  }
  CHECK(numbers_found(*store, "p1 s2").size() == 1);
  CHECK(numbers_found(*store, "s3").empty());
  remember(*store, {memory(2, "another", "one")});
  CHECK(numbers_found(*store, "s2").size() == 1); // what is filtered by is no part of the text
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "w" + std::to_string(i) + " ";
  for (const auto& text : {many, std::string(5000, 'x')}) {
    auto refused = store->search(looking_for(text));
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
  }
  for (const auto* page :
       {"x", "r", "r1", "r1.2", "n1", "n1.", "r-1.0.1", "99999999999999999999"}) {
    auto query = looking_for("content");
    query.page = page;
    auto refused = store->search(query);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK_THAT(refused.error().message, ContainsSubstring(page));
  }
}

TEST_CASE("a very long title is remembered up to a whole character, and without its end") {
  EACH_MEMORY;
  auto title = std::string(most_bytes_of_title - 1, 'a') + "é and more";
  remember(*store, {memory(1, title, "text"), memory(2, title, ""), memory(3, title + "!", "")});
  auto kept = std::string(most_bytes_of_title - 1, 'a');
  CHECK(good(store->find(task_number(1)))->title == kept);
  CHECK(searched(*store, looking_for("text")).hits.at(0).newest.title == kept);
  CHECK(searched(*store, looking_for("more")).hits.empty());
  CHECK(good(store->stats()).contents == 2);
  checked(*store);
}

TEST_CASE("matches are marked, in the title and in a piece of the content") {
  EACH_MEMORY;
  std::string content;
  for (int i = 0; i < 200; ++i)
    content += "filler" + std::to_string(i) + " ";
  content += "the \x02red\x03 Door, opens";
  remember(*store, {memory(1, "Open the door", content)});
  auto hit = searched(*store, looking_for("door \"opens\" red")).hits.at(0);
  CHECK(hit.title == "Open the \x02"
                     "door\x03");
  CHECK_THAT(hit.excerpt, ContainsSubstring("the  \x02red\x03  \x02"
                                            "Door\x03, \x02opens\x03"));
  CHECK(hit.excerpt.size() < 500);
  CHECK(hit.bytes == content.size());
  CHECK(hit.newest.title == "Open the door");
  CHECK(hit.newest.content.empty());
  CHECK_THAT(searched(*store, looking_for("")).hits.at(0).excerpt,
             ContainsSubstring("filler0 filler1"));
}

TEST_CASE("what says more about it comes first, and of the same the newest") {
  EACH_MEMORY;
  constexpr wall_time day = 24 * 3600 * 1000;
  auto at = [](memory_record record, wall_time when) {
    record.at = when;
    return record;
  };
  std::vector<memory_record> batch;
  for (std::uint64_t n = 100; n < 300; ++n)
    batch.push_back(at(memory(n, "common", "common words " + std::to_string(n)), day));
  batch.push_back(
      at(memory(1, "x", "needle in a long text about many other things, common ones"), day));
  batch.push_back(at(memory(2, "needle", "short"), day));
  batch.push_back(at(memory(3, "y", "common common needle"), day));
  batch.push_back(at(memory(4, "z", "a twin of some age"), day));
  batch.push_back(at(memory(5, "z", "a twin that is young"), 100 * day));
  remember(*store, batch);
  CHECK(numbers_found(*store, "needle").front() == 2);
  CHECK(numbers_found(*store, "needle").back() == 1);
  CHECK(numbers_found(*store, "twin") == std::vector<std::uint64_t>{5, 4});
}

TEST_CASE("what recurs is found by its newest record, also after weeks") {
  EACH_MEMORY;
  for (std::uint64_t n = 1; n <= 10; ++n) {
    auto record = memory(n, "backup", "42 files were saved");
    record.at = static_cast<wall_time>(n) * week;
    auto other = memory(100 + n, "other", "other " + std::to_string(n));
    other.at = record.at + 1;
    remember(*store, {record, other});
  }
  CHECK(good(store->stats()).contents == 11);
  auto hit = searched(*store, looking_for("saved")).hits.at(0);
  CHECK(hit.times == 10);
  CHECK(hit.newest.task == task_number(10));
  auto query = looking_for("saved");
  query.from = 3 * week;
  query.until = 6 * week;
  hit = searched(*store, query).hits.at(0);
  CHECK(hit.times == 3);
  CHECK(hit.newest.task == task_number(5));
  query.text = "";
  auto page = searched(*store, query);
  CHECK(numbers_of(page) == std::vector<std::uint64_t>{105, 5, 104, 103});
  CHECK(page.hits.at(1).times == 3);
  checked(*store);
}

TEST_CASE("whatever is remembered and forgotten, the memory says what a plain list would") {
  EACH_MEMORY;
  model expected;
  std::mt19937 random{seed()};
  auto one_of = [&](std::uint64_t most) { return random() % most; };
  auto word = [&] { return "w" + std::to_string(one_of(12) * one_of(12)); };
  for (int round = 0; round < 120; ++round) {
    std::vector<memory_record> batch;
    for (auto left = one_of(20); left > 0; --left) {
      auto record = memory(1 + one_of(600), word(), word(), "pool_" + std::to_string(one_of(3)));
      for (auto more = one_of(4); more > 0; --more)
        record.content += " " + word();
      if (one_of(6) == 0)
        record.content.clear();
      record.pool_name = "name_" + std::to_string(one_of(2));
      record.status = static_cast<std::uint8_t>(one_of(3));
      // In no order, and over some weeks.
      record.at = static_cast<wall_time>(one_of(5 * static_cast<std::uint64_t>(week))) - week;
      for (auto tags = one_of(3); tags > 0; --tags)
        record.tags.push_back("tag " + std::to_string(one_of(3)));
      batch.push_back(record);
    }
    REQUIRE(remember(*store, batch, std::to_string(round)) == expected.remember(batch));
    REQUIRE(good(store->cursor()) == std::to_string(round));
    if (one_of(10) == 0) {
      store = nullptr;
      store = maker.open(place);
    }
    if (one_of(3) == 0) {
      retention kept{static_cast<wall_time>(one_of(static_cast<std::uint64_t>(week))) - week,
                     one_of(2) * (200 + one_of(100))};
      auto step = one_of(40);
      REQUIRE(good(store->forget(kept, step)) == expected.forget(kept, step));
    }
    for (int i = 0; i < 8; ++i) {
      memory_query query = looking_for("", 1 + one_of(10));
      for (auto left = one_of(3); left > 0; --left)
        query.text += word() + (one_of(4) == 0 ? "* " : " ");
      for (auto left = one_of(2); left > 0; --left)
        query.pools.push_back(one_of(2) == 0 ? "pool_" + std::to_string(one_of(4))
                                             : "name_" + std::to_string(one_of(3)));
      for (auto left = one_of(2); left > 0; --left)
        query.statuses.push_back(static_cast<std::uint8_t>(one_of(4)));
      for (auto left = one_of(2); left > 0; --left)
        query.tags.push_back("tag " + std::to_string(one_of(4)));
      if (one_of(4) == 0)
        query.from = static_cast<wall_time>(one_of(5 * static_cast<std::uint64_t>(week))) - week;
      if (one_of(4) == 0)
        query.until = static_cast<wall_time>(one_of(5 * static_cast<std::uint64_t>(week))) - week;
      INFO("text '" << query.text << "'");
      auto wanted = expected.hits(query);
      auto first = searched(*store, query);
      REQUIRE(first.total == wanted.size());
      REQUIRE_FALSE(first.has_more);
      auto hits = all_pages(*store, query);
      REQUIRE(hits.size() == wanted.size());
      std::set<std::string> seen;
      for (const auto& hit : hits) {
        auto record = expected.records.at(hit.newest.task);
        REQUIRE(model::matches(record, query));
        REQUIRE(seen.insert(model::same(record)).second);
        REQUIRE(model::hit{hit.newest.at, hit.times} == wanted.at(model::same(record)));
        record.content.clear();
        REQUIRE(hit.newest == record);
      }
      if (query.text.empty())
        REQUIRE(std::is_sorted(hits.begin(), hits.end(), [](const auto& a, const auto& b) {
          return a.newest.at > b.newest.at;
        }));
    }
  }
  for (std::uint64_t n = 0; n <= 601; ++n) {
    auto at = expected.records.find(task_number(n));
    auto there = good(store->find(task_number(n)));
    REQUIRE(there.has_value() == (at != expected.records.end()));
    if (there)
      REQUIRE(*there == at->second);
  }
  CHECK(good(store->stats()).records == expected.records.size());
  checked(*store);
  while (good(store->forget({100 * week, 0}, 7)) > 0) {
  }
  auto stats = good(store->stats());
  CHECK(stats.records == 0);
  CHECK(stats.contents == 0);
  CHECK(stats.pools.empty());
  checked(*store);
}

TEST_CASE("pages neither repeat nor leave out anything while more is remembered") {
  EACH_MEMORY;
  std::uint64_t n = 0;
  auto more = [&](std::size_t count) {
    std::vector<memory_record> batch;
    for (; count > 0; --count, ++n)
      batch.push_back(memory(
          n + 1, "job", "common word " + std::to_string(n % 7) + " in text " + std::to_string(n)));
    remember(*store, batch);
  };
  more(200);
  auto text = GENERATE(as<std::string>{}, "common 3", "");
  auto query = looking_for(text, 4);
  if (text.empty())
    query.pools = {"pool_1"};
  auto expected = text.empty() ? std::size_t{200} : searched(*store, query).total;
  std::set<std::uint64_t> seen;
  for (;;) {
    auto page = searched(*store, query);
    for (auto number : numbers_of(page)) {
      CHECK(number <= 200);
      CHECK(seen.insert(number).second);
    }
    if (page.next.empty())
      break;
    query.page = page.next;
    more(10);
  }
  CHECK(seen.size() == expected);
}

TEST_CASE("of very many matches the newest are looked at, and it is said that there are more") {
  EACH_MEMORY;
  constexpr std::uint64_t many = 3000;
  std::vector<memory_record> batch;
  for (std::uint64_t n = 1; n <= many; ++n) {
    auto record = memory(n, "job", "common text " + std::to_string(n));
    record.status = n % 2 == 0 ? 1 : 2;
    batch.push_back(record);
  }
  batch.push_back(memory(many + 1, "job", "common text 1")); // recurs
  batch.back().status = 1;
  remember(*store, batch);
  auto page = searched(*store, looking_for("common"));
  CHECK(page.has_more);
  CHECK(page.total < many);
  CHECK(page.hits.size() == 20);
  CHECK(page.hits.back().newest.task > task_number(many - 1100));
  CHECK(searched(*store, looking_for("common 17")).hits.size() == 1);
  // Without a text all of them come, the newest first, however many there are.
  auto query = looking_for("", 500);
  query.statuses = {1};
  CHECK(searched(*store, query).has_more);
  auto hits = all_pages(*store, query);
  CHECK(hits.size() == many / 2 + 1);
  CHECK(hits.front().newest.task == task_number(many + 1));
  CHECK(hits.front().times == 1);
  CHECK(std::is_sorted(hits.begin(), hits.end(),
                       [](const auto& a, const auto& b) { return a.newest.at > b.newest.at; }));
  query.statuses = {};
  query.until = 2001 * 1000;
  CHECK(all_pages(*store, query).size() == 2000);
}

TEST_CASE("a filtered list has what is there in very many documents") {
  EACH_MEMORY;
  std::vector<memory_record> batch;
  for (std::uint64_t n = 1; n <= 2400; ++n) {
    auto record =
        memory(n, "job " + std::to_string(n), n <= 1200 ? "ok" : "text " + std::to_string(n));
    record.status = n <= 50 || n > 1200 ? 2 : 1;
    batch.push_back(record);
  }
  remember(*store, batch);
  auto query = looking_for("", 300);
  query.statuses = {2};
  CHECK(searched(*store, query).has_more);
  auto hits = all_pages(*store, query);
  REQUIRE(hits.size() == 1201);
  CHECK(hits.back().newest.task == task_number(50));
}

TEST_CASE("a clock that was wrong once is in the way of nothing") {
  EACH_MEMORY;
  auto wrong = memory(1, "job", "common text of a wrong clock");
  wrong.at = GENERATE(as<wall_time>{}, 1000 * week, -1000 * week);
  remember(*store, {wrong});
  std::vector<memory_record> batch;
  for (std::uint64_t n = 2; n <= 3000; ++n)
    batch.push_back(memory(n, "job", "common text " + std::to_string(n)));
  remember(*store, batch);
  wrong.task = task_number(4000);
  remember(*store, {wrong});
  for (const auto* text : {"common", ""}) {
    auto query = looking_for(text, 100);
    query.from = 11'000;
    query.until = 31'000;
    auto page = searched(*store, query);
    CHECK(page.hits.size() == 20);
    CHECK_FALSE(page.has_more);
  }
}

TEST_CASE("times are found up to the first and the last there is") {
  EACH_MEMORY;
  constexpr auto first = std::numeric_limits<wall_time>::min();
  constexpr auto last = std::numeric_limits<wall_time>::max();
  std::vector<memory_record> batch;
  std::uint64_t n = 0;
  for (wall_time at : {last, first, wall_time{0}, first + 1, last - 1, -week, week}) {
    ++n;
    batch.push_back(memory(n, "job", "text " + std::to_string(n)));
    batch.back().at = at;
  }
  remember(*store, batch);
  for (const auto* text : {"text", ""})
    for (std::optional<wall_time> from :
         {std::optional<wall_time>{}, {first}, {first + 1}, {0}, {last}})
      for (std::optional<wall_time> until :
           {std::optional<wall_time>{}, {first}, {first + 2}, {1}, {last}}) {
        auto query = looking_for(text);
        query.from = from;
        query.until = until;
        auto expected = static_cast<std::size_t>(
            std::count_if(batch.begin(), batch.end(), [&](const memory_record& each) {
              return (!from || each.at >= *from) && (!until || each.at < *until);
            }));
        INFO("'" << text << "' from " << from.value_or(7) << " until " << until.value_or(7));
        CHECK(searched(*store, query).hits.size() == expected);
      }
  CHECK(good(store->forget({last, 0}, 100)) == 6);
  checked(*store);
}

TEST_CASE("a prefix finds what is common, however many words begin alike") {
  EACH_MEMORY;
  std::vector<memory_record> batch;
  std::uint64_t n = 0;
  auto add = [&](const std::string& word) {
    ++n;
    batch.push_back(memory(n, "job", word + " in text " + std::to_string(n)));
  };
  for (int i = 0; i < 100; ++i)
    add("prez");
  for (int i = 0; i < 1100; ++i)
    add("prea");
  std::string many;
  for (int i = 0; i < 21'000; ++i)
    many += "prem" + std::to_string(i) + " ";
  add(many);
  add("prez");
  remember(*store, batch);
  auto page = searched(*store, looking_for("pre*", most_hits + 1));
  CHECK(page.hits.size() <= most_hits);
  auto found = numbers_of(page);
  CHECK(std::find(found.begin(), found.end(), n) != found.end());
}

TEST_CASE("a prefix of very many words finds the common and the rare ones") {
  EACH_MEMORY;
  std::vector<memory_record> batch;
  for (std::uint64_t n = 1; n <= 900; ++n)
    batch.push_back(memory(n, "job", "pre" + std::to_string(n) + (n % 3 == 0 ? " third" : "")));
  remember(*store, batch);
  CHECK(searched(*store, looking_for("pre*")).total == 900);
  CHECK(searched(*store, looking_for("pre* third")).total == 300);
  CHECK(searched(*store, looking_for("pre1*")).total == 111);
  CHECK(numbers_found(*store, "pre899*") == std::vector<std::uint64_t>{899});
}

TEST_CASE("a search ends when its time is over, and says so") {
  EACH_MEMORY;
  std::vector<memory_record> batch;
  for (std::uint64_t n = 1; n <= 3000; ++n)
    batch.push_back(memory(n, "job", "common text " + std::to_string(n)));
  remember(*store, batch);
  for (const auto* text : {"common", "com*", ""}) {
    auto query = looking_for(text);
    query.statuses = {2};
    query.time = std::chrono::milliseconds{0};
    auto page = good(store->search(query));
    CHECK(page.is_cut);
    CHECK(page.damaged.empty());
    query.time = std::chrono::minutes{1};
    CHECK_FALSE(good(store->search(query)).is_cut);
  }
}

TEST_CASE("what waits comes in pieces of no more than some bytes, and never none of it") {
  EACH_MEMORY;
  good(store->enable("akosha", true));
  std::vector<memory_record> batch;
  for (std::uint64_t n = 1; n <= 6; ++n)
    batch.push_back(memory(n, "job",
                           std::string(n == 4 ? most_bytes_waiting + 1 : most_bytes_waiting / 2 - n,
                                       static_cast<char>('a' + n))));
  remember(*store, batch);
  std::vector<std::size_t> pieces;
  for (;;) {
    auto piece = good(store->waiting("akosha", 0, 100));
    if (piece.empty())
      break;
    pieces.push_back(piece.size());
    std::vector<outcome> sent;
    for (const auto& each : piece)
      sent.push_back({each.number, delivery::sent, "", 0});
    good(store->settle("akosha", sent));
  }
  CHECK(pieces == std::vector<std::size_t>{2, 1, 1, 2});
}

TEST_CASE("each content is sent to each target once, whatever happens in between") {
  EACH_MEMORY;
  remember(*store, {memory(1, "first", "one"), memory(2, "second", "two")});
  good(store->enable("akosha", true));
  good(store->enable("session_buddy", false));
  remember(*store, {memory(3, "third", "three"), memory(4, "fourth", "one")});
  auto contents = [&](const std::string& target, wall_time now = 0, std::size_t most = 100) {
    std::vector<std::string> all;
    for (const auto& each : good(store->waiting(target, now, most)))
      all.push_back(each.record.content);
    return all;
  };
  using some = std::vector<std::string>;
  CHECK(contents("akosha") == some{"one", "two", "three"});
  CHECK(contents("akosha", 0, 2) == some{"one", "two"});
  CHECK(contents("session_buddy") == some{"three"});
  auto unknown = store->waiting("nobody", 0, 1);
  REQUIRE(unknown.has_error());
  CHECK(unknown.error().code == errc::not_found);

  auto waiting = good(store->waiting("akosha", 0, 100));
  CHECK(waiting[0].record.task == task_number(4)); // the newest that has it
  CHECK(waiting[0].tries == 0);
  good(store->settle(
      "akosha", std::vector<outcome>{{waiting[0].number, delivery::sent, "", 0},
                                     {waiting[1].number, delivery::failed, "it is away", 5000},
                                     {waiting[2].number, delivery::given_up, "it is too large", 0},
                                     {12345, delivery::sent, "", 0}}));
  store = nullptr;
  store = maker.open(place);
  CHECK(contents("akosha", 4999).empty());
  CHECK(contents("akosha", 5000) == some{"two"});
  CHECK(good(store->waiting("akosha", 5000, 1)).at(0).tries == 1);
  CHECK(good(store->targets()) ==
        std::vector<target_state>{{"akosha", true, 1, 1, 1, 0, "it is too large"},
                                  {"session_buddy", true, 1, 0, 0, 0, ""}});
  // What is settled stays so.
  good(
      store->settle("akosha", std::vector<outcome>{{waiting[0].number, delivery::failed, "late", 0},
                                                   {waiting[2].number, delivery::sent, "", 0}}));
  CHECK(contents("akosha", 5000) == some{"two"});
  good(store->enable("akosha", true));
  CHECK(contents("akosha", 5000) == some{"two"});

  good(store->disable("session_buddy"));
  remember(*store, {memory(5, "fifth", "five")});
  CHECK(contents("session_buddy") == some{"three"});
  CHECK(contents("akosha", 5000) == some{"five", "two"});
  good(store->enable("session_buddy", false));
  CHECK(contents("session_buddy") == some{"three"});
  good(store->enable("session_buddy", true));
  CHECK(contents("session_buddy") == some{"one", "two", "three", "five"});

  while (good(store->forget({1'000'000, 0}, 2)) > 0) {
  }
  CHECK(contents("session_buddy").empty());
  auto states = good(store->targets());
  CHECK(states.at(1).forgotten == 4);
  checked(*store);
}
