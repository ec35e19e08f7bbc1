"""What proving a plan costs, and how much of a model's context the footage takes. Each against a peer, in one run.

    python tests/benchmarks/bench_plan.py

- `compile_plan` of 300 proposed clips over 2,000 scenes, good and hostile ones, against `json.loads` of the same scenes
  (and of the same transcript, where there is one).
- Tokens a scene of the planner's table: by its own estimate, as a quarter of its characters, and by tiktoken's
  o200k_base where that lies in tiktoken's cache (nothing is fetched), against the same scenes as JSON.
"""

import json
import random
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from documents import described

from autocut_director.errors import PlanError
from autocut_director.tools.files import to_json
from autocut_director.tools.plans.compiler import compile_plan
from autocut_director.tools.plans.footage_table import SCENE_TOKENS, estimated_tokens, footage_table
from autocut_director.tools.timeline import Line, PlannedBy, PlanRequest, SceneDescription, ScenesDocument, Word

SCENES, CLIPS, LENGTH = 2000, 300, 75  # frames a scene
SECONDS = 600.0
TYPES = ["wide", "medium", "close_up", "insert"]
SEEN = {
    "English": SceneDescription(
        summary="A woman in a red coat walks along a windy beach towards the camera while gulls rise behind her.",
        shot_type="medium",
        subjects=("woman in a red coat", "gulls", "beach"),
        action="walking towards the camera",
        mood="calm, a little melancholy",
        lighting="overcast daylight",
        quality_score=7,
    ),
    "Chinese": SceneDescription(
        summary="一位穿红色大衣的女子迎着海风，沿沙滩朝镜头走来，身后一群海鸥飞起。",
        shot_type="medium",
        subjects=("穿红色大衣的女子", "海鸥", "沙滩"),
        action="朝镜头走来",
        mood="平静，略带忧伤",
        lighting="阴天自然光",
        quality_score=7,
    ),
}

Proposal = list[dict[str, Any]]


def good(film: ScenesDocument, dice: random.Random) -> Proposal:
    """Two seconds of each of 300 scenes, in the film's order."""
    scenes = sorted(dice.sample(film.scenes, CLIPS), key=lambda scene: scene.start_frame)
    return [_clip(s.scene_id, s.start_frame + 10, s.start_frame + 60) for s in scenes]


def crowded(film: ScenesDocument, dice: random.Random) -> Proposal:
    """All clips in five scenes, over one another."""
    scenes = [dice.choice(film.scenes[:5]) for _ in range(CLIPS)]
    starts = [scene.start_frame + dice.randrange(LENGTH) for scene in scenes]
    return [_clip(scene.scene_id, start, start + 50) for scene, start in zip(scenes, starts, strict=True)]


def wild(film: ScenesDocument, dice: random.Random) -> Proposal:
    """Frames of anywhere, reversed, negative, broken; scenes that do not exist; overlays of 100,000 characters."""
    frames = [-5, 0.4, 1e300, float("nan"), float("inf"), *range(0, SCENES * LENGTH, 997)]
    names = [scene.scene_id for scene in film.scenes] + ["S9999", "", "场" * 1000]
    clips = [_clip(dice.choice(names), dice.choice(frames), dice.choice(frames)) for _ in range(CLIPS)]
    return [{**clip, "overlay_text": "\x1b[31m" * 20_000 if n % 50 == 0 else None} for n, clip in enumerate(clips)]


def slivers(film: ScenesDocument, dice: random.Random) -> Proposal:
    """One frame of each scene: all are too short, and the edit with them."""
    return [_clip(s.scene_id, s.start_frame, s.start_frame + 1) for s in dice.sample(film.scenes, CLIPS)]


def _clip(scene_id: str, start: float, end: float) -> dict[str, Any]:
    return {"scene_id": scene_id, "in_frame": start, "out_frame": end, "purpose": "body", "reason": "because"}


def spoken(film: ScenesDocument) -> tuple[Line, ...]:
    """A sentence over every cut of the film: no scene's end is a good place to stop."""
    return tuple(_line(scene.end_frame - 30) for scene in film.scenes[:-1])


def _line(start: int) -> Line:
    words = tuple(Word(text="la", start_frame=start + 8 * n, end_frame=start + 8 * n + 7) for n in range(8))
    return Line(text="la " * 8, start_frame=start, end_frame=start + 64, words=words)


def outcome(proposal: Proposal, request: PlanRequest) -> str:
    """Compile, and tell what came of it."""
    try:
        plan = compile_plan({"clips": proposal}, request, planned_by=PlannedBy(planner="bench"))
    except PlanError as refusal:
        return f"refused: {refusal.broken[0][:40]}…"
    return f"{len(plan.clips)} clips, {len(plan.adjustments)} changes"


def best(work: Callable[[], object], times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def compiling() -> Table:
    film = described([LENGTH] * SCENES, shot_types=[TYPES[n % 4] for n in range(SCENES)])
    table = Table("proposal", "what comes of it", "seconds", "json.loads", "ratio")
    for said in ((), spoken(film)):
        request = PlanRequest(document=film, duration_seconds=SECONDS, transcript=said)
        text = to_json(request)
        peer = best(lambda text=text: json.loads(text), times=7)
        for make in (good, crowded, wild, slivers):
            proposal = make(film, random.Random(1))
            took = best(lambda proposal=proposal, request=request: outcome(proposal, request))
            name = f"{make.__name__}, {len(said):,} lines said" if said else make.__name__
            table.add_row(name, outcome(proposal, request), f"{took:.3f}", f"{peer:.3f}", f"{took / peer:.1f}")
    return table


def counting() -> Table:
    counters: Mapping[str, Callable[[str], int]] = {
        "our estimate": estimated_tokens,
        "characters ÷ 4": lambda text: len(text) // 4,
        **o200k_base(),
    }
    table = Table("the scenes", "in", *(f"{name}, a scene" for name in counters))
    for language, seen in SEEN.items():
        film = described([LENGTH] * SCENES)
        scenes = [scene.model_copy(update={"visual": seen}) for scene in film.scenes]
        texts = {
            f"the planner's table (at most {SCENE_TOKENS})": footage_table(scenes),
            "scenes.json": "".join(scene.model_dump_json() for scene in scenes),
        }
        for name, text in texts.items():
            table.add_row(name, language, *(f"{count(text) / SCENES:.1f}" for count in counters.values()))
    return table


def o200k_base() -> dict[str, Callable[[str], int]]:
    """Return GPT-4o's tokenizer if tiktoken has it in its cache; the network is shut while it looks."""
    import tiktoken
    from pytest_socket import SocketBlockedError, disable_socket, enable_socket

    disable_socket()
    try:
        with warnings.catch_warnings(action="ignore"):
            encoding = tiktoken.get_encoding("o200k_base")
    except SocketBlockedError:
        return {}
    finally:
        enable_socket()

    def count(text: str) -> int:
        return len(encoding.encode(text, disallowed_special=()))

    return {"o200k_base": count}


def main() -> None:
    Console().print(compiling(), counting())


if __name__ == "__main__":
    main()
