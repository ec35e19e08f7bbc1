"""The hands: what can be done with footage. They know films, not providers; models and planners come in as Runnables.

The names here are LangChain tools that are plain functions too; they are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocut_director.tools.langchain_tools import (
        detect_scenes,
        export_timeline,
        probe_video,
        render_edit,
        sample_frames,
    )

__all__ = ["detect_scenes", "export_timeline", "probe_video", "render_edit", "sample_frames"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.langchain_tools"), name)
