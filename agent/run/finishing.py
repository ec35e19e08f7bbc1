"""From a request to how its film is finished, and what a finished film says of itself in the account."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from autocut_director.agent.run.request import DirectRequest
from autocut_director.tools.film.finish import Finish
from autocut_director.tools.film.fonts import remedy, scripts_of
from autocut_director.tools.film.render import Film
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import EditPlan, Language, Line
from autocut_director.tools.words.subtitles import subtitles


def finish_of(request: DirectRequest, plan: EditPlan, lines: Sequence[Line]) -> Finish:
    """Return how the film of `plan` is finished; `lines`: what is said in its source."""
    return Finish(
        fit=request.fit,
        overlays=not request.no_overlays,
        subtitles=subtitles(plan, lines) if request.burn_subtitles else (),
        loudness=request.loudness,
        title_card=request.title_card,
    )


def film_account(film: Film) -> dict[str, Any]:
    """Return how the account tells of a film: its size, where it was cropped and by what, how loud it was."""
    loudness = film.loudness
    windows = [
        {"clip": clip, "by": window.by, "axis": window.axis, "path": [[n, round(at, 1)] for n, at in window.path]}
        for clip, window in enumerate(film.windows, start=1)
    ]
    told: dict[str, Any] = {"width": film.size[0], "height": film.size[1], "lead_frames": film.lead_frames}
    if windows:
        told["windows"] = windows
    if loudness is not None:
        told["loudness_before"] = {
            name: value if math.isfinite(value) else None for name, value in asdict(loudness).items()
        }
    return told


def film_warnings(film: Film, language: Language) -> tuple[str, ...]:
    """Return what to look out for in a film."""
    warnings: list[str] = []
    if film.missing:
        named = {"what": scripts_of(film.missing), "characters": film.missing[:20], "remedy": remedy(film.missing)}
        warnings.append(say(language, "no_letters", **named))
    if film.loudness is not None and not math.isfinite(film.loudness.integrated):
        warnings.append(say(language, "unmeasured" if math.isfinite(film.loudness.peak) else "silent"))
    return tuple(warnings)


def finish_warnings(request: DirectRequest, finish: Finish, language: Language) -> tuple[str, ...]:
    """Return what was asked of a film and cannot be done."""
    return (say(language, "no_subtitles"),) if request.burn_subtitles and not finish.subtitles else ()
