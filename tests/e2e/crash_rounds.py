#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a server, and sometimes its keeper, at random moments while clients submit tasks and wait for
them, and compares what they were told with what is true in the end.

    crash_rounds.py MAHAVISHNU [ROUNDS [SEED]]

With MAHAVISHNU_STORAGE__URL the journal is in PostgreSQL; its schema should be empty. With
POSTGRES_COMMAND, which starts that PostgreSQL in the foreground, and POSTGRES_READY, which says whether
it listens, PostgreSQL is started, killed and restarted as well.

What must hold: no accepted task is lost; a result that was told never changes; no task runs again
after its result was told; a key belongs to one task for ever; every client gets an answer.
"""
import json
import os
import random
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

CLIENTS = 6
ANSWER_LIMIT = 60  # seconds; reached only when something is broken

program = sys.argv[1]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32)
# Which kills come when; the machine does the rest, so no two runs are the same.
where = "PostgreSQL" if os.environ.get("MAHAVISHNU_STORAGE__URL") else "a file"
print(f"seed {seed}, the journal in {where} (same kills with: {sys.argv[0]} MAHAVISHNU {rounds} {seed})",
      flush=True)

# In memory if there is room: what a process has written outlives it on any file system, and here no
# disk that is slow for a minute looks like a server that is broken.
memory = "/dev/shm"
has_room = os.path.isdir(memory) and shutil.disk_usage(memory).free > 2 << 30
work = tempfile.mkdtemp(prefix="mahavishnu-crash-", dir=memory if has_room else None)
state = os.path.join(work, "state")
environment = dict(os.environ, MAHAVISHNU_STATE_DIR=state, HOME=work)
broken = []  # what must not be


def fail(text):
    broken.append(text)
    print("BROKEN:", text, flush=True)


def ask(*arguments):
    """Exit code and parsed answer of a command; None for the answer when there is none."""
    try:
        done = subprocess.run([program, *arguments, "-o", "json"], env=environment, text=True,
                              capture_output=True, timeout=ANSWER_LIMIT)
    except subprocess.TimeoutExpired:
        fail(f"no answer within {ANSWER_LIMIT} s: {' '.join(arguments)}")
        return 1, None
    try:
        return done.returncode, json.loads(done.stdout)
    except json.JSONDecodeError:
        return done.returncode, None


class Server:
    def __init__(self):
        self.process = None

    def start(self):
        log = open(os.path.join(work, "server.log"), "ab")
        self.process = subprocess.Popen([program, "up", "--port", "0"], env=environment,
                                        stdout=log, stderr=log)
        give_up_at = time.monotonic() + ANSWER_LIMIT
        while ask("status")[0] != 0:
            if self.process.poll() is not None or time.monotonic() > give_up_at:
                raise SystemExit(f"the server does not start; see {work}/server.log")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Postgres:
    """One that we may kill. It stands before all others at the start, and goes after them."""

    def __init__(self, command, ready):
        self.command, self.ready = shlex.split(command), shlex.split(ready)
        self.process = None

    def start(self):
        log = open(os.path.join(work, "postgres.log"), "ab")
        self.process = subprocess.Popen(self.command, cwd="/", stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=log)
        give_up_at = time.monotonic() + ANSWER_LIMIT
        while subprocess.run(self.ready).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > give_up_at:
                raise SystemExit(f"PostgreSQL does not start; see {work}/postgres.log")
            time.sleep(0.05)

    def kill(self):
        """All its processes, as when its machine stops."""
        own = self.process.pid
        os.kill(own, signal.SIGSTOP)  # it makes no more of them
        children = [int(each) for each in open(f"/proc/{own}/task/{own}/children").read().split()]
        ends = [os.pidfd_open(each) for each in children]
        for each in [*children, own]:
            os.kill(each, signal.SIGKILL)
        self.process.wait()
        for each in ends:
            select.select([each], [], [])
            os.close(each)

    def stop(self):
        """In order, whoever is connected."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def keepers():
    """The processes of all keepers below our directory."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                words = open(f"/proc/{name}/cmdline", "rb").read().split(b"\0")
            except OSError:
                continue
            if b"--dir" in words and words[words.index(b"--dir") + 1].startswith(state.encode()):
                found.append(int(name))
    return found


class Record:
    """What clients were told."""

    def __init__(self):
        self.lock = threading.Lock()
        self.task_of_key = {}
        self.unsure = []  # keys whose submission got no answer
        self.result_of = {}  # by task: what it was, and how often it had run by then
        self.key_of_task = {}
        self.last = 0

    def accepted(self, key, task):
        with self.lock:
            before = self.task_of_key.setdefault(key, task)
            self.key_of_task[task] = key
        if before != task:
            fail(f"key {key} belonged to {before} and now to {task}")

    def ended(self, task, answer):
        what = {name: answer[name] for name in ("status", "output", "stderr", "exit_code", "error")}
        key = self.key_of_task[task]
        with self.lock:
            before = self.result_of.setdefault(task, (what, runs_of(key)))
        if before[0] != what:
            fail(f"the result of {task} was {before[0]} and is now {what}")


def runs_of(key):
    try:
        with open(os.path.join(work, key)) as file:
            return len(file.readlines())
    except FileNotFoundError:
        return 0


def submit(key):
    # The same for the same key, or it would be another task.
    script = f"echo >> {work}/{key}; sleep 0.0{key[-1]}; echo of {key}"
    return ask("task", "submit", "--pool", "crash", "--key", key, "-p", script)


def client(chance, record, stop):
    while not stop.is_set():
        with record.lock:
            tasks = list(record.key_of_task)
            unsure = record.unsure.pop(0) if record.unsure and chance.random() < 0.5 else None
        if unsure or not tasks or chance.random() < 0.5:
            key = unsure
            if key is None:
                with record.lock:
                    record.last += 1
                    key = f"key-{record.last}"
            code, answer = submit(key)
            if code == 0 and answer:
                record.accepted(key, answer["task_id"])
            else:
                with record.lock:
                    record.unsure.append(key)
        else:
            task = chance.choice(tasks)
            code, answer = ask("task", "wait", task)
            if answer and "task_id" in answer:
                record.ended(task, answer)


def main():
    chance = random.Random(seed)
    record = Record()
    postgres = None
    if "POSTGRES_COMMAND" in os.environ:
        postgres = Postgres(os.environ["POSTGRES_COMMAND"], os.environ["POSTGRES_READY"])
        postgres.start()
    server = Server()
    server.start()
    code, _ = ask("pool", "spawn", "--name", "crash", "--worker-type", "shell", "--min", "4", "--max", "4",
                  "--queue-limit", "100000", "--retries", "99", "--retry-delay", "0.001",
                  "--retry-on", "lost")
    if code != 0:
        raise SystemExit("the pool is not there")
    stop = threading.Event()
    clients = [threading.Thread(target=client, args=(random.Random(chance.random()), record, stop))
               for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    weights = {"server": 8, "server and keeper": 1, "keeper": 1}
    if postgres:
        weights |= {"PostgreSQL": 4, "PostgreSQL in order": 3, "PostgreSQL and server": 3}
    kills = dict.fromkeys(weights, 0)
    try:
        for _ in range(rounds):
            time.sleep(chance.uniform(0.02, 0.4))
            which = chance.choices(list(weights), list(weights.values()))[0]
            kills[which] += 1
            ends_server = which.endswith("server") or which == "server and keeper"
            if which == "PostgreSQL in order":
                postgres.stop()
            elif which.startswith("PostgreSQL"):
                postgres.kill()
            if ends_server:
                # Also one that has refused tasks in the meantime, or waits to ask what was written.
                time.sleep(chance.choice([0, chance.uniform(0, 0.5)]))
                server.kill()
            if "keeper" in which:
                for keeper in keepers():
                    try:
                        os.kill(keeper, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            if which.startswith("PostgreSQL"):
                time.sleep(chance.choice([0, chance.uniform(0, 1)]))
                postgres.start()
            if ends_server:
                server.start()
            if broken:
                break
        stop.set()
        for each in clients:
            each.join()
        for task, key in record.key_of_task.items():
            code, answer = ask("task", "wait", task)
            if not answer or "task_id" not in answer:
                fail(f"{task}, which was accepted, has no result")
                continue
            record.ended(task, answer)
            if answer["status"] != "completed" or answer["output"] != f"of {key}\n":
                fail(f"{task} should have said 'of {key}': {answer}")
        for task, (_, runs) in record.result_of.items():
            if runs_of(record.key_of_task[task]) != runs:
                fail(f"{task} ran again after its result was told")
        # A key belongs to its task for ever, also now that it has ended.
        for task, key in chance.sample(list(record.key_of_task.items()),
                                       min(50, len(record.key_of_task))):
            code, answer = submit(key)
            if code != 0 or not answer or answer["task_id"] != task:
                fail(f"the key {key} is that of {task}, and gives {answer}")
        if len(record.key_of_task) < rounds:
            fail(f"only {len(record.key_of_task)} tasks were accepted in {rounds} rounds")
        again = sum(runs > 1 for _, runs in record.result_of.values())
        print(f"{rounds} rounds ({', '.join(f'{n} {what}' for what, n in kills.items())} killed), "
              f"{len(record.key_of_task)} tasks accepted, {again} of them tried again, "
              f"{len(record.unsure)} submissions without an answer", flush=True)
    finally:
        stop.set()
        ask("pool", "close-all")
        subprocess.run([program, "down"], env=environment, capture_output=True)
        if server.process.poll() is None:
            server.process.wait(30)
        if postgres:
            postgres.stop()
    if broken:
        print(f"{len(broken)} things are broken; everything is in {work}", flush=True)
        sys.exit(1)
    shutil.rmtree(work)


main()
