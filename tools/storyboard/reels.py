"""An edit as the page plays it: its film, and where in it each clip lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from autocut_director.tools.page_text import beside
from autocut_director.tools.plans.difference import Difference, Kind
from autocut_director.tools.storyboard.places import Place, place
from autocut_director.tools.timeline import Clip, EditPlan

Fates = Mapping[int, tuple[Kind, int | None]]
"""What became of clips, by their orders, and their orders in the other edit."""


class Edit(Protocol):
    """A plan and its film."""

    @property
    def plan(self) -> EditPlan: ...  # noqa: D102

    @property
    def film(self) -> str | None: ...  # noqa: D102

    @property
    def lead_frames(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Part:
    """One clip: frames [start, end) of the edit's film. `other` is its place in the other edit, from 0."""

    clip: Clip
    place: Place
    start: int
    end: int
    kind: Kind | None = None
    other: int | None = None


@dataclass(frozen=True)
class Reel:
    """One edit. `film` is the address of its film, None where there is none; `lead` is what comes before the clips."""

    name: str
    film: str | None
    parts: tuple[Part, ...]
    lead: Place | None
    frames: int

    @property
    def places(self) -> list[Place]:
        """All that stands on its time line."""
        return [*([self.lead] if self.lead else []), *(part.place for part in self.parts)]


def reel_of(name: str, edit: Edit, *, scale: int, fates: Fates) -> Reel:
    """Return the edit on a time line of `scale` frames; `fates` say what became of a clip, by its order."""
    plan, lead_frames = edit.plan, edit.lead_frames
    starts = accumulate((clip.length for clip in plan.clips), initial=lead_frames)
    parts = tuple(_part(name, clip, start, scale, fates) for clip, start in zip(plan.clips, starts, strict=False))
    lead = place(f"{name}-lead", 0, lead_frames, scale) if lead_frames else None
    film = beside(edit.film) if edit.film else None
    return Reel(name, film, parts, lead, lead_frames + plan.duration_frames)


def _part(name: str, clip: Clip, start: int, scale: int, fates: Fates) -> Part:
    kind, other = fates.get(clip.order, (None, None))
    where = place(f"{name}-{clip.order}", start, clip.length, scale)
    return Part(clip, where, start, start + clip.length, kind, other - 1 if other else None)


def fates_before(difference: Difference) -> Fates:
    """Return what became of each clip of the earlier edit, and its new place."""
    return {change.before: (change.kind, change.after) for change in difference.clips if change.before}


def fates_after(difference: Difference) -> Fates:
    """Return how each clip of the new edit came about, and its earlier place."""
    return {change.after: (change.kind, change.before) for change in difference.clips if change.after}
