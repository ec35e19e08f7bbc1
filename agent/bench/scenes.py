"""What all models are shown: the scenes that cover a film, with their stills."""

from collections.abc import Callable
from dataclasses import dataclass

from autocut_director.tools import recall
from autocut_director.tools.frames import SceneFrames, sample_frames
from autocut_director.tools.probe import Footage
from autocut_director.tools.scenes import Progress
from autocut_director.tools.selection import select
from autocut_director.tools.store import Store

Meter = Callable[[str], Progress]
"""From a step's name to what its progress is told to."""


@dataclass(frozen=True)
class Shown:
    """The chosen scenes with their stills and measurements, of the `found` that the film has."""

    shots: tuple[SceneFrames, ...]
    found: int


def scenes_to_show(footage: Footage, store: Store, *, limit: int, stills: int, meter: Meter) -> Shown:
    """Find a film's scenes and choose at most `limit` (0: all) that cover it, with `stills` of each.

    What `store` has of the film is not found out again.
    """
    document = recall.detected(footage, store, progress=meter("scenes"))
    sampled = sample_frames(footage, document.scenes, per_scene=stills, progress=meter("frames"), store=store)
    shots = tuple(recall.measured(shot, store) for shot in select(sampled, limit).chosen)
    return Shown(shots, len(document.scenes))
