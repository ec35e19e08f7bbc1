"""An edit planned without a model: deterministic, and each choice with its reason.

hook (the best shot) → one scene from each part of the film → apart (no shot type twice in a row) → lengths

A scene's worth is its technical quality (as described, else as measured), a little more for faces and movement, less
for scenes too short to be read. Times are frames.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autocut_director.tools.plans.compiler import ProposedPlan
from autocut_director.tools.plans.mending import ProposedClip
from autocut_director.tools.plans.rules import target_frames
from autocut_director.tools.signals import quality
from autocut_director.tools.timeline import DroppedScene, PlanRequest, Purpose, Scene, equal_shares

MODEL = "coverage-1"
"""Name of this planner's rules, raised when they change."""

_CLIP_SECONDS = 2.5  # an unhurried clip: about what trailers and vlogs average
_READABLE_SECONDS = 1.0  # a scene shorter than this is worth less, in proportion
_FACE_WORTH, _MOTION_WORTH = 0.15, 0.10  # beside a quality of 0 to 1
_LIVELY_MOTION = 0.04  # mean change of the luma from picture to picture that counts as fully lively

_REASONS = {
    "en": {
        "hook": "the best shot of the film (worth {worth:.2f})",
        "body": "the best of this part of the film (worth {worth:.2f})",
        "other": "the best of this part of the film that does not repeat the shot type before it (worth {worth:.2f})",
        "more": "added so that the edit reaches its length (worth {worth:.2f})",
        "cta": "closes the edit; {reason}",
        "moved": "{reason}; moved so that two {shot} shots do not meet",
        "dropped": "{scene} stands for this part of the film and is worth more ({worth:.2f} against {own:.2f})",
        "equal": "{scene} stands for this part of the film; both are worth {own:.2f}, and it comes first",
        "type": "{scene} stands for this part: this would be a second {shot} shot in a row (worth {own:.2f})",
        "spare": "not needed for the length (worth {own:.2f})",
        "logline": "{count} of {all} scenes, the best shot first, then the film in its order.",
    },
    "zh": {
        "hook": "全片最好的镜头(得分 {worth:.2f})",
        "body": "影片这一段中最好的镜头(得分 {worth:.2f})",
        "other": "影片这一段中不与前一镜头景别相同的最好镜头(得分 {worth:.2f})",
        "more": "为达到时长而加入(得分 {worth:.2f})",
        "cta": "作为结尾;{reason}",
        "moved": "{reason};移动位置以免两个{shot}镜头相邻",
        "dropped": "影片这一段由 {scene} 代表,它得分更高({worth:.2f} 对 {own:.2f})",
        "equal": "影片这一段由 {scene} 代表,两者得分同为 {own:.2f},它在前",
        "type": "影片这一段由 {scene} 代表:选这个会连续出现两个{shot}镜头(得分 {own:.2f})",
        "spare": "时长已够(得分 {own:.2f})",
        "logline": "从 {all} 个场景中选出 {count} 个:先放最好的镜头,再按影片顺序。",
    },
}


def plan_without_model(request: PlanRequest) -> ProposedPlan:
    """Plan an edit of the request's scenes that lasts what was asked."""
    scenes = sorted(request.document.scenes, key=lambda scene: scene.start_frame)
    target = target_frames(request)
    words = _REASONS[request.language]
    kinds = _chosen(scenes, request, target)
    order = apart([scene for scene in _hook_first(scenes, request) if scene.scene_id in kinds])
    lengths = share_out(target, [scene.length for scene in order])
    used = [(scene, length) for scene, length in zip(order, lengths, strict=True) if length]
    picks = [
        _Pick(scene, length, place, len(used), kinds[scene.scene_id], _moved(order, scene))
        for place, (scene, length) in enumerate(used)
    ]
    clips = [_clip(pick, request) for pick in picks]
    return ProposedPlan(
        title=_title(request),
        logline=words["logline"].format(count=len(clips), all=len(scenes)),
        clips=tuple(clips),
        dropped=_dropped(scenes, {scene.scene_id for scene, _ in used}, request, target),
    )


def worth(scene: Scene, request: PlanRequest) -> float:
    """Return what `scene` is worth to an edit: about 0 to 1.25."""
    readable = min(1.0, scene.length / (_READABLE_SECONDS * float(request.document.rate)))
    return readable * (_quality(scene) + _liveliness(scene))


def _quality(scene: Scene) -> float:
    if scene.visual is not None and scene.visual.quality_score is not None:
        return (scene.visual.quality_score - 1) / 9
    signals = scene.signals
    if signals is None:
        return 0.5
    return quality(signals)


def _liveliness(scene: Scene) -> float:
    if scene.signals is None:
        return 0.0
    motion = min(1.0, (scene.signals.motion or 0.0) / _LIVELY_MOTION)
    return _FACE_WORTH * (scene.signals.face_count > 0) + _MOTION_WORTH * motion


def _chosen(scenes: Sequence[Scene], request: PlanRequest, target: int) -> dict[str, str]:
    """Return the ids of the chosen scenes, each with the kind of its reason."""
    hook, *rest = _hook_first(scenes, request)
    wanted = _wanted(scenes, request, target)
    kinds = {hook.scene_id: "hook"}
    kinds |= {part.best.scene_id: part.kind for part in _parts_of(rest, wanted - 1, hook, request)}
    for scene in sorted(rest, key=lambda scene: (-worth(scene, request), scene.start_frame)):
        if sum(s.length for s in scenes if s.scene_id in kinds) >= target:
            break
        kinds.setdefault(scene.scene_id, "more")
    return kinds


def _wanted(scenes: Sequence[Scene], request: PlanRequest, target: int) -> int:
    """Return how many clips an unhurried edit of `target` frames has."""
    return min(len(scenes), max(1, round(target / (_CLIP_SECONDS * float(request.document.rate)))))


def _hook_first(scenes: Sequence[Scene], request: PlanRequest) -> list[Scene]:
    """Return the scene that is worth most, then the others in the film's order."""
    hook = max(scenes, key=lambda scene: (worth(scene, request), -scene.start_frame))
    return [hook, *(scene for scene in scenes if scene is not hook)]


@dataclass(frozen=True)
class _Part:
    """An equal share of the film's time: its scenes, the one that stands for it, and the kind of the reason why."""

    scenes: Sequence[Scene]
    best: Scene
    kind: str


def _parts_of(scenes: Sequence[Scene], count: int, hook: Scene, request: PlanRequest) -> list[_Part]:
    """Choose the best scene of each of `count` shares, of another shot type than the one before where it can."""
    parts: list[_Part] = []
    for share in equal_shares(scenes, count):
        before = parts[-1].best if parts else hook
        ranked = sorted(share, key=lambda scene: (-worth(scene, request), scene.start_frame))
        best = next((scene for scene in ranked if not _clash(before, scene)), ranked[0])
        parts.append(_Part(share, best, "body" if best is ranked[0] else "other"))
    return parts


def _shot_type(scene: Scene) -> str:
    return scene.visual.shot_type if scene.visual is not None else "unknown"


def _clash(a: Scene, b: Scene) -> bool:
    """Tell whether `a` and `b` are known to be of one shot type; what is unknown clashes with nothing."""
    return _shot_type(a) == _shot_type(b) != "unknown"


def apart(scenes: Sequence[Scene]) -> list[Scene]:
    """Reorder as little as need be so that no shot type meets itself, where that can be done; the first stays first."""
    order = list(scenes)
    for place in range(1, len(order)):
        before = order[place - 1]
        later = next((i for i in range(place, len(order)) if not _clash(before, order[i])), place)
        order.insert(place, order.pop(later))
    for scene in reversed(_clashing_tail(order)):
        gap = next((i for i in range(len(order) - 1, 0, -1) if _fits(order, i, scene)), None)
        if gap is not None:
            order.remove(scene)
            order.insert(gap, scene)
    return order


def _clashing_tail(order: Sequence[Scene]) -> list[Scene]:
    return [b for a, b in pairwise(order) if _clash(a, b)]


def _fits(order: Sequence[Scene], gap: int, scene: Scene) -> bool:
    return not _clash(order[gap - 1], scene) and not _clash(order[gap], scene)


def share_out(total: int, limits: Sequence[int]) -> list[int]:
    """Share `total` frames out as evenly as the `limits` allow; adds up to `total`, or to all of the limits."""
    shares = [0] * len(limits)
    left = min(total, sum(limits))
    for rank, index in enumerate(sorted(range(len(limits)), key=lambda i: limits[i])):
        shares[index] = min(limits[index], left // (len(limits) - rank))
        left -= shares[index]
    return shares


@dataclass(frozen=True)
class _Pick:
    """A chosen scene: how many frames of it, at which place of how many, and why."""

    scene: Scene
    length: int
    place: int
    places: int
    kind: str
    moved: bool


def _moved(order: Sequence[Scene], scene: Scene) -> bool:
    """Tell whether `scene` comes before one that the film shows earlier; the hook always may."""
    place = order.index(scene)
    return place > 0 and any(later.start_frame < scene.start_frame for later in order[place + 1 :])


def _clip(pick: _Pick, request: PlanRequest) -> ProposedClip:
    start = pick.scene.start_frame + (pick.scene.length - pick.length) // 2
    purpose = _purpose(pick.place, pick.places)
    return ProposedClip(
        scene_id=pick.scene.scene_id,
        in_frame=start,
        out_frame=start + pick.length,
        purpose=purpose,
        reason=_reason(pick, purpose, request),
    )


def _purpose(place: int, count: int) -> Purpose:
    if place == 0:
        return "hook"
    return "cta" if place == count - 1 else "body"


def _reason(pick: _Pick, purpose: Purpose, request: PlanRequest) -> str:
    words = _REASONS[request.language]
    reason = words[pick.kind].format(worth=worth(pick.scene, request))
    if pick.moved:
        reason = words["moved"].format(reason=reason, shot=_shot_type(pick.scene).replace("_", " "))
    return words["cta"].format(reason=reason) if purpose == "cta" else reason


def _dropped(
    scenes: Sequence[Scene], used: Container[str], request: PlanRequest, target: int
) -> tuple[DroppedScene, ...]:
    hook, *rest = _hook_first(scenes, request)
    parts = _parts_of(rest, _wanted(scenes, request, target) - 1, hook, request)
    home = {scene.scene_id: part for part in parts for scene in part.scenes}
    return tuple(
        DroppedScene(scene_id=scene.scene_id, reason=_why_dropped(scene, home.get(scene.scene_id), used, request))
        for scene in scenes
        if scene.scene_id not in used
    )


def _why_dropped(scene: Scene, part: _Part | None, used: Container[str], request: PlanRequest) -> str:
    own = worth(scene, request)
    kind, best, best_worth = "spare", scene, own
    if part is not None and part.best.scene_id in used:
        best, best_worth = part.best, worth(part.best, request)
        kind = "dropped" if best_worth > own else "equal" if best_worth == own else "type"
    shot = _shot_type(scene).replace("_", " ")
    return _REASONS[request.language][kind].format(scene=best.scene_id, worth=best_worth, own=own, shot=shot)


def _title(request: PlanRequest) -> str:
    name = request.document.media.primary_clip_path.replace("\\", "/").rpartition("/")[2]
    return name.rpartition(".")[0] or name
