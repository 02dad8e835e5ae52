// SPDX-License-Identifier: MIT
#include "exec/keeper_wire.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace mahavishnu::exec::keeper_wire {

namespace {

/// The types of frames are numbered by their place in the variant: append, never reorder.
constexpr std::uint8_t first_command = 1;
constexpr std::uint8_t first_notice = 64;

template <class T, class... Which>
concept any_of = (std::same_as<std::remove_const_t<T>, Which> || ...);

// The fields of each type, once for both directions.

auto members(any_of<hello> auto& x) {
  return std::tie(x.version, x.epoch, x.server, x.working_directory, x.environment);
}
auto members(any_of<start> auto& x) {
  auto& s = x.spec;
  return std::tie(s.run, s.argv, s.working_directory, s.environment, s.stdin_text,
                  s.input_stays_open, s.file_limit, s.grace, s.terminal, s.limits, s.nice, s.umask,
                  s.secrets, s.cgroup);
}
auto members(any_of<secret> auto& x) {
  return std::tie(x.name, x.value);
}
auto members(any_of<cgroup_limits> auto& x) {
  return std::tie(x.memory_max, x.pids_max, x.cpu_max, x.optional);
}
auto members(any_of<terminal_size> auto& x) {
  return std::tie(x.columns, x.rows);
}
auto members(any_of<resource_limit> auto& x) {
  return std::tie(x.name, x.soft, x.hard);
}
auto members(any_of<stop> auto& x) {
  return std::tie(x.run, x.grace_ms);
}
auto members(any_of<write_input> auto& x) {
  return std::tie(x.request, x.run, x.position, x.bytes, x.last);
}
auto members(any_of<resize> auto& x) {
  return std::tie(x.run, x.size);
}
auto members(any_of<measure> auto& x) {
  return std::tie(x.request, x.run);
}
auto members(any_of<follow, unfollow, heard, forget> auto& x) {
  return std::tie(x.run);
}
auto members(any_of<close> auto& x) {
  return std::tie(x.longest_grace_ms);
}
auto members(any_of<ping, pong> auto& x) {
  return std::tie(x.request);
}
auto members(any_of<welcome> auto& x) {
  return std::tie(x.version, x.pid, x.mark, x.knows_all, x.runs);
}
auto members(any_of<refused> auto& x) {
  return std::tie(x.why);
}
auto members(any_of<superseded> auto& x) {
  return std::tie(x.epoch);
}
auto members(any_of<state> auto& x) {
  return std::tie(x.of);
}
auto members(any_of<input_taken> auto& x) {
  return std::tie(x.request, x.failure);
}
auto members(any_of<measured> auto& x) {
  return std::tie(x.request, x.bytes);
}
auto members(any_of<grown> auto& x) {
  return std::tie(x.run, x.which, x.bytes);
}
auto members(any_of<stream_state> auto& x) {
  return std::tie(x.bytes, x.is_inline, x.text);
}
auto members(any_of<run_state> auto& x) {
  return std::tie(x.run, x.pid, x.started_at, x.ended_at, x.input_bytes, x.failure, x.exit_code,
                  x.signal, x.output, x.error_output, x.survivors, x.note);
}

// -- writing -------------------------------------------------------------------------------------

template <class T>
void write(byte_writer& to, const T& value);

template <class... T>
void write_all(byte_writer& to, const std::tuple<T&...>& values) {
  std::apply([&](const auto&... value) { (write(to, value), ...); }, values);
}

void write_one(byte_writer& to, const std::string& value) {
  to.put(std::string_view{value});
}
void write_one(byte_writer& to, const error& value) {
  to.put(static_cast<std::uint8_t>(value.code));
  to.put(std::string_view{value.message});
}
template <class T>
void write_one(byte_writer& to, const std::optional<T>& value) {
  to.put(static_cast<std::uint8_t>(value.has_value()));
  if (value)
    write(to, *value);
}
void write_one(byte_writer& to, const std::pair<std::string, std::string>& value) {
  write_one(to, value.first);
  write_one(to, value.second);
}
void write_one(byte_writer& to, std::chrono::milliseconds value) {
  to.put(static_cast<std::int64_t>(value.count()));
}
void write_one(byte_writer& to, output_growth::stream value) {
  to.put(static_cast<std::uint8_t>(value));
}
template <class T>
void write_one(byte_writer& to, const std::vector<T>& values) {
  to.put(static_cast<std::uint32_t>(values.size()));
  for (const auto& each : values)
    write(to, each);
}

template <class T>
void write(byte_writer& to, const T& value) {
  if constexpr (std::integral<T>)
    to.put(value);
  else if constexpr (requires { members(value); })
    write_all(to, members(value));
  else
    write_one(to, value);
}

// -- reading: false when a value makes no sense --------------------------------------------------

template <class T>
bool read(byte_reader& from, T& value);

template <class... T>
bool read_all(byte_reader& from, std::tuple<T&...> values) {
  return std::apply([&](auto&... value) { return (read(from, value) && ...); }, values);
}

bool read_one(byte_reader& from, std::string& value) {
  value = from.text();
  return from.good();
}
bool read_one(byte_reader& from, bool& value) {
  auto byte = from.number<std::uint8_t>();
  value = byte == 1;
  return from.good() && byte <= 1;
}
bool read_one(byte_reader& from, error& value) {
  auto code = from.number<std::uint8_t>();
  value.code = static_cast<errc>(code);
  value.message = from.text();
  return from.good() && code >= static_cast<std::uint8_t>(errc::invalid_argument) &&
         code <= static_cast<std::uint8_t>(errc::lost);
}
template <class T>
bool read_one(byte_reader& from, std::optional<T>& value) {
  bool present = false;
  return read_one(from, present) && (!present || read(from, value.emplace()));
}
bool read_one(byte_reader& from, std::pair<std::string, std::string>& value) {
  return read_one(from, value.first) && read_one(from, value.second);
}
bool read_one(byte_reader& from, std::chrono::milliseconds& value) {
  value = std::chrono::milliseconds{from.number<std::int64_t>()};
  return from.good();
}
bool read_one(byte_reader& from, output_growth::stream& value) {
  auto number = from.number<std::uint8_t>();
  value = static_cast<output_growth::stream>(number);
  return from.good() && (number == 1 || number == 2);
}
template <class T>
bool read_one(byte_reader& from, std::vector<T>& values) {
  auto count = from.number<std::uint32_t>();
  // Each takes four bytes at least: a count that lies must not make us take memory.
  if (!from.good() || count > from.left() / 4)
    return false;
  values.resize(count);
  return std::ranges::all_of(values, [&](auto& each) { return read(from, each); });
}

template <class T>
bool read(byte_reader& from, T& value) {
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    value = from.number<T>();
    return from.good();
  } else if constexpr (requires { members(value); }) {
    return read_all(from, members(value));
  } else {
    return read_one(from, value);
  }
}

// -- frames --------------------------------------------------------------------------------------

template <class Variant>
result<std::string> encode_one(const Variant& what, std::uint8_t first) {
  byte_writer body;
  body.put(static_cast<std::uint8_t>(first + what.index()));
  std::visit([&](const auto& one) { write(body, one); }, what);
  if (body.size() > largest_frame)
    return error{errc::invalid_argument, "a message for a keeper would have " +
                                             std::to_string(body.size()) + " bytes, and at most " +
                                             std::to_string(largest_frame) +
                                             " can be sent; make its texts shorter"};
  byte_writer head;
  head.put(static_cast<std::uint32_t>(body.size()));
  return head.take() + body.take();
}

template <class Variant, std::size_t... Index>
std::optional<Variant> decode_one(std::string_view frame, std::uint8_t first,
                                  std::index_sequence<Index...>) {
  byte_reader from{frame};
  auto type = from.number<std::uint8_t>();
  std::optional<Variant> decoded;
  auto attempt = [&]<std::size_t Which>() {
    if (type != first + Which)
      return;
    std::variant_alternative_t<Which, Variant> value;
    if (read(from, value) && from.complete())
      decoded.emplace(std::in_place_index<Which>, std::move(value));
  };
  (attempt.template operator()<Index>(), ...);
  return decoded;
}

} // namespace

result<std::string> encode(const command& what) {
  return encode_one(what, first_command);
}

result<std::string> encode(const notice& what) {
  return encode_one(what, first_notice);
}

std::optional<command> decode_command(std::string_view frame) {
  return decode_one<command>(frame, first_command,
                             std::make_index_sequence<std::variant_size_v<command>>{});
}

std::optional<notice> decode_notice(std::string_view frame) {
  return decode_one<notice>(frame, first_notice,
                            std::make_index_sequence<std::variant_size_v<notice>>{});
}

void put(byte_writer& to, const run_state& of) {
  write(to, of);
}

std::optional<run_state> read_run_state(byte_reader& from) {
  run_state of;
  return read(from, of) ? std::optional<run_state>{std::move(of)} : std::nullopt;
}

void frame_reader::add(std::string_view bytes) {
  bytes_.erase(0, std::exchange(read_, 0));
  if (!broken_)
    bytes_ += bytes;
}

std::optional<std::string_view> frame_reader::next() {
  byte_reader from{std::string_view{bytes_}.substr(read_)};
  auto size = from.number<std::uint32_t>();
  if (broken_ || !from.good())
    return std::nullopt;
  broken_ = size == 0 || size > largest_frame;
  if (broken_ || from.left() < size)
    return std::nullopt;
  auto frame = std::string_view{bytes_}.substr(read_ + sizeof size, size);
  read_ += sizeof size + size;
  return frame;
}

} // namespace mahavishnu::exec::keeper_wire
