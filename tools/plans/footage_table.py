"""The footage as a planner reads it: a line a scene, short enough that a long film fits a model's context.

    S0004|130|205|wide|7|face moving|A woman in a red coat walks along a windy beach. "SALE"

id, first frame, end frame (exclusive), shot type, quality 1 to 10, what was measured, what is seen and what is written.
What a scene says is data: it stands in one cell of one line, whatever is in it.

Tokens are estimated from above, without any model's own vocabulary: a word is one and one more for each further six
letters, three digits are one, every other character is one. `tests/benchmarks/bench_plan.py` compares.
"""

import math
import re
from collections.abc import Iterable, Sequence

from autocut_director.tools.signals import quality
from autocut_director.tools.timeline import Line, Scene, Signals
from autocut_director.tools.words.plain import printable

SCENE_TOKENS = 58
"""At most this many tokens stand for a scene."""

HEADER = "id|in|out|shot|quality|measured|seen"
_TOKEN = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]")
_LETTERS = 6  # of a word, for a token
_DARK, _BRIGHT, _BLURRED = 0.12, 0.85, 30.0  # mean luma; variance of the Laplacian
_STILL, _MOVING = 0.003, 0.04  # mean change of the luma from picture to picture
_LONGEST_LINE = 300  # characters of what is said at once


def estimated_tokens(text: str) -> int:
    """Return about how many tokens `text` is, rather more than less."""
    return sum(1 + (len(part) - 1) // _LETTERS for part in _TOKEN.findall(text))


def footage_table(scenes: Iterable[Scene], *, tokens: int = SCENE_TOKENS) -> str:
    """Return the table of `scenes`, each in at most `tokens` estimated tokens."""
    return "\n".join([HEADER, *(scene_row(scene, tokens=tokens) for scene in scenes)])


def scene_row(scene: Scene, *, tokens: int = SCENE_TOKENS) -> str:
    """Return a scene's line; what is seen is cut where it would take more than `tokens`."""
    head = "|".join(
        [_cell(scene.scene_id), str(scene.start_frame), str(scene.end_frame), _shot(scene), _quality(scene)]
    )
    head = f"{head}|{' '.join(_measured(scene.signals))}|"
    return head + _shortened(_seen(scene), tokens - estimated_tokens(head))


def speech_table(lines: Sequence[Line]) -> str:
    """Return what is said, a line each: first frame, end frame (exclusive), text."""
    return "\n".join(f"{line.start_frame}|{line.end_frame}|{_cell(line.text)[:_LONGEST_LINE]}" for line in lines)


def _seen(scene: Scene) -> str:
    visual = scene.visual
    parts = [] if visual is None else [visual.summary, ", ".join(visual.subjects), visual.mood]
    written = "" if scene.signals is None else scene.signals.text
    return " ".join(_cell(part) for part in [*parts, f'"{written}"' if written else ""] if part)


def _shot(scene: Scene) -> str:
    return "" if scene.visual is None or scene.visual.shot_type == "unknown" else scene.visual.shot_type


def _quality(scene: Scene) -> str:
    """Return 1 to 10: what the model said, else what was measured."""
    if scene.visual is not None and scene.visual.quality_score is not None:
        return str(scene.visual.quality_score)
    signals = scene.signals
    if signals is None:
        return ""
    mark = quality(signals)
    return str(1 + round(9 * mark))


def _measured(signals: Signals | None) -> Iterable[str]:
    if signals is None:
        return
    if signals.exposure < _DARK or signals.exposure > _BRIGHT:
        yield "dark" if signals.exposure < _DARK else "bright"
    if signals.sharpness < _BLURRED:
        yield "blurred"
    if signals.motion is not None and (signals.motion < _STILL or signals.motion > _MOVING):
        yield "still" if signals.motion < _STILL else "moving"
    if signals.face_count:
        yield "face" if signals.face_count == 1 else f"{signals.face_count} faces"


def _cell(text: str) -> str:
    return printable(text).replace("|", "/")


def _shortened(text: str, tokens: int) -> str:
    """Return as much of `text` as `tokens` estimated tokens hold, up to a word's end."""
    if estimated_tokens(text) <= tokens:
        return text
    budget, end = tokens - 1, 0  # one for the ellipsis
    for part in _TOKEN.finditer(text):
        budget -= 1 + math.floor((len(part[0]) - 1) / _LETTERS)
        if budget < 0:
            break
        end = part.end()
    return f"{text[:end].rstrip()}…" if end else ""
