// SPDX-License-Identifier: MIT
#include "store/sqlite_words.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace mahavishnu::store {

namespace {

/// A word in the title says more about a text than one in the content.
constexpr double worth_in_title = 3;
/// Where another time makes hardly a difference any more.
constexpr double most_times = 12;
/// The two numbers of the measure BM25: how soon more of the same word counts less, and how much
/// the size of a text matters.
constexpr double saturation = 1.2;
constexpr double size_weight = 0.75;

/// What is behind these is not in the index.
constexpr std::size_t most_bytes_of_word = 32768;

double times_in_text(const Fts5ExtensionApi& api, Fts5Context* text, int phrase) {
  double times = 0;
  Fts5PhraseIter at{};
  int column = 0;
  int offset = 0;
  if (api.xPhraseFirst(text, phrase, &at, &column, &offset) != SQLITE_OK)
    return 0;
  for (; column >= 0 && times < most_times; api.xPhraseNext(text, &at, &column, &offset))
    times += column == 0 ? worth_in_title : 1;
  return times;
}

void measure(const Fts5ExtensionApi* api, Fts5Context* text, sqlite3_context* answer, int count,
             sqlite3_value** values) {
  const auto& worth = *static_cast<const match_worth*>(api->xUserData(text));
  std::vector<double> times(worth.rarity.size());
  auto phrases =
      std::min<int>(api->xPhraseCount(text), static_cast<int>(worth.term_of_phrase.size()));
  for (int i = 0; i < phrases; ++i)
    if (int term = worth.term_of_phrase[static_cast<std::size_t>(i)]; term >= 0)
      times[static_cast<std::size_t>(term)] += times_in_text(*api, text, i);
  auto size = count > 0 ? sqlite3_value_double(values[0]) : worth.usual_size;
  auto length = 1 - size_weight + size_weight * size / worth.usual_size;
  double sum = 0;
  for (std::size_t i = 0; i < times.size(); ++i)
    sum += worth.rarity[i] * times[i] * (saturation + 1) / (times[i] + saturation * length);
  sqlite3_result_double(answer, sum);
}

fts5_api* api_of(const sqlite_connection& connection, int& code) {
  fts5_api* api = nullptr;
  auto ask = connection.prepare("select fts5(?)", code);
  if (code != SQLITE_OK)
    return nullptr;
  sqlite3_bind_pointer(ask.get(), 1, &api, "fts5_api_ptr", nullptr);
  auto stepped = sqlite3_step(ask.get());
  if (stepped != SQLITE_ROW || api == nullptr)
    code = stepped == SQLITE_ROW ? SQLITE_ERROR : stepped;
  return code == SQLITE_OK ? api : nullptr;
}

int take_word(void* context, int, const char* word, int size, int begin, int end) {
  const auto& take = *static_cast<const take_token*>(context);
  return take({word, std::min(static_cast<std::size_t>(size), most_bytes_of_word)},
              static_cast<std::size_t>(begin), static_cast<std::size_t>(end))
             ? SQLITE_OK
             : SQLITE_DONE;
}

} // namespace

sqlite_words sqlite_words::of(const sqlite_connection& connection, int& code) {
  sqlite_words words;
  words.worth_ = std::make_unique<match_worth>();
  auto* api = api_of(connection, code);
  if (api == nullptr)
    return words;
  void* context = nullptr;
  fts5_tokenizer functions{};
  // As the index has it: see its schema.
  std::array<const char*, 2> settings{"remove_diacritics", "2"};
  Fts5Tokenizer* made = nullptr;
  code = api->xFindTokenizer(api, "unicode61", &context, &functions);
  if (code == SQLITE_OK)
    code = functions.xCreate(context, settings.data(), static_cast<int>(settings.size()), &made);
  if (code != SQLITE_OK)
    return words;
  words.made_ = {made, {functions.xDelete}};
  words.call_ = functions.xTokenize;
  code = api->xCreateFunction(api, "worth", words.worth_.get(), measure, nullptr);
  return words;
}

tokenizer sqlite_words::cutter() const {
  return [tokenizer = made_.get(), call = call_](std::string_view text, const take_token& take) {
    auto size = std::min<std::size_t>(text.size(), std::numeric_limits<int>::max());
    auto* context = const_cast<void*>(static_cast<const void*>(&take)); // only handed back to us
    call(tokenizer, context, FTS5_TOKENIZE_DOCUMENT, text.data() ? text.data() : "",
         static_cast<int>(size), take_word);
  };
}

} // namespace mahavishnu::store
