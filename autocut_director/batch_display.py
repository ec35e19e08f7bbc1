"""What a person sees of a batch in the terminal: a line for each film, and a bar for each that is under way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from autocut_director.agent.batch import BatchAccount, FilmAccount, Job
from autocut_director.interrupts import stop_if_asked
from autocut_director.terminal import STEPS

_NAME = 28  # characters of a film's name beside its bar


class BatchDisplay:
    """Shows the films of a batch. When `quiet`, only what went wrong is said; bars are for who is watching."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.console, self._films, self._quiet, self._ended = console, 0, quiet, 0
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self.progress = Progress(*columns, console=console, disable=quiet or not console.is_terminal)
        self._all = self.progress.add_task("Films", total=None)

    @contextmanager
    def over(self, films: int) -> Iterator[None]:
        """Show a batch of `films` while the block runs."""
        self._films = films
        self.progress.update(self._all, total=films)
        with self.progress:
            yield

    def watch(self, job: Job) -> Sequence[BaseCallbackHandler]:
        """Return who shows one film's steps."""
        return [_FilmBar(self, job.video.name)]

    def done(self, film: FilmAccount) -> None:
        """Say what became of a film."""
        self._ended += 1
        self.progress.update(self._all, completed=self._ended)
        if self._quiet and film.status == "done":
            return
        self.console.print(
            f"[{self._ended}/{self._films}] {film_line(film)}",
            style="red" if film.status == "failed" else None,
            markup=False,
            soft_wrap=True,
        )


class _FilmBar(BaseCallbackHandler):
    """Shows how far one film is; says its warnings."""

    def __init__(self, display: BatchDisplay, name: str) -> None:
        self._progress, self._console, self._name = display.progress, display.console, name
        self._task: TaskID | None = None

    def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        """Show one event of the director; end here if the program was asked to."""
        stop_if_asked()
        if name == "progress":
            self._show(data["step"], data["done"], data["total"])
        elif name in {"warning", "crossing"}:
            said = f"[yellow]Warning:[/] {escape(self._name)}: {escape(data['message'])}"
            self._console.print(said, soft_wrap=True)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any) -> None:
        """Take the bar away when the film is done."""
        self._end(parent_run_id)

    def on_chain_error(
        self, error: BaseException, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """Take the bar away when the film has failed."""
        self._end(parent_run_id)

    def _show(self, step: str, done: int, total: int | None) -> None:
        said = f"{escape(_short(self._name)):<{_NAME}} {STEPS.get(step, step):<18}"
        if self._task is None:
            self._task = self._progress.add_task(said, total=None)
        self._progress.update(self._task, description=said, completed=done, total=total)

    def _end(self, parent: UUID | None) -> None:
        if parent is None and self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


def film_line(film: FilmAccount) -> str:
    """Say what became of a film."""
    name = _named(film)
    if film.status == "failed":
        return f"{name}: FAILED, status {film.exit_status}: {film.error}"
    if film.before:
        return f"{name}: done before."
    stored = f", {film.cached} from the store" if film.cached else ""
    degraded = ", degraded" if film.degraded else ""
    return f"{name}: {film.described} of {film.scenes} scenes described{stored}{degraded}, {film.seconds:.1f} s."


def last_line(out: Path, batch: BatchAccount) -> str:
    """Say what became of a batch."""
    totals = batch.totals
    before = f" ({totals.before} of them before)" if totals.before else ""
    cost = f", {totals.cost_usd:.2f} USD" if totals.cost_usd else ""
    done = f"{out}: {totals.done} of {totals.films} films done{before}, {batch.seconds:.1f} s{cost}."
    causes = "; ".join(dict.fromkeys(cause for film in batch.films for cause in film.causes))
    degraded = f" {totals.degraded} degraded: {causes}." if totals.degraded else ""
    names = ", ".join(map(_named, batch.failed))
    failed = f" {totals.failed} FAILED: {names}; why: {out / 'batch.json'}." if names else ""
    left = totals.films - totals.done - totals.failed
    return f"{done}{failed}{f' {left} not done; the same command goes on with them.' if left else ''}{degraded}"


def _named(film: FilmAccount) -> str:
    """Return a film's name, and its folder's where that is another: films of one name are told apart by it."""
    video = Path(film.video)
    return video.name if video.stem == film.folder else f"{video.name} ({film.folder})"


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
