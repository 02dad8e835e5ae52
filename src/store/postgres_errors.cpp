// SPDX-License-Identifier: MIT
#include "store/postgres_errors.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace mahavishnu::store {

namespace {

struct remedy {
  /// What codes begin with.
  std::string_view state;
  errc code;
  std::string_view fix;
};

/// The first one that fits counts.
constexpr std::array remedies{
    remedy{"28", errc::unauthorized,
           "look at the user and the password in the URL, and at pg_hba.conf of the server"},
    remedy{"3D000", errc::not_found, "make the database (createdb), or name another in the URL"},
    remedy{"42501", errc::unauthorized,
           "grant the user of the URL what it needs: CREATE on the database (or a schema that it "
           "owns) to write, USAGE and SELECT to read"},
    remedy{"25006", errc::io_failed,
           "name the primary server in the URL, or look why the database may only be read"},
    remedy{"53100", errc::io_failed,
           "there is no room on the disk of the server; make some, and it goes on"},
    remedy{"53300", errc::io_failed, "end connections that nobody needs, or raise max_connections"},
    remedy{"53", errc::io_failed, "give the server more of it"},
    remedy{"54", errc::invalid_argument, "a record is larger than the 1 GB that PostgreSQL takes"},
    remedy{"55P03", errc::io_failed,
           "another program has had it locked for too long; end that one, or try again"},
    remedy{"57014", errc::timeout,
           "look what the server is busy with (pg_stat_activity), and try again"},
    remedy{"57", errc::io_failed, "look at the server and its log; the next try connects again"},
    remedy{"58", errc::io_failed, "look at the disk and at the log of the server"},
    remedy{"XX", errc::io_failed,
           "look at the log of the server; when its files are damaged, restore a backup"},
    remedy{"3F000", errc::not_found, "name a schema that is there"},
    remedy{"42", errc::io_failed,
           "the tables are not as they were made; restore a backup, or choose another schema"},
};

/// Never `unreachable`: that is our own server, to whoever asked it.
constexpr std::string_view no_connection =
    "look at host and port in the URL, whether PostgreSQL runs there, and at its log";

error say(std::string_view what, const std::string& name, const std::string& reason,
          std::string_view state) {
  auto known = std::find_if(remedies.begin(), remedies.end(),
                            [&](const remedy& each) { return state.starts_with(each.state); });
  auto code = known != remedies.end() ? known->code : errc::io_failed;
  auto fix = known != remedies.end() ? known->fix
             : state.empty()         ? no_connection
                                     : "look at the log of the server";
  return {code, "cannot " + std::string(what) + " the journal '" + name + "': " + reason + "; " +
                    std::string(fix)};
}

bool is_code(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](unsigned char each) {
           return std::isdigit(each) || std::isupper(each);
         });
}

} // namespace

error postgres_failure(std::string_view what, const std::string& name,
                       const postgres_result& given) {
  return say(what, name, given.reason(), given.state());
}

error connect_failure(const std::string& name, const std::string& said) {
  // "FATAL:  28P01: password authentication failed", then a line about PostgreSQL's sources.
  auto text = said.substr(0, said.find("\nLOCATION:"));
  std::string state;
  for (auto at = text.find(":  "); at != std::string::npos; at = text.find(":  ", at + 1))
    if (is_code(std::string_view{text}.substr(at + 3, 5)) && text.compare(at + 8, 2, ": ") == 0) {
      state = text.substr(at + 3, 5);
      text.erase(at + 2, 8);
      break;
    }
  return say("open", name, in_one_line(std::move(text)), state);
}

std::string in_one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  std::string line;
  for (char each : text) {
    if (each == '\n')
      line += ", ";
    else if (each != '\t')
      line += each;
  }
  return line;
}

} // namespace mahavishnu::store
