"""What a planner is asked: the prompt files with the footage and the wish put in, and how much fits its context.

The fixed words of `plan_edit.md` come first, then the style, the footage, the speech and the wish: what changes least
stands first, so that a provider's prefix cache holds as much as it can.
"""

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autocut_director.prompts import Prompt, load_prompt
from autocut_director.tools.plans.footage_table import estimated_tokens, footage_table, speech_table
from autocut_director.tools.plans.rules import DURATION_TOLERANCE, target_frames
from autocut_director.tools.timeline import EditPlan, Line, PlanRequest, Scene
from autocut_director.tools.words.plain import printable

LONGEST_BRIEF = 4000
"""Characters of a brief, or of a change, that a planner is shown."""
_NAMES = {"en": "English", "zh": "Simplified Chinese (简体中文)"}
_SECONDS_A_CLIP = 2.5  # a usual mean length: from it follows how long an answer may get
_CLIP_TOKENS, _ANSWER_TOKENS = 90, 400  # an answer's clip, and the rest of an answer
_MOST_CLIPS = 200
_SPEECH_SHARE = 0.35  # of the room for footage and speech


@dataclass(frozen=True)
class PlanWording:
    """The prompts that a planner is asked with."""

    plan: Prompt
    shortlist: Prompt
    repair: Prompt
    revise: Prompt

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """All of them, for the account."""
        return (self.plan, self.shortlist, self.repair, self.revise)


def load_plan_wording(folder: Path | None = None) -> PlanWording:
    """Load the prompts, from `folder` where it has them.

    Raises:
        PromptError: A prompt file cannot be used.
    """
    names = ("plan_edit", "shortlist_scenes", "repair_plan", "revise_plan")
    return PlanWording(*(load_prompt(name, folder) for name in names))


def plan_question(wording: PlanWording, request: PlanRequest, scenes: Sequence[Scene], speech: Sequence[Line]) -> str:
    """Return the question for an edit of `scenes`."""
    return wording.plan.render(
        {
            "language": _NAMES[request.language],
            "style": _style(request),
            "footage": footage_table(scenes),
            "speech": speech_table(speech) or "(none)",
            "wish": wish_text(wording, request),
        }
    )


def shortlist_question(wording: PlanWording, request: PlanRequest, chapter: Sequence[Scene], count: int) -> str:
    """Return the question for the `count` best scenes of a chapter."""
    values = {"style": _style(request), "footage": footage_table(chapter), "wish": wish_text(wording, request)}
    return wording.shortlist.render({**values, "count": count})


def repair_question(wording: PlanWording, broken: Sequence[str]) -> str:
    """Return what a model is told of a plan that breaks rules."""
    shown = [f"- {problem[:300]}" for problem in broken[:30]]
    more = [f"- and {len(broken) - 30} more"] if len(broken) > len(shown) else []
    return wording.repair.render({"problems": "\n".join([*shown, *more])})


def wish_text(wording: PlanWording, request: PlanRequest) -> str:
    """Return the wish: how long, in which shape, and the person's own words."""
    target, rate = target_frames(request), request.document.rate
    spread = round(target * DURATION_TOLERANCE)
    lines = [
        f"Length: {float(target / rate):.2f} s, that is {target} frames at {float(rate):g} frames a second, give or "
        f"take {spread} frames.",
        f"Shape of the picture: {'as the film has it' if request.aspect == 'source' else request.aspect}.",
        f"In the words of the person who asks: {quoted(request.brief) if request.brief.strip() else '(nothing)'}",
    ]
    if request.earlier is not None:
        values = {"plan": plan_shown(request.earlier), "length": target, "change": quoted(request.change)}
        lines += ["", wording.revise.render(values)]
    return "\n".join(lines)


def quoted(words: str) -> str:
    """Return a person's words as one JSON text, so that nothing in them can look like a part of the question."""
    lines = words.strip()[:LONGEST_BRIEF].splitlines()
    return json.dumps("\n".join(printable(line) for line in lines), ensure_ascii=False)


def plan_shown(plan: EditPlan) -> str:
    """Return a plan as the JSON that a planner answers in."""
    wanted = {"scene_id", "in_frame", "out_frame", "purpose", "overlay_text", "reason"}
    clips = [json.dumps(clip.model_dump(mode="json", include=wanted), ensure_ascii=False) for clip in plan.clips]
    head = json.dumps({"title": plan.title, "logline": plan.logline}, ensure_ascii=False)
    return "\n".join([head, *clips])


def _style(request: PlanRequest) -> str:
    return request.style_text.strip() or "(none; what serves the footage)"


@dataclass(frozen=True)
class Room:
    """How many tokens a model's context leaves for what is asked, by estimate. `answer`: for one answer."""

    answer: int
    footage: int
    speech: int


def room_in(context_tokens: int, wording: PlanWording, request: PlanRequest) -> Room:
    """Return how the context of a model is shared out; `footage` may be negative where it is too small."""
    seconds = float(target_frames(request) / request.document.rate)
    clips = max(4, min(_MOST_CLIPS, round(seconds / _SECONDS_A_CLIP)))
    if request.earlier is not None:
        clips = max(clips, len(request.earlier.clips))
    answer = min(_ANSWER_TOKENS + clips * _CLIP_TOKENS, context_tokens // 3)
    fixed = estimated_tokens(plan_question(wording, request, (), ()))
    left = context_tokens - fixed - 2 * answer - answer // 4  # a repair shows the model its answer and the problems
    said = estimated_tokens(speech_table(request.transcript)) if request.transcript else 0
    speech = min(said, max(0, int(left * _SPEECH_SHARE)))
    return Room(answer=answer, footage=left - speech, speech=speech)


def speech_that_fits(lines: Sequence[Line], scenes: Sequence[Scene], tokens: int) -> tuple[Line, ...]:
    """Return what is said in `scenes`, from the first on, as far as `tokens` hold it."""
    spans = sorted((scene.start_frame, scene.end_frame) for scene in scenes)
    heard = [line for line in lines if _touches(line, spans)]
    fitting: list[Line] = []
    for line in heard:
        tokens -= estimated_tokens(speech_table([line]))
        if tokens < 0:
            break
        fitting.append(line)
    return tuple(fitting)


def _touches(line: Line, spans: Sequence[tuple[int, int]]) -> bool:
    """Tell whether `line` is said in one of `spans`, sorted and apart: the last that begins before its end tells."""
    place = bisect_left(spans, (line.end_frame, 0)) - 1
    return place >= 0 and spans[place][1] > line.start_frame
