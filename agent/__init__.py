"""The head: decides what to use and why, and carries it out. Names are loaded when they are first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocut_director.agent.director import build_director
    from autocut_director.agent.planner import build_planner
    from autocut_director.agent.settings import Settings

__all__ = ["Settings", "build_director", "build_planner"]

_HOMES = {"Settings": "settings", "build_director": "director", "build_planner": "planner"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
