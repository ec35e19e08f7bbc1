"""What an edit is while it is mended: the proposed clips, the drafts made of them, and the changes that are listed.

A mender takes the drafts and the request, and returns new drafts with the changes it made.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from autocut_director.tools.plans.speech import Span
from autocut_director.tools.timeline import Adjustment, Clip, PlanRequest, Purpose, Scene


class ProposedClip(BaseModel):
    """One clip as a planner proposes it. Frames may be fractions; `purpose` may be left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", revalidate_instances="always")

    scene_id: str
    in_frame: float
    out_frame: float
    purpose: Purpose = "body"
    overlay_text: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Draft:
    """A clip while it is mended. `proposed` is its order in the proposal, from 1; None when it fills a gap."""

    proposed: int | None
    clip: ProposedClip
    in_frame: int
    out_frame: int
    purpose: Purpose

    @property
    def length(self) -> int:
        """Frames."""
        return self.out_frame - self.in_frame

    @property
    def span(self) -> Span:
        """Frames [in, out)."""
        return self.in_frame, self.out_frame


Drafts = list[Draft]
Changes = list[Adjustment]
Mender = Callable[[Drafts, PlanRequest], tuple[Drafts, Changes]]


class Taken:
    """The frames that drafts use: spans of frames that share none, in the film's order."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans = np.array(sorted(spans), np.int64).reshape(-1, 2)

    def add(self, span: Span) -> None:
        """Use `span`, which was free."""
        self._spans = np.insert(self._spans, self._place(span), span, axis=0)

    def remove(self, span: Span) -> None:
        """Give `span` back, which was added whole."""
        self._spans = np.delete(self._spans, self._place(span), axis=0)

    def longest_free(self, start: int, end: int) -> Span | None:
        """Return the longest span of [start, end) that is not used, the first of equals; None where there is none."""
        starts, ends = self._spans.T
        between = (ends > start) & (starts < end)
        lows, highs = np.append(start, ends[between]), np.append(starts[between], end)
        longest = int(np.argmax(highs - lows))
        return (int(lows[longest]), int(highs[longest])) if lows[longest] < highs[longest] else None

    def around(self, span: Span, scene: Scene) -> Span:
        """Return the span that `span`, which was added whole, could fill: its scene, up to its neighbours."""
        at = self._place(span)
        low = int(self._spans[at - 1, 1]) if at else 0
        high = int(self._spans[at + 1, 0]) if at + 1 < len(self._spans) else scene.end_frame
        return max(low, scene.start_frame), min(high, scene.end_frame)

    def _place(self, span: Span) -> int:
        return int(np.searchsorted(self._spans[:, 0], span[0]))


def scenes_by_id(request: PlanRequest) -> dict[str, Scene]:
    """Return the request's scenes by their ids."""
    return {scene.scene_id: scene for scene in request.document.scenes}


def total_of(drafts: Iterable[Draft]) -> int:
    """Return how many frames the drafts have together."""
    return sum(draft.length for draft in drafts)


def within(draft: Draft, start: int, end: int) -> Draft | None:
    """Return what of `draft` lies in frames [start, end)."""
    clamped = replace(draft, in_frame=max(draft.in_frame, start), out_frame=min(draft.out_frame, end))
    return clamped if clamped.length > 0 else None


def grown(draft: Draft, frames: int, scene: Scene, taken: Taken) -> Draft:
    """Return `draft` longer by up to `frames`, first at its end, then at its start, as far as the scene is free.

    `taken` holds the draft's own span, and holds the new one afterwards.
    """
    low, high = taken.around(draft.span, scene)
    at_end = max(0, min(frames, high - draft.out_frame))
    at_start = max(0, min(frames - at_end, draft.in_frame - low))
    new = replace(draft, in_frame=draft.in_frame - at_start, out_frame=draft.out_frame + at_end)
    taken.remove(draft.span)
    taken.add(new.span)
    return new


def mapped(drafts: Drafts, mend: Callable[[Draft], Draft | None], rule: str) -> tuple[Drafts, Changes]:
    """Mend each draft; list each that changed or went (None)."""
    kept: Drafts = []
    changes: Changes = []
    for draft in drafts:
        mended = mend(draft)
        if mended is not None:
            kept.append(mended)
        if mended != draft:
            changes.append(change(draft, rule, after=() if mended is None else mended.span))
    return kept, changes


def change(
    draft: Draft, rule: str, *, before: tuple[Any, ...] | None = None, after: tuple[Any, ...] = ()
) -> Adjustment:
    """Return the change of `draft` by `rule`; if not given, `before` is the draft's span."""
    return Adjustment(clip=draft.proposed, rule=rule, before=draft.span if before is None else before, after=after)


def finished(drafts: Iterable[Draft]) -> tuple[Clip, ...]:
    """Return the drafts as the clips of an edit, numbered from 1."""
    return tuple(
        Clip(
            order=order,
            scene_id=draft.clip.scene_id,
            in_frame=draft.in_frame,
            out_frame=draft.out_frame,
            purpose=draft.purpose,
            overlay_text=draft.clip.overlay_text,
            reason=draft.clip.reason,
        )
        for order, draft in enumerate(drafts, start=1)
    )
