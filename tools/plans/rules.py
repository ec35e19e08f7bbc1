"""What must hold of an edit before it is cut, and how long it should be. Values in, sentences out; no LangChain.

| rule | what must hold |
|---|---|
| scene_exists | the scene is one of the film's |
| in_before_out | in < out |
| inside_scene | in and out lie in the scene |
| no_repeat | no frame is used twice |
| minimum_length | a clip lasts 0.4 s, or half its scene or half the edit where that is less |
| purpose_order | hook first, then body, then cta |
| total_duration | within 5 % of what was asked; with a transcript, within 10 % |
| whole_words | no clip begins or ends inside a word that it could leave |
| whole_sentences | no clip begins or ends inside a sentence that it could leave |
| plain_text | titles, overlays and reasons have no control characters, and a length that can be read |

What gives way to what: with a transcript (and only then) an edit may be up to 10 % off, and that room is for words
and sentences. Where even that is too little, a sentence is cut before a word is, and a word before the duration is
missed by more. A clip "could leave" a word if its own ends, moved inside its scene over frames that no clip uses, would
cut into less, with minimum_length and total_duration kept. A scene's own end counts half: the film itself cuts there,
so it is left where there is a way out and excused where there is none. Where the next clip goes on from a clip's end,
nothing is cut.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise

from autocut_director.errors import PlanError
from autocut_director.tools.plans.speech import Layout, Speech, Totals
from autocut_director.tools.timeline import PURPOSES, Clip, EditPlan, PlanRequest, Scene

MIN_CLIP_SECONDS = 0.4
"""Shorter than this a viewer does not take a picture in."""
DURATION_TOLERANCE = 0.05
SPEECH_TOLERANCE = 0.10
"""How far off an edit may be where it is known what is said: a sentence lasts some seconds, and is kept whole."""
DEFAULT_SECONDS = 30.0
"""The edit's length where none was asked for."""
LONGEST_TEXTS: Mapping[str, int] = {"title": 200, "logline": 1000, "overlay_text": 300, "reason": 1000}
"""Characters that a text of a plan may have."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # half characters too; tab and line feed stay
_NAMED = 5  # broken clips that are named for each rule


def target_frames(request: PlanRequest) -> int:
    """Return the edit's wanted length in frames: what was asked, or all there is where that is less."""
    asked = request.duration_seconds or DEFAULT_SECONDS
    return max(1, min(request.available_frames, round(asked * request.document.rate)))


def allowed_totals(request: PlanRequest) -> Totals:
    """Return how many frames the edit may have, in the end."""
    target = target_frames(request)
    return Totals(target, (SPEECH_TOLERANCE if request.transcript else DURATION_TOLERANCE) * target)


def minimum_lengths(request: PlanRequest) -> dict[str, int]:
    """Return the fewest frames that a clip of each scene may have, by the scene's id.

    Half the scene, or half the edit, is allowed where that is less than 0.4 s: then a clip that is one too many can
    always be made room for, and every duration can be met from any scenes.
    """
    least, half = math.ceil(MIN_CLIP_SECONDS * request.document.rate), target_frames(request) // 2
    return {scene.scene_id: max(1, min(scene.length // 2, least, half)) for scene in request.document.scenes}


def plain_text(text: str, longest: int) -> str:
    """Return `text` without control characters (and halves of characters), cut to `longest` characters."""
    plain = _UNPRINTABLE.sub("", text[: 2 * longest])
    return text if plain == text and len(text) <= longest else _cut(plain, longest, len(text) > 2 * longest)


def _cut(text: str, longest: int, more: bool) -> str:
    return f"{text[: longest - 1]}…" if more or len(text) > longest else text


def summary(broken: Iterable[str]) -> list[str]:
    """Return at most five sentences for each rule of `broken`, and for each rule how many more there are."""
    named: list[str] = []
    counts: Counter[str] = Counter()
    for sentence in broken:
        rule = sentence.partition(":")[0]
        counts[rule] += 1
        named += [sentence] if counts[rule] <= _NAMED else []
    return [*named, *(f"{rule}: and {count - _NAMED} more" for rule, count in counts.items() if count > _NAMED)]


def broken_rules(clips: Sequence[Clip], request: PlanRequest) -> list[str]:
    """Return one sentence for each rule that `clips` break; none means that they can be cut as asked."""
    scenes = {scene.scene_id: scene for scene in request.document.scenes}
    least = minimum_lengths(request)
    spans = [*(problem for clip in clips for problem in _clip_problems(clip, scenes, least)), *_repeats(clips)]
    texts = [problem for clip in clips for problem in _text_problems(clip)]
    speech = _speech_problems(clips, scenes, least, request) if request.transcript and not spans else ()
    return [*spans, *_purpose_problems(clips), *_duration_problems(clips, request), *speech, *texts]


def check_against_film(plan: EditPlan) -> None:
    """Prove what can be proven of a finished plan without its scenes: that its own film can be cut so.

    Raises:
        PlanError: A clip is reversed, runs past the film's end, or repeats frames of another.
    """
    film = plan.media.duration_frames
    broken = [
        f"inside_scene: clip {clip.order} is frames {clip.in_frame} to {clip.out_frame}, the film has {film}"
        for clip in plan.clips
        if not clip.in_frame < clip.out_frame <= film
    ]
    broken += _repeats(plan.clips)
    wrong = [(place, clip.order) for place, clip in enumerate(plan.clips, start=1) if clip.order != place]
    broken += [f"order: clip {place} is numbered {order}; clips are numbered from 1 on" for place, order in wrong]
    if broken:
        raise PlanError(summary(broken))


def _clip_problems(clip: Clip, scenes: Mapping[str, Scene], least: Mapping[str, int]) -> Iterable[str]:
    scene = scenes.get(clip.scene_id)
    if scene is None:
        yield f"scene_exists: clip {clip.order} is of scene {clip.scene_id!r}, which does not exist"
        return
    span = f"clip {clip.order} is frames {clip.in_frame} to {clip.out_frame}"
    if clip.in_frame >= clip.out_frame:
        yield f"in_before_out: {span}"
    elif clip.in_frame < scene.start_frame or clip.out_frame > scene.end_frame:
        yield f"inside_scene: {span}, {scene.scene_id} is {scene.start_frame} to {scene.end_frame}"
    elif clip.length < least[scene.scene_id]:
        yield f"minimum_length: {span}, at least {least[scene.scene_id]} are wanted"


def _repeats(clips: Sequence[Clip]) -> Iterable[str]:
    for a, b in pairwise(sorted(clips, key=lambda clip: clip.in_frame)):
        if b.in_frame < a.out_frame:
            yield f"no_repeat: clips {a.order} and {b.order} share frames {b.in_frame} to {a.out_frame}"


def _purpose_problems(clips: Sequence[Clip]) -> Iterable[str]:
    ranks = [PURPOSES.index(clip.purpose) for clip in clips]
    if clips and (ranks[0] != 0 or ranks != sorted(ranks)):
        found = ", ".join(purpose for purpose, _ in groupby(clip.purpose for clip in clips))
        yield f"purpose_order: {found}; hook comes first, then body, then cta"


def _duration_problems(clips: Sequence[Clip], request: PlanRequest) -> Iterable[str]:
    total, totals = sum(clip.length for clip in clips), allowed_totals(request)
    if not clips:
        yield "total_duration: no clip is left"
    elif not totals.hold(total):
        rate = float(request.document.rate)
        yield f"total_duration: {total / rate:.2f} s, {totals.target / rate:.2f} s were asked"


def _speech_problems(
    clips: Sequence[Clip], scenes: Mapping[str, Scene], least: Mapping[str, int], request: PlanRequest
) -> Iterable[str]:
    totals = allowed_totals(request)
    layout = Layout(
        [scenes[clip.scene_id] for clip in clips],
        [(clip.in_frame, clip.out_frame) for clip in clips],
        [least[clip.scene_id] for clip in clips],
        Speech(request.transcript),
    )
    for number, clip in enumerate(clips):
        better = layout.better(number, totals)
        if better is not None:
            rule, what = ("whole_words", "a word") if layout.cost(number)[0] else ("whole_sentences", "a sentence")
            span = f"clip {clip.order} is frames {clip.in_frame} to {clip.out_frame} and cuts into {what}"
            yield f"{rule}: {span}; frames {better[0]} to {better[1]} would not, or less"


def _text_problems(clip: Clip) -> Iterable[str]:
    for name, text in (("overlay_text", clip.overlay_text or ""), ("reason", clip.reason)):
        if plain_text(text, LONGEST_TEXTS[name]) != text:
            yield f"plain_text: clip {clip.order} has an {name} with control characters or of {len(text)} characters"
