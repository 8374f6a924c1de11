"""A disk that forgets what was not synced, lived again from the system calls that a run made.

What survives a cut: the content of each file as of its last fsync, the names in each folder as of that folder's last
fsync, and of everything after it a random part, in any order, with writes torn at 512 bytes. Names are kept in order,
as journalling file systems do. Its limits: a disk that lies about having synced is not simulated, nor is damage to
what was synced; and of two calls at the same moment, an fsync counts as having seen every write that ended before it.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,unlink,unlinkat,link,linkat,rename,renameat,renameat2"
LINE = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(?: resumed>|\()(.*?)(?:\) += (-?\d+).*| <unfinished \.\.\.>)")
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
OPENED = re.compile(r"\d+<((?:\\x[0-9a-f]{2})*)>")

type Change = Callable[[bytearray], None]


@dataclass
class File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # at this offset; None cuts off there

    @property
    def length(self) -> int:
        length = len(self.durable)
        for offset, content in self.pending:
            length = offset if content is None else max(length, offset + len(content))
        return length

    def sync(self) -> None:
        for offset, content in self.pending:
            _apply(self.durable, offset, content)
        self.pending.clear()

    def after_a_cut(self, chance: random.Random, share: float) -> bytes:
        left = bytearray(self.durable)
        for offset, content in self.pending:
            if chance.random() < share:
                if content is not None and chance.random() < 0.2:
                    content = content[: chance.randrange(0, len(content) + 1, SECTOR)]
                _apply(left, offset, content)
        return bytes(left)


def _apply(content: bytearray, offset: int, written: bytes | None) -> None:
    if written is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(0, offset + len(written) - len(content))))
    content[offset : offset + len(written)] = written


class Disk:
    """The files below `folder`. `told` is what was written to files that only listen, by name."""

    def __init__(self, folder: Path, listening: Path) -> None:
        self._folder = str(folder)
        self._listening = str(listening)
        self.told = b""
        found = (path for path in folder.rglob("*") if path.is_file() and path != listening)
        self._names = {str(path): File(bytearray(path.read_bytes())) for path in found}
        self._durable = dict(self._names)
        self._renamed: list[tuple[str, File | None]] = []

    def live(self, trace: Path) -> Iterator[int]:
        """Do again what the trace says, and yield after each call that changed something."""
        begun: dict[str, str] = {}
        with trace.open() as lines:
            for number, line in enumerate(lines):
                if not (found := LINE.match(line)):
                    continue
                process, call, arguments, result = found.groups()
                arguments = begun.pop(process, "") + arguments
                if result is None:
                    begun[process] = arguments
                elif int(result) >= 0 and self._do(call, arguments, int(result)):
                    yield number

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        names, share = dict(self._durable), chance.choice([0.0, 0.5, 1.0])
        for name, file in self._renamed[: chance.randint(0, len(self._renamed)) if share else 0]:
            _name(names, name, file)
        return {name: file.after_a_cut(chance, share) for name, file in names.items()}

    def _do(self, call: str, arguments: str, result: int) -> bool:
        paths = [bytes.fromhex(each.replace("\\x", "")) for each in TEXT.findall(arguments)]
        if opened := OPENED.match(arguments):
            path = _path(opened.group(1))
            return "(deleted)" not in arguments and self._do_to_file(call, path, arguments, paths, result)
        return self._do_to_name(call, arguments, [path.decode() for path in paths])

    def _do_to_file(self, call: str, path: str, arguments: str, content: list[bytes], result: int) -> bool:
        if path == self._listening:
            self.told += content[0][:result]
        elif call in ("fsync", "fdatasync"):
            self._sync(path)
        elif (file := self._names.get(path)) is None:
            return False
        elif call == "write":
            file.pending.append((file.length, content[0][:result]))
        elif call == "pwrite64":
            file.pending.append((int(arguments.rsplit(", ", 1)[1]), content[0][:result]))
        elif call == "ftruncate":
            file.pending.append((int(arguments.rsplit(", ", 1)[1]), None))
        return True

    def _sync(self, path: str) -> None:
        if path in self._names:
            self._names[path].sync()
            return
        kept = []
        for name, file in self._renamed:
            if name.rpartition("/")[0] == path:
                _name(self._durable, name, file)
            else:
                kept.append((name, file))
        self._renamed = kept

    def _do_to_name(self, call: str, arguments: str, paths: list[str]) -> bool:
        inside = [path for path in paths if path.startswith(self._folder) and path != self._listening]
        if not inside:
            return False
        if call == "openat":
            return self._open(inside[0], arguments)
        if call.startswith("unlink"):
            self._rename(inside[0], None)
        else:
            self._rename(inside[1], self._names[inside[0]])
            if call.startswith("rename"):
                self._rename(inside[0], None)
        return True

    def _open(self, path: str, arguments: str) -> bool:
        if path not in self._names and "O_CREAT" in arguments:
            self._rename(path, File())
        elif path in self._names and "O_TRUNC" in arguments:
            self._names[path].pending.append((0, None))
        else:
            return False
        return True

    def _rename(self, name: str, file: File | None) -> None:
        _name(self._names, name, file)
        self._renamed.append((name, file))


def _name(names: dict[str, File], name: str, file: File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _path(escaped: str) -> str:
    return bytes.fromhex(escaped.replace("\\x", "")).decode()
