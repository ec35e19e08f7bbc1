"""The head: decides what to use and why, and carries it out. Names are loaded when they are first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocut_director.agent.analyzers import LMStudioVisualAnalyzer, analyze_scenes_auto, get_visual_analyzer
    from autocut_director.agent.chat.director_agent import build_director_agent
    from autocut_director.agent.director import build_director
    from autocut_director.agent.forecast import estimate_run
    from autocut_director.agent.planner import build_planner
    from autocut_director.agent.policy.execution import ExecutionPolicy
    from autocut_director.agent.policy.routes import Forced
    from autocut_director.agent.profile import RuntimeProfile
    from autocut_director.agent.router import build_vision_router
    from autocut_director.agent.settings import Settings
    from autocut_director.agent.toolkit import director_tools

__all__ = [
    "ExecutionPolicy",
    "Forced",
    "LMStudioVisualAnalyzer",
    "RuntimeProfile",
    "Settings",
    "analyze_scenes_auto",
    "build_director",
    "build_director_agent",
    "build_planner",
    "build_vision_router",
    "director_tools",
    "estimate_run",
    "get_visual_analyzer",
]

_HOMES = {
    "ExecutionPolicy": "policy.execution",
    "Forced": "policy.routes",
    "LMStudioVisualAnalyzer": "analyzers",
    "RuntimeProfile": "profile",
    "Settings": "settings",
    "analyze_scenes_auto": "analyzers",
    "build_director": "director",
    "build_director_agent": "chat.director_agent",
    "build_planner": "planner",
    "build_vision_router": "router",
    "director_tools": "toolkit",
    "estimate_run": "forecast",
    "get_visual_analyzer": "analyzers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
