// SPDX-License-Identifier: MIT
#include "cli/each/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mahavishnu::cli::each {

namespace {

struct missing_option {
  std::string_view name;
  std::string_view instead;
};

constexpr auto missing = std::to_array<missing_option>({
    {"--pipe", "jobs read nothing; split the input into files, and give their names"},
    {"--pipepart", "jobs read nothing; split the input into files, and give their names"},
    {"--spreadstdin", "jobs read nothing; split the input into files, and give their names"},
    {"-X", "several arguments for one command: -N 100"},
    {"-m", "several arguments for one command: -N 100"},
    {"--xargs", "several arguments for one command: -N 100"},
    {"-S", "jobs run where the server runs"},
    {"--sshlogin", "jobs run where the server runs"},
    {"--line-buffer", "what a job writes is printed when it ends; see also: mahavishnu logs"},
    {"--lb", "what a job writes is printed when it ends; see also: mahavishnu logs"},
    {"--ungroup", "what a job writes is printed when it ends; see also: mahavishnu logs"},
    {"-u", "what a job writes is printed when it ends; see also: mahavishnu logs"},
    {"--results", "write files in the command, as in: each 'cmd {} > {/.}.out'"},
    {"--retry-failed", "give the command and its arguments again, with --resume-failed"},
    {"--tmux", "jobs have no terminal"},
    {"--tty", "jobs have no terminal"},
    {"--link", "link sources with :::+"},
    {"--xapply", "link sources with :::+"},
});

result<void> refuse_options(const value_list& words) {
  if (words.empty() || words.front().size() < 2 || words.front()[0] != '-')
    return {};
  auto name = words.front().substr(0, words.front().find('='));
  const auto* known = std::ranges::find(missing, name, &missing_option::name);
  std::string help{known == missing.end() ? "see: mahavishnu each --help" : known->instead};
  return error{errc::invalid_argument, "each has no option '" + name + "'; " + help};
}

template <class Number>
bool read_whole(std::string_view text, Number& into, int base = 10) {
  const auto* end = text.data() + text.size();
  auto [rest, failure] = std::from_chars(text.data(), end, into, base);
  return failure == std::errc{} && rest == end;
}

} // namespace

result<job_words> read_job_words(const value_list& words, const value_list& files) {
  if (auto good = refuse_options(words); !good)
    return good.error();
  job_words read;
  for (const auto& each : files)
    read.sources.push_back({true, false, {each}});
  auto from = words.begin();
  bool in_command = true;
  for (; from != words.end(); ++from) {
    auto is_linked = *from == ":::+" || *from == "::::+";
    auto are_files = *from == "::::" || *from == "::::+";
    if (is_linked || are_files || *from == ":::") {
      if (is_linked && read.sources.empty())
        return error{errc::invalid_argument,
                     *from + " links a source to the one before it, and there is none; begin with "
                             ":::"};
      in_command = false;
      read.sources.push_back({are_files, is_linked, {}});
    } else if (in_command) {
      read.command.push_back(*from);
    } else {
      read.sources.back().words.push_back(*from);
    }
  }
  for (const auto& each : read.command)
    if (auto at = each.find("{=");
        at != std::string::npos && each.find("=}", at) != std::string::npos)
      return error{errc::invalid_argument,
                   "each runs no Perl, which is what {= =} is for; change the argument in the "
                   "command, as in: each 'x={}; echo ${x%.txt}'"};
  for (const auto& each : read.sources)
    if (each.are_files && each.words.empty())
      return error{errc::invalid_argument, ":::: names no file; give one, or - for standard input"};
  if (read.sources.empty())
    read.sources.push_back({true, false, {"-"}});
  return read;
}

result<char> read_delimiter(std::string_view text) {
  if (text.size() == 1)
    return text.front();
  unsigned code = 0;
  if (text.size() >= 2 && text[0] == '\\') {
    constexpr std::string_view names = "ntr0abfv\\";
    constexpr std::string_view characters{"\n\t\r\0\a\b\f\v\\", 9};
    auto at = text.size() == 2 ? names.find(text[1]) : std::string_view::npos;
    if (at != std::string_view::npos)
      return characters[at];
    auto good =
        text[1] == 'x' ? read_whole(text.substr(2), code, 16) : read_whole(text.substr(1), code, 8);
    if (good && code < 256)
      return static_cast<char>(code);
  }
  return error{errc::invalid_argument, "-d takes one character, and not '" + std::string{text} +
                                           "'; write it as it is, or as \\t or \\x1e"};
}

result<std::size_t> read_jobs(std::string_view text, std::size_t cpus, std::size_t most) {
  auto rest = text;
  bool is_share = rest.ends_with('%');
  rest.remove_suffix(is_share ? 1 : 0);
  bool is_sum = rest.starts_with('+');
  rest.remove_prefix(is_sum ? 1 : 0);
  std::size_t number = 0;
  if (!read_whole(rest, number) || number > 1'000'000)
    return error{errc::invalid_argument,
                 "-j takes a number, and not '" + std::string{text} +
                     "'; take 8, +2 or 150% of the CPUs, or 0 for as many as there may be"};
  if (is_share)
    number = std::max<std::size_t>(1, cpus * number / 100);
  if (is_sum)
    number += cpus;
  if (number == 0)
    number = most;
  return std::min(number, most);
}

result<std::regex> read_separator(const std::string& text) {
  try {
    return std::regex{text};
  } catch (const std::regex_error& failure) {
    return error{errc::invalid_argument, "--colsep: '" + text + "' is no regular expression, " +
                                             failure.what() +
                                             "; put a backslash before signs "
                                             "like | and ("};
  }
}

} // namespace mahavishnu::cli::each
