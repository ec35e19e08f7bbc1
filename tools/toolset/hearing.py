"""What models, routers and planners say on their way, by custom events, for the answer of a tool."""

from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, merge_configs

from autocut_director.tools.describe import CROSSING, NOTICE


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
