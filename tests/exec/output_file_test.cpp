// SPDX-License-Identifier: MIT
#include "exec/output_file.hpp"
#include "exec/support.hpp"

#include <sys/resource.h>

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;
using exec::output_file;
using exec::read_output;

namespace {

output_file open_file(const std::string& path, std::uint64_t limit) {
  auto file = output_file::open(path, limit);
  REQUIRE(file.has_value());
  return std::move(*file);
}

std::string content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  REQUIRE(file);
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string mark(std::uint64_t left_out, const std::string& reason) {
  return "[mahavishnu: " + std::to_string(left_out) + " bytes left out here; " + reason + "]\n";
}

std::string limit_mark(std::uint64_t left_out, std::uint64_t limit) {
  return mark(left_out, "the limit was " + std::to_string(limit) + " bytes");
}

/// Text in which every place looks different.
std::string numbered(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i)
    text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

/// No file of this process may grow past `size`; what would be a signal is an error instead.
class small_files {
public:
  explicit small_files(rlim_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    auto lower = before_;
    lower.rlim_cur = size;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &lower) == 0);
  }
  small_files(const small_files&) = delete;
  ~small_files() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  void (*handler_)(int);
  rlimit before_{};
};

} // namespace

TEST_CASE("a stream without output makes no file") {
  scratch directory;
  auto file = open_file(directory / "out", 100);
  file.append("");
  auto record = file.close();
  CHECK(record.total == 0);
  CHECK_FALSE(record.truncated());
  CHECK_FALSE(std::filesystem::exists(directory / "out"));
  auto piece = read_output(directory / "out", 0, 100);
  REQUIRE(piece.has_value());
  CHECK(piece->bytes.empty());
}

TEST_CASE("output within the limit stands in its file as it came") {
  scratch directory;
  auto file = open_file(directory / "out", 10);
  file.append("01234");
  CHECK(content(directory / "out") == "01234");
  file.append("56789");
  auto record = file.close();
  CHECK(content(directory / "out") == "0123456789");
  CHECK(record.total == 10);
  CHECK(record.in_file == 10);
  CHECK(record.left_out == 0);
  CHECK_FALSE(record.failure);
  CHECK((std::filesystem::status(directory / "out").permissions() & std::filesystem::perms(0077)) ==
        std::filesystem::perms::none);
}

TEST_CASE("of longer output the file has the start, a line that counts what is missing, the end") {
  scratch directory;
  auto text = numbered(300'000);
  auto file = open_file(directory / "out", 1000);
  file.append(text);
  auto record = file.close();

  auto left_out = 300'000 - 1000 - 65536;
  CHECK(content(directory / "out") ==
        text.substr(0, 1000) + "\n" + limit_mark(left_out, 1000) + text.substr(300'000 - 65536));
  CHECK(record.total == 300'000);
  CHECK(record.left_out == static_cast<std::uint64_t>(left_out));
  CHECK(record.truncated());
  CHECK_FALSE(record.failure);
  CHECK(record.in_file == std::filesystem::file_size(directory / "out"));
}

TEST_CASE("the mark stands on a line of its own without an empty line before it") {
  scratch directory;
  auto file = open_file(directory / "out", 5);
  file.append("1234\n");
  file.append(std::string(70'000, 'x'));
  file.close();
  CHECK(content(directory / "out") ==
        "1234\n" + limit_mark(70'000 - 65536, 5) + std::string(65536, 'x'));
}

TEST_CASE("output that fits in what is kept at the end is whole and has no mark") {
  scratch directory;
  auto text = numbered(1000 + 65536);
  auto file = open_file(directory / "out", 1000);
  file.append(text);
  auto record = file.close();
  CHECK(content(directory / "out") == text);
  CHECK_FALSE(record.truncated());
  CHECK(record.in_file == text.size());
}

TEST_CASE("a limit of nothing keeps the end only") {
  scratch directory;
  auto text = numbered(65537);
  auto file = open_file(directory / "out", 0);
  file.append(text);
  CHECK(file.close().left_out == 1);
  CHECK(content(directory / "out") == limit_mark(1, 0) + text.substr(1));
}

TEST_CASE("pieces of any size make the same file") {
  scratch directory;
  std::minstd_rand random{test::seed()};
  auto text = numbered(200'000);
  auto whole = open_file(directory / "whole", 5000);
  whole.append(text);
  whole.close();
  auto pieces = open_file(directory / "pieces", 5000);
  for (std::size_t at = 0; at < text.size();) {
    auto piece = std::string_view{text}.substr(at, random() % 9000);
    pieces.append(piece);
    at += piece.size();
    REQUIRE(pieces.total() == at);
  }
  pieces.close();
  CHECK(content(directory / "pieces") == content(directory / "whole"));
}

TEST_CASE("a file that exists is continued, and what it holds counts") {
  scratch directory;
  {
    auto file = open_file(directory / "out", 10);
    file.append("012345");
  }
  auto file = open_file(directory / "out", 10);
  CHECK(file.total() == 6);
  file.append("6789");
  file.append(std::string(65536, 'a') + "bcd");
  auto record = file.close();
  CHECK(record.total == 10 + 65536 + 3);
  CHECK(record.left_out == 3);
  CHECK(content(directory / "out") ==
        "0123456789\n" + limit_mark(3, 10) + std::string(65533, 'a') + "bcd");
}

TEST_CASE("a file that is continued and full gets what comes behind the mark") {
  scratch directory;
  std::ofstream(directory / "out") << "more than the limit\n";
  auto file = open_file(directory / "out", 4);
  file.append("end");
  CHECK(file.close().in_file == 23);
  CHECK(content(directory / "out") == "more than the limit\nend");
}

TEST_CASE("a full disk fails nobody, and the record says why") {
  auto file = open_file("/dev/full", 1000);
  file.append("0123456789");
  file.append("more");
  auto record = file.close();
  CHECK(record.total == 14);
  CHECK(record.in_file == 0);
  CHECK(record.left_out == 14);
  REQUIRE(record.failure);
  CHECK(record.failure->code == errc::io_failed);
  CHECK_THAT(record.failure->message, ContainsSubstring("'/dev/full'") &&
                                          ContainsSubstring("No space left") &&
                                          ContainsSubstring("make room"));
}

TEST_CASE("a disk that was full for a while leaves a mark with the reason") {
  scratch directory;
  auto text = numbered(100'000);
  auto file = open_file(directory / "out", 1 << 20);
  {
    small_files limit{1000};
    file.append(std::string_view{text}.substr(0, 700));
    file.append(std::string_view{text}.substr(700)); // 300 bytes go in, then none
  }
  auto record = file.close();
  auto whole = content(directory / "out");
  CHECK(whole.starts_with(text.substr(0, 1000) + "\n[mahavishnu: 33464 bytes left out here; "));
  CHECK_THAT(whole, ContainsSubstring("File too large") && ContainsSubstring("ulimit -f"));
  CHECK(whole.ends_with("]\n" + text.substr(100'000 - 65536)));
  CHECK(record.left_out == 33464);
  CHECK(record.failure);
  CHECK(record.in_file == whole.size());
}

TEST_CASE("a disk with room for the mark only gets the mark") {
  scratch directory;
  auto file = open_file(directory / "out", 100);
  file.append(numbered(90'000));
  small_files limit{300};
  auto record = file.close();
  auto whole = content(directory / "out");
  CHECK(whole.starts_with(numbered(100) + "\n[mahavishnu: 89900 bytes left out here; output file"));
  CHECK(whole.ends_with("]\n"));
  CHECK(record.left_out == 89'900);
  CHECK(record.in_file == whole.size());
}

TEST_CASE("a disk without room for the mark keeps the start and no half mark") {
  scratch directory;
  auto file = open_file(directory / "out", 100);
  file.append(numbered(90'000));
  small_files limit{120};
  auto record = file.close();
  CHECK(content(directory / "out") == numbered(100));
  CHECK(record.left_out == 89'900);
  CHECK(record.in_file == 100);
  CHECK(record.failure);
}

TEST_CASE("a directory that is gone by the first byte is told in the record") {
  scratch directory;
  std::filesystem::create_directory(directory / "sub");
  auto file = open_file(directory / "sub/out", 100);
  std::filesystem::remove(directory / "sub");
  file.append("text");
  auto record = file.close();
  CHECK(record.left_out == 4);
  REQUIRE(record.failure);
  CHECK_THAT(record.failure->message, ContainsSubstring("sub/out"));
}

TEST_CASE("a path that cannot be a file is refused at once") {
  scratch directory;
  auto refused = output_file::open(directory.path(), 100);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::io_failed);
  CHECK_THAT(refused.error().message, ContainsSubstring("'" + directory.path().string() + "'"));
}

TEST_CASE("output is read from any offset and never more than asked for") {
  scratch directory;
  std::ofstream(directory / "out") << "0123456789";
  auto middle = read_output(directory / "out", 3, 4);
  REQUIRE(middle.has_value());
  CHECK(middle->bytes == "3456");
  CHECK(middle->file_size == 10);
  CHECK(read_output(directory / "out", 8, 100)->bytes == "89");
  CHECK(read_output(directory / "out", 10, 100)->bytes.empty());
  CHECK(read_output(directory / "out", 1'000, 100)->bytes.empty());
  CHECK(read_output(directory / "out", UINT64_MAX, SIZE_MAX)->bytes.empty());
  CHECK(read_output(directory / "out", 0, SIZE_MAX)->bytes == "0123456789");
}

TEST_CASE("output that cannot be read names the file") {
  scratch directory;
  auto refused = read_output(directory.path(), 0, 10);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("'" + directory.path().string() + "'"));
}
