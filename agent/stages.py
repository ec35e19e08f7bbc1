"""What is known of a run at each stage: every stage has all of the stage before it, and its own part."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocut_director.agent.account import RunAccount
from autocut_director.agent.request import DirectRequest
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.probe import Footage
from autocut_director.tools.timeline import EditPlan, Language, PlannedBy, PlanRequest, Scene, ScenesDocument


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that can be worked on. `folder` is set once it is this run's own."""

    request: DirectRequest
    language: Language
    account: RunAccount
    folder: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Probed(Asked):
    """The film is known."""

    footage: Footage


@dataclass(frozen=True, kw_only=True)
class Cut(Probed):
    """The scenes are known."""

    document: ScenesDocument


@dataclass(frozen=True, kw_only=True)
class Sampled(Cut):
    """Every scene has its stills and signals."""

    shots: tuple[SceneFrames, ...]


@dataclass(frozen=True, kw_only=True)
class Described(Sampled):
    """A model has looked at the chosen scenes."""


@dataclass(frozen=True, kw_only=True)
class Proposed(Described):
    """A planner has proposed an edit; nothing in it is believed yet."""

    wish: PlanRequest
    proposal: Any
    planned_by: PlannedBy


@dataclass(frozen=True, kw_only=True)
class Proven(Proposed):
    """The edit can be cut."""

    plan: EditPlan


@dataclass(frozen=True, kw_only=True)
class Delivered(Proven):
    """The files are there; none, when no folder was asked for."""

    files: Mapping[str, Path]


@dataclass(frozen=True)
class DirectorResult:
    """What a run comes to."""

    plan: EditPlan
    scenes: tuple[Scene, ...]
    files: Mapping[str, Path]
    run: RunAccount
