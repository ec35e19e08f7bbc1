"""Being asked to stop: the whole program (by Ctrl-C, by the system, by a closed terminal), or one piece of its work.

A `KeyboardInterrupt` can be lost on its way: a library that is being imported may catch everything. So the wish is
remembered, and the work asks for it where it reports its progress. A server does several pieces of work at once, each
in threads of its own, where nothing can be raised from outside: each has a `Stop`, for which it asks in the same way.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import NoReturn

_asked = threading.Event()
_signals: set[int] = set()


class Stopped(BaseException):
    """One piece of work was asked to stop. No `Exception`, since nothing failed: nobody is to mend or report it."""


class Stop:
    """The wish that one piece of work stops; any thread may utter it."""

    def __init__(self) -> None:
        self._asked = False
        self._lock = threading.Lock()
        self._ends: list[Callable[[], None]] = []

    def ask(self) -> None:
        """Ask the work to stop, and end what cannot ask: child processes."""
        with self._lock:
            self._asked = True
            ends = list(self._ends)
        for end in ends:
            end()

    @property
    def asked(self) -> bool:
        """Whether anybody asked."""
        return self._asked

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Have `end` called if the work is asked to stop while the block lasts, or was before."""
        with self._lock:
            self._ends.append(end)
            late = self._asked
        try:
            if late:
                end()
            yield
        finally:
            with self._lock:
                self._ends.remove(end)


_stop: ContextVar[Stop | None] = ContextVar("stop", default=None)


def listen() -> None:
    """Turn every polite way to end the program into a `KeyboardInterrupt`; what was told to ignore one goes on to."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):  # the last is Ctrl-Break on Windows
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, _ask)


def stop_if_asked() -> None:
    """Raise what ends the work, if that was asked for.

    Raises:
        KeyboardInterrupt: The program was asked to stop.
        Stopped: The piece of work in which this is called was.
    """
    if _asked.is_set():
        raise KeyboardInterrupt
    stop = _stop.get()
    if stop is not None and stop.asked:
        raise Stopped


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """Make the block a piece of work that ends when `stop` says so; threads that carry its context are part of it."""
    before = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(before)


@contextmanager
def ending(end: Callable[[], None]) -> Iterator[None]:
    """Have `end` called from another thread when this piece of work is asked to stop, and end it after the block.

    Raises:
        KeyboardInterrupt: As `stop_if_asked`.
        Stopped: As `stop_if_asked`.
    """
    stop = _stop.get()
    if stop is None:
        yield
        return
    with stop.ending(end):
        yield
    stop_if_asked()


def obeyed() -> None:
    """Forget a Ctrl-C: what it was meant for has stopped, and the program goes on.

    Raises:
        KeyboardInterrupt: It was asked for more than a Ctrl-C: that the program ends.
    """
    if _signals - {signal.SIGINT}:
        raise KeyboardInterrupt
    _asked.clear()
    _signals.clear()


def _ask(number: int, _: FrameType | None) -> NoReturn:
    _signals.add(number)
    _asked.set()
    raise KeyboardInterrupt
