// SPDX-License-Identifier: MIT
#include "cli/script_printer.hpp"

#include "cli/exit_codes.hpp"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iostream>

namespace mahavishnu::cli {

namespace {

void write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    auto count = ::write(to, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) {
      if (to == STDOUT_FILENO)
        std::cout.setstate(std::ios::failbit); // as if it had gone that way
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void pass_on_file(script_stream which, const std::string& file) {
  std::ifstream from{file, std::ios::binary};
  std::vector<char> buffer(64 * 1024);
  while (from.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || from.gcount() > 0)
    pass_on(which, {buffer.data(), static_cast<std::size_t>(from.gcount())});
}

void show_stream(script_stream which, const std::string& text, const std::string& file) {
  if (file.empty())
    pass_on(which, text);
  else
    pass_on_file(which, file);
}

json::value to_json(const module_result& one) {
  return {{"index", one.index},
          {"module_id", one.module_id},
          {"exit_code", one.exit_code},
          {"success", one.success},
          {"error", one.error.empty() ? json::value(nullptr) : json::value(one.error)},
          {"stdout", one.standard_output},
          {"stderr", one.standard_error},
          {"stdout_truncated", one.output_truncated},
          {"stderr_truncated", one.error_truncated}};
}

} // namespace

void pass_on(script_stream which, std::string_view bytes) {
  write_all(which == script_stream::standard_output ? STDOUT_FILENO : STDERR_FILENO, bytes);
}

script_printer::script_printer(const output& out, const std::vector<script_call>& tasks, bool lines)
    : out_(out), tasks_(tasks), items_(lines || out.form() != output_form::json) {
  if (out_.is_json() && !items_)
    std::cout << R"({"schema": "script_results/1", "results": [)";
}

void script_printer::show(const module_result& one) {
  succeeded_ += one.success ? 1 : 0;
  if (out_.is_json() && items_)
    return out_.item("module_result", to_json(one), "");
  if (out_.is_json()) {
    std::cout << (one.index == 0 ? "\n  " : ",\n  ") << json::text(to_json(one));
    return;
  }
  show_stream(script_stream::standard_output, one.standard_output, one.output_file);
  show_stream(script_stream::standard_error, one.standard_error, one.error_file);
  if (!one.error.empty())
    out_.talk("error: task " + std::to_string(one.index) + " (" + tasks_[one.index].script +
              "): " + one.error);
}

int script_printer::finish() {
  auto failures = tasks_.size() - succeeded_;
  json::value sums{{"total", tasks_.size()}, {"succeeded", succeeded_}, {"failed", failures}};
  if (out_.is_json() && items_)
    out_.item("script_results", sums, "");
  else if (out_.is_json())
    std::cout << "\n], " << json::text(sums).substr(1) << '\n' << std::flush;
  if (!out_.is_json() && failures > 0)
    out_.talk(std::to_string(failures) + " of " + std::to_string(tasks_.size()) + " failed.");
  return failures == 0 ? done : failed;
}

} // namespace mahavishnu::cli
