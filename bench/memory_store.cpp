// SPDX-License-Identifier: MIT
/// The memory in SQLite: a million records of distinct contents are written in batches, and
/// searched in several ways, beside the same search as SQLite ranks by itself.
#include "must.hpp"
#include "report.hpp"
#include "scratch.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_memory_store.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

using namespace mahavishnu;
using namespace mahavishnu::bench;
using namespace mahavishnu::store;

namespace {

constexpr std::int64_t batch_size = 500;
constexpr std::size_t vocabulary_size = 50'000;
constexpr wall_time start_time = 1'700'000'000'000;
/// A task every ten seconds: a million are some months.
constexpr wall_time step = 10'000;

/// Words that look like words, the most common first: each is about half as common as one of half
/// its rank.
class vocabulary {
public:
  vocabulary() {
    std::mt19937_64 random{5};
    const std::string starts = "bcdfghjklmnprstvwz";
    const std::string middles = "aeiou";
    std::vector<std::string> all;
    while (all.size() < vocabulary_size) {
      for (std::size_t i = all.size(); i < vocabulary_size; ++i) {
        std::string word;
        for (auto syllables = 1 + random() % 4; syllables > 0; --syllables) {
          word += starts[random() % starts.size()];
          word += middles[random() % middles.size()];
          if (random() % 3 == 0)
            word += "nrst"[random() % 4];
        }
        all.push_back(word);
      }
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
    }
    std::shuffle(all.begin(), all.end(), random);
    words_ = std::move(all);
    double sum = 0;
    for (std::size_t i = 0; i < words_.size(); ++i)
      sums_.push_back(sum += 1 / (static_cast<double>(i) + 2.7));
  }

  const std::string& of_rank(std::size_t rank) const { return words_[rank]; }
  template <class Random>
  const std::string& any(Random& random) const {
    auto at = std::uniform_real_distribution<double>{0, sums_.back()}(random);
    auto found = std::lower_bound(sums_.begin(), sums_.end(), at);
    return words_[static_cast<std::size_t>(found - sums_.begin())];
  }

private:
  std::vector<std::string> words_;
  std::vector<double> sums_;
};

std::string id_of(std::int64_t n) {
  return "id" + std::to_string(static_cast<std::uint64_t>(n) * 0x9e3779b97f4a7c15u % 100'000'007);
}

memory_record record(const vocabulary& words, std::int64_t n) {
  std::mt19937_64 random{static_cast<std::uint64_t>(n) + 1};
  auto pool = std::to_string(random() % 10);
  memory_record made;
  made.task = {static_cast<std::uint64_t>(start_time + n * step) << 16,
               static_cast<std::uint64_t>(n)};
  made.pool = pool_id{"pool_0000000" + pool};
  made.pool_name = "pool " + pool;
  made.pool_type = "mahavishnu";
  made.worker_type = "shell";
  made.worker = worker_id{"worker_0000000" + pool};
  made.status = random() % 20 == 0 ? 3 : 2;
  made.at = start_time + n * step;
  if (random() % 4 == 0)
    made.tags = {"nightly"};
  made.title = "run " + words.any(random) + " " + words.any(random) + " " + words.any(random);
  for (auto left = 30 + random() % 71; left > 0; --left)
    made.content += words.any(random) + " ";
  made.content += "/srv/data/" + id_of(n) + ".log";
  return made;
}

// -- writing -------------------------------------------------------------------------------------

struct written {
  double records_per_second = 0;
  double slowest_batch = 0;
  double bytes_per_record = 0;
};

written fill(const std::string& path, const vocabulary& words, std::int64_t records) {
  auto store = good(open_sqlite_memory(path));
  written measured;
  double seconds = 0;
  for (std::int64_t first = 0; first < records; first += batch_size) {
    std::vector<memory_record> batch;
    for (auto n = first; n < std::min(records, first + batch_size); ++n)
      batch.push_back(record(words, n));
    auto start = clock::now();
    good(store->remember(batch, std::to_string(first)));
    auto took = seconds_since(start);
    seconds += took;
    measured.slowest_batch = std::max(measured.slowest_batch, took * 1000);
  }
  measured.records_per_second = static_cast<double>(records) / seconds;
  auto bytes = good(store->stats()).bytes;
  measured.bytes_per_record = static_cast<double>(bytes) / static_cast<double>(records);
  return measured;
}

/// Tasks that all say the same.
double fill_equal(const std::string& path, std::int64_t records) {
  auto store = good(open_sqlite_memory(path));
  auto start = clock::now();
  for (std::int64_t first = 0; first < records; first += batch_size) {
    std::vector<memory_record> batch;
    for (auto n = first; n < first + batch_size; ++n) {
      memory_record made;
      made.task = {static_cast<std::uint64_t>(start_time + n) << 16, static_cast<std::uint64_t>(n)};
      made.pool = pool_id{"pool_00000000"};
      made.worker = worker_id{"worker_00000000"};
      made.at = start_time + n;
      made.title = "check";
      made.content = "ok";
      batch.push_back(std::move(made));
    }
    good(store->remember(batch, std::to_string(first)));
  }
  return static_cast<double>(records) / seconds_since(start);
}

// -- searching -----------------------------------------------------------------------------------

struct query_kind {
  std::string name;
  std::function<memory_query(const vocabulary&, std::mt19937_64&)> make;
  /// Whether SQLite can be asked for the same.
  bool has_floor = true;
};

memory_query text_query(std::string text) {
  memory_query query;
  query.text = std::move(text);
  return query;
}

template <class Random>
const std::string& among(const vocabulary& words, Random& random, std::size_t first,
                         std::size_t last) {
  return words.of_rank(first + random() % (last - first));
}

/// Words of one text, from its middle: so that there is a phrase.
std::string piece(const vocabulary& words, std::mt19937_64& random, std::int64_t records,
                  std::size_t count) {
  auto content = record(words, static_cast<std::int64_t>(random() % 0xfffffff) % records).content;
  std::size_t at = 0;
  for (auto skip = random() % 20; skip > 0; --skip)
    at = content.find(' ', at) + 1;
  std::string text;
  for (; count > 0; --count) {
    auto end = content.find(' ', at);
    text += content.substr(at, end - at) + (count > 1 ? " " : "");
    at = end + 1;
  }
  return text;
}

std::vector<query_kind> kinds(std::int64_t records) {
  using random_source = std::mt19937_64;
  auto filtered = [](memory_query query, random_source& random) {
    switch (random() % 4) {
    case 0: query.pools = {"pool " + std::to_string(random() % 10)}; break;
    case 1: query.statuses = {3}; break;
    case 2: query.tags = {"nightly"}; break;
    default: query.pools = {"pool " + std::to_string(random() % 10)}; query.statuses = {3, 4};
    }
    return query;
  };
  return {
      {"one rare word",
       [](auto& words, auto& random) {
         return text_query(among(words, random, 20'000, vocabulary_size));
       }},
      {"an id",
       [records](auto&, auto& random) {
         return text_query(id_of(static_cast<std::int64_t>(random() % 0xfffffff) % records));
       }},
      {"one word of middle rank",
       [](auto& words, auto& random) { return text_query(among(words, random, 100, 5'000)); }},
      {"one of the ten most common words",
       [](auto& words, auto& random) { return text_query(among(words, random, 0, 10)); }},
      {"two common words",
       [](auto& words, auto& random) {
         return text_query(among(words, random, 0, 50) + " " + among(words, random, 0, 50));
       }},
      {"three words of any rank",
       [](auto& words, auto& random) {
         return text_query(words.any(random) + " " + words.any(random) + " " + words.any(random));
       }},
      {"a common and a rare word",
       [](auto& words, auto& random) {
         return text_query(among(words, random, 0, 10) + " " +
                           among(words, random, 5'000, vocabulary_size));
       }},
      {"two words of middle rank",
       [](auto& words, auto& random) {
         return text_query(among(words, random, 100, 2'000) + " " +
                           among(words, random, 100, 2'000));
       }},
      {"a phrase of two words",
       [records](auto& words, auto& random) {
         return text_query("\"" + piece(words, random, records, 2) + "\"");
       }},
      {"a phrase of three words",
       [records](auto& words, auto& random) {
         return text_query("\"" + piece(words, random, records, 3) + "\"");
       }},
      {"a prefix of three to five letters",
       [](auto& words, auto& random) {
         return text_query(words.any(random).substr(0, 3 + random() % 3) + "*");
       }},
      {"a common word with a filter",
       [filtered](auto& words, auto& random) {
         return filtered(text_query(among(words, random, 0, 50)), random);
       },
       false},
      {"two words of any rank with a filter",
       [filtered](auto& words, auto& random) {
         return filtered(text_query(words.any(random) + " " + words.any(random)), random);
       },
       false},
      {"a common word in a week",
       [records](auto& words, auto& random) {
         auto query = text_query(among(words, random, 0, 50));
         query.from = start_time + static_cast<wall_time>(random() % 0xfffffff) % records * step;
         query.until = *query.from + wall_time{7} * 24 * 3600 * 1000;
         return query;
       },
       false},
      {"the newest", [](auto&, auto&) { return memory_query{}; }, false},
      {"the newest with a filter",
       [filtered](auto&, auto& random) { return filtered(memory_query{}, random); }, false},
  };
}

/// What SQLite does by itself: words as they are, the best twenty by its own rank.
double plain_search(const sqlite_connection& connection, const std::string& text) {
  int code = SQLITE_OK;
  auto statement = connection.prepare("select rowid, snippet(texts, 1, '[', ']', '', 32) "
                                      "from texts where texts match ? order by rank limit 20",
                                      code);
  auto start = clock::now();
  sqlite_run row{statement, std::string_view{text}};
  while (row.next()) {
  }
  if (code != SQLITE_OK || row.failure() != SQLITE_OK)
    die("a plain search failed: " + text);
  return seconds_since(start) * 1000;
}

/// For each kind: median, 99 of 100, longest, and for the floor the same; then all together, how
/// many were cut, and the memory that it takes.
std::vector<double> measure_searches(const std::string& path, const vocabulary& words,
                                     std::int64_t records, std::size_t queries, bool floor,
                                     std::size_t seed) {
  auto store = good(open_sqlite_memory(path, sqlite_use::read));
  auto plain = good(sqlite_connection::open(path, SQLITE_OPEN_READONLY, "memory"));
  plain.execute("pragma cache_size = -32768");
  std::mt19937_64 random{seed};
  std::vector<double> measured;
  std::vector<double> mixed;
  double cut = 0;
  for (const auto& kind : kinds(records)) {
    std::vector<double> ours;
    std::vector<double> floors;
    for (std::size_t i = 0; i < queries; ++i) {
      auto query = kind.make(words, random);
      auto start = clock::now();
      auto page = good(store->search(query));
      ours.push_back(seconds_since(start) * 1000);
      cut += page.is_cut ? 1 : 0;
      // It takes so long that some have to do.
      if (floor && kind.has_floor && i < queries / 20 + 1)
        floors.push_back(plain_search(plain, query.text));
    }
    mixed.insert(mixed.end(), ours.begin(), ours.end());
    for (auto* all : {&ours, &floors})
      for (double at : {0.5, 0.99, 1.0})
        measured.push_back(all->empty() ? 0 : quantile(*all, at));
  }
  for (double at : {0.5, 0.99, 1.0})
    measured.push_back(quantile(mixed, at));
  measured.push_back(cut);
  measured.push_back(resident_mb());
  return measured;
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"memory_store", how};
  vocabulary words;
  auto records = how.scaled(1'000'000) / batch_size * batch_size;
  auto place = scratch::on_disk();
  auto path = place / "memory.db";

  auto& speed = results.number("records written, in batches of 500", "records/s");
  auto& slowest = results.number("the slowest batch", "ms");
  auto& size = results.number("bytes of a record", "bytes");
  add(in_child([&] {
        auto measured = fill(path, words, records);
        return std::vector<double>{measured.records_per_second, measured.slowest_batch,
                                   measured.bytes_per_record};
      }),
      speed, slowest, size);
  auto& equal = results.number("equal records written, in batches of 500", "records/s");
  auto& equal_size = results.number("bytes of an equal record", "bytes");
  auto equal_path = place / "equal.db";
  add(in_child([&] {
        auto many = how.scaled(100'000) / batch_size * batch_size;
        auto fast = fill_equal(equal_path, many);
        return std::vector<double>{fast,
                                   static_cast<double>(std::filesystem::file_size(equal_path)) /
                                       static_cast<double>(many)};
      }),
      equal, equal_size);

  struct of_kind {
    measurement* median;
    measurement* most;
    measurement* longest;
    bool has_floor;
  };
  std::vector<of_kind> all;
  for (const auto& kind : kinds(records))
    all.push_back({&results.number(kind.name + ", median", "ms"),
                   &results.number(kind.name + ", 99 of 100", "ms"),
                   &results.number(kind.name + ", longest", "ms"), kind.has_floor});
  auto& median = results.number("all kinds, median", "ms").at_most(20);
  auto& most = results.number("all kinds, 99 of 100", "ms").at_most(100);
  auto& longest = results.number("all kinds, longest", "ms");
  auto& cut = results.number("searches whose time was over", "");
  auto& memory = results.number("memory of a searcher", "MB");
  for (std::size_t i = 0; i < how.runs; ++i) {
    auto measured = in_child(
        [&] { return measure_searches(path, words, records, 100, how.floor && i == 0, 17 + i); });
    auto value = measured.begin();
    for (auto& each : all) {
      for (auto* number : {each.median, each.most, each.longest})
        number->add(*value++);
      for (auto* number : {each.median, each.most, each.longest}) {
        if (how.floor && i == 0 && each.has_floor)
          number->add_floor(*value);
        ++value;
      }
    }
    for (auto* number : {&median, &most, &longest, &cut, &memory})
      number->add(*value++);
  }
}
