// SPDX-License-Identifier: MIT
#include "exec/local_runner.hpp"
#include "patterns/interpreter_pool.hpp"
#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "support/events.hpp"
#include "support/scratch.hpp"

#include <algorithm>
#include <future>
#include <regex>
#include <set>
#include <thread>

using namespace mahavishnu;
using namespace std::chrono_literals;

namespace {

constexpr const char* python = "/usr/bin/python3";

interpreter_pool_options small(std::size_t most = 2) {
  interpreter_pool_options options;
  options.command = {python};
  options.most_interpreters = most;
  options.grace = 200ms;
  return options;
}

/// A pool, a place for scripts, and a runner to run the same without a pool.
struct pooled {
  test::scratch where;
  std::unique_ptr<exec::local_runner> runner = exec::local_runner::open().value();
  std::unique_ptr<interpreter_pool> pool;

  explicit pooled(interpreter_pool_options options = small())
      : pool(interpreter_pool::open(*runner, std::move(options)).value()) {}

  /// A request for a script of that text.
  script_request script(const std::string& name, std::string_view text) const {
    where.write(name, text);
    script_request request;
    request.script = (where / name).string();
    return request;
  }

  std::future<script_outcome> begin(script_request request,
                                    interpreter_pool::run_number* number = nullptr) const {
    auto promise = std::make_shared<std::promise<script_outcome>>();
    auto started = pool->run(std::move(request),
                             [promise](script_outcome end) { promise->set_value(std::move(end)); });
    REQUIRE(started.has_value());
    if (number != nullptr)
      *number = *started;
    return promise->get_future();
  }
  script_outcome run(script_request request) const {
    return test::wait_for(begin(std::move(request)));
  }
  script_outcome run(std::string_view text) const { return run(script("script.py", text)); }
  /// What it writes, when all is well.
  std::string output_of(std::string_view text) const {
    auto end = run(text);
    INFO(end.exit.standard_error);
    REQUIRE_FALSE(end.exit.failure);
    REQUIRE(end.exit.exit_code == 0);
    return end.exit.standard_output;
  }

  std::future<exec::process_exit> begin_alone(const script_request& request) const {
    exec::process_spec spec;
    spec.argv = {python, request.script};
    spec.argv.insert(spec.argv.end(), request.arguments.begin(), request.arguments.end());
    spec.working_directory = request.working_directory;
    spec.environment = request.environment;
    spec.stdin_text = request.stdin_text;
    auto promise = std::make_shared<std::promise<exec::process_exit>>();
    runner->start(std::move(spec),
                  [promise](exec::process_exit exit) { promise->set_value(std::move(exit)); });
    return promise->get_future();
  }

  template <class Condition>
  bool comes_to(Condition condition) const {
    for (auto end = std::chrono::steady_clock::now() + test::deadline;
         std::chrono::steady_clock::now() < end; std::this_thread::yield())
      if (condition(pool->now()))
        return true;
    return false;
  }
};

/// Functions show where they are in memory.
std::string without_addresses(const std::string& text) {
  return std::regex_replace(text, std::regex{"0x[0-9a-f]+"}, "0x");
}

struct example {
  const char* name;
  const char* text;
};

/// What a script can do that may be seen from outside, or by the script itself.
constexpr example examples[] = {
    {"empty", ""},
    {"names", "print(__name__, __file__, sorted(globals()), __doc__, __spec__, __package__)\n"
              "import sys\nprint(sys.argv, sys.path, type(__builtins__), __loader__.__class__)\n"
              "print(sys.orig_argv, sys.flags, sys.modules['__main__'].__dict__ is globals())"},
    {"modules", "import sys\nprint(sorted(sys.modules))"},
    {"descriptors", "import os\nprint(sorted(os.listdir('/proc/self/fd')))"},
    {"signals", "import signal\nfor s in signal.valid_signals(): print(s, signal.getsignal(s))"},
    {"surroundings", "import os, sys\nprint(os.getcwd(), oct(os.umask(0)), os.getpid() == "
                     "os.getsid(0) == os.getpgid(0))\n"
                     "print(sorted(set(os.environ) - {'MAHAVISHNU_RUN', '_'}))"},
    {"streams",
     "import sys\nfor s in sys.stdin, sys.stdout, sys.stderr: print(s.encoding, s.errors, "
     "s.line_buffering, s.isatty(), s.name, s.mode)"},
    {"exit_0", "import sys\nsys.exit(0)"},
    {"exit_3", "import sys\nsys.exit(3)"},
    {"exit_minus", "import sys\nsys.exit(-1)"},
    {"exit_256", "import sys\nsys.exit(256)"},
    {"exit_huge", "import sys\nsys.exit(2**70)"},
    {"exit_none", "import sys\nsys.exit()"},
    {"exit_true", "import sys\nsys.exit(True)"},
    {"exit_text", "import sys\nprint('before')\nsys.exit('that is why')"},
    {"exit_tuple", "raise SystemExit((1, 2))"},
    {"os_exit", "import os\nprint('lost')\nos._exit(7)"},
    {"killed", "import os\nos.kill(os.getpid(), 9)"},
    {"terminated", "import os\nprint('x', flush=True)\nos.kill(os.getpid(), 15)"},
    {"segfault", "import os\nos.kill(os.getpid(), 11)"},
    {"abort", "import os\nos.abort()"},
    {"interrupt", "raise KeyboardInterrupt"},
    {"uncaught", "def f(x):\n    return 1 / x\nprint('a')\nf(0)"},
    {"chained", "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('v') from e"},
    {"context", "def f():\n    try:\n        int('x')\n    finally:\n        [][1]\nf()"},
    {"group", "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])"},
    {"noted", "e = ValueError('v')\ne.add_note('note')\nraise e"},
    {"syntax", "print('never')\nif True\n  pass"},
    {"indent", "  x = 1\n y = 2"},
    {"nul", nullptr},
    {"latin", "# \xe4\nprint(1)"},
    {"cookie", "# -*- coding: latin-1 -*-\nprint('\xe4')"},
    {"text", "print('\xe2\x82\xac \xf0\x9f\x98\x80')"},
    {"bytes", "import sys\nsys.stdout.buffer.write(bytes(range(256)) * 100)"},
    {"no_newline", "import sys\nsys.stdout.write('a')\nsys.stderr.write('b')"},
    {"long", "for i in range(20000): print(i)"},
    {"input", "import sys\nprint(repr(sys.stdin.read()), sys.stdin.readline())"},
    {"arguments", "import sys\nprint(sys.argv[1:])"},
    {"at_exit", "import atexit\natexit.register(print, 'first')\natexit.register(print, 'second')\n"
                "print('body')"},
    {"at_exit_error", "import atexit\ndef f(): 1/0\natexit.register(f)"},
    {"exit_hook", "import atexit, sys\natexit.register(print, 'x')\nsys.exit('why')"},
    {"last_words", "class C:\n    def __del__(self): print('gone', self.n)\n"
                   "a = C(); a.n = 1\nb = C(); b.n = 2\nc = C(); c.n = 3; c.me = c"},
    {"module_end", "import helper\nhelper.keep = helper.C()"},
    {"unclosed", "f = open(__file__ + '.out', 'w')\nf.write('kept')\ng = [f]\ng.append(g)"},
    {"thread", "import threading, time\ndef f():\n    time.sleep(.05)\n    print('late')\n"
               "threading.Thread(target=f).start()\nprint('early')"},
    {"daemon", "import threading, time\n"
               "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nprint('on')"},
    {"thread_error", "import threading\nt = threading.Thread(target=lambda: 1/0, name='t')\n"
                     "t.start()\nt.join()"},
    {"child", "import os, subprocess\nprint('a', flush=True)\nos.system('echo b; echo c >&2')\n"
              "print(subprocess.run(['sh', '-c', 'exit 4']).returncode)"},
    {"fork",
     "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint('parent' if pid else 'child')"},
    {"pool", "import multiprocessing as m\ndef f(x): return x * x\n"
             "if __name__ == '__main__':\n    m.set_start_method('spawn')\n"
             "    with m.Pool(1) as p: print(p.map(f, [1, 2, 3]))"},
    {"warning", "import warnings\nwarnings.warn('w', DeprecationWarning)\nimport asyncore"},
    {"hook", "import sys\nsys.excepthook = lambda *a: print('mine', a[0])\n1/0"},
    {"bad_hook", "import sys\ndef f(*a): raise ValueError('h')\nsys.excepthook = f\n1/0"},
    {"imports", "import json, socket, select, ctypes, random, io, gc, struct, signal, atexit\n"
                "print(json.dumps(dict(a=1)), struct.calcsize('i'), ctypes.sizeof(ctypes.c_int))\n"
                "print(ctypes.CDLL(None).abs(-3), select.POLLIN, socket.AF_UNIX)"},
    {"c_output", "import ctypes\nctypes.CDLL(None).printf(b'from C\\n')"},
    {"shadow", "import select, ctypes\nprint(select.mine, ctypes.mine)"},
    {"pickle", "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))) is C)"},
    {"cwd_gone", "import os\nos.chdir('/')\nprint(os.getcwd())\nraise ValueError"},
};

} // namespace

TEST_CASE("a script of a pool does exactly what it does in an interpreter of its own") {
  const pooled here{small(2)};
  here.where.write("helper.py", "class C:\n    def __del__(self): print('helper ends')\n");
  here.where.write("shadowed/select.py", "mine = 'select'");
  here.where.write("shadowed/ctypes.py", "mine = 'ctypes'");
  std::vector<script_request> requests;
  for (const auto& each : examples) {
    std::string text = each.text == nullptr ? std::string{"a = 1\0", 6} : each.text;
    auto folder = std::string{each.name} == "shadow" ? "shadowed/" : "";
    auto request = here.script(folder + std::string{each.name} + ".py", text);
    request.arguments = {"one", "", "with space", "\xc3\xa4", "\xff"};
    request.stdin_text = std::string{each.name} == "input" ? "line one\nline two" : "";
    request.working_directory = here.where.path().string();
    requests.push_back(std::move(request));
  }
  script_request missing;
  missing.script = (here.where / "missing.py").string();
  requests.push_back(missing);
  missing.script = here.where.path().string(); // without a __main__.py
  requests.push_back(missing);
  auto relative = here.script("relative.py", "import sys\nprint(__file__, sys.argv)\n1/0");
  relative.script = "relative.py";
  relative.working_directory = here.where.path().string();
  requests.push_back(relative);
  auto with_setting = here.script("setting.py", "import sys\nprint(sys.flags.optimize, hash('a'))");
  with_setting.environment = {{"PYTHONOPTIMIZE", "2"}, {"PYTHONHASHSEED", "5"}};
  requests.push_back(with_setting);
  auto with_variable = here.script("variable.py", "import os\nprint(os.environ['V'], flush=True)\n"
                                                  "os.system('echo $V')");
  with_variable.environment = {{"V", "lost"}, {"V", "kept"}};
  requests.push_back(with_variable);

  for (const auto& request : requests) {
    auto alone = test::wait_for(here.begin_alone(request));
    auto made = std::filesystem::path{request.script + ".out"};
    auto file_alone = test::content_of(made);
    std::filesystem::remove(made);
    auto ours = here.run(request);
    INFO(request.script);
    INFO("alone: " << alone.standard_error);
    CHECK_FALSE(ours.exit.failure);
    CHECK(ours.exit.exit_code == alone.exit_code);
    CHECK(ours.exit.signal == alone.signal);
    CHECK(ours.exit.standard_output == alone.standard_output);
    CHECK(without_addresses(ours.exit.standard_error) == without_addresses(alone.standard_error));
    CHECK(ours.exit.output_bytes == alone.output_bytes);
    CHECK(test::content_of(made) == file_alone);
  }
  // None of it has ended an interpreter.
  CHECK(here.pool->now().started == 1);
}

TEST_CASE("a script finds nothing of the one before it") {
  const pooled here{small(1)};
  const auto* look = R"(
import builtins, os, signal, sys, warnings
print(hasattr(builtins, 'left'), 'left' in sys.modules, 'left' in globals(), hasattr(os, 'left'))
print(os.environ.get('LEFT'), os.getcwd(), oct(os.umask(0o22)), warnings.filters == first)
print(signal.getsignal(signal.SIGUSR1), sys.path, sys.argv[1:], os.path.exists('/proc/self/fd/9'))
)";
  auto before =
      here.output_of("import warnings\nfirst = list(warnings.filters)\n" + std::string{look});
  here.output_of(R"(
import builtins, os, signal, sys, threading, time, types, warnings
builtins.left = sys.modules['left'] = left = os.left = types
os.environ['LEFT'] = 'x'
os.chdir('/')
os.umask(0)
warnings.simplefilter('ignore')
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
sys.path.append('/left')
sys.argv.append('left')
os.dup2(1, 9)
)");
  CHECK(here.output_of("import warnings\nfirst = list(warnings.filters)\n" + std::string{look}) ==
        before);
  CHECK(here.pool->now().started == 1);
}

TEST_CASE("a script that takes too long is ended and the pool goes on") {
  const pooled here{small(1)};
  for (const auto* text : {"while True: pass", "import time\ntime.sleep(600)"}) {
    auto request = here.script("endless.py", text);
    request.timeout = 300ms;
    auto end = here.run(request);
    CHECK(end.timed_out);
    CHECK_FALSE(end.cancelled);
    CHECK(end.exit.signal == SIGTERM);
    CHECK(end.exit.exit_code == 128 + SIGTERM);
    CHECK(end.duration >= 300ms);
  }
  auto stubborn =
      here.script("stubborn.py", "import signal, time\nsignal.signal(15, signal.SIG_IGN)\n"
                                 "print('here', flush=True)\ntime.sleep(600)");
  stubborn.timeout = 3s;
  auto end = here.run(stubborn);
  CHECK(end.timed_out);
  CHECK(end.exit.exit_code == 128 + SIGKILL);
  CHECK(end.exit.standard_output == "here\n");
  CHECK(here.output_of("print(1)") == "1\n");
  CHECK(here.pool->now().started == 1);
}

TEST_CASE("a script can be cancelled while it runs and while it waits") {
  const pooled here{small(1)};
  test::message_pipe pipe;
  auto request = here.script("long.py", "import sys, time\nopen(sys.argv[1], 'w').write('on\\n')\n"
                                        "time.sleep(600)");
  request.arguments = {pipe.path()};
  interpreter_pool::run_number running = 0;
  interpreter_pool::run_number waiting = 0;
  auto first = here.begin(request, &running);
  auto second = here.begin(request, &waiting);
  CHECK(pipe.wait_for_line() == "on");
  here.pool->cancel(waiting);
  auto never = test::wait_for(std::move(second));
  CHECK(never.cancelled);
  REQUIRE(never.exit.failure);
  CHECK(never.exit.failure->code == errc::cancelled);
  here.pool->cancel(running);
  here.pool->cancel(running);
  auto ended = test::wait_for(std::move(first));
  CHECK(ended.cancelled);
  CHECK(ended.exit.signal == SIGTERM);
  here.pool->cancel(running);
  here.pool->cancel(12345);
  CHECK(here.output_of("print(1)") == "1\n");
}

TEST_CASE("many scripts at once each get their own answer from a bounded number of processes") {
  const pooled here{small(3)};
  auto request = here.script("echo.py", "import sys\nprint(sys.argv[1])\n"
                                        "print(sys.stdin.read(), file=sys.stderr)\n"
                                        "sys.exit(int(sys.argv[1]) % 100)");
  std::vector<std::future<script_outcome>> ends;
  for (int i = 0; i < 150; ++i) {
    request.arguments = {std::to_string(i)};
    request.stdin_text = "input " + std::to_string(i);
    ends.push_back(here.begin(request));
  }
  for (int i = 0; i < 150; ++i) {
    auto end = test::wait_for(std::move(ends[static_cast<std::size_t>(i)]));
    CHECK(end.exit.exit_code == i % 100);
    CHECK(end.exit.standard_output == std::to_string(i) + "\n");
    CHECK(end.exit.standard_error == "input " + std::to_string(i) + "\n");
  }
  CHECK(here.pool->now().started <= 3);
  CHECK(here.pool->now().unfinished == 0);
}

TEST_CASE("of more output than the limit the first and the last half are kept") {
  const pooled here{small(1)};
  auto request =
      here.script("much.py", "import sys\nsys.stdout.write('a' * 500000 + 'b' * 500000)\n"
                             "sys.stderr.write('c' * 10)");
  request.output_limit = 1000;
  auto end = here.run(request);
  CHECK(end.exit.output_truncated);
  CHECK_FALSE(end.exit.error_truncated);
  CHECK(end.exit.output_bytes == 1'000'000);
  CHECK(end.exit.standard_output.starts_with(std::string(500, 'a')));
  CHECK(end.exit.standard_output.ends_with(std::string(500, 'b')));
  CHECK(end.exit.standard_output.size() < 1200);
  CHECK(end.exit.standard_error == std::string(10, 'c'));
}

TEST_CASE("what children of a script write belongs to it, and they end with it") {
  const pooled here{small(1)};
  test::message_pipe pipe;
  auto request = here.script("parent.py", R"(
import subprocess, sys
child = subprocess.Popen(['sh', '-c', 'while :; do echo chatty; done'])
open(sys.argv[1], 'w').write('%d\n' % child.pid)
)");
  request.arguments = {pipe.path()};
  auto end = here.run(request);
  CHECK(end.exit.exit_code == 0);
  CHECK(test::ends(std::stoi(pipe.wait_for_line())));
  auto more = here.run("import subprocess\nsubprocess.run(['sh', '-c', 'echo grandchild'])");
  CHECK(more.exit.standard_output == "grandchild\n");
}

TEST_CASE("an interpreter ends after so many scripts, or when it has become too large") {
  for (bool by_bytes : {false, true}) {
    auto options = small(1);
    options.most_scripts = by_bytes ? 1000 : 2;
    options.most_bytes = by_bytes ? 1 : options.most_bytes;
    const pooled here{options};
    std::set<std::string> parents;
    for (int i = 0; i < 6; ++i)
      parents.insert(here.output_of("import os\nprint(os.getppid())"));
    CHECK(parents.size() == (by_bytes ? 6 : 3));
    CHECK(here.comes_to([&](const auto& now) { return now.recycled == parents.size(); }));
  }
}

TEST_CASE("an interpreter without work ends after a while and another one starts when needed") {
  auto options = small(2);
  options.idle_limit = 20ms;
  const pooled here{options};
  CHECK(here.output_of("print(1)") == "1\n");
  CHECK(here.comes_to([](const auto& now) { return now.interpreters == 0; }));
  CHECK(here.output_of("print(2)") == "2\n");
  CHECK(here.pool->now().started == 2);
}

TEST_CASE("a script that kills its interpreter fails and the next one finds another") {
  const pooled here{small(1)};
  auto end = here.run("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(600)");
  REQUIRE(end.exit.failure);
  CHECK(end.exit.failure->code == errc::process_failed);
  CHECK_THAT(end.exit.failure->message, ContainsSubstring(python));
  CHECK(here.output_of("print(1)") == "1\n");
  CHECK(here.pool->now().started == 2);
}

TEST_CASE("an interpreter that does not start fails what waits, with its reason") {
  auto options = small();
  options.command = {"/no/such/python"};
  CHECK_THAT(pooled{options}.run("").exit.failure->message, ContainsSubstring("/no/such/python"));
  options.command = {"/bin/sh", "-c", "echo not today >&2; exit 3"};
  auto end = pooled{options}.run("");
  REQUIRE(end.exit.failure);
  CHECK(end.exit.failure->code == errc::process_failed);
  CHECK_THAT(end.exit.failure->message,
             ContainsSubstring("ended with 3") && ContainsSubstring("not today"));
  options.command = {"/bin/sh", "-c", "sleep 600"};
  options.start_limit = 100ms;
  CHECK_THAT(pooled{options}.run("").exit.failure->message,
             ContainsSubstring("has not started within 0.1 s"));
}

TEST_CASE("a directory that is not there fails the script and nothing else") {
  const pooled here{small(1)};
  auto request = here.script("a.py", "print(1)");
  request.working_directory = (here.where / "none").string();
  auto end = here.run(request);
  REQUIRE(end.exit.failure);
  CHECK_THAT(end.exit.failure->message, ContainsSubstring("none': No such file or directory"));
  CHECK(here.output_of("print(1)") == "1\n");
  CHECK(here.pool->now().started == 1);
}

TEST_CASE("a pool takes no more than it has room for and refuses what makes no sense") {
  auto options = small(1);
  options.most_waiting = 1;
  const pooled here{options};
  auto sleeper = here.script("sleep.py", "import time\ntime.sleep(600)");
  std::vector<std::future<script_outcome>> ends;
  ends.push_back(here.begin(sleeper));
  ends.push_back(here.begin(sleeper));
  auto full = here.pool->run(sleeper, {});
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error().code == errc::pool_full);
  CHECK_THAT(full.error().message, ContainsSubstring("1 scripts wait"));

  auto refusal = [&](const script_request& request) {
    auto refused = here.pool->run(request, {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::invalid_argument);
    return refused.error().message;
  };
  CHECK_THAT(refusal({}), ContainsSubstring("no script"));
  script_request request;
  request.script = "-c";
  CHECK_THAT(refusal(request), ContainsSubstring("./-c"));
  request.script = "a.py";
  request.arguments = {std::string{"a\0b", 3}};
  CHECK_THAT(refusal(request), ContainsSubstring("NUL"));
  request.arguments.clear();
  request.environment = {{"A=B", "c"}};
  CHECK_THAT(refusal(request), ContainsSubstring("'A=B'"));
  request.environment.clear();
  request.stdin_text.resize(std::size_t{5} << 20);
  CHECK_THAT(refusal(request), ContainsSubstring("put the input in a file"));
}

TEST_CASE("nothing is left of a pool that goes while scripts run and wait") {
  pooled here{small(2)};
  auto before = test::open_descriptors();
  test::message_pipe pipe;
  auto request = here.script("long.py", "import os, sys, time\n"
                                        "open(sys.argv[1], 'w').write('%d\\n' % os.getpid())\n"
                                        "time.sleep(600)");
  request.arguments = {pipe.path()};
  std::vector<std::future<script_outcome>> ends;
  for (int i = 0; i < 5; ++i)
    ends.push_back(here.begin(request));
  auto one = std::stoi(pipe.wait_for_line());
  auto another = std::stoi(pipe.wait_for_line());
  here.pool.reset();
  for (auto& end : ends) {
    auto failure = test::wait_for(std::move(end)).exit.failure;
    REQUIRE(failure);
    CHECK(failure->code == errc::shutting_down);
  }
  CHECK(test::ends(one));
  CHECK(test::ends(another));
  CHECK(test::open_descriptors() <= before);
}

TEST_CASE("what no driver says is told from what one says") {
  using namespace interpreter_wire;
  CHECK(decode("h")->what == notice::kind::hello);
  CHECK(decode("oabc")->text == "abc");
  auto ended = decode("x256 4096");
  REQUIRE(ended.has_value());
  CHECK(ended->wait_status == 256);
  CHECK(ended->resident_bytes == 4096);
  for (std::string_view wrong :
       {"", "z", "x", "x1", "x1 ", "x 1", "x1 2 ", "x1 -2", "x1 2x", "x99999999999 1"})
    CHECK_FALSE(decode(wrong).has_value());
}
