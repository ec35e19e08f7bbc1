"""AutoCut Director: footage in, edit out, and a page that shows why.

    from autocut_director import build_director
    result = build_director().invoke({"video": "holiday.mp4", "duration": 30, "out": "cut/"})

Names are loaded when they are first used, so that importing the package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autocut_director.version import __version__ as __version__

if TYPE_CHECKING:
    from autocut_director.agent.director import build_director
    from autocut_director.agent.revision import revise
    from autocut_director.agent.run.stages import DirectorResult
    from autocut_director.agent.settings import Settings
    from autocut_director.errors import AutoCutError
    from autocut_director.tools.timeline import EditPlan, Scene, SceneDescription

__all__ = [
    "AutoCutError",
    "DirectorResult",
    "EditPlan",
    "Scene",
    "SceneDescription",
    "Settings",
    "build_director",
    "revise",
]

_HOMES = {
    "AutoCutError": "errors",
    "build_director": "agent.director",
    "revise": "agent.revision",
    "DirectorResult": "agent.run.stages",
    "EditPlan": "tools.timeline",
    "Scene": "tools.timeline",
    "SceneDescription": "tools.timeline",
    "Settings": "agent.settings",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
