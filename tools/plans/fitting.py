"""Gives an edit the duration that was asked for: shortens or lengthens its clips, or fills in scenes not yet used.

It looks at frames alone; `phrasing` moves what it did to where nothing is being said.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from autocut_director.tools.plans.drafts import (
    Changes,
    Draft,
    Drafts,
    ProposedClip,
    Taken,
    grown,
    mapped,
    scenes_by_id,
    total_of,
)
from autocut_director.tools.plans.rules import allowed_totals, minimum_lengths
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Adjustment, PlanRequest, Scene


def shorten(drafts: Drafts, request: PlanRequest) -> tuple[Drafts, Changes]:
    """Shorten every clip by its share; where that is not enough, drop clips from the middle."""
    totals, total = allowed_totals(request), total_of(drafts)
    target = totals.target
    if totals.hold(total) or total < target:
        return drafts, []
    by_scene = minimum_lengths(request)
    kept, least = list(drafts), [by_scene[draft.clip.scene_id] for draft in drafts]
    needed = sum(least)
    while len(kept) > 1 and needed > target:
        needed -= least.pop(len(kept) // 2)
        kept.pop(len(kept) // 2)
    lengths = _shared_out(target, [draft.length for draft in kept], least)
    new = {id(d): replace(d, out_frame=d.in_frame + length) for d, length in zip(kept, lengths, strict=True)}
    return mapped(drafts, lambda draft: new.get(id(draft)), "total_duration")


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


def stretch(drafts: Drafts, request: PlanRequest) -> tuple[Drafts, Changes]:
    """Lengthen clips inside their scenes, each by what is still missing shared among those left."""
    totals, total = allowed_totals(request), total_of(drafts)
    missing = totals.target - total
    if missing <= 0 or totals.hold(total):
        return drafts, []
    scenes, current, taken = scenes_by_id(request), list(drafts), Taken(draft.span for draft in drafts)
    for _ in range(2):  # a second round gives what short scenes could not take to the others
        for index, draft in enumerate(current):
            share = math.ceil(missing / (len(current) - index))
            current[index] = grown(draft, share, scenes[draft.clip.scene_id], taken)
            missing -= current[index].length - draft.length
    new = dict(zip(map(id, drafts), current, strict=True))
    return mapped(drafts, lambda draft: new[id(draft)], "total_duration")


def stretch_fully(drafts: Drafts, request: PlanRequest) -> tuple[Drafts, Changes]:
    """Lengthen clips inside their scenes until the edit is long enough, or the scenes are full."""
    changes: Changes = []
    longer, more = stretch(drafts, request)
    while more:
        changes += more
        drafts = longer
        longer, more = stretch(drafts, request)
    return drafts, changes


def fill(drafts: Drafts, request: PlanRequest) -> tuple[Drafts, Changes]:
    """Fill what is still missing with scenes that are not used, the longest first, in the film's order."""
    totals, total, least = allowed_totals(request), total_of(drafts), minimum_lengths(request)
    filled, changes = list(drafts), []
    used = {draft.clip.scene_id for draft in drafts}
    unused = [scene for scene in request.document.scenes if scene.scene_id not in used]
    for scene in sorted(unused, key=lambda scene: (-scene.length, scene.start_frame)):
        if totals.hold(total):
            break
        draft = _filler(scene, min(scene.length, max(totals.target - total, least[scene.scene_id])), request)
        filled.insert(_place(filled, draft), draft)
        total += draft.length
        changes.append(Adjustment(clip=None, rule="total_duration", before=(), after=(scene.scene_id, *draft.span)))
    return filled, changes


def _filler(scene: Scene, length: int, request: PlanRequest) -> Draft:
    start = scene.start_frame + (scene.length - length) // 2
    reason = say(request.language, "filler")
    clip = ProposedClip(scene_id=scene.scene_id, in_frame=start, out_frame=start + length, reason=reason)
    return Draft(None, clip, start, start + length, "body")


def _place(drafts: Drafts, new: Draft) -> int:
    """Where in the edit `new` belongs: after the hook, before the closing clip, in the film's order."""
    inner = range(1, max(1, len(drafts) - 1))
    return next((i for i in inner if drafts[i].in_frame > new.in_frame), max(1, len(drafts) - 1))
