"""A step of the director: a named Runnable that keeps the run's account and tells how far it is.

When it fails, it leaves the cause in `run.json`.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self, TypeVar

from langchain_core.callbacks import dispatch_custom_event
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import merge_configs

from autocut_director.agent.planning.thinker import PlanTry
from autocut_director.agent.run.folder import note_end
from autocut_director.agent.run.journal import Journal
from autocut_director.agent.run.stages import Asked
from autocut_director.errors import AutoCutError, ExhaustedError
from autocut_director.tools.progress import now_and_then
from autocut_director.tools.scenes import Progress
from autocut_director.tools.sentences import say

Before = TypeVar("Before", bound=Asked)
After = TypeVar("After", bound=Asked)


@dataclass(frozen=True)
class Teller:
    """Tells what a step does, as LangChain custom events: `progress`, `scene`, `warning`; and writes it down."""

    step: str
    config: RunnableConfig
    journal: Journal

    @classmethod
    def of(cls, step: str, config: RunnableConfig, before: Asked) -> Self:
        """Make the teller of a step; what is asked in it carries the run's id into a trace."""
        run_id = before.account.run_id
        traced = merge_configs(config, {"metadata": {"autocut_run_id": run_id}})
        return cls(step, traced, Journal(run_id, step))

    def tell(self, event: str, data: Mapping[str, Any]) -> None:
        """Send one event."""
        dispatch_custom_event(event, dict(data), config=self.config)

    def progress(self) -> Progress:
        """Return what a long piece of work calls with (done, all)."""
        return now_and_then(
            lambda done, total: self.tell("progress", {"step": self.step, "done": done, "total": total})
        )

    def warn(self, warnings: tuple[str, ...]) -> None:
        """Tell each of `warnings`."""
        for warning in warnings:
            self.journal.warned(warning)
            self.tell("warning", {"step": self.step, "message": warning})


def step(
    name: str,
    work: Callable[[Before, Teller], After],
    awork: Callable[[Before, Teller], Awaitable[After]] | None = None,
) -> Runnable[Before, After]:
    """Make the step `name` of `work`; `awork` does the same on the caller's event loop."""

    def run(before: Before, config: RunnableConfig) -> After:
        with _Clock(Teller.of(name, config, before), before) as clock:
            after = work(before, clock.teller)
        return clock.stamped(after)

    async def arun(before: Before, config: RunnableConfig) -> After:
        with _Clock(Teller.of(name, config, before), before) as clock:
            after = await awork(before, clock.teller)  # type: ignore[misc]  # only made where there is one
        return clock.stamped(after)

    return RunnableLambda(run, afunc=arun if awork is not None else None, name=name)


class _Clock:
    """Times a step; writes into `run.json` that it failed or was interrupted, and how. Stops no exception."""

    def __init__(self, teller: Teller, before: Asked) -> None:
        self.teller = teller
        self._before = before

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self.teller.journal.begun()
        self.teller.tell("progress", {"step": self.teller.step, "done": 0, "total": None})
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, _: TracebackType | None) -> None:
        if exc is None:
            return
        said = str(exc) if isinstance(exc, AutoCutError) else type(exc).__name__
        status = "failed" if isinstance(exc, Exception) else "interrupted"
        self.teller.journal.broken_off(status, said)
        if self._before.request.out is None:
            return
        account = self._before.account
        if isinstance(exc, ExhaustedError):
            account = account.with_tries(each for each in exc.tries if isinstance(each, PlanTry))
        note_end(self._before.request.out, account.noting(status=status, error=said))

    def stamped(self, after: After) -> After:
        """Return the stage with the seconds that the step took, and what befell the store meanwhile."""
        news = tuple(say(after.language, trouble.sentence, **trouble.values) for trouble in after.store.news())
        self.teller.warn(news)
        account, seconds = after.account.with_warning(*news), time.monotonic() - self._started
        self.teller.journal.done(seconds)
        return replace(after, account=account.with_step(self.teller.step, seconds))
