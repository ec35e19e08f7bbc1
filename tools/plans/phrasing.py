"""Moves the ends of an edit's clips out of words and sentences, and keeps its length.

`_let_speak` (each clip to its kindest span, the length loosely kept) → `_even_out` (the length again: by whole
sentences, where that is too little by frames) → `_let_speak` (what can still leave a word, the length strictly kept)

A clip's ends move to the nearest frame where nothing is being said; only for the length they go farther.
"""

from dataclasses import replace

from autocut_director.tools.plans.drafts import Changes, Drafts, change, scenes_by_id
from autocut_director.tools.plans.rules import DURATION_TOLERANCE, allowed_totals, minimum_lengths
from autocut_director.tools.plans.speech import Cost, Layout, Span, Spans, Speech, Totals
from autocut_director.tools.timeline import PlanRequest

_LOOSE = 0.5  # of the duration: what whole sentences may take first, and `_even_out` gives back
_LEAST_GAIN = 0.005  # of what is cut into: an edit of thousands of clips is not gone through again for less


def keep_speech_whole(drafts: Drafts, request: PlanRequest) -> tuple[Drafts, Changes]:
    """Move ends of clips out of what is said, where a transcript says what that is."""
    if not request.transcript:
        return drafts, []
    speech, now, worth_while = Speech(request.transcript), drafts, True
    before = _layout(drafts, request, speech)
    while worth_while and (kinder := _kinder(now, request, speech)) is not None:
        worth_while = _gain(_layout(now, request, speech), _layout(kinder, request, speech)) >= _LEAST_GAIN
        now = kinder
    changes = [
        change(draft, _rule(before.cost(clip)), after=now[clip].span)
        for clip, draft in enumerate(drafts)
        if now[clip].span != draft.span
    ]
    return now, changes


def _kinder(drafts: Drafts, request: PlanRequest, speech: Speech) -> Drafts | None:
    """Return the drafts as ones that cut into less; None where none are found, so that what was mended stays."""
    totals = allowed_totals(request)
    now, evened, kept = (_layout(drafts, request, speech) for _ in range(3))
    if _badness(now, totals) == (False, (0, 0)):
        return None
    _let_speak(evened, Totals(totals.target, _LOOSE * totals.target))
    _even_out(evened, speech, totals)
    for layout in (evened, kept):
        _let_speak(layout, totals)
    best = min(evened, kept, key=lambda layout: (_badness(layout, totals), totals.off(layout.total)))
    if _badness(best, totals) >= _badness(now, totals):
        return None
    return [replace(draft, in_frame=a, out_frame=b) for draft, (a, b) in zip(drafts, best.spans, strict=True)]


def _gain(before: Layout, after: Layout) -> float:
    """Return by what share the edit `after` cuts into less than the edit `before`."""
    return 1 - sum(after.costs()) / max(1, sum(before.costs()))


def _layout(drafts: Drafts, request: PlanRequest, speech: Speech) -> Layout:
    scenes, least = scenes_by_id(request), minimum_lengths(request)
    ids = [draft.clip.scene_id for draft in drafts]
    return Layout([scenes[i] for i in ids], [draft.span for draft in drafts], [least[i] for i in ids], speech)


def _badness(layout: Layout, totals: Totals) -> tuple[bool, Cost]:
    """An edit of the wrong length is worst, then a cut word, then a cut sentence."""
    return not totals.hold(layout.total), layout.costs()


def _let_speak(layout: Layout, totals: Totals) -> None:
    """Give each clip its kindest span until no clip has a kinder one; each step cuts into less, so that it ends."""
    moved = True
    while moved:
        moved = False
        for clip in range(len(layout.spans)):
            better = layout.better(clip, totals)
            if better is not None:
                layout.put(clip, better)
                moved = True


def _even_out(layout: Layout, speech: Speech, totals: Totals) -> None:
    """Bring the length back: near the target while sentences stay whole, else only as near as it must be."""
    _lengths_evened(layout, speech.sentences, Totals(totals.target, DURATION_TOLERANCE * totals.target))
    if not totals.hold(layout.total):
        _lengths_evened(layout, Spans(()), totals)


def _lengths_evened(layout: Layout, spans: Spans, totals: Totals) -> None:
    """Move ends, the longest clip's first, to frames outside `spans` until the length is near enough."""
    lengths = [end - start for start, end in layout.spans]
    for clip in sorted(range(len(lengths)), key=lambda clip: (-lengths[clip], clip)):
        if totals.hold(layout.total):
            return
        ways = [way for way in _evening(layout, clip, spans, layout.total - totals.target) if layout.fits(clip, way)]
        best = min(ways, key=lambda way: (totals.off(layout.total_with(clip, way)), way), default=layout.spans[clip])
        if totals.off(layout.total_with(clip, best)) < totals.off(layout.total):
            layout.put(clip, best)


def _evening(layout: Layout, clip: int, spans: Spans, excess: int) -> list[Span]:
    """Return spans of the clip that are shorter by about `excess` frames (longer, if it is negative), at either end."""
    (start, end), (low, high), least = layout.spans[clip], layout.room(clip), layout.least(clip)
    start_fixed, end_fixed = layout.fixed(clip)
    early = min(max(start + excess, low), max(low, end - least))
    late = max(min(end - excess, high), min(high, start + least))
    ins = [] if start_fixed else [spans.before(early), spans.after(early)]
    outs = [] if end_fixed else [spans.before(late), spans.after(late)]
    return [*((start, out) for out in outs), *((into, end) for into in ins)]


def _rule(cost: Cost) -> str:
    """Name the rule that moved a clip by what it cut into; one that cut into nothing made room for the others."""
    words, sentences = cost
    if words:
        return "whole_words"
    return "whole_sentences" if sentences else "total_duration"
