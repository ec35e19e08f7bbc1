"""The measures of an edit's craft: each a function of an `Edit` that returns a `Finding`, with a mark from 0 to 1.

docs/score.md gives every formula, and why each number is so. Times are frames.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import fmean, median

from autocut_director.tools.plans.rules import MIN_CLIP_SECONDS, allowed_totals
from autocut_director.tools.plans.speech import Spans, Totals
from autocut_director.tools.signals import quality
from autocut_director.tools.timeline import Clip, Line, PlanRequest, Scene, ScenesDocument, Word

_SHOT_SECONDS = 4.0  # the average shot of films today: Cutting, DeLong and Nothelfer 2010; Salt's counts
_MOST_PARTS = 10
_HOOK_SECONDS = 3.0  # what online platforms count as having begun to watch
_SEVERITY = 4  # a share of faults s leaves (1 - s)⁴ of the mark: one fault in six halves it
_TIMING_SECONDS = 0.1  # two or three frames: subtitles are timed no finer
_CUT_SENTENCE = 0.5  # of a cut word: it may be meant, a cut word never is
_LIVELY_LENGTHS = 0.25  # mean distance of clip lengths from their median, as a share of it
_BLACK = 12 / 255  # mean luma: where PySceneDetect's ThresholdDetector sees a fade's middle
_EMPTY = 0.05  # contrast: a title on black has several times as much
_BLURRED = 10.0  # variance of the Laplacian: no mark for sharpness in `signals.quality`
_LOW_SCORE = 3  # of 10
_NAMED = 3  # clips or scenes named in a sentence
_LONGEST_ID = 24  # characters of a scene id that are shown


@dataclass(frozen=True)
class Edit:
    """The clips in their order, and what they answer: their film, what is said in it, the wanted length."""

    clips: tuple[Clip, ...]
    request: PlanRequest

    @property
    def document(self) -> ScenesDocument:
        """The film and its scenes."""
        return self.request.document

    @cached_property
    def rate(self) -> float:
        """Frames a second."""
        return float(self.document.rate)

    @cached_property
    def totals(self) -> Totals:
        """Frames that the edit should have, and how far off it may be."""
        return allowed_totals(self.request)

    @cached_property
    def scenes(self) -> Mapping[str, Scene]:
        """The film's scenes by their ids."""
        return {scene.scene_id: scene for scene in self.document.scenes}

    @cached_property
    def minimum(self) -> int:
        """Frames below which a viewer does not take a picture in."""
        return math.ceil(MIN_CLIP_SECONDS * self.rate)

    @cached_property
    def shot_types(self) -> frozenset[str]:
        """The shot types that the film is known to have."""
        return frozenset(kind for scene in self.document.scenes if (kind := _shot_type(scene)))

    def scene(self, clip: Clip) -> Scene:
        """Return the scene that `clip` is of."""
        return self.scenes[clip.scene_id]

    def set_up(self, clip: Clip) -> str:
        """Return the id of the scene that stands for all that look like the clip's."""
        return _set_up(self.scene(clip))

    @property
    def cuts(self) -> list[tuple[Clip, Clip]]:
        """Neighbours that a viewer sees a cut between."""
        return [(a, b) for a, b in pairwise(self.clips) if not (_goes_on(a, b) and a.scene_id == b.scene_id)]


@dataclass(frozen=True)
class Finding:
    """What a measure finds. `known`: the share of what it judges that something is known of."""

    value: float | None
    mark: float | None
    why: str
    known: float = 1.0


def _unknown(why: str) -> Finding:
    return Finding(None, None, why, known=0.0)


def _faults(share: float, why: str, *, known: float = 1.0) -> Finding:
    """Return the finding of a share of faults, 0 to 1, in percent."""
    return Finding(100 * share, (1 - share) ** _SEVERITY, why, known)


def duration(edit: Edit) -> Finding:
    """Full marks within the rules' tolerance; none at half or at double the length."""
    total = sum(clip.length for clip in edit.clips)
    ratio = total / edit.totals.target
    mark = 1.0 if edit.totals.hold(total) else max(0.0, 1 - abs(math.log2(ratio)))
    why = f"The edit lasts {total / edit.rate:.2f} s, {edit.totals.target / edit.rate:.2f} s were wanted."
    return Finding(100 * (ratio - 1), mark, why)


def coverage(edit: Edit) -> Finding:
    """How many equal parts of the film the edit shows something of."""
    parts = _parts(edit)
    missed = [part for part in parts if not any(_shows(clip, part, edit.minimum) for clip in edit.clips)]
    share = 1 - len(missed) / len(parts)
    why = f"{len(parts) - len(missed)} of {len(parts)} equal parts of the film shown"
    why += f"; nothing of {_listed(_scenes_in(part, edit) for part in missed)}." if missed else "."
    return Finding(100 * share, share, why)


def _parts(edit: Edit) -> list[range]:
    """Return as many equal parts of the film's time as an edit of the wanted length can show a shot of."""
    scenes = edit.document.scenes
    start, end = min(scene.start_frame for scene in scenes), max(scene.end_frame for scene in scenes)
    count = max(1, min(_MOST_PARTS, len(scenes), round(edit.totals.target / edit.rate / _SHOT_SECONDS)))
    bounds = [start + (end - start) * number // count for number in range(count + 1)]
    parts = [range(low, high) for low, high in pairwise(bounds)]
    return [part for part in parts if any(_shared(_span(scene), part) for scene in scenes)]


def _shows(clip: Clip, part: range, minimum: int) -> bool:
    """Tell whether `clip` shows enough of `part` to be taken in."""
    span = range(clip.in_frame, clip.out_frame)
    return len(_shared(span, part)) >= min(minimum, len(span), len(part))


def _scenes_in(part: range, edit: Edit) -> str:
    ordered = sorted(edit.document.scenes, key=lambda scene: scene.start_frame)
    inside = [scene.scene_id for scene in ordered if _shared(_span(scene), part)]
    return shown(inside[0]) if len(inside) == 1 else f"{shown(inside[0])} to {shown(inside[-1])}"


def neighbours(edit: Edit) -> Finding:
    """Cuts between two clips of one shot type, or of one set-up, which look like a jump."""
    cuts = edit.cuts
    if not cuts:
        return _unknown("There is no cut in the edit.")
    if len({_set_up(scene) for scene in edit.document.scenes}) == 1:
        return _unknown("The film has one set-up only.")
    judged = [cut for cut in cuts if _alike(cut, edit) is not None]
    if not judged:
        return _unknown("The film has no two shot types that are known, or no cut of the edit joins known ones.")
    alike = [(a, b) for a, b in judged if _alike((a, b), edit)]
    why = f"{len(alike)} of {len(judged)} judged cuts between two clips of one shot type or set-up"
    why += f": {_listed(f'{named(a)} and {named(b)}' for a, b in alike)}." if alike else "."
    return _faults(len(alike) / len(judged), why, known=len(judged) / len(cuts))


def _alike(cut: tuple[Clip, Clip], edit: Edit) -> bool | None:
    """Tell whether a cut joins two of a kind; None where nobody knows, or the film leaves no choice."""
    before, after = cut
    if edit.set_up(before) == edit.set_up(after):
        return True
    kinds = _shot_type(edit.scene(before)), _shot_type(edit.scene(after))
    return kinds[0] == kinds[1] if all(kinds) and len(edit.shot_types) > 1 else None


def hook(edit: Edit) -> Finding:
    """How good, how short and how lively the first clip is; a title or an unusable picture is no hook."""
    first, scene = edit.clips[0], edit.scene(edit.clips[0])
    spoiled = "a title" if _shot_type(scene) == "title" else _fault(scene)
    if spoiled:
        return Finding(0.0, 0.0, f"The edit opens on {named(first)}, which is {spoiled}.")
    seconds = first.length / edit.rate
    short = 0.0 if first.length < edit.minimum else min(1.0, _HOOK_SECONDS / seconds)
    parts = {"quality": _quality_rank(scene, edit), "length": short, "motion": _motion_rank(scene, edit)}
    known = {name: mark for name, mark in parts.items() if mark is not None}
    said = ", ".join(f"{name} {mark:.2f}" for name, mark in known.items())
    mark = fmean(known.values())
    return Finding(mark, mark, f"The edit opens on {named(first)}, {seconds:.2f} s: {said}.", len(known) / len(parts))


def _quality_rank(scene: Scene, edit: Edit) -> float | None:
    """Rank a scene by what a model said and by what was measured, each among its own kind."""
    ranks = [_rank(scene, edit, worth) for worth in (_said_quality, _measured_quality)]
    known = [rank for rank in ranks if rank is not None]
    return fmean(known) if known else None


def _motion_rank(scene: Scene, edit: Edit) -> float | None:
    return _rank(scene, edit, lambda one: None if one.signals is None else one.signals.motion)


def _rank(scene: Scene, edit: Edit, worth: Callable[[Scene], float | None]) -> float | None:
    """Return the share of the film's other scenes that are not worth more; None where there is nothing to compare."""
    own = worth(scene)
    others = [value for one in edit.document.scenes if one is not scene and (value := worth(one)) is not None]
    return None if own is None or not others else sum(value <= own for value in others) / len(others)


def repeats(edit: Edit) -> Finding:
    """Time in which the viewer sees again what was there before: the same frames, or a near-duplicate scene."""
    seen = [_seen_before(clip, edit.clips[:place], edit) for place, clip in enumerate(edit.clips)]
    again = [clip for clip, frames in zip(edit.clips, seen, strict=True) if frames]
    share = sum(seen) / sum(clip.length for clip in edit.clips)
    return _faults(share, f"Seen before: {_listed(map(named, again))}." if again else "Nothing is shown twice.")


def _seen_before(clip: Clip, earlier: Sequence[Clip], edit: Edit) -> int:
    """Return how many frames of `clip` the viewer has seen in `earlier` clips, or in scenes that look the same."""
    set_ups = {edit.set_up(one) for one in earlier}
    if edit.set_up(clip) in set_ups and all(one.scene_id != clip.scene_id for one in earlier):
        return clip.length
    seen, at = 0, clip.in_frame
    for one in sorted(earlier, key=lambda one: one.in_frame):
        low, high = max(at, one.in_frame), min(clip.out_frame, one.out_frame)
        seen += max(0, high - low)
        at = max(at, high)
    return seen


def minimum_length(edit: Edit) -> Finding:
    """Clips that are too short to be taken in."""
    short = [clip for clip in edit.clips if clip.length < edit.minimum]
    why = f"{len(short)} of {len(edit.clips)} clips shorter than {MIN_CLIP_SECONDS} s"
    return _faults(len(short) / len(edit.clips), f"{why}: {_listed(map(named, short))}." if short else f"{why}.")


def speech(edit: Edit) -> Finding:
    """Ends of clips that lie in a word, or in a sentence."""
    if not edit.request.transcript:
        return _unknown("What is said in the film is not known: there is no transcript.")
    edges = _sound_edges(edit.clips)
    words = _inner_spans((word for line in edit.request.transcript for word in line.words), edit.rate)
    lines = _inner_spans(edit.request.transcript, edit.rate)
    in_word = [clip for clip, frame in edges if frame in words]
    in_line = [clip for clip, frame in edges if frame not in words and frame in lines]
    cut = sorted({clip.order: clip for clip in (*in_word, *in_line)}.items())
    why = f"{len(in_word)} of {len(edges)} ends of clips in a word, {len(in_line)} in a sentence"
    why += f": {_listed(named(clip) for _, clip in cut)}." if cut else "."
    return _faults((len(in_word) + _CUT_SENTENCE * len(in_line)) / len(edges), why)


def _sound_edges(clips: Sequence[Clip]) -> list[tuple[Clip, int]]:
    """Return the frames at which the sound is cut, each with its clip."""
    starts = [b for a, b in pairwise(clips) if not _goes_on(a, b)]
    ends = [a for a, b in pairwise(clips) if not _goes_on(a, b)]
    ins = [(clip, clip.in_frame) for clip in (clips[0], *starts)]
    return ins + [(clip, clip.out_frame) for clip in (*ends, clips[-1])]


def _inner_spans(spoken: Iterable[Line | Word], rate: float) -> Spans:
    """Return where a cut falls into what is said, less the ends, which no transcript knows to the frame."""
    slack = round(_TIMING_SECONDS * rate)
    return Spans((one.start_frame + slack, one.end_frame - slack) for one in spoken)


def variety(edit: Edit) -> Finding:
    """How much of the film's subjects and shot types is shown, and how much the clips differ in length."""
    subjects = _share_shown(edit, _subjects)
    kinds = _share_shown(edit, lambda scene: frozenset(filter(None, [_shot_type(scene)])))
    parts = {"subjects": subjects, "shot types": kinds, "lengths": _length_variety(edit)}
    known = {name: mark for name, mark in parts.items() if mark is not None}
    if not known:
        return _unknown("There is one clip only, or nothing that could differ is known.")
    mark = fmean(known.values())
    said = ", ".join(f"{name} {part:.2f}" for name, part in known.items())
    return Finding(mark, mark, f"Of 1 for as varied as can be: {said}.", len(known) / len(parts))


def _share_shown(edit: Edit, traits: Callable[[Scene], frozenset[str]]) -> float | None:
    """Return how many traits the edit shows, of as many as its clips could; None where there is no choice."""
    film = {trait for scene in edit.document.scenes for trait in traits(scene)}
    told = [found for clip in edit.clips if (found := traits(edit.scene(clip)))]
    if min(len(film), len(told)) <= 1:
        return None
    return min(1.0, len({trait for found in told for trait in found}) / min(len(film), len(told)))


def _length_variety(edit: Edit) -> float | None:
    """Return how far the lengths lie from their median; a clip that is too short does not count as variety."""
    if len(edit.clips) == 1:
        return None
    middle = median(clip.length for clip in edit.clips)
    apart = (abs(clip.length - middle) / middle for clip in edit.clips if clip.length >= edit.minimum)
    return min(1.0, sum(apart) / len(edit.clips) / _LIVELY_LENGTHS)


def pictures(edit: Edit) -> Finding:
    """Clips whose scene is black, blurred, or of a low quality by what a model said."""
    judged = [clip for clip in edit.clips if _is_judged(edit.scene(clip))]
    if not judged:
        return _unknown("No scene of the edit was measured or given a quality.")
    bad = [(clip, fault) for clip in judged if (fault := _fault(edit.scene(clip)))]
    why = f"{len(bad)} of {len(judged)} judged clips with an unusable picture"
    why += f": {_listed(f'{named(clip)} is {fault}' for clip, fault in bad)}." if bad else "."
    return _faults(len(bad) / len(judged), why, known=len(judged) / len(edit.clips))


# ---------------------------------------------------------------- what is known of a scene


def _shot_type(scene: Scene) -> str:
    """Return the shot type, or "" where nobody knows it."""
    return "" if scene.visual is None or scene.visual.shot_type == "unknown" else scene.visual.shot_type


def _subjects(scene: Scene) -> frozenset[str]:
    subjects = () if scene.visual is None else scene.visual.subjects
    return frozenset(filter(None, (subject.strip().casefold() for subject in subjects)))


def _set_up(scene: Scene) -> str:
    """Return the id of the scene that stands for all that look like this one."""
    return scene.same_as or scene.scene_id


def _said_quality(scene: Scene) -> float | None:
    return None if scene.visual is None else scene.visual.quality_score


def _measured_quality(scene: Scene) -> float | None:
    return None if scene.signals is None else quality(scene.signals)


def _is_judged(scene: Scene) -> bool:
    return scene.signals is not None or _said_quality(scene) is not None


def _fault(scene: Scene) -> str:
    """Say what makes the scene's picture unusable; "" where nothing does, or nothing is known."""
    score, signals = _said_quality(scene), scene.signals
    if signals is not None and signals.exposure < _BLACK and signals.contrast < _EMPTY:
        return "black"
    if signals is not None and signals.sharpness < _BLURRED:
        return "blurred"
    return f"scored {score:g} of 10" if score is not None and score <= _LOW_SCORE else ""


# ---------------------------------------------------------------- frames and names


def _span(scene: Scene) -> range:
    return range(scene.start_frame, scene.end_frame)


def _shared(a: range, b: range) -> range:
    """Return the frames that two spans share."""
    return range(max(a.start, b.start), min(a.stop, b.stop))


def _goes_on(before: Clip, after: Clip) -> bool:
    """Tell whether `after` begins where `before` ends in the film."""
    return before.out_frame == after.in_frame


def named(clip: Clip) -> str:
    """Return a clip's number and its scene, for a sentence."""
    return f"clip {clip.order} ({shown(clip.scene_id)})"


def shown(scene_id: str) -> str:
    """Return an id as it may stand in a line: what cannot be printed is replaced, the rest of a long one left out."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in scene_id)
    return printable if len(printable) <= _LONGEST_ID else f"{printable[:_LONGEST_ID]}…"


def _listed(names: Iterable[str]) -> str:
    """Join the first few `names`, and say how many more there are."""
    every = list(names)
    more = len(every) - _NAMED
    return ", ".join([*every[:_NAMED], *([f"and {more} more"] if more > 0 else [])])
