"""A step of the director: a named Runnable that keeps the run's account and tells how far it is.

When it fails, it leaves the cause in `run.json`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, TypeVar

from langchain_core.callbacks import dispatch_custom_event
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from autocut_director.agent.delivery import note_end
from autocut_director.agent.stages import Asked
from autocut_director.errors import AutoCutError
from autocut_director.tools.scenes import Progress

Before = TypeVar("Before", bound=Asked)
After = TypeVar("After", bound=Asked)

_EVENT_SECONDS = 0.1  # progress is told at most this often


@dataclass(frozen=True)
class Teller:
    """Tells what a step does, as LangChain custom events: `progress`, `scene`, `warning`."""

    step: str
    config: RunnableConfig

    def tell(self, event: str, data: Mapping[str, Any]) -> None:
        """Send one event."""
        dispatch_custom_event(event, dict(data), config=self.config)

    def progress(self) -> Progress:
        """Return what a long piece of work calls with (done, all)."""
        last = 0.0

        def report(done: int, total: int) -> None:
            nonlocal last
            if done >= total or time.monotonic() - last >= _EVENT_SECONDS:
                last = time.monotonic()
                self.tell("progress", {"step": self.step, "done": done, "total": total})

        return report

    def warn(self, warnings: tuple[str, ...]) -> None:
        """Tell each of `warnings`."""
        for warning in warnings:
            self.tell("warning", {"step": self.step, "message": warning})


def step(name: str, work: Callable[[Before, Teller], After]) -> Runnable[Before, After]:
    """Make the step `name` of `work`."""

    def run(before: Before, config: RunnableConfig) -> After:
        started = time.monotonic()
        teller = Teller(name, config)
        teller.tell("progress", {"step": name, "done": 0, "total": None})
        with _Witness(before):
            after = work(before, teller)
        return replace(after, account=after.account.with_step(name, time.monotonic() - started))

    return RunnableLambda(run, name=name)


class _Witness:
    """Writes into `run.json` that a step failed or was interrupted, and how; stops nothing."""

    def __init__(self, before: Asked) -> None:
        self._before = before

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, _: TracebackType | None) -> None:
        if exc is None or self._before.request.out is None:
            return
        failed = isinstance(exc, Exception)
        said = str(exc) if isinstance(exc, AutoCutError) else type(exc).__name__
        status = "failed" if failed else "interrupted"
        note_end(self._before.request.out, self._before.account.noting(status=status, error=said))
