// SPDX-License-Identifier: MIT
#include "exec/kept_outputs.hpp"
#include "exec/output_capture.hpp"
#include "keeper_support.hpp"
#include "support/catch.hpp"

#include <sys/stat.h>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;
using exec::kept_outputs;

namespace {

using strings = std::vector<std::string>;

std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

void set_age(const std::filesystem::path& file, std::chrono::seconds age) {
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
}

} // namespace

TEST_CASE("a kept output stays when its file goes, and is kept once") {
  scratch place;
  place.write("out/run.1.out", "of another run of that name");
  kept_outputs kept{(place / "kept").string()};
  auto path = (place / "out/run.1.out").string();
  REQUIRE(kept.keep(path));
  std::filesystem::remove(path);
  place.write("out/run.1.out", "all of it");
  REQUIRE(kept.keep(path));
  REQUIRE(kept.keep(path));
  CHECK(names_in(place / "kept") == strings{"run.1.out"});
  std::filesystem::remove(path);
  CHECK(place.read("kept/run.1.out") == "all of it");
  struct stat made {};
  REQUIRE(::stat((place / "kept").c_str(), &made) == 0);
  CHECK((made.st_mode & 0777) == 0700);
}

TEST_CASE("the whole of what was cut is the last run's that begins and ends like it") {
  scratch place;
  kept_outputs kept{(place / "kept").string()};
  auto long_text = [](char c) {
    return std::string(500, c) + std::string(1000, '-') + std::string(500, c);
  };
  auto cut = [](const std::string& text) {
    exec::output_capture capture{600};
    capture.append(text);
    return capture.take();
  };
  using stream = exec::output_growth::stream;
  CHECK(kept.whole_of("t", stream::output, cut(long_text('a'))).empty()); // there is nothing yet
  place.write("kept/t.1.out", long_text('a'));
  place.write("kept/t.2.out", long_text('b'));
  place.write("kept/t.9.out", long_text('b'));
  place.write("kept/t.10.out", long_text('b'));
  place.write("kept/t.11.out", long_text('b') + "x");
  place.write("kept/t.12.out.new", long_text('b'));
  place.write("kept/t.12.err", long_text('b'));
  place.write("kept/tt.12.out", long_text('b'));
  CHECK(kept.whole_of("t", stream::output, cut(long_text('a'))) == place / "kept/t.1.out");
  CHECK(kept.whole_of("t", stream::output, cut(long_text('b'))) == place / "kept/t.10.out");
  CHECK(kept.whole_of("t", stream::error, cut(long_text('b'))) == place / "kept/t.12.err");
  CHECK(kept.whole_of("t", stream::output, cut(long_text('c'))).empty());
  CHECK(kept.whole_of("t", stream::output, long_text('a')).empty()); // which was not cut
  CHECK(kept.whole_of("u", stream::output, cut(long_text('a'))).empty());
  // What a process writes that looks like our line does not confuse.
  auto sly = "[... many bytes left out ...]\n\n[... 7 bytes left out ...]\n" + long_text('s');
  place.write("kept/t.13.out", sly);
  CHECK(kept.whole_of("t", stream::output, cut(sly)) == place / "kept/t.13.out");
}

TEST_CASE("what cannot be kept is said, with the file") {
  scratch place;
  place.write("kept", "a file where the directory should be");
  place.write("run.1.out", "x");
  auto done = kept_outputs{(place / "kept").string()}.keep((place / "run.1.out").string());
  REQUIRE(done.has_error());
  CHECK_THAT(done.error().message, ContainsSubstring("run.1.out"));
  CHECK(kept_outputs{}.keep((place / "run.1.out").string())); // nowhere to be kept
}

TEST_CASE("a sweep removes what is too old, then the oldest until the rest fits") {
  scratch place;
  kept_outputs kept{(place / "kept").string()};
  CHECK(kept.sweep({}, 0).value().files == 0); // there is none yet
  auto ages = std::vector<std::pair<std::string, std::chrono::seconds>>{
      {"a", 300s}, {"b", 200s}, {"c", 100s}, {"d", 50s}, {"e", 5s}};
  for (const auto& [name, age] : ages) {
    place.write("kept/" + name, std::string(100, 'x'));
    set_age(place / "kept" / name, age);
  }
  std::filesystem::create_directory(place / "kept/not-ours");
  struct stat one {};
  REQUIRE(::stat((place / "kept/a").c_str(), &one) == 0);
  auto block = static_cast<std::uint64_t>(one.st_blocks) * 512; // what a small file takes
  REQUIRE(block > 0);
  auto now = std::chrono::system_clock::now();
  auto swept = kept.sweep(now - 250s, 100 * block).value();
  CHECK((swept.files == 1 && swept.bytes == block && swept.bytes_left == 4 * block));
  CHECK(names_in(place / "kept") == strings{"b", "c", "d", "e", "not-ours"});
  CHECK(kept.sweep({}, 2 * block + 1).value().files == 2);
  CHECK(names_in(place / "kept") == strings{"d", "e", "not-ours"});
  swept = kept.sweep({}, 2 * block).value();
  CHECK((swept.files == 0 && swept.bytes_left == 2 * block && !swept.failure));
}

TEST_CASE("a keeper's long outputs are kept before anybody hears of the end, short ones are not") {
  keeper_place place;
  auto how = place.options();
  how.hears_at_once = true;
  how.kept_outputs = place / "kept";
  auto runner = place.open(how);
  auto spec = named("loud", shell("seq 10000; seq 5000 >&2"));
  spec.output_limit = 1000;
  std::promise<std::pair<process_exit, bool>> ended;
  runner->start(std::move(spec), [&](process_exit exit) {
    auto is_kept = std::filesystem::exists(how.kept_outputs + "/loud.out");
    ended.set_value({std::move(exit), is_kept});
  });
  auto [exit, is_kept] = ended.get_future().get();
  CHECK(is_kept);
  CHECK(exit.output_truncated);
  CHECK(names_in(how.kept_outputs) == strings{"loud.err", "loud.out"});
  auto whole = content_of(how.kept_outputs + "/loud.out");
  CHECK(whole.size() == exit.output_bytes);
  CHECK(whole.ends_with("9999\n10000\n"));
  CHECK(runner->file_of("loud", exec::output_growth::stream::output) ==
        place.path() + "/out/loud.out");
  CHECK(comes_true([&] { return !std::filesystem::exists(place.path() + "/out/loud.out"); }));
  CHECK(content_of(how.kept_outputs + "/loud.out") == whole);

  auto quiet = start(*runner, named("quiet", shell("echo hi"))).wait();
  CHECK_FALSE(quiet.output_truncated);
  CHECK(names_in(how.kept_outputs) == strings{"loud.err", "loud.out"});
}

TEST_CASE("an end that an earlier server did not hear is kept by the next one") {
  keeper_place place;
  auto how = place.options();
  how.hears_at_once = false;
  auto runner = place.open(how);
  start(*runner, named("loud", shell("seq 10000"))).wait(); // and nobody says that it was heard
  runner.reset();
  how.epoch = 2;
  how.kept_outputs = place / "kept";
  runner = place.open(how);
  auto again = attach(*runner, "loud", 1000);
  CHECK(again.wait().output_truncated);
  CHECK(content_of(how.kept_outputs + "/loud.out").ends_with("9999\n10000\n"));
  runner->settle({"loud"});
}

TEST_CASE("an output that cannot be kept is a note at the end of its run") {
  keeper_place place;
  auto how = place.options();
  how.kept_outputs = place / "file/kept";
  std::ofstream{place / "file"} << "no directory";
  auto runner = place.open(how);
  auto spec = named("loud", shell("seq 10000"));
  spec.output_limit = 1000;
  auto exit = start(*runner, std::move(spec)).wait();
  CHECK(exit.exit_code == 0);
  CHECK_THAT(exit.note, ContainsSubstring("loud.out"));
}

TEST_CASE("the line in the middle says that an output was cut, and no other one") {
  using exec::output_capture;
  auto cut = output_capture::cut_of("ab\n[... 12 bytes left out ...]\nb");
  REQUIRE(cut);
  CHECK((cut->head == "ab" && cut->tail == "b"));
  auto is_cut = [](const std::string& text) { return output_capture::cut_of(text).has_value(); };
  CHECK_FALSE(is_cut("a\n[... many bytes left out ...]\nb"));
  CHECK_FALSE(is_cut("a\n[...  bytes left out ...]\nb"));
  CHECK_FALSE(is_cut("12 bytes left out ...]\n"));
  CHECK_FALSE(is_cut(""));
  CHECK_FALSE(is_cut("\n[... 12 bytes left out ...]\nmuch more than before"));

  // Forged lines cost no more than others.
  std::string forged;
  while (forged.size() < 2'000'000)
    forged += " bytes left out ...]\n[... 7 bytes left out ...]\n";
  exec::output_capture kept{1'000'000};
  kept.append(forged);
  auto text = kept.take();
  auto real = output_capture::cut_of(text);
  REQUIRE(real);
  CHECK(forged.starts_with(real->head));
  CHECK(forged.ends_with(real->tail));
}
