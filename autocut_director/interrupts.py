"""Being asked to stop: by Ctrl-C, by the system, by a closed terminal. Signals are the process's, so is this state.

A `KeyboardInterrupt` can be lost on its way: a library that is being imported may catch everything. So the wish is
remembered, and the work asks for it where it reports its progress.
"""

import signal
import threading
from types import FrameType
from typing import NoReturn

_asked = threading.Event()


def listen() -> None:
    """Turn every polite way to end the program into a `KeyboardInterrupt`; what was told to ignore one goes on to."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):  # the last is Ctrl-Break on Windows
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, _ask)


def stop_if_asked() -> None:
    """Raise `KeyboardInterrupt` if the program was asked to stop."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _ask(_: int, __: FrameType | None) -> NoReturn:
    _asked.set()
    raise KeyboardInterrupt
