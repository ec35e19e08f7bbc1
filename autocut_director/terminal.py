"""What a person sees in the terminal while the director works. Everything goes to stderr; stdout is for results."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from langchain_core.callbacks import BaseCallbackHandler
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from autocut_director.interrupts import stop_if_asked

STEPS = {
    "demo": "Making a film",
    "probe": "Reading the video",
    "hear": "Reading speech",
    "scenes": "Finding scenes",
    "frames": "Taking stills",
    "describe": "Looking at scenes",
    "check": "Checking answers",
    "plan": "Planning the edit",
    "prove": "Proving the plan",
    "deliver": "Cutting the film",
}
"""What a person calls the director's steps."""
_BESIDE = {"describe": "scenes"}  # a step that goes on while another does


class Display(BaseCallbackHandler, AbstractContextManager["Display"]):
    """Shows each step with a bar, and warnings; a LangChain callback handler for the director's events.

    Nothing but warnings is shown when `quiet`, or when nobody is watching.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        columns = TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self._progress = Progress(*columns, console=console, disable=quiet or not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        """Show one event of the director; end here if the program was asked to."""
        stop_if_asked()
        if name == "progress":
            self.show(data["step"], data["done"], data["total"])
        elif name == "notice":
            if not self._progress.disable:
                self._console.print(escape(data["message"]), soft_wrap=True)
        elif name in {"warning", "crossing"}:
            self._console.print(f"[yellow]Warning:[/] {escape(data['message'])}", soft_wrap=True)

    def show(self, step: str, done: int, total: int | None) -> None:
        """Show how far `step` is; end here if the program was asked to."""
        stop_if_asked()
        if step not in self._tasks:
            self._finish_all_but(_BESIDE.get(step))
            self._tasks[step] = self._progress.add_task(STEPS.get(step, step), total=None)
        self._progress.update(self._tasks[step], completed=done, total=total or None)

    def meter(self, step: str) -> Callable[[int, int], None]:
        """Return what a piece of work outside the director reports its progress to."""
        return lambda done, total: self.show(step, done, total)

    def _finish_all_but(self, going_on: str | None = None) -> None:
        for task in self._progress.tasks:
            if not task.finished and task.id != self._tasks.get(going_on or ""):
                done = max(1, int(task.completed))
                self._progress.update(task.id, completed=done, total=done)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if exc is None:
            self._finish_all_but()
        self._progress.stop()
