"""The hands: what can be done with footage. They know films, not providers; models and planners come in as Runnables.

The names here are LangChain tools, and what makes the two that need a model. Those that need none are plain functions
too. They are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocut_director.tools.toolset import (
        detect_scenes,
        export_timeline,
        list_clips,
        list_scenes,
        make_describe_scenes,
        make_plan_edit,
        probe_video,
        render_edit,
        sample_frames,
    )
    from autocut_director.tools.workspace import Workspace

__all__ = [
    "Workspace",
    "detect_scenes",
    "export_timeline",
    "list_clips",
    "list_scenes",
    "make_describe_scenes",
    "make_plan_edit",
    "probe_video",
    "render_edit",
    "sample_frames",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    home = "workspace" if name == "Workspace" else "toolset"
    return getattr(import_module(f"{__name__}.{home}"), name)
