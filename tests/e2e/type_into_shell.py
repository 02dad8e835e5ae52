#!/usr/bin/env python3
"""Types a line into a shell with a terminal of its own, and prints what the shell has written.

    type_into_shell.py DONE_FILE LINE SHELL [ARGUMENT...]

The shell has to prompt with `READY> `. In the line \\t is the tabulator; Enter comes by itself. It
ends when the file is there.
"""

import os
import pty
import select
import signal
import sys
import time

done_file, line, shell = sys.argv[1], sys.argv[2], sys.argv[3:]
limit = time.monotonic() + 20

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(shell[0], shell)

seen = b""


def read_until(is_there, what):
    global seen
    while not is_there():
        if time.monotonic() > limit:
            sys.stderr.write(f"{what}; the shell has said: {seen!r}\n")
            os.kill(pid, signal.SIGKILL)
            sys.exit(1)
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # it has ended
                sys.stderr.write(f"the shell has ended; it has said: {seen!r}\n")
                sys.exit(1)


read_until(lambda: b"READY> " in seen, "there is no prompt")
os.write(terminal, line.replace("\\t", "\t").encode() + b"\r")
read_until(lambda: os.path.exists(done_file), "the command has not been run")
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
sys.stdout.write(seen.decode(errors="replace"))
