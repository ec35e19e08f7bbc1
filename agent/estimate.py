"""What a run is expected to take, before anything is asked: arithmetic over what was measured and what is published.

Tokens: what was measured of the model; else the words of the question (`estimated_tokens`), the stills by their
provider's published count, and a usual answer. Cost: tokens by the price table; what runs on one's own machines is
free. Seconds: only what was measured. What nobody knows is None, and is never guessed.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import Field, computed_field

from autocut_director.agent.planning.question import PlanWording, plan_question, room_in
from autocut_director.agent.planning.thinker import REPAIRS
from autocut_director.agent.policy.prices import cost_usd, prices
from autocut_director.agent.policy.routes import PlannerBackend, PlannerRoute, Route, VisionRoute
from autocut_director.agent.rates import Rate
from autocut_director.agent.values import Value
from autocut_director.tools.answers import answer_schema
from autocut_director.tools.ladder import Wording
from autocut_director.tools.plans.footage_table import SCENE_TOKENS, estimated_tokens, speech_table
from autocut_director.tools.timeline import PlanRequest

_USUAL_ANSWER = 300  # tokens: what a description takes in Chinese, the longer of our languages


class SceneNeed(Value):
    """What one scene takes of a route. `seconds`: from asking to the answer, `parallel` scenes at once.

    `measured_on` is None where nothing was measured, and the tokens are an estimate.
    """

    input_tokens: float | None
    output_tokens: float | None
    cost_usd: float | None
    seconds: float | None = None
    parallel: int = 1
    measured_on: date | None = None

    @property
    def pace(self) -> float | None:
        """Seconds a scene, with as many at once as were measured."""
        return None if self.seconds is None else self.seconds / self.parallel


def scene_need(route: VisionRoute, rate: Rate | None, wording: Wording, size: tuple[int, int]) -> SceneNeed:
    """Return what one scene takes of `route`.

    Args:
        route: Who is asked.
        rate: What was measured of it.
        wording: What it is asked with.
        size: Of the stills that it is sent: width and height in pixels.
    """
    sent: float | None
    said: float | None
    if route.backend == "builtin":
        sent, said = 0.0, 0.0
    elif rate is not None and rate.input_tokens:
        sent, said = rate.input_tokens, rate.output_tokens
    else:
        sent, said = _estimated(route, wording, size), float(_USUAL_ANSWER)
    return SceneNeed(
        input_tokens=sent,
        output_tokens=said,
        cost_usd=_cost(route, sent, said),
        seconds=None if rate is None else rate.seconds,
        parallel=1 if rate is None else rate.parallel,
        measured_on=None if rate is None else rate.measured_on,
    )


def _estimated(route: VisionRoute, wording: Wording, size: tuple[int, int]) -> float | None:
    """Return the tokens of a question with its stills; None where nobody says how many tokens a picture is."""
    price = prices().of(route.model) if route.metered else None
    picture = None if price is None else price.tokens_of(*size)
    words = estimated_tokens(wording.json) + estimated_tokens(json.dumps(answer_schema()))
    return None if picture is None else float(words + route.frames * picture)


def _cost(route: Route, sent: float | None, said: float | None) -> float | None:
    if not route.metered:
        return 0.0
    return None if sent is None or said is None else cost_usd(route.model, sent, said)


class PlanNeed(Value):
    """What planning takes: one question and its answer; `most_usd` with every repair that a plan may need."""

    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    most_usd: float | None


def plan_need(route: PlannerRoute, wording: PlanWording, request: PlanRequest) -> PlanNeed:
    """Return what planning an edit takes of `route`: every scene's line as long as it may be."""
    if route.backend == "builtin":
        return PlanNeed(input_tokens=0, output_tokens=0, cost_usd=0.0, most_usd=0.0)
    room = room_in(route.context_tokens or 0, wording, request)
    scenes = len(request.document.scenes)
    fixed = estimated_tokens(plan_question(wording, request, (), ()))
    speech = min(room.speech, estimated_tokens(speech_table(request.transcript)))
    shown = min(scenes * SCENE_TOKENS, max(0, room.footage))
    listed = scenes * SCENE_TOKENS if shown < scenes * SCENE_TOKENS else 0  # chapters are read once for shortlists
    sent, said = fixed + shown + speech + listed, room.answer
    again = sent + said + said // 4  # a repair shows the model its answer and the problems
    return PlanNeed(
        input_tokens=sent,
        output_tokens=said,
        cost_usd=_cost(route, sent, said),
        most_usd=_cost(route, sent + REPAIRS * again, (1 + REPAIRS) * said),
    )


class Part(Value):
    """What one part of a run is expected to take of the model that is asked first. None: nobody knows."""

    backend: PlannerBackend | Literal["own"]
    model: str
    requests: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    seconds: float | None
    price_source: str = Field("", description="Where the price stands; empty where none is asked.")
    price_read_on: date | None = None


class Estimate(Value):
    """What a run is expected to take. `frames`: stills that are sent; `known`: scenes whose description the store has.

    `left_out`: scenes that a bound leaves no room for. Costs are in US dollars. `leaves` and `notes` are sentences.
    """

    schema_: Literal["estimate.v1"] = Field("estimate.v1", serialization_alias="schema")
    scenes: int
    chosen: int
    known: int
    left_out: int
    frames: int
    looking: Part
    planning: Part
    leaves: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def cost_usd(self) -> float | None:
        """Of both parts; None where one of them is not known."""
        looking, planning = self.looking.cost_usd, self.planning.cost_usd
        return None if looking is None or planning is None else round(looking + planning, 6)


def looking_part(route: VisionRoute, need: SceneNeed, requests: int) -> Part:
    """Return what looking at `requests` scenes takes of `route`."""
    return Part(
        backend=route.backend,
        model=route.model,
        requests=requests,
        input_tokens=_times(need.input_tokens, requests),
        output_tokens=_times(need.output_tokens, requests),
        cost_usd=_product(need.cost_usd, requests),
        seconds=_product(need.pace, requests),
        **_priced(route),
    )


def planning_part(route: PlannerRoute, need: PlanNeed) -> Part:
    """Return what planning takes of `route`; nobody has measured its seconds."""
    builtin = route.backend == "builtin"
    return Part(
        backend=route.backend,
        model=route.model,
        requests=0 if builtin else 1,
        input_tokens=need.input_tokens,
        output_tokens=need.output_tokens,
        cost_usd=need.cost_usd,
        seconds=0.0 if builtin else None,
        **_priced(route),
    )


def own_part(requests: int) -> Part:
    """Return what is known of a Runnable of the caller's: how often it is asked."""
    nobody_knows = dict.fromkeys(("input_tokens", "output_tokens", "cost_usd", "seconds"))
    return Part(backend="own", model="", requests=requests, **nobody_knows)


def dearest(needs: Sequence[SceneNeed]) -> float | None:
    """Return the most that one scene may cost, whoever of `needs` answers it; None where one is not known."""
    costs = [need.cost_usd for need in needs]
    return None if None in costs else max((cost for cost in costs if cost is not None), default=0.0)


def _times(each: float | None, count: int) -> int | None:
    """Return `count` times `each`, nothing of what nobody knows being nothing."""
    return 0 if not count else None if each is None else round(each * count)


def _product(each: float | None, count: int) -> float | None:
    return 0.0 if not count else None if each is None else round(each * count, 6)


def _priced(route: Route) -> dict[str, object]:
    price = prices().of(route.model) if route.metered else None
    return {} if price is None else {"price_source": price.source, "price_read_on": price.read_on}
