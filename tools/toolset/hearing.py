"""What is said on the way, by custom events: by models, routers and planners to a tool, and by a tool to its caller."""

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler, dispatch_custom_event
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, merge_configs

from autocut_director.tools.describe import CROSSING, NOTICE
from autocut_director.tools.progress import now_and_then
from autocut_director.tools.scenes import Progress


class Ear(BaseCallbackHandler):
    """Hears what a person should know: that frames leave the machine, that a model is loaded, who stood in for whom."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        """Keep what is said, each sentence once."""
        if name in {CROSSING, NOTICE} and data["message"] not in self.said:
            self.said.append(data["message"])

    @property
    def config(self) -> RunnableConfig:
        """The configuration of the tool's own run, with this ear in it."""
        return merge_configs(ensure_config(), {"callbacks": [self]})


def say_first(notes: Sequence[str]) -> None:
    """Tell whoever watches this tool's run what a person should know before models are asked; the answer has it too."""
    for note in notes:
        dispatch_custom_event("warning", {"message": note})


def watched(step: str) -> Progress:
    """Return what the work of this tool's run reports to: it becomes `progress` events, as a director's step has them.

    `step`: which it is, by the director's names.
    """
    return now_and_then(
        lambda done, total: dispatch_custom_event("progress", {"step": step, "done": done, "total": total})
    )
