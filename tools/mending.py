"""Mends a proposed edit where that can be done without judgement, and lists every change.

snap → drop unknown scenes → drop reversed → clamp to the scene → drop repeats → lengthen short clips
→ shorten or stretch or fill to the asked duration → settle the purposes

Each mender takes the drafts and returns new ones with the changes it made, named by the rule that asked for them.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from pydantic import BaseModel, ConfigDict

from autocut_director.errors import PlanError
from autocut_director.tools.rules import close_enough, minimum_frames, target_frames
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Adjustment, Clip, PlanRequest, Purpose, Scene


class ProposedClip(BaseModel):
    """One clip as a planner proposes it. Frames may be fractions; `purpose` may be left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scene_id: str
    in_frame: float
    out_frame: float
    purpose: Purpose = "body"
    overlay_text: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class _Draft:
    """A clip while it is mended. `proposed` is its order in the proposal, from 1; None when it fills a gap."""

    proposed: int | None
    clip: ProposedClip
    in_frame: int
    out_frame: int
    purpose: Purpose

    @property
    def length(self) -> int:
        return self.out_frame - self.in_frame


_Drafts = list[_Draft]
_Changes = list[Adjustment]
_Mender = Callable[[_Drafts, PlanRequest], tuple[_Drafts, _Changes]]


def mend(proposed: Sequence[ProposedClip], request: PlanRequest) -> tuple[tuple[Clip, ...], tuple[Adjustment, ...]]:
    """Return the proposed clips as ones that keep the rules, and each change that this took.

    Raises:
        PlanError: Nothing of the proposal is left; `broken` says why for each clip.
    """
    drafts, changes = _snap(proposed)
    for mender in _PER_CLIP:
        drafts, more = mender(drafts, request)
        changes += more
    if not drafts:
        broken = [f"{change.rule}: clip {change.clip} {list(change.before)}" for change in changes]
        raise PlanError([*broken, "total_duration: no clip is left"])
    for mender in _WHOLE:
        drafts, more = mender(drafts, request)
        changes += more
    clips = tuple(_clip(order, draft) for order, draft in enumerate(drafts, start=1))
    return clips, tuple(changes)


def _snap(proposed: Sequence[ProposedClip]) -> tuple[_Drafts, _Changes]:
    drafts: _Drafts = []
    changes: _Changes = []
    for number, clip in enumerate(proposed, start=1):
        before = (clip.in_frame, clip.out_frame)
        if not all(math.isfinite(frame) and abs(frame) < 2**53 for frame in before):
            changes.append(Adjustment(clip=number, rule="whole_frames", before=tuple(map(str, before)), after=()))
            continue
        after = (round(before[0]), round(before[1]))
        if after != before:
            changes.append(Adjustment(clip=number, rule="whole_frames", before=before, after=after))
        drafts.append(_Draft(number, clip, *after, clip.purpose))
    return drafts, changes


def _drop_unknown(drafts: _Drafts, request: PlanRequest) -> tuple[_Drafts, _Changes]:
    known = _scenes(request)
    changes = [_change(d, "scene_exists", before=(d.clip.scene_id,)) for d in drafts if d.clip.scene_id not in known]
    return [d for d in drafts if d.clip.scene_id in known], changes


def _drop_reversed(drafts: _Drafts, _: PlanRequest) -> tuple[_Drafts, _Changes]:
    return [d for d in drafts if d.length > 0], [_change(d, "in_before_out") for d in drafts if d.length <= 0]


def _clamp(drafts: _Drafts, request: PlanRequest) -> tuple[_Drafts, _Changes]:
    scenes = _scenes(request)

    def clamped(draft: _Draft) -> _Draft | None:
        scene = scenes[draft.clip.scene_id]
        return _within(draft, scene.start_frame, scene.end_frame)

    return _mapped(drafts, clamped, "inside_scene")


def _drop_repeats(drafts: _Drafts, _: PlanRequest) -> tuple[_Drafts, _Changes]:
    kept: _Drafts = []

    def unused(draft: _Draft) -> _Draft | None:
        free = max(
            _free_spans(draft.in_frame, draft.out_frame, kept),
            key=lambda span: span[1] - span[0],
            default=None,
        )
        rest = None if free is None else _within(draft, *free)
        kept.extend([rest] if rest is not None else [])
        return rest

    return _mapped(drafts, unused, "no_repeat")


def _lengthen_short(drafts: _Drafts, request: PlanRequest) -> tuple[_Drafts, _Changes]:
    scenes = _scenes(request)
    current = list(drafts)

    def long_enough(draft: _Draft) -> _Draft | None:
        scene = scenes[draft.clip.scene_id]
        missing = minimum_frames(scene, request) - draft.length
        if missing <= 0:
            return draft
        grown = _grown(draft, missing, scene, [d for d in current if d is not draft])
        enough = grown.length >= minimum_frames(scene, request)
        current[current.index(draft) : current.index(draft) + 1] = [grown] if enough else []
        return grown if enough else None

    return _mapped(drafts, long_enough, "minimum_length")


def _shorten(drafts: _Drafts, request: PlanRequest) -> tuple[_Drafts, _Changes]:
    """Shorten every clip by its share; where that is not enough, drop clips from the middle."""
    target = target_frames(request)
    if close_enough(_total(drafts), target) or _total(drafts) < target:
        return drafts, []
    kept = list(drafts)
    least = {id(d): minimum_frames(_scenes(request)[d.clip.scene_id], request) for d in drafts}
    while len(kept) > 1 and sum(least[id(d)] for d in kept) > target:
        kept.pop(len(kept) // 2)
    lengths = _shared_out(target, [d.length for d in kept], [least[id(d)] for d in kept])
    new = {id(d): replace(d, out_frame=d.in_frame + length) for d, length in zip(kept, lengths, strict=True)}
    return _mapped(drafts, lambda draft: new.get(id(draft)), "total_duration")


def _shared_out(target: int, lengths: Sequence[int], least: Sequence[int]) -> list[int]:
    """Return lengths in the same proportions, none under its least, that add up to `target` where they can."""
    scale = target / sum(lengths)
    shared = [max(low, min(length, math.floor(length * scale))) for length, low in zip(lengths, least, strict=True)]
    spare = target - sum(shared)
    for index in sorted(range(len(shared)), key=lambda i: shared[i] - least[i], reverse=True):
        step = min(spare, lengths[index] - shared[index]) if spare > 0 else max(spare, least[index] - shared[index])
        shared[index] += step
        spare -= step
    return shared


def _stretch(drafts: _Drafts, request: PlanRequest) -> tuple[_Drafts, _Changes]:
    """Lengthen clips inside their scenes, each by what is still missing shared among those left."""
    target = target_frames(request)
    missing = target - _total(drafts)
    if missing <= 0 or close_enough(_total(drafts), target):
        return drafts, []
    scenes, current = _scenes(request), list(drafts)
    for _ in range(2):  # a second round gives what short scenes could not take to the others
        for index, draft in enumerate(current):
            share = math.ceil(missing / (len(current) - index))
            others = current[:index] + current[index + 1 :]
            current[index] = _grown(draft, share, scenes[draft.clip.scene_id], others)
            missing -= current[index].length - draft.length
    new = dict(zip(map(id, drafts), current, strict=True))
    return _mapped(drafts, lambda draft: new[id(draft)], "total_duration")


def _fill(drafts: _Drafts, request: PlanRequest) -> tuple[_Drafts, _Changes]:
    """Fill what is still missing with scenes that are not used, the longest first, in the film's order."""
    target = target_frames(request)
    filled, changes = list(drafts), []
    unused = [s for s in request.document.scenes if all(d.clip.scene_id != s.scene_id for d in drafts)]
    for scene in sorted(unused, key=lambda scene: (-scene.length, scene.start_frame)):
        missing = target - _total(filled)
        if close_enough(_total(filled), target):
            break
        length = min(scene.length, max(missing, minimum_frames(scene, request)))
        draft = _filler(scene, length, request)
        filled.insert(_place(filled, draft), draft)
        after = (scene.scene_id, draft.in_frame, draft.out_frame)
        changes.append(Adjustment(clip=None, rule="total_duration", before=(), after=after))
    return filled, changes


def _filler(scene: Scene, length: int, request: PlanRequest) -> _Draft:
    start = scene.start_frame + (scene.length - length) // 2
    reason = say(request.language, "filler")
    clip = ProposedClip(scene_id=scene.scene_id, in_frame=start, out_frame=start + length, reason=reason)
    return _Draft(None, clip, start, start + length, "body")


def _place(drafts: _Drafts, new: _Draft) -> int:
    """Where in the edit `new` belongs: after the hook, before the closing clip, in the film's order."""
    inner = range(1, max(1, len(drafts) - 1))
    return next((i for i in inner if drafts[i].in_frame > new.in_frame), max(1, len(drafts) - 1))


def _settle_purposes(drafts: _Drafts, _: PlanRequest) -> tuple[_Drafts, _Changes]:
    """Name the first clip hook; let only leading hooks and closing calls to action stand."""
    wanted = [draft.purpose for draft in drafts]
    hooks = 1 + len(_leading(wanted[1:], "hook"))
    ctas = len(_leading(wanted[:0:-1], "cta")) if len(wanted) > 1 else 0
    body = len(drafts) - hooks - ctas
    names: tuple[tuple[Purpose, int], ...] = (("hook", hooks), ("body", body), ("cta", ctas))
    settled = [purpose for purpose, count in names for _ in range(count)]
    changes = [
        Adjustment(clip=d.proposed, rule="purpose_order", before=(d.purpose,), after=(purpose,))
        for d, purpose in zip(drafts, settled, strict=True)
        if d.purpose != purpose and d.proposed is not None
    ]
    return [replace(d, purpose=purpose) for d, purpose in zip(drafts, settled, strict=True)], changes


def _leading(purposes: Sequence[Purpose], purpose: Purpose) -> list[Purpose]:
    first, run = next(groupby(purposes), ("body", iter(())))
    return list(run) if first == purpose else []


_PER_CLIP: tuple[_Mender, ...] = (_drop_unknown, _drop_reversed, _clamp, _drop_repeats, _lengthen_short)
_WHOLE: tuple[_Mender, ...] = (_shorten, _stretch, _fill, _shorten, _stretch, _settle_purposes)

# ---------------------------------------------------------------- small change


def _scenes(request: PlanRequest) -> dict[str, Scene]:
    return {scene.scene_id: scene for scene in request.document.scenes}


def _total(drafts: Iterable[_Draft]) -> int:
    return sum(draft.length for draft in drafts)


def _within(draft: _Draft, start: int, end: int) -> _Draft | None:
    clamped = replace(draft, in_frame=max(draft.in_frame, start), out_frame=min(draft.out_frame, end))
    return clamped if clamped.length > 0 else None


def _free_spans(start: int, end: int, taken: Iterable[_Draft]) -> list[tuple[int, int]]:
    """Return the spans of [start, end) that no draft in `taken` uses."""
    spans, at = [], start
    for draft in sorted(taken, key=lambda draft: draft.in_frame):
        if draft.out_frame <= at or draft.in_frame >= end:
            continue
        spans.append((at, draft.in_frame))
        at = max(at, draft.out_frame)
    return [(low, high) for low, high in [*spans, (at, end)] if low < high]


def _grown(draft: _Draft, frames: int, scene: Scene, others: Iterable[_Draft]) -> _Draft:
    """Return `draft` longer by up to `frames`, first at its end, then at its start, as far as the scene is free."""
    spans = _free_spans(scene.start_frame, scene.end_frame, others)
    low, high = next(span for span in spans if span[0] <= draft.in_frame < span[1])
    at_end = max(0, min(frames, high - draft.out_frame))
    at_start = max(0, min(frames - at_end, draft.in_frame - low))
    return replace(draft, in_frame=draft.in_frame - at_start, out_frame=draft.out_frame + at_end)


def _mapped(drafts: _Drafts, mend: Callable[[_Draft], _Draft | None], rule: str) -> tuple[_Drafts, _Changes]:
    """Mend each draft; list each that changed or went (None)."""
    kept: _Drafts = []
    changes: _Changes = []
    for draft in drafts:
        mended = mend(draft)
        if mended is not None:
            kept.append(mended)
        if mended != draft:
            after = () if mended is None else (mended.in_frame, mended.out_frame)
            changes.append(_change(draft, rule, after=after))
    return kept, changes


def _change(
    draft: _Draft, rule: str, *, before: tuple[Any, ...] | None = None, after: tuple[Any, ...] = ()
) -> Adjustment:
    was = (draft.in_frame, draft.out_frame) if before is None else before
    return Adjustment(clip=draft.proposed, rule=rule, before=was, after=after)


def _clip(order: int, draft: _Draft) -> Clip:
    return Clip(
        order=order,
        scene_id=draft.clip.scene_id,
        in_frame=draft.in_frame,
        out_frame=draft.out_frame,
        purpose=draft.purpose,
        overlay_text=draft.clip.overlay_text,
        reason=draft.clip.reason,
    )
