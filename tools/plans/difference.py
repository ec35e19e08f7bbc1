"""What changed from one edit to another, clip by clip, in words."""

from collections.abc import Iterable, Sequence
from typing import Literal

from autocut_director.tools.timeline import Clip, EditPlan, Record, timecode

Kind = Literal["kept", "trimmed", "moved", "added", "removed", "reworded"]


class ClipChange(Record):
    """What became of one clip. `before` and `after` are its places in the edits, from 1; None where it is not there."""

    kind: Kind
    scene_id: str
    before: int | None
    after: int | None
    said: str


class Difference(Record):
    """What changed. Lengths in frames."""

    frames_before: int
    frames_after: int
    clips: tuple[ClipChange, ...]

    def count(self, kind: Kind) -> int:
        """Return how many clips were changed so."""
        return sum(change.kind == kind for change in self.clips)


def compare(before: EditPlan, after: EditPlan) -> Difference:
    """Compare two edits of one film.

    A clip is the same one where it is of the same scene and shares frames; of several, the one that shares most.
    """
    pairs = _pairs(before.clips, after.clips)
    order = [old for old, _ in sorted(pairs, key=lambda pair: pair[1].order)]
    moved = _out_of_order(order)
    known = {new.order: _change(old, new, after, moved=old.order in moved) for old, new in pairs}
    gone = [_removed(clip, before) for clip in before.clips if clip.order not in {old.order for old, _ in pairs}]
    clips = [known.get(clip.order) or _added(clip, after) for clip in after.clips]
    return Difference(frames_before=before.duration_frames, frames_after=after.duration_frames, clips=(*clips, *gone))


def _pairs(before: Sequence[Clip], after: Sequence[Clip]) -> list[tuple[Clip, Clip]]:
    shared = [
        (min(old.out_frame, new.out_frame) - max(old.in_frame, new.in_frame), old, new)
        for old in before
        for new in after
        if old.scene_id == new.scene_id
    ]
    pairs: list[tuple[Clip, Clip]] = []
    for frames, old, new in sorted(shared, key=lambda pair: (-pair[0], pair[1].order, pair[2].order)):
        if frames > 0 and all(old is not a and new is not b for a, b in pairs):
            pairs.append((old, new))
    return pairs


def _out_of_order(order: Sequence[Clip]) -> set[int]:
    """Return the old places of the fewest clips that must have moved: those outside the longest rising run."""
    best: list[list[int]] = []  # best[i]: the longest rising run that ends with clip i
    for place, clip in enumerate(order):
        runs = [run for other, run in zip(order[:place], best, strict=True) if other.order < clip.order]
        best.append([*_longest(runs), clip.order])
    stays = set(_longest(best))
    return {clip.order for clip in order} - stays


def _longest(runs: Sequence[list[int]]) -> list[int]:
    return max(runs, key=len) if runs else []


def _change(old: Clip, new: Clip, plan: EditPlan, *, moved: bool) -> ClipChange:
    kind: Kind = "kept"
    said = f"{_span(new, plan)}"
    if moved:
        kind, said = "moved", f"from place {old.order} to {new.order}, {said}"
    elif (old.in_frame, old.out_frame) != (new.in_frame, new.out_frame):
        kind, said = "trimmed", f"{_span(old, plan)} → {said}"
    elif (old.overlay_text or "") != (new.overlay_text or "") or old.purpose != new.purpose:
        kind, said = "reworded", f"{old.purpose} {old.overlay_text or ''} → {new.purpose} {new.overlay_text or ''}"
    return ClipChange(kind=kind, scene_id=new.scene_id, before=old.order, after=new.order, said=" ".join(said.split()))


def _added(clip: Clip, plan: EditPlan) -> ClipChange:
    return ClipChange(
        kind="added", scene_id=clip.scene_id, before=None, after=clip.order, said=f"{_span(clip, plan)}: {clip.reason}"
    )


def _removed(clip: Clip, plan: EditPlan) -> ClipChange:
    return ClipChange(kind="removed", scene_id=clip.scene_id, before=clip.order, after=None, said=_span(clip, plan))


def _span(clip: Clip, plan: EditPlan) -> str:
    start, end = (timecode(frame, plan.rate, start=plan.media.start_tc) for frame in (clip.in_frame, clip.out_frame))
    return f"{start} to {end} ({float(clip.length / plan.rate):.2f} s)"


def said(difference: Difference, plan: EditPlan) -> Iterable[str]:
    """Say the difference to a person, a line each; `plan` is the new edit."""
    kept = difference.count("kept")
    before, after = (float(frames / plan.rate) for frames in (difference.frames_before, difference.frames_after))
    yield f"{before:.2f} s → {after:.2f} s; {kept} of {len(plan.clips)} clips as they were"
    for change in difference.clips:
        if change.kind != "kept":
            yield f"{change.kind:<9} {change.scene_id}  {change.said}"
