"""Waiting for a model that nothing can interrupt, but not longer than somebody waits for the tool."""

from collections.abc import Callable
from concurrent.futures import wait
from typing import TypeVar

from langchain_core.runnables.config import ContextThreadPoolExecutor

from autocut_director.interrupts import stop_if_asked

Answer = TypeVar("Answer")

_HARK_SECONDS = 0.2  # a wish to stop is heard this often


def answer_of(ask: Callable[[], Answer]) -> Answer:
    """Return what `ask` returns, or raise what it raises.

    Raises:
        Stopped: The work was asked to stop; the answer will come in vain.
    """
    executor = ContextThreadPoolExecutor(max_workers=1)
    asked = executor.submit(ask)
    executor.shutdown(wait=False)
    while not wait([asked], _HARK_SECONDS).done:
        stop_if_asked()
    return asked.result()
