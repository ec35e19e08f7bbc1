"""Mends a proposed edit where that can be done without judgement, and lists every change.

plain texts → snap → drop unknown scenes → drop reversed → clamp to the scene → drop repeats → lengthen short clips
→ shorten or stretch or fill to the asked duration (`fitting`) → leave words and sentences whole (`phrasing`) → settle
the purposes

Each mender takes the drafts and returns new ones with the changes it made, named by the rule that asked for them.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from autocut_director.errors import PlanError
from autocut_director.tools.plans.drafts import (
    Changes,
    Draft,
    Drafts,
    Mender,
    ProposedClip,
    Taken,
    change,
    finished,
    grown,
    mapped,
    scenes_by_id,
    within,
)
from autocut_director.tools.plans.fitting import fill, shorten, stretch, stretch_fully
from autocut_director.tools.plans.phrasing import keep_speech_whole
from autocut_director.tools.plans.rules import LONGEST_TEXTS, minimum_lengths, plain_text, summary
from autocut_director.tools.timeline import Adjustment, Clip, PlanRequest, Purpose

__all__ = ["ProposedClip", "mend"]

_LONGEST_NAME = 80  # characters of a name that are listed
_LARGEST_FRAME = 2**53  # beyond, a float holds no whole frames


def mend(proposed: Sequence[ProposedClip], request: PlanRequest) -> tuple[tuple[Clip, ...], tuple[Adjustment, ...]]:
    """Return the proposed clips as ones that keep the rules, and each change that this took.

    Raises:
        PlanError: Nothing of the proposal is left; `broken` says why for each clip.
    """
    readable, told = _plain_texts(proposed)
    drafts, changes = _snap(readable)
    for mender in _PER_CLIP:
        drafts, more = mender(drafts, request)
        changes += more
    if not drafts:
        broken = [f"{change.rule}: clip {change.clip} {list(change.before)}" for change in changes]
        raise PlanError(summary([*broken, "total_duration: no clip is left"]))
    for mender in _WHOLE:
        drafts, more = mender(drafts, request)
        changes += more
    return finished(drafts), (*told, *changes)


def _plain_texts(proposed: Sequence[ProposedClip]) -> tuple[list[ProposedClip], Changes]:
    """Cut texts that are too long and take control characters out; list the text's name and its length."""
    readable: list[ProposedClip] = []
    changes: Changes = []
    for number, clip in enumerate(proposed, start=1):
        texts = {"overlay_text": clip.overlay_text, "reason": clip.reason}
        plain = {name: plain_text(text, LONGEST_TEXTS[name]) for name, text in texts.items() if text}
        new = {name: text for name, text in plain.items() if text != texts[name]}
        readable.append(clip.model_copy(update=new) if new else clip)
        changes += [
            Adjustment(clip=number, rule="plain_text", before=(name, len(texts[name] or "")), after=(name, len(text)))
            for name, text in new.items()
        ]
    return readable, changes


def _snap(proposed: Sequence[ProposedClip]) -> tuple[Drafts, Changes]:
    drafts: Drafts = []
    changes: Changes = []
    for number, clip in enumerate(proposed, start=1):
        before = (clip.in_frame, clip.out_frame)
        if not all(math.isfinite(frame) and abs(frame) < _LARGEST_FRAME for frame in before):
            changes.append(Adjustment(clip=number, rule="whole_frames", before=tuple(map(str, before)), after=()))
            continue
        after = (round(before[0]), round(before[1]))
        if after != before:
            changes.append(Adjustment(clip=number, rule="whole_frames", before=before, after=after))
        drafts.append(Draft(number, clip, *after, clip.purpose))
    return drafts, changes


def _drop_unknown(drafts: Drafts, request: PlanRequest) -> tuple[Drafts, Changes]:
    known = scenes_by_id(request)
    unknown = [draft for draft in drafts if draft.clip.scene_id not in known]
    changes = [
        change(draft, "scene_exists", before=(plain_text(draft.clip.scene_id, _LONGEST_NAME),)) for draft in unknown
    ]
    return [draft for draft in drafts if draft.clip.scene_id in known], changes


def _drop_reversed(drafts: Drafts, _: PlanRequest) -> tuple[Drafts, Changes]:
    return [d for d in drafts if d.length > 0], [change(d, "in_before_out") for d in drafts if d.length <= 0]


def _clamp(drafts: Drafts, request: PlanRequest) -> tuple[Drafts, Changes]:
    scenes = scenes_by_id(request)

    def clamped(draft: Draft) -> Draft | None:
        scene = scenes[draft.clip.scene_id]
        return within(draft, scene.start_frame, scene.end_frame)

    return mapped(drafts, clamped, "inside_scene")


def _drop_repeats(drafts: Drafts, _: PlanRequest) -> tuple[Drafts, Changes]:
    taken = Taken()

    def unused(draft: Draft) -> Draft | None:
        free = taken.longest_free(*draft.span)
        rest = None if free is None else within(draft, *free)
        if rest is not None:
            taken.add(rest.span)
        return rest

    return mapped(drafts, unused, "no_repeat")


def _lengthen_short(drafts: Drafts, request: PlanRequest) -> tuple[Drafts, Changes]:
    scenes, least = scenes_by_id(request), minimum_lengths(request)
    taken = Taken(draft.span for draft in drafts)

    def long_enough(draft: Draft) -> Draft | None:
        missing = least[draft.clip.scene_id] - draft.length
        if missing <= 0:
            return draft
        longer = grown(draft, missing, scenes[draft.clip.scene_id], taken)
        if longer.length - draft.length >= missing:
            return longer
        taken.remove(longer.span)
        return None

    return mapped(drafts, long_enough, "minimum_length")


def _settle_purposes(drafts: Drafts, _: PlanRequest) -> tuple[Drafts, Changes]:
    """Name the first clip hook; let only leading hooks and closing calls to action stand."""
    wanted = [draft.purpose for draft in drafts]
    hooks = 1 + len(_leading(wanted[1:], "hook"))
    ctas = len(_leading(wanted[:0:-1], "cta")) if len(wanted) > 1 else 0
    body = len(drafts) - hooks - ctas
    names: tuple[tuple[Purpose, int], ...] = (("hook", hooks), ("body", body), ("cta", ctas))
    settled = [purpose for purpose, count in names for _ in range(count)]
    changes = [
        change(draft, "purpose_order", before=(draft.purpose,), after=(purpose,))
        for draft, purpose in zip(drafts, settled, strict=True)
        if draft.purpose != purpose and draft.proposed is not None
    ]
    return [replace(draft, purpose=purpose) for draft, purpose in zip(drafts, settled, strict=True)], changes


def _leading(purposes: Sequence[Purpose], purpose: Purpose) -> list[Purpose]:
    first, run = next(groupby(purposes), ("body", iter(())))
    return list(run) if first == purpose else []


_PER_CLIP: tuple[Mender, ...] = (_drop_unknown, _drop_reversed, _clamp, _drop_repeats, _lengthen_short)
_WHOLE: tuple[Mender, ...] = (shorten, stretch, fill, shorten, stretch_fully, keep_speech_whole, _settle_purposes)
