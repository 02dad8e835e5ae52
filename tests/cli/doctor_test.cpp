// SPDX-License-Identifier: MIT
#include "base/state_dir.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/doctor/probe.hpp"
#include "support/catch.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace mahavishnu::cli::doctor;

namespace {

namespace fs = std::filesystem;

/// A finding that is not good says what helps, and a good one nothing.
void check_verdict(const finding& found, verdict wanted) {
  INFO(found.check << ": " << found.what << " fix: " << found.fix);
  CHECK(to_string(found.status) == to_string(wanted));
  CHECK_FALSE(found.check.empty());
  CHECK_FALSE(found.what.empty());
  CHECK(found.fix.empty() == (wanted == verdict::ok));
}

state_facts good_state() {
  state_facts seen;
  seen.directory = "/home/me/state";
  seen.exists = true;
  seen.file_system = "ext4";
  seen.bytes_free = 100ull << 30;
  seen.longest_socket_path = 40;
  seen.sync_seconds = 0.001;
  return seen;
}

server_facts good_server() {
  return {true, "", "1.0", "1.0", "http://127.0.0.1:8680/mcp", ""};
}

struct temporary_directory_for_tests {
  temporary_directory_for_tests() {
    char name[] = "/tmp/doctor-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~temporary_directory_for_tests() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

} // namespace

TEST_CASE("settings that are wrong are a problem, and warnings a warning") {
  check_verdict(check_settings({"settings", {}, {}}), verdict::ok);
  check_verdict(check_settings({"settings", {}, {"old name"}}), verdict::warning);
  auto found = check_settings({"settings", {"a: wrong", "b: wrong"}, {}});
  check_verdict(found, verdict::problem);
  CHECK_THAT(found.what, ContainsSubstring("a: wrong, and 1 more problems"));
  CHECK(found.fix == "mahavishnu config validate");
}

TEST_CASE("terminals are needed") {
  check_verdict(check_terminals(""), verdict::ok);
  check_verdict(check_terminals("cannot open /dev/ptmx; mount it"), verdict::problem);
}

TEST_CASE("cgroups are good to have, with all that they can bound") {
  check_verdict(check_cgroup({"/sys/fs/cgroup/x", true, true, true, ""}), verdict::ok);
  check_verdict(check_cgroup({"/sys/fs/cgroup/x", true, false, true, "no pids"}), verdict::warning);
  check_verdict(check_cgroup({"", false, false, false, "it is not mounted"}), verdict::warning);
}

TEST_CASE("few files that may be open are a problem, and fewer than many workers need a warning") {
  check_verdict(check_open_files({65536, 1048576, 0, {}}), verdict::ok);
  auto few = check_open_files({1024, 1048576, 0, {}});
  check_verdict(few, verdict::warning);
  CHECK(few.fix == "ulimit -n 65536");
  auto hard = check_open_files({256, 256, 0, {}});
  check_verdict(hard, verdict::problem);
  CHECK_THAT(hard.fix, ContainsSubstring("prlimit"));
}

TEST_CASE("processes are bounded by the user and by the cgroup, and the lesser counts") {
  check_verdict(check_processes({0, 0, UINT64_MAX, {}}), verdict::ok);
  check_verdict(check_processes({0, 0, 30'000, 2'000}), verdict::ok);
  auto of_user = check_processes({0, 0, 100, 2'000});
  check_verdict(of_user, verdict::warning);
  CHECK_THAT(of_user.fix, ContainsSubstring("ulimit"));
  auto of_group = check_processes({0, 0, UINT64_MAX, 100});
  check_verdict(of_group, verdict::warning);
  CHECK_THAT(of_group.fix, ContainsSubstring("TasksMax"));
}

TEST_CASE("a clock has to be sane, and should be kept right") {
  check_verdict(check_clock({true, 2026, true}), verdict::ok);
  check_verdict(check_clock({false, 2026, true}), verdict::warning);
  check_verdict(check_clock({true, 1970, true}), verdict::problem);
  check_verdict(check_clock({true, 2500, true}), verdict::problem);
  check_verdict(check_clock({true, 2026, false}), verdict::problem);
}

TEST_CASE("a state directory has to be usable, and should be on a disk of this machine") {
  auto seen = good_state();
  check_verdict(check_state_directory(seen), verdict::ok);
  for (const auto* system : {"nfs", "smb", "fuse", "tmpfs"}) {
    seen.file_system = system;
    check_verdict(check_state_directory(seen), verdict::warning);
  }
  seen.problem = "'/x' can be written by others; chmod 700 '/x'";
  auto found = check_state_directory(seen);
  check_verdict(found, verdict::problem);
  CHECK(found.what == "'/x' can be written by others");
  CHECK(found.fix == "chmod 700 '/x'");
}

TEST_CASE("little space is a warning, and none a problem") {
  auto seen = good_state();
  check_verdict(check_space(seen), verdict::ok);
  seen.bytes_free = 500ull << 20;
  check_verdict(check_space(seen), verdict::warning);
  seen.bytes_free = 1 << 20;
  check_verdict(check_space(seen), verdict::problem);
}

TEST_CASE("a path that is too long for sockets is a problem") {
  auto seen = good_state();
  seen.longest_socket_path = 107;
  check_verdict(check_sockets(seen), verdict::ok);
  seen.longest_socket_path = 108;
  check_verdict(check_sockets(seen), verdict::problem);
}

TEST_CASE("a disk that takes long is a warning, and so is one that cannot be tried") {
  auto seen = good_state();
  check_verdict(check_sync(seen), verdict::ok);
  CHECK_THAT(check_sync(seen).what, ContainsSubstring("1.0 ms"));
  seen.sync_seconds = 0.021;
  check_verdict(check_sync(seen), verdict::warning);
  seen.sync_seconds.reset();
  seen.sync_problem = "No space left on device";
  check_verdict(check_sync(seen), verdict::warning);
}

TEST_CASE("places for temporary files have to be writable") {
  check_verdict(check_place({"/dev/shm", ""}), verdict::ok);
  check_verdict(check_place({"/dev/shm", "Permission denied"}), verdict::warning);
  check_verdict(check_place({"/somewhere", "Permission denied"}), verdict::warning);
}

TEST_CASE("a port is free, ours, taken by somebody or not to be had") {
  using use = port_facts::use;
  check_verdict(check_port({"127.0.0.1", 8680, use::free, ""}), verdict::ok);
  check_verdict(check_port({"127.0.0.1", 0, use::free, ""}), verdict::ok);
  check_verdict(check_port({"127.0.0.1", 8680, use::ours, ""}), verdict::ok);
  auto taken = check_port({"127.0.0.1", 8680, use::taken, "nginx (process 5)"});
  check_verdict(taken, verdict::problem);
  CHECK_THAT(taken.what, ContainsSubstring("nginx (process 5)"));
  check_verdict(check_port({"10.9.9.9", 8680, use::unusable, "no such address"}), verdict::problem);
}

TEST_CASE("a certificate has to fit, and to be valid for a while") {
  check_verdict(check_certificate({"c.pem", "", 90}), verdict::ok);
  check_verdict(check_certificate({"c.pem", "", 29}), verdict::warning);
  check_verdict(check_certificate({"c.pem", "", -1}), verdict::problem);
  auto found = check_certificate({"c.pem", "it is broken; make another", 0});
  check_verdict(found, verdict::problem);
  CHECK(found.fix == "make another");
}

TEST_CASE("tokens that cannot be checked are a problem") {
  check_verdict(check_auth({false, ""}), verdict::ok);
  check_verdict(check_auth({true, ""}), verdict::ok);
  check_verdict(check_auth({true, "auth.secret is not set"}), verdict::problem);
}

TEST_CASE("the keeper has to be there, and the journal") {
  check_verdict(check_keeper({"/usr/libexec/mahavishnu/mahavishnu-keeper", ""}), verdict::ok);
  check_verdict(check_keeper({"", "it is not there"}), verdict::problem);
  check_verdict(check_store({"postgresql://db/x", ""}), verdict::ok);
  check_verdict(check_store({"postgresql://db/x", "connection refused"}), verdict::problem);
}

TEST_CASE("some worker type has to be usable, and the usual one should be") {
  worker_type_facts shell{"shell", true, ""}, node{"node", false, "there is no node; install it"};
  check_verdict(check_worker_types({"shell", {shell, node}}), verdict::ok);
  check_verdict(check_worker_types({"node", {shell, node}}), verdict::warning);
  check_verdict(check_worker_types({"terminal-qwen", {shell, node}}), verdict::warning);
  check_verdict(check_worker_types({"node", {node}}), verdict::problem);
}

TEST_CASE("a server need not run; one that runs has to answer, also over MCP") {
  check_verdict(check_server({}), verdict::ok);
  auto seen = good_server();
  check_verdict(check_server(seen), verdict::ok);
  check_verdict(check_version(seen), verdict::ok);
  check_verdict(check_mcp(seen), verdict::ok);
  seen.version = "0.9";
  check_verdict(check_version(seen), verdict::warning);
  seen.mcp_problem = "HTTP status 500";
  check_verdict(check_mcp(seen), verdict::problem);
  seen.mcp_url.clear();
  check_verdict(check_mcp(seen), verdict::warning);
  seen.problem = "it takes too long";
  check_verdict(check_server(seen), verdict::problem);
}

TEST_CASE("what servers have left behind is for the next one") {
  check_verdict(check_left({}, false), verdict::ok);
  check_verdict(check_left({0, 0, 0, true, ""}, false), verdict::ok);
  check_verdict(check_left({3, 0, 0, false, ""}, false), verdict::warning);
  check_verdict(check_left({3, 2, 0, false, ""}, false), verdict::warning);
  check_verdict(check_left({3, 3, 0, true, ""}, true), verdict::ok);
  check_verdict(check_left({3, 3, 1, true, ""}, true), verdict::warning);
  check_verdict(check_left({0, 0, 0, false, "cannot be read"}, true), verdict::warning);
}

TEST_CASE("what was not looked at is not told of, and what did not answer is a problem") {
  facts seen;
  CHECK(check_all(seen).size() == 1);
  CHECK(worst_of(check_all(seen)) == verdict::ok);
  seen.unanswered = {"journal"};
  auto all = check_all(seen);
  REQUIRE(all.size() == 2);
  CHECK(all.back().check == "journal");
  CHECK(worst_of(all) == verdict::problem);
  facts with_server;
  with_server.server = good_server();
  CHECK(check_all(with_server).size() == 4);
  with_server.server->problem = "it hangs";
  CHECK(check_all(with_server).size() == 2); // nothing is known of MCP
  facts with_state;
  with_state.state = good_state();
  CHECK(check_all(with_state).size() == 5);
  with_state.state->problem = "is no directory";
  CHECK(check_all(with_state).size() == 2);
}

TEST_CASE("a bound of a cgroup is a number or none") {
  CHECK(bound_in("512\n") == 512);
  CHECK(bound_in("max\n") == std::nullopt);
  CHECK(bound_in("") == std::nullopt);
}

TEST_CASE("the kernel's table says which sockets listen on a port") {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:21E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 4711 1\n"
      "   1: 0100007F:21E8 0100007F:9999 01 00000000:00000000 00:00000000 00000000  0 0 4712 1\n"
      "   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 4713 1\n";
  CHECK(listening_sockets(table, 8680) == std::vector<std::string>{"4711"});
  CHECK(listening_sockets(table, 443).empty());
  CHECK(listening_sockets("broken\n1 2 3", 80).empty());
}

TEST_CASE("a state directory is looked at without a trace") {
  temporary_directory_for_tests place;
  auto seen = look_at_state(place.path);
  CHECK(seen.problem.empty());
  CHECK(seen.exists);
  CHECK(seen.sync_seconds);
  CHECK(seen.bytes_free > 0);
  CHECK(fs::is_empty(place.path));

  auto missing = look_at_state(place.path / "not" / "yet");
  CHECK(missing.problem.empty());
  CHECK_FALSE(missing.exists);
  CHECK(missing.sync_seconds);
  CHECK(fs::is_empty(place.path));

  ::chmod(place.path.c_str(), 0777);
  CHECK_THAT(look_at_state(place.path).problem, ContainsSubstring("can be written by others"));
  ::chmod(place.path.c_str(), 0700);
  std::ofstream{place.path / "file"} << "x";
  CHECK_THAT(look_at_state(place.path / "file").problem, ContainsSubstring("is no directory"));
}

TEST_CASE("a place is tried, and nothing stays there") {
  temporary_directory_for_tests place;
  CHECK(look_at_place(place.path.string()).problem.empty());
  CHECK(fs::is_empty(place.path));
  CHECK_FALSE(look_at_place((place.path / "nowhere").string()).problem.empty());
}

TEST_CASE("who has a port is named") {
  auto listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener, generic, size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, generic, &size) == 0);
  auto port = static_cast<int>(ntohs(address.sin_port));
  auto taken = look_at_port("127.0.0.1", port, 0);
  CHECK((taken.now == port_facts::use::taken));
  CHECK_THAT(taken.who, ContainsSubstring("process " + std::to_string(::getpid())));
  CHECK((look_at_port("127.0.0.1", port, port).now == port_facts::use::ours));
  ::close(listener);
  CHECK((look_at_port("127.0.0.1", port, 0).now == port_facts::use::free));
  CHECK((look_at_port("192.0.2.1", 8680, 0).now == port_facts::use::unusable));
}

TEST_CASE("limits and clocks of this machine are sane") {
  CHECK(look_at_limits().open_files > 0);
  CHECK(look_at_clock().year >= 2025);
  CHECK(look_at_clock().is_steady);
}
