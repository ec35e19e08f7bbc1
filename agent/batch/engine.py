"""Who carries the jobs of a batch out: `Engine`; here and now, in threads of this process: `LocalEngine`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import Runnable
from langchain_core.runnables.config import ContextThreadPoolExecutor

from autocut_director.agent.batch.account import FilmAccount
from autocut_director.agent.batch.jobs import Job
from autocut_director.agent.batch.work import worked
from autocut_director.agent.run.folder import note_gap
from autocut_director.agent.run.stages import DirectorResult

Watch = Callable[[Job], Sequence[BaseCallbackHandler]]
"""Gives those who watch over a job; called when it begins."""

_PATIENCE_SECONDS = 0.5  # Windows lets nothing interrupt a wait without an end
_FAREWELL_SECONDS = 5.0  # for films under way to end what they have begun; an answer may take longer


class Engine(Protocol):
    """Carries jobs out."""

    name: str

    def run(self, jobs: Sequence[Job], options: Mapping[str, Any]) -> Iterator[tuple[int, FilmAccount]]:
        """Yield the place of each job, and what became of it, as it is done."""
        ...


def nobody(_: Job) -> Sequence[BaseCallbackHandler]:
    """Have nobody watch."""
    return ()


class LocalEngine:
    """Has one director do the jobs, `at_once` of them at a time; its films share the places of model servers."""

    name = "local"

    def __init__(
        self, director: Runnable[Mapping[str, Any], DirectorResult], *, at_once: int = 1, watch: Watch = nobody
    ) -> None:
        self._director, self._at_once, self._watch = director, at_once, watch

    def run(self, jobs: Sequence[Job], options: Mapping[str, Any]) -> Iterator[tuple[int, FilmAccount]]:
        """Yield the place of each job, and what became of it, as it is done.

        After an interrupt nothing is begun any more, and what was under way says so in its `run.json`.
        """
        executor = ContextThreadPoolExecutor(max_workers=self._at_once)
        pending = {executor.submit(self._worked, job, options): place for place, job in enumerate(jobs)}
        try:
            while pending:
                for done in wait(pending, _PATIENCE_SECONDS, FIRST_COMPLETED).done:
                    yield pending.pop(done), done.result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
            _part(pending, jobs)

    def _worked(self, job: Job, options: Mapping[str, Any]) -> FilmAccount:
        return worked(self._director, job, options, self._watch(job))


def _part(pending: Mapping[Future[FilmAccount], int], jobs: Sequence[Job]) -> None:
    """Let the jobs that are under way end, for a while; of those that do not, note that they were interrupted."""
    wait(pending, _FAREWELL_SECONDS)
    for future, place in pending.items():
        if not future.cancelled():
            note_gap(jobs[place].folder, KeyboardInterrupt.__name__)
