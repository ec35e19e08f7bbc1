"""What is known of a run at each stage: every stage has all of the stage before it, and its own part."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from autocut_director.agent.planning.chain import Proposal
from autocut_director.agent.run.account import RunAccount
from autocut_director.agent.run.crew import Eyes, Head
from autocut_director.agent.run.request import DirectRequest
from autocut_director.tools.describe import Look
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.probe import Footage
from autocut_director.tools.scene_pass import ScenePass
from autocut_director.tools.store import Store
from autocut_director.tools.timeline import EditPlan, Language, Line, PlanRequest, Scene, ScenesDocument


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that can be worked on, who will look and plan, and what is known from earlier runs."""

    request: DirectRequest
    language: Language
    account: RunAccount
    eyes: Eyes
    head: Head
    store: Store


@dataclass(frozen=True, kw_only=True)
class Probed(Asked):
    """The film is known, and what is said in it. `earlier` names the files that an earlier run left in the folder."""

    footage: Footage
    earlier: tuple[str, ...] = ()
    transcript: tuple[Line, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cut(Probed):
    """Where the scenes come from is known: a file, the store, or the film itself, which is read as they are passed."""

    scenes: ScenePass


@dataclass(frozen=True, kw_only=True)
class Sampled(Cut):
    """The film was read to its end; every scene has its stills and signals."""

    document: ScenesDocument
    shots: tuple[SceneFrames, ...]


@dataclass(frozen=True, kw_only=True)
class Described(Cut):
    """The film was read, and a model has looked at the chosen scenes. `gave_out`: where every backend failed."""

    document: ScenesDocument
    gave_out: tuple[Look, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Proposed(Described):
    """A planner has proposed an edit; nothing in it is believed yet."""

    wish: PlanRequest
    proposal: Proposal


@dataclass(frozen=True, kw_only=True)
class Proven(Proposed):
    """The edit can be cut."""

    plan: EditPlan


@dataclass(frozen=True, kw_only=True)
class Delivered(Proven):
    """The files are there; none, when no folder was asked for."""

    files: Mapping[str, Path]


Stage = TypeVar("Stage", bound=Asked)


def grown(before: Asked, stage: type[Stage], **new: Any) -> Stage:
    """Return the next stage: all of the one before, with `new` parts and changes."""
    return stage(**{**vars(before), **new})


@dataclass(frozen=True)
class DirectorResult:
    """What a run comes to."""

    plan: EditPlan
    scenes: tuple[Scene, ...]
    files: Mapping[str, Path]
    run: RunAccount
