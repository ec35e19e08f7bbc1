"""One model, measured: its first scene alone, since that loads it, then the others with as many at once as it takes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean

from langchain_core.runnables import RunnableConfig

from autocut_director.agent.hosts import host_and_port
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.prices import cost_usd
from autocut_director.agent.policy.routes import NAMES, VisionRoute
from autocut_director.agent.rates import Rate
from autocut_director.agent.router import build_vision_router
from autocut_director.agent.settings import Settings
from autocut_director.tools.comparison.document import Answer, Contender
from autocut_director.tools.comparison.figures import claims_of, figures_of
from autocut_director.tools.describe import Look, Vision, describe_scenes
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import RungName, Wording
from autocut_director.tools.signals import quality
from autocut_director.tools.timeline import Language

OnLook = Callable[[Look], None]


@dataclass(frozen=True)
class Track:
    """What is the same for all models."""

    settings: Settings
    policy: ExecutionPolicy
    wording: Wording
    language: Language
    shots: Sequence[SceneFrames]

    def eyes(self, route: VisionRoute) -> Vision:
        """Return one model, alone: nobody stands in for it, it has no memory, and it is asked whatever it failed at."""
        return build_vision_router(
            self.settings,
            policy=self.policy.model_copy(update={"vision": (route,)}),
            wording=self.wording,
            language=self.language,
            cool_down_seconds=0.0,
        )

    @property
    def measured(self) -> dict[str, float | None]:
        """The quality of each scene by its signals, 0 to 1."""
        signals = {shot.scene.scene_id: shot.scene.signals for shot in self.shots}
        return {scene_id: None if known is None else quality(known) for scene_id, known in signals.items()}


def run_alone(
    route: VisionRoute, name: str, track: Track, *, config: RunnableConfig | None, on_look: OnLook
) -> Contender:
    """Have one model describe the track's scenes, at least one. What it fails at stands in its answers.

    One that gives out at the first scene, as against answering badly, is not asked about the others.
    """
    eyes, (first, *others) = track.eyes(route), track.shots
    (opening,) = describe_scenes(eyes, [first], config=config, parallel=1, on_look=on_look)
    others = [] if opening.gave_out else others
    started = time.monotonic()
    rest = describe_scenes(eyes, others, config=config, parallel=route.parallel, on_look=on_look) if others else ()
    lasted = time.monotonic() - started
    answers = [_answer(look, route) for look in (opening, *rest)]
    return Contender(
        name=name,
        backend=route.backend,
        model=route.model,
        host=route.host,
        remote=route.remote,
        cold=route.cold,
        frames=min(route.frames, max(len(shot.frames) for shot in track.shots)),
        parallel=route.parallel,
        figures=figures_of(answers[0], answers[1:], others_seconds=lasted),
        claims=claims_of(answers, track.measured),
        answers=tuple(answers),
    )


def names_of(routes: Sequence[VisionRoute]) -> tuple[str, ...]:
    """Name each route by its backend and model; where two servers have the same, by its server too."""
    names = [f"{_head(route)} · {route.model}" for route in routes]
    return tuple(
        f"{name} ({host_and_port(route.url)})" if names.count(name) > 1 else name
        for name, route in zip(names, routes, strict=True)
    )


def _head(route: VisionRoute) -> str:
    return "embedded" if route.backend == "embedded" else NAMES[route.backend]


def rate_of(contender: Contender, on: date) -> Rate | None:
    """Return what a scene took of the model, once it was loaded; None where it had none of one request each."""
    steady = [answer for answer in contender.answers[1:] if answer.first_try]
    if not steady:
        return None
    return Rate(
        seconds=round(fmean(answer.seconds for answer in steady), 3),
        input_tokens=round(fmean(answer.input_tokens for answer in steady), 1),
        output_tokens=round(fmean(answer.output_tokens for answer in steady), 1),
        scenes=len(steady),
        parallel=contender.parallel,
        measured_on=on,
    )


def _answer(look: Look, route: VisionRoute) -> Answer:
    asked_once = [attempt.outcome for attempt in look.attempts] == ["answered"]
    return Answer(
        scene_id=look.scene_id,
        visual=look.description,
        seconds=look.seconds,
        rung=look.rung,
        repaired=look.repaired,
        first_try=asked_once and look.rung == _best_rung(route) and not look.repaired,
        input_tokens=look.input_tokens,
        output_tokens=look.output_tokens,
        cost_usd=_cost(look, route),
        error=look.error,
    )


def _best_rung(route: VisionRoute) -> RungName:
    """Return the form in which a backend is asked first: all but builtin can be kept to a schema."""
    return "json" if route.backend == "builtin" else "schema"


def _cost(look: Look, route: VisionRoute) -> float | None:
    """Return what a scene cost: nothing on one's own machines, whatever the tokens."""
    return 0.0 if route.backend != "openai" else cost_usd(route.model, look.input_tokens, look.output_tokens)
