"""The condition language at work for the web: warm, capped processes that are killed when they overrun."""

import atexit
import os
import threading
from typing import Any

from registry.conditions.worker import SECONDS, Workers

_lock = threading.Lock()
_pool: Workers | None = None
_owner = 0


def ask(function: str, *arguments: Any, seconds: float = SECONDS, **named: Any) -> Any:
    """The answer of `registry.conditions.<function>`, asked in a process of its own.

    Raises its `ConditionError`; `Overrun`, which is one too, when the process had to be killed.
    """
    return _workers().run(function, *arguments, seconds=seconds, **named)


def _workers() -> Workers:
    """The pool of this process; a forked child makes its own."""
    global _pool, _owner
    with _lock:
        if _pool is None or _owner != os.getpid():
            _pool, _owner = Workers(size=2), os.getpid()
            atexit.register(_pool.close)
        return _pool
