"""Capped processes that answer one question at a time and are killed when they overrun.

A solver's or database's own time limit is a wish: both have been seen to run on for seconds. So each question
goes to a process that is warm (a fresh one costs a third of a second), is watched from outside for time and
memory, and is killed with SIGKILL when it exceeds either; the next question gets a new one. The kernel refuses
it more memory than allowed between two looks, so that no question can take the machine's.

`Workers.run("compare", old, new, vocabulary, "lead", seconds=3)` calls that function of the package.
"""

import contextlib
import os
import pickle
import queue
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from select import select
from typing import Any, BinaryIO

from registry.conditions.problems import ConditionError, refuse

FUNCTIONS = (
    "parse", "problems", "explain", "to_sql", "check", "compare", "contains", "classify", "count",
    "take_in", "pull", "look", "suggest", "conformance_of", "tally", "rows_behind",
)  # fmt: skip
SECONDS, MEGABYTES = 2.8, 512
FRAMES = 5_000  # the parser of the dialects takes dozens for each level that is nested
LIBRARIES = 92  # megabytes of Python, solver and database as files in memory, which the limit on data leaves out
START_SECONDS = 60.0
WATCH_SECONDS = 0.02
GIVES_BACK = {"DUCKDB_JE_MALLOC_CONF": "retain:false"}  # else the database keeps addresses, and the limit is on those
PAGE = resource.getpagesize()
ROOT = Path(__file__).resolve().parents[2]


class Overrun(ConditionError):
    """The question took too long or too much memory; its process was killed."""


@dataclass
class _Process:
    popen: "subprocess.Popen[bytes]"
    warm: bool = False

    @property
    def input(self) -> BinaryIO:
        assert self.popen.stdin is not None
        return self.popen.stdin  # type: ignore[return-value]

    @property
    def output(self) -> BinaryIO:
        assert self.popen.stdout is not None
        return self.popen.stdout  # type: ignore[return-value]

    def megabytes(self) -> float:
        with contextlib.suppress(OSError, IndexError, ValueError):
            return int(Path(f"/proc/{self.popen.pid}/statm").read_text().split()[1]) * PAGE / 2**20
        return 0.0

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()
        self.input.close()
        self.output.close()


class Workers:
    """A pool of `size` warm processes. Safe for threads; close it, or use it as a context manager."""

    def __init__(self, size: int = 1, megabytes: int = MEGABYTES) -> None:
        self.size, self.megabytes = size, megabytes
        self._idle: queue.Queue[_Process | None] = queue.Queue()
        self._closed = threading.Event()
        for _ in range(size):
            self._idle.put(self._start())

    def run(self, function: str, *arguments: Any, seconds: float = SECONDS, **named: Any) -> Any:
        """The function's answer; raises its ConditionError, or Overrun when the process had to be killed."""
        with self._process() as holder:
            process = holder[0]
            try:
                self._await_warmth(process)
                _send(process.input, (function, arguments, named))
                answer = self._answer(process, seconds)
            except BaseException:
                process.kill()
                holder[0] = self._start()
                raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self._closed.set()
        for _ in range(self.size):
            process = self._idle.get()
            if process is not None:
                process.kill()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _process(self) -> Iterator[list[_Process]]:
        process = self._idle.get()
        if process is None or process.popen.poll() is not None:
            process = self._start()
        holder = [process]
        try:
            yield holder
        finally:
            self._idle.put(holder[0])

    def _start(self) -> _Process:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path, **GIVES_BACK}
        serving = f"from registry.conditions.worker import serve; serve({self.megabytes})"
        command = [sys.executable, "-c", serving]
        return _Process(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0)
        )

    def _await_warmth(self, process: _Process) -> None:
        """Loading the solver is no part of a question's time, however busy the machine."""
        if not process.warm:
            self._answer(process, START_SECONDS)
            process.warm = True

    def _answer(self, process: _Process, seconds: float) -> Any:
        deadline = time.monotonic() + seconds
        while not select([process.output], [], [], WATCH_SECONDS)[0]:
            if time.monotonic() > deadline:
                raise Overrun(refuse("worker_time", seconds=f"{seconds:g}").problems)
            if process.megabytes() > self.megabytes:
                raise Overrun(refuse("worker_memory", megabytes=self.megabytes).problems)
        try:
            return _receive(process.output)
        except EOFError:
            raise Overrun(refuse("worker_memory", megabytes=self.megabytes).problems) from None


def _send(stream: BinaryIO, message: Any) -> None:
    body = pickle.dumps(message)
    data = memoryview(struct.pack(">I", len(body)) + body)
    while data:
        data = data[stream.write(data) :]


def _receive(stream: BinaryIO) -> Any:
    """The next message; raises EOFError when the other side is gone."""
    length = struct.unpack(">I", _exactly(stream, 4))[0]
    return pickle.loads(_exactly(stream, length))  # both ends are this module, over a private pipe


def _exactly(stream: BinaryIO, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        part = stream.read(length - len(found))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


# --- inside the process ---


def serve(megabytes: int) -> None:
    """Answers questions from standard input until it closes; never prints anything else."""
    cap(megabytes)
    sys.setrecursionlimit(FRAMES)
    import registry.conditions as package

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, target = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)
    _warm(package)
    _send(target, "warm")
    while True:
        try:
            function, arguments, named = _receive(source)
        except EOFError:
            return
        _send(target, _answered(package, function, arguments, named))


def cap(megabytes: int) -> None:
    """From now on this process cannot have more than `megabytes` in memory, whatever it asks for."""
    limit = max(megabytes - LIBRARIES, 1) * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _answered(package: Any, function: str, arguments: Any, named: Any) -> Any:
    if function not in FUNCTIONS:
        return refuse("worker_failed", reason=function)
    try:
        return getattr(package, function)(*arguments, **named)
    except ConditionError as error:
        return error
    except MemoryError:
        os._exit(1)  # whoever asked is told that it was too much, and the next question gets a fresh process
    except Exception as error:  # the parent gets a sentence; the process stays warm
        return refuse("worker_failed", reason=f"{type(error).__name__}: {error}")


def _warm(package: Any) -> None:
    """One small comparison loads the solver and the database before the first question comes."""
    text = "entities: {thing: {key: id, fields: {id: {type: int}, size: {type: int}}}}"
    vocabulary = package.Vocabulary.from_yaml(text)
    package.compare("size > 1", "size > 2", vocabulary, "thing")
    package.compare("size > 1", "size >= 2", vocabulary, "thing")
