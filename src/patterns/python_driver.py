# SPDX-License-Identifier: MIT
# Runs inside an interpreter of a pool: `python3 -c THIS SOCKET`. Forks for each script, so a script
# finds an interpreter that has run none, and whatever it does to its process dies with it. The text
# from `request = serve()` on is what a child does.
#
# Frames both ways: a length of four bytes (little endian), a letter, and what the letter says.
#   to us:    r  script, directory, counts and texts of arguments and environment, input
#             s  milliseconds of grace: end the script
#   from us:  o, e  what it writes;  x  its wait status and our resident bytes;  f  why it never ran
import os
import sys

plain_modules = set(sys.modules)

import _signal
import _socket
import atexit
import gc
import io
import select

try:
    import ctypes

    libc = ctypes.CDLL(None)
    prctl = libc.prctl
except Exception:
    libc = prctl = None

kept_modules = list(sys.modules.values())
compile("", "", "exec")  # the first one is slow; this way no child pays for it

SIGTERM, SIGKILL = 15, 9
PR_SET_PDEATHSIG = 1
CHUNK = 65536
# What the interpreter reads when it starts: with another value of it only a fresh one will do.
READ_AT_START = (b"PYTHON", b"LC_", b"LANG", b"LD_", b"MALLOC_", b"GLIBC_", b"TZ", b"HOME", b"PATH")

pool = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)


def send(letter, text):
    pool.sendall((len(text) + 1).to_bytes(4, "little") + letter + text)


def receive_exactly(count):
    parts = []
    while count > 0:
        part = pool.recv(count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive():
    head = receive_exactly(4)
    return None if head is None else receive_exactly(int.from_bytes(head, "little"))


class Request:
    def __init__(self, frame):
        self.script, self.directory, count, rest = frame[1:].split(b"\0", 3)
        *self.arguments, rest = rest.split(b"\0", int(count))
        count, rest = rest.split(b"\0", 1)
        *environment, self.input = rest.split(b"\0", int(count))
        self.environment = dict(line.split(b"=", 1) for line in environment)


def open_input(text):
    if not text:
        return os.open("/dev/null", os.O_RDONLY)
    file = os.memfd_create("input")
    while text:
        text = text[os.write(file, text):]
    os.lseek(file, 0, os.SEEK_SET)
    return file


def why_not(directory):
    try:
        os.stat(os.path.join(directory, b"."))
    except OSError as failure:
        return os.fsencode(failure.strerror)
    return None


def resident_bytes():
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def end_group(group, signal):
    try:
        os.killpg(group, signal)
    except ProcessLookupError:
        pass


def watch(child, streams):
    """Passes on what the script writes until it has ended, with all that it left in its group."""
    process = os.pidfd_open(child)
    poll = select.poll()
    for descriptor in (pool.fileno(), process, *streams):
        poll.register(descriptor, select.POLLIN)
    patience = None
    while True:
        ready = [descriptor for descriptor, _ in poll.poll(patience)]
        if not ready:
            end_group(child, SIGKILL)
            patience = None
        if pool.fileno() in ready:
            frame = receive()
            end_group(child, SIGTERM if frame else SIGKILL)
            if frame is None:
                os._exit(0)
            patience = int(frame[1:])
        for descriptor in ready:
            if descriptor in streams:
                text = os.read(descriptor, CHUNK)
                if text:
                    send(streams[descriptor], text)
                else:
                    poll.unregister(descriptor)
        if process in ready:
            break
    # Its number stays taken until it is waited for, so no stranger is hit.
    end_group(child, SIGKILL)
    _, status = os.waitpid(child, 0)
    for descriptor, letter in streams.items():
        os.set_blocking(descriptor, False)
        for _ in range(32):  # somebody who has left the group may go on writing
            try:
                text = os.read(descriptor, CHUNK)
            except BlockingIOError:
                break
            if not text:
                break
            send(letter, text)
    os.close(process)
    send(b"x", b"%d %d" % (status, resident_bytes()))


def run(request):
    """True in the child."""
    reason = request.directory and why_not(request.directory)
    if reason:
        send(b"f", b"cannot run in '" + request.directory + b"': " + reason)
        return False
    given = open_input(request.input)
    output, output_end = os.pipe()
    errors, errors_end = os.pipe()
    own = os.getpid()
    try:
        child = os.fork()
    except OSError as failure:
        child = -1
        send(b"f", b"cannot start a process: " + os.fsencode(failure.strerror))
    if child == 0:
        os.setsid()
        if prctl:
            prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
            if os.getppid() != own:
                os._exit(1)
        pool.close()
        for descriptor, number in ((given, 0), (output_end, 1), (errors_end, 2)):
            os.dup2(descriptor, number)
        for descriptor in (given, output, output_end, errors, errors_end):
            os.close(descriptor)
        return True
    for descriptor in (given, output_end, errors_end):
        os.close(descriptor)
    if child > 0:
        watch(child, {output: b"o", errors: b"e"})
    os.close(output)
    os.close(errors)
    return False


def serve():
    pool.connect(sys.argv[1])
    send(b"h", b"")
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page
    while True:
        frame = receive()
        if frame is None:
            os._exit(0)
        if frame[:1] == b"r":
            request = Request(frame)
            if run(request):
                return request


def start_afresh(request):
    """An interpreter of its own instead: for what only the interpreter itself does right."""
    command = sys.orig_argv[: sys.orig_argv.index("-c")] if hasattr(sys, "orig_argv") else [sys.executable]
    os.execve(sys.executable, [*command, request.script, *request.arguments], os.environb)


def load(request):
    """The script as code; an interpreter of its own tells best what is wrong with one."""
    try:
        script = os.fsdecode(request.script)
        if script.endswith(".pyc") or not os.path.isfile(script):
            start_afresh(request)
        path = script if script.startswith("/") else os.getcwd() + "/" + script
        with open(path, "rb") as file:
            source = file.read()
        source.decode()  # what is no UTF-8 is seldom right, and compile() is too kind to it
        return script, path, compile(source, path, "exec", 0, True)
    except BaseException:
        start_afresh(request)


def become(script, path, arguments):
    """Leaves nothing of ours where a script looks."""
    sys.argv = [script, *map(os.fsdecode, arguments)]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = [*sys.orig_argv[: sys.orig_argv.index("-c")], *sys.argv]
    if sys.path and sys.path[0] == "":
        sys.path[0] = os.path.dirname(os.path.realpath(script))
    for name in set(sys.modules) - plain_modules:
        del sys.modules[name]
    main = type(sys)("__main__")
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader("__main__", path)
    main.__dict__.update(
        __loader__=loader, __builtins__=sys.modules["builtins"], __annotations__={}, __file__=path, __cached__=None
    )
    sys.modules["__main__"] = main


def show(failure):
    """As the interpreter does when nobody has caught it."""
    sys.last_type, sys.last_value, sys.last_traceback = type(failure), failure, failure.__traceback__
    try:
        sys.excepthook(type(failure), failure, failure.__traceback__)
    except BaseException as another:
        print("Error in sys.excepthook:", file=sys.stderr)
        another.__traceback__ = another.__traceback__.tb_next
        sys.__excepthook__(type(another), another, another.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(failure), failure, failure.__traceback__)


def run_main(code):
    """The exit code; -1: it was interrupted."""
    failure = None
    try:
        exec(code, sys.modules["__main__"].__dict__)
    except BaseException as caught:
        failure = caught
    # Not while it is handled: nothing that is raised from here on has it as its context.
    if failure is None:
        return 0
    if not isinstance(failure, SystemExit):
        failure.__traceback__ = failure.__traceback__.tb_next  # without the frame of ours
        show(failure)
        return -1 if isinstance(failure, KeyboardInterrupt) else 1
    if failure.code is None:
        return 0
    if isinstance(failure.code, int):
        return failure.code & 0xFF if -(2**63) <= failure.code < 2**63 else 0xFF
    print(failure.code, file=sys.stderr)
    return 1


def flush(stream):
    try:
        if stream is not None and not stream.closed:
            stream.flush()
        return True
    except BaseException:
        return False


def flush_files():
    for each in gc.get_objects():
        if type(each) in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom):
            flush(each)


def leave(status):
    """What the interpreter does at its end, but for taking itself apart: that would copy all of the
    memory that a child shares with us, and take longer than all the rest."""
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    if not flush(sys.stdout) or not flush(sys.stderr):
        status = 120
    for name in ("last_type", "last_value", "last_traceback"):
        sys.__dict__.pop(name, None)
    sys.modules.pop("__main__", None)
    for name in [name for name in sys.modules if name not in plain_modules]:
        sys.modules.pop(name, None)
    flush_files()  # a collection may close a file before what is buffered for it
    gc.collect()
    flush_files()
    flush(sys.stdout)
    flush(sys.stderr)
    if status == -1:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        os.kill(os.getpid(), _signal.SIGINT)
    if libc:
        libc.exit(status)
    os._exit(status)


request = serve()
if request.directory:
    os.chdir(request.directory)
changed = [name for name, value in request.environment.items() if os.environb.get(name) != value]
os.environb.update(request.environment)
if any(name.startswith(READ_AT_START) for name in changed):
    start_afresh(request)
script, path, code = load(request)
become(script, path, request.arguments)
leave(run_main(code))
