"""What must hold of an edit before it is cut, and how long it should be. Values in, sentences out; no LangChain.

| rule | what must hold |
|---|---|
| scene_exists | the scene is one of the film's |
| in_before_out | in < out |
| inside_scene | in and out lie in the scene |
| no_repeat | no frame is used twice |
| minimum_length | a clip lasts 0.4 s, or half its scene or half the edit where that is less |
| purpose_order | hook first, then body, then cta |
| total_duration | within 5 % of what was asked |
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from autocut_director.errors import PlanError
from autocut_director.tools.timeline import PURPOSES, Clip, EditPlan, PlanRequest, Scene

MIN_CLIP_SECONDS = 0.4
"""Shorter than this a viewer does not take a picture in."""
DURATION_TOLERANCE = 0.05
DEFAULT_SECONDS = 30.0
"""The edit's length where none was asked for."""


def target_frames(request: PlanRequest) -> int:
    """Return the edit's wanted length in frames: what was asked, or all there is where that is less."""
    asked = request.duration_seconds or DEFAULT_SECONDS
    return max(1, min(request.available_frames, round(asked * request.document.rate)))


def minimum_frames(scene: Scene, request: PlanRequest) -> int:
    """Return the fewest frames that a clip of `scene` may have.

    Half the scene, or half the edit, is allowed where that is less than 0.4 s: then a clip that is one too many can
    always be made room for, and every duration can be met from any scenes.
    """
    least = math.ceil(MIN_CLIP_SECONDS * request.document.rate)
    return max(1, min(scene.length // 2, least, target_frames(request) // 2))


def broken_rules(clips: Sequence[Clip], request: PlanRequest) -> list[str]:
    """Return one sentence for each rule that `clips` break; none means that they can be cut as asked."""
    scenes = {scene.scene_id: scene for scene in request.document.scenes}
    broken = [problem for clip in clips for problem in _clip_problems(clip, scenes, request)]
    return [*broken, *_repeats(clips), *_purpose_problems(clips), *_duration_problems(clips, request)]


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
    orders = [clip.order for clip in plan.clips]
    if orders != list(range(1, len(orders) + 1)):
        broken.append(f"order: clips are numbered {orders}, not from 1 on")
    if broken:
        raise PlanError(broken)


def _clip_problems(clip: Clip, scenes: Mapping[str, Scene], request: PlanRequest) -> Iterable[str]:
    scene = scenes.get(clip.scene_id)
    if scene is None:
        yield f"scene_exists: clip {clip.order} is of scene {clip.scene_id!r}, which does not exist"
        return
    span = f"clip {clip.order} is frames {clip.in_frame} to {clip.out_frame}"
    if clip.in_frame >= clip.out_frame:
        yield f"in_before_out: {span}"
    elif clip.in_frame < scene.start_frame or clip.out_frame > scene.end_frame:
        yield f"inside_scene: {span}, {scene.scene_id} is {scene.start_frame} to {scene.end_frame}"
    elif clip.length < minimum_frames(scene, request):
        yield f"minimum_length: {span}, at least {minimum_frames(scene, request)} are wanted"


def _repeats(clips: Sequence[Clip]) -> Iterable[str]:
    for a, b in pairwise(sorted(clips, key=lambda clip: clip.in_frame)):
        if b.in_frame < a.out_frame:
            yield f"no_repeat: clips {a.order} and {b.order} share frames {b.in_frame} to {a.out_frame}"


def _purpose_problems(clips: Sequence[Clip]) -> Iterable[str]:
    ranks = [PURPOSES.index(clip.purpose) for clip in clips]
    if clips and (ranks[0] != 0 or ranks != sorted(ranks)):
        yield f"purpose_order: {', '.join(clip.purpose for clip in clips)}; hook comes first, then body, then cta"


def _duration_problems(clips: Sequence[Clip], request: PlanRequest) -> Iterable[str]:
    total, target = sum(clip.length for clip in clips), target_frames(request)
    if not clips:
        yield "total_duration: no clip is left"
    elif not close_enough(total, target):
        rate = float(request.document.rate)
        yield f"total_duration: {total / rate:.2f} s, {target / rate:.2f} s were asked"


def close_enough(total: int, target: int) -> bool:
    """Tell whether `total` frames are within the tolerance of `target`."""
    return abs(total - target) <= DURATION_TOLERANCE * target
