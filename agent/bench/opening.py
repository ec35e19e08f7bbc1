"""What is settled before the film is opened: who takes part, what leaves the machine, and what it may cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autocut_director.agent.bench.race import Track
from autocut_director.agent.estimate import scene_need
from autocut_director.agent.policy.all_seats import AllSeats, all_seats
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import FRAMES, NAMES, Case, VisionRoute
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.rates import known_rate
from autocut_director.agent.router import load_wording
from autocut_director.agent.run.crew import Crew
from autocut_director.agent.run.request import DirectRequest, read_request
from autocut_director.agent.settings import Settings
from autocut_director.errors import InputError, NoBackendError
from autocut_director.prompts import Prompt
from autocut_director.tools.frames import LONG_EDGE, SceneFrames
from autocut_director.tools.ladder import Wording
from autocut_director.tools.sentences import say
from autocut_director.tools.store import Store
from autocut_director.tools.timeline import Language

USUAL_SCENES = 6
"""How many scenes are shown when nobody says: a minute or two for a small model on processors."""


@dataclass(frozen=True)
class Bench:
    """All that is settled before the film is opened. `names`: the models that were named, if any were."""

    request: DirectRequest
    settings: Settings
    language: Language
    store: Store
    profile: RuntimeProfile
    policy: ExecutionPolicy
    seats: AllSeats
    names: tuple[str, ...]
    wording: Wording
    prompts: tuple[Prompt, ...]

    @property
    def scenes_limit(self) -> int:
        """How many scenes are shown at most; 0: all."""
        asked = self.request.max_scenes
        return USUAL_SCENES if asked is None else asked

    @property
    def stills(self) -> int:
        """How many are taken of a scene: what is measured needs more than a model that takes one."""
        return self.request.frames_per_scene or max(FRAMES, *(route.frames for route in self.seats.routes))

    def track(self, shots: Sequence[SceneFrames]) -> Track:
        """Return what is the same for all models, with the scenes that they are shown."""
        return Track(self.settings, self.policy, self.wording, self.language, shots)

    def said_before(self) -> Iterator[str]:
        """Say whose model is nowhere, and what leaves this machine."""
        there = {route.model for route in self.seats.routes}
        for name in self.names:
            if not {name, f"{name}:latest"} & there:
                yield say(self.language, "bench_absent", model=name)
        for route in self.seats.routes:
            if route.remote:
                name = NAMES[route.backend]
                yield say(self.language, "frames_leave", host=route.host, name=name, model=route.model)
        if self.settings.traced:
            yield say(self.language, "traced")

    def costs(self, scenes: int) -> Iterator[str]:
        """Say about what `scenes` cost, of each model that is paid for."""
        for route in self.seats.routes:
            if route.metered:
                yield self._cost(route, scenes)

    def _cost(self, route: VisionRoute, scenes: int) -> str:
        need = scene_need(route, known_rate(self.store, route), self.wording, (LONG_EDGE, LONG_EDGE))
        if need.cost_usd is None:
            return say(self.language, "bench_price_unknown", model=route.model)
        return say(self.language, "bench_costs", model=route.model, scenes=scenes, usd=scenes * need.cost_usd)


def opened(options: Mapping[str, Any], models: Sequence[str]) -> Bench:
    """Read the request, find out what is here, and settle who takes part.

    Raises:
        InputError: The request is wrong, or a prompt file cannot be used.
        NoBackendError: Nobody that was asked for can look.
    """
    if not all(name.strip() for name in models):
        raise InputError("--model '' is no model; name one, or leave it out.")
    request, settings = read_request(options), Settings.from_env()
    crew = Crew(settings, prompts=None)
    language = crew.language(request)
    alone = request.vision == "builtin"
    profile = RuntimeProfile.alone(settings) if alone else RuntimeProfile.detect(settings)
    policy = ExecutionPolicy.resolve(profile, settings, forced=request.forced)
    case = Case(profile=profile, settings=settings, forced=request.forced, by_policy=True)
    seats = all_seats(case, models)
    if not seats.routes:
        raise NoBackendError(f"No model can be compared. {' '.join(map(str, seats.passed_over))}")
    wording, prompts = load_wording(language, request.prompts or settings.prompts_dir)
    store = crew.store(request)
    return Bench(request, settings, language, store, profile, policy, seats, tuple(models), wording, prompts)
