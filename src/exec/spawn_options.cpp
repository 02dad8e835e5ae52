// SPDX-License-Identifier: MIT
#include "exec/spawn_options.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace mahavishnu::exec {

namespace {

struct resource_name {
  std::string_view name;
  int number;
};

constexpr std::array resources{
    resource_name{"as", RLIMIT_AS},
    resource_name{"core", RLIMIT_CORE},
    resource_name{"cpu", RLIMIT_CPU},
    resource_name{"data", RLIMIT_DATA},
    resource_name{"fsize", RLIMIT_FSIZE},
    resource_name{"locks", RLIMIT_LOCKS},
    resource_name{"memlock", RLIMIT_MEMLOCK},
    resource_name{"msgqueue", RLIMIT_MSGQUEUE},
    resource_name{"nice", RLIMIT_NICE},
    resource_name{"nofile", RLIMIT_NOFILE},
    resource_name{"nproc", RLIMIT_NPROC},
    resource_name{"rss", RLIMIT_RSS},
    resource_name{"rtprio", RLIMIT_RTPRIO},
    resource_name{"rttime", RLIMIT_RTTIME},
    resource_name{"sigpending", RLIMIT_SIGPENDING},
    resource_name{"stack", RLIMIT_STACK},
};

std::string words_for(int number) {
  return std::generic_category().message(number);
}

std::string in_words(std::uint64_t limit) {
  return limit == unlimited ? "unlimited" : std::to_string(limit);
}

error refuse(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

result<void> check_limit(const resource_limit& limit) {
  if (auto found = find_resource(limit.name); !found)
    return found.error();
  if (limit.soft > limit.hard)
    return refuse("the limit '" + limit.name + "' has a soft value (" + in_words(limit.soft) +
                  ") above its hard one (" + in_words(limit.hard) + "); raise the hard one");
  return {};
}

} // namespace

result<int> find_resource(std::string_view name) {
  auto found = std::ranges::find(resources, name, &resource_name::name);
  if (found != resources.end())
    return found->number;
  std::array<std::string_view, resources.size()> names;
  std::ranges::transform(resources, names.begin(), &resource_name::name);
  auto text = "there is no limit '" + std::string(name) + "'; ";
  if (auto meant = nearest(name, names))
    return refuse(text + "did you mean '" + std::string(*meant) + "'?");
  text += "use one of";
  for (auto known : names)
    text += ' ' + std::string(known);
  return refuse(std::move(text));
}

result<void> check_options(const spawn_options& options) {
  for (const auto& limit : options.limits)
    if (auto checked = check_limit(limit); !checked)
      return checked;
  if (options.nice && (*options.nice < -20 || *options.nice > 19))
    return refuse("the nice value " + std::to_string(*options.nice) +
                  " does not exist; use one from -20 to 19");
  if (options.umask && *options.umask > 0777)
    return refuse("the umask has bits beyond 0777; use three octal digits");
  if (options.terminal.find('\0') != std::string::npos)
    return refuse("the name of the terminal contains a NUL byte; remove it");
  if (options.parent_death_signal < 0 || options.parent_death_signal >= NSIG)
    return refuse("there is no signal " + std::to_string(options.parent_death_signal) +
                  " to send when the parent ends; use one from 1 to " + std::to_string(NSIG - 1));
  for (std::size_t i = 0; i < options.descriptors.size(); ++i) {
    const auto& given = options.descriptors[i];
    auto number = std::to_string(given.number);
    if (given.number < 3)
      return refuse("a child cannot be given descriptor " + number +
                    ": 0, 1 and 2 are its streams; use a number from 3 on");
    if (given.ours < 0)
      return refuse("there is no open file to give to the child as descriptor " + number +
                    "; open it first");
    for (std::size_t j = 0; j < i; ++j)
      if (options.descriptors[j].number == given.number)
        return refuse("two files are to be descriptor " + number +
                      " of the child; give each a number of its own");
  }
  return {};
}

error explain_limit_failure(int number, const resource_limit& limit) {
  auto text = "the limit '" + limit.name + "' cannot be set to " + in_words(limit.soft) +
              " (hard " + in_words(limit.hard) + ")";
  if (number != EPERM)
    return {errc::process_failed, text + ": " + words_for(number) + "; use another value"};
  rlimit now{};
  auto resource = find_resource(limit.name);
  if (resource && getrlimit(static_cast<__rlimit_resource>(*resource), &now) == 0 &&
      limit.hard > now.rlim_max)
    text += ": the hard limit here is " + in_words(now.rlim_max);
  else
    text += ": permission denied";
  text += limit.name == "nofile"
              ? "; lower it, or raise the hard limit and /proc/sys/fs/nr_open"
              : "; lower it, or raise the hard limit of this program (ulimit -H)";
  return {errc::process_failed, std::move(text)};
}

error explain_nice_failure(int number, int nice) {
  auto text = "the nice value " + std::to_string(nice) + " cannot be set: " + words_for(number);
  if (number == EACCES || number == EPERM)
    text += "; only root, or one with the limit 'nice' raised, may go before others: use a higher "
            "value";
  return {errc::process_failed, std::move(text)};
}

error explain_terminal_failure(int number, const std::string& terminal) {
  auto what = "terminal '" + terminal + "'";
  switch (number) {
  case ENOENT: return {errc::not_found, what + " does not exist; keep its master side open"};
  case ENOTTY: return refuse(what + " is no terminal; name one, as /dev/pts/3");
  case EIO: return {errc::process_failed, what + " has no other side; keep its master side open"};
  case EPERM:
    return {errc::process_failed,
            what + " is the terminal of another session; open one for each process"};
  case EMFILE:
  case ENFILE:
    return {errc::process_failed, "no file descriptor is free to open " + what +
                                      "; raise the limit (ulimit -n) or run fewer at once"};
  default:
    return {errc::process_failed,
            what + " cannot be opened: " + words_for(number) + "; look at its rights"};
  }
}

error explain_descriptor_failure(int number, const given_descriptor& descriptor) {
  auto text = "the child cannot have a file as descriptor " + std::to_string(descriptor.number);
  if (number == EBADF || number == EINVAL)
    text += ": our descriptor " + std::to_string(descriptor.ours) +
            " is not open, or the limit on open files is not above that number; open it, use a "
            "lower number or raise the limit (ulimit -n)";
  else if (number == EMFILE)
    text += ": no file descriptor is free; raise the limit (ulimit -n) or run fewer at once";
  else
    text += ": " + words_for(number);
  return {errc::process_failed, std::move(text)};
}

error explain_cgroup_failure(int number) {
  auto text = "the process cannot be started in its cgroup: " + words_for(number);
  switch (number) {
  case EBUSY: text += "; a group that hands controllers to its children takes no processes"; break;
  case EAGAIN: text += "; raise pids.max of the group or run fewer at once"; break;
  case ENODEV:
  case ENOENT: text += "; the group has been removed: make it again"; break;
  case EOPNOTSUPP: text += "; the group is or is below a threaded one: make it elsewhere"; break;
  default: text += "; look at the rights of cgroup.procs in it and in the groups above";
  }
  return {errc::process_failed, std::move(text)};
}

} // namespace mahavishnu::exec
