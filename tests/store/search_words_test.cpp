// SPDX-License-Identifier: MIT
#include "store/excerpt.hpp"
#include "store/search_words.hpp"
#include "store/sqlite_words.hpp"
#include "store/support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// The words of the index.
class cutting {
public:
  cutting() {
    int code = SQLITE_OK;
    words_ = sqlite_words::of(connection_, code);
    REQUIRE(code == SQLITE_OK);
  }
  tokenizer cut() const { return words_.cutter(); }

private:
  sqlite_connection connection_ =
      good(sqlite_connection::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY));
  sqlite_words words_;
};

std::string utf8(std::uint32_t c) {
  if (c < 0x80)
    return {static_cast<char>(c)};
  if (c < 0x800)
    return {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
  if (c < 0x10000)
    return {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  return {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
          static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
}

std::vector<std::string> words_of(const tokenizer& cut, std::string_view text) {
  std::vector<std::string> words;
  cut(text, [&](std::string_view word, std::size_t, std::size_t) {
    words.emplace_back(word);
    return true;
  });
  return words;
}

} // namespace

TEST_CASE("what is typed becomes words, phrases and prefixes") {
  cutting words;
  auto cut = words.cut();
  using terms = std::vector<search_term>;
  CHECK(search_terms("", cut).empty());
  CHECK(search_terms(" \t\"\" ... * \"*\" ", cut).empty());
  CHECK(search_terms("Red  CAR*", cut) == terms{{{"red"}, false}, {{"car"}, true}});
  CHECK(search_terms("\"the red\" car", cut) == terms{{{"the", "red"}, false}, {{"car"}, false}});
  CHECK(search_terms("\"the re\"* car", cut) == terms{{{"the", "re"}, true}, {{"car"}, false}});
  CHECK(search_terms("\"never closed", cut) == terms{{{"never", "closed"}, false}});
  CHECK(search_terms("a\"b c\"d", cut) ==
        terms{{{"a"}, false}, {{"b", "c"}, false}, {{"d"}, false}});
  CHECK(search_terms("file_1.txt foo-*", cut) ==
        terms{{{"file", "1", "txt"}, false}, {{"foo"}, false}});
  CHECK(search_terms("a* a a* A", cut) == terms{{{"a"}, true}, {{"a"}, false}});
  CHECK(search_terms("***x**", cut) == terms{{{"x"}, true}});
}

TEST_CASE("a word as it is compared is itself such a word, whatever the script") {
  cutting words;
  auto cut = words.cut();
  for (std::uint32_t c = 1; c < 0x30000; ++c) {
    if (c >= 0xD800 && c < 0xE000)
      continue;
    auto once = words_of(cut, utf8(c));
    if (once.empty())
      continue;
    REQUIRE(once.size() == 1);
    INFO(c);
    REQUIRE(words_of(cut, once[0]) == once);
  }
}

TEST_CASE("a piece of a text is where the most of the terms are") {
  cutting words;
  auto cut = words.cut();
  std::string text = "red alone. ";
  for (int i = 0; i < 50; ++i)
    text += "word ";
  text += "red and blue";
  auto terms = search_terms("red blue green", cut);
  auto made = excerpt_of(text, terms, cut, 8);
  CHECK(made.text == "…word word \x02red\x03 and \x02"
                     "blue\x03");
  CHECK(made.has_term == std::vector{true, true, false});
  CHECK(made.is_whole);
  CHECK(excerpt_of("short", {}, cut, 8).text == "short");
  CHECK(excerpt_of("", terms, cut, 8).text.empty());
  CHECK(excerpt_of("one two three four", {}, cut, 2).text == "one two…");
  CHECK(excerpt_of(std::string(1000, 'x') + "é", {}, cut, 2).text.size() < 100);
  CHECK(marked("red red, blue", search_terms("\"red blue\" red", cut), cut).text ==
        "\x02red\x03 \x02red, blue\x03");
}
