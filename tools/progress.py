"""How far a long piece of work is: told to whoever watches, as often as somebody can read it."""

import time

from autocut_director.tools.scenes import Progress

_EVENT_SECONDS = 0.1  # progress is told at most this often


def now_and_then(tell: Progress) -> Progress:
    """Return what a long piece of work may call as often as it likes; `tell` hears of it ten times a second, and last.

    Work that is done side by side calls it one at a time.
    """
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if done >= total or time.monotonic() - last >= _EVENT_SECONDS:
            last = time.monotonic()
            tell(done, total)

    return report
