"""What looking and planning are expected to take for this film, and which scenes are looked at within the bounds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autocut_director.agent.estimate import (
    Estimate,
    Part,
    PlanNeed,
    SceneNeed,
    dearest,
    looking_part,
    own_part,
    plan_need,
    planning_part,
    scene_need,
)
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.prices import prices
from autocut_director.agent.policy.routes import NAMES, Route
from autocut_director.agent.rates import known_rate
from autocut_director.agent.run.account import BoundsAccount, look_cost
from autocut_director.agent.run.budget import Budget, Limits, SceneCost
from autocut_director.agent.run.crew import Eyes, Head
from autocut_director.agent.run.looking import what_leaves
from autocut_director.agent.run.request import DirectRequest
from autocut_director.agent.run.stages import Sampled
from autocut_director.errors import InputError
from autocut_director.tools.describe import Look
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.ladder import fewer
from autocut_director.tools.selection import Selection, select, spread
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Language, PlanRequest


@dataclass(frozen=True)
class Outlook:
    """The scenes to look at, in the order in which they are, what that is expected to take, and what holds it back.

    `wanted`: how many would be looked at without bounds.
    """

    selection: Selection
    estimate: Estimate
    budget: Budget
    reserved_usd: float
    wanted: int

    def bounds(self, request: DirectRequest, looks: Sequence[Look]) -> BoundsAccount | None:
        """Return what the bounds of a request came to; None where it has none."""
        if not is_bounded(request):
            return None
        return BoundsAccount(
            max_cost=request.max_cost,
            max_minutes=request.max_minutes,
            reserved_usd=self.reserved_usd,
            spent_usd=round(self.budget.spent_usd, 6),
            looked_at=len(looks),
            left_out=self.wanted - len(looks),
        )


def check_bounds(request: DirectRequest, eyes: Eyes, head: Head) -> None:
    """Make sure that a bound of cost can be kept.

    Raises:
        InputError: Somebody may be asked whose price nobody here knows.
    """
    if request.max_cost is None:
        return
    if eyes.policy is None or head.policy is None:
        raise InputError("max_cost cannot bound a model of your own, whose price is not known here; leave it out.")
    for route in _billed(eyes.policy, head.policy):
        if prices().of(route.model) is None:
            raise InputError(
                f"--max-cost {request.max_cost:g}, but nobody here knows what {route.model} ({NAMES[route.backend]}) "
                f"costs. Known: {', '.join(prices().models)}. Take one of them, or leave --max-cost out."
            )


def _billed(eyes: ExecutionPolicy, head: ExecutionPolicy) -> Iterator[Route]:
    """Yield the routes that may be asked and are billed."""
    yield from (route for route in (*eyes.vision, *head.planners) if route.metered)


def expectation(sampled: Sampled, wish: PlanRequest, looks: Sequence[Look]) -> Estimate:
    """Return what was to be expected of a run without bounds, that came to `looks`.

    What it took itself is not known to the store yet, or it would be part of the expectation.
    """
    cached = {look.scene_id: look.cached for look in looks}
    chosen = [shot for shot in sampled.shots if shot.scene.scene_id in cached]
    choice = _Choice(
        known=tuple(shot for shot in chosen if cached[shot.scene.scene_id]),
        new=tuple(shot for shot in chosen if not cached[shot.scene.scene_id]),
    )
    return _estimate(sampled, choice, len(chosen), _scene_needs(sampled), _plan_needs(sampled.head, wish))


def outlook(sampled: Sampled, wish: PlanRequest) -> Outlook:
    """Look ahead, before anything is asked.

    Within bounds the scenes come in an order of which every beginning covers the film; first those that the store has,
    which take nothing. Where the model was measured, and the store has none, as many are chosen as fit; else all that
    are wanted, and what they really take decides how far the bounds reach.

    Raises:
        InputError: The bound of cost does not even hold the plan, or nobody knows whether it holds a scene.
    """
    request, eyes = sampled.request, sampled.eyes
    everything = select(sampled.shots, eyes.max_scenes)
    needs, plan = _scene_needs(sampled), _plan_needs(sampled.head, wish)
    reserved = _reserved(request, plan)
    known = frozenset(shot.scene.scene_id for shot in everything.chosen if eyes.knows(shot))
    selection, limit = everything, _limit(request, reserved, needs)
    if is_bounded(request):
        selection = everything if known or not _measured(needs) else _within(sampled.shots, everything, limit)
        selection = Selection(_in_turn(selection.chosen, known), selection.same_as)
    return Outlook(
        selection=selection,
        estimate=_estimate(sampled, _expected(selection, known, limit), len(everything.chosen), needs, plan),
        budget=_budget(sampled, needs, reserved, known),
        reserved_usd=reserved,
        wanted=len(everything.chosen),
    )


@dataclass(frozen=True)
class _Choice:
    """The scenes that are looked at as far as one can tell; those of them whose description the store has; the rest."""

    known: tuple[SceneFrames, ...]
    new: tuple[SceneFrames, ...]


def _expected(selection: Selection, known: frozenset[str], limit: int | None) -> _Choice:
    """Return which of the chosen will be looked at, where `limit` fit that the store does not have."""
    new = [shot for shot in selection.chosen if shot.scene.scene_id not in known]
    return _Choice(
        known=tuple(shot for shot in selection.chosen if shot.scene.scene_id in known),
        new=tuple(new if limit is None else new[:limit]),
    )


def _measured(needs: Sequence[SceneNeed]) -> bool:
    """Tell whether what is expected of the first model was measured."""
    return bool(needs) and needs[0].measured_on is not None


def is_bounded(request: DirectRequest) -> bool:
    """Tell whether money or time may keep scenes from being looked at."""
    return request.max_cost is not None or request.max_minutes is not None


def _within(shots: Sequence[SceneFrames], everything: Selection, limit: int | None) -> Selection:
    """Choose anew where only `limit` scenes fit: so that these cover the film."""
    if limit is None or limit >= len(everything.chosen):
        return everything
    return select(shots, limit) if limit else Selection((), {})


def _in_turn(shots: Sequence[SceneFrames], known: frozenset[str]) -> tuple[SceneFrames, ...]:
    """Return `shots` in the order in which they are looked at."""
    return tuple(sorted(spread(shots), key=lambda shot: shot.scene.scene_id not in known))


def _scene_needs(sampled: Sampled) -> tuple[SceneNeed, ...]:
    """Return what a scene takes of each who may look, in the order in which they are asked."""
    policy, wording = sampled.eyes.policy, sampled.eyes.wording
    if policy is None or wording is None:
        return ()
    size = next(((still.width, still.height) for shot in sampled.shots for still in shot.frames), (0, 0))
    return tuple(scene_need(route, known_rate(sampled.store, route), wording, size) for route in policy.vision)


def _plan_needs(head: Head, wish: PlanRequest) -> tuple[PlanNeed, ...]:
    if head.policy is None or head.wording is None:
        return ()
    return tuple(plan_need(route, head.wording, wish) for route in head.policy.planners)


def _reserved(request: DirectRequest, plan: Sequence[PlanNeed]) -> float:
    """Return what planning may cost at most, whoever of the planners does it.

    Raises:
        InputError: That is more than the bound.
    """
    most = max((need.most_usd or 0.0 for need in plan), default=0.0)
    if request.max_cost is not None and most > request.max_cost:
        raise InputError(
            f"--max-cost {request.max_cost:g}: planning alone may cost ${most:.4f}, with its repairs. Give that and "
            "more for the scenes, or plan without a model: --planner builtin"
        )
    return most


def _limit(request: DirectRequest, reserved: float, needs: Sequence[SceneNeed]) -> int | None:
    """Return how many scenes fit into the bounds, by what is expected of the model that is asked first; None: all.

    Raises:
        InputError: Nobody knows what a scene costs; or the bound holds none of one who may be asked when others fail.
    """
    limits = []
    if request.max_cost is not None and needs:
        room, most = request.max_cost - reserved, _scene_usd(request, needs)
        if most > room and not needs[0].cost_usd:
            raise InputError(
                f"--max-cost {request.max_cost:g} holds not one scene (${most:.4f}) by the model that is asked when "
                "those here fail. Give more, or look on this machine only: --force-local"
            )
        if needs[0].cost_usd:
            limits.append(int(room / needs[0].cost_usd))
    if request.max_minutes is not None and needs and needs[0].pace:
        first, seconds = needs[0], request.max_minutes * 60
        limits.append(int(seconds / first.pace) if first.pace and (first.seconds or 0) <= seconds else 0)
    return min(limits, default=None)


def _scene_usd(request: DirectRequest, needs: Sequence[SceneNeed]) -> float:
    most = dearest(needs)
    if most is None:
        raise InputError(
            f"--max-cost {request.max_cost:g}, but nobody has published how many tokens a picture is to the model. "
            "Run once without --max-cost on few scenes (--max-scenes 3): what they take is measured and kept."
        )
    return most


def _budget(sampled: Sampled, needs: Sequence[SceneNeed], reserved: float, known: frozenset[str]) -> Budget:
    request, eyes = sampled.request, sampled.eyes
    first = needs[0] if needs else None
    usd = None if request.max_cost is None else request.max_cost - reserved
    seconds = None if request.max_minutes is None else request.max_minutes * 60
    measured = all(need.measured_on is not None for need in needs if need.cost_usd)
    return Budget(
        Limits(usd, seconds),
        SceneCost(dearest(needs) or 0.0, None if first is None else first.seconds, measured),
        is_known=lambda shot: shot.scene.scene_id in known,
        cost_of=lambda look: look_cost(look, eyes.clouds),
    )


# ---------------------------------------------------------------- the estimate


def _estimate(
    sampled: Sampled, choice: _Choice, wanted: int, needs: Sequence[SceneNeed], plan: Sequence[PlanNeed]
) -> Estimate:
    eyes, head, new = sampled.eyes, sampled.head, choice.new
    stills = eyes.policy.vision[0].frames if eyes.policy is not None else eyes.frames_per_scene
    looking = own_part(len(new))
    if eyes.policy is not None and needs:
        looking = looking_part(eyes.policy.vision[0], needs[0], len(new))
    planning = own_part(1) if head.policy is None or not plan else planning_part(head.policy.planners[0], plan[0])
    return Estimate(
        scenes=len(sampled.document.scenes),
        chosen=len(choice.known) + len(new),
        known=len(choice.known),
        left_out=wanted - len(choice.known) - len(new),
        frames=sum(len(fewer(shot, stills).frames) for shot in new),
        looking=looking,
        planning=planning,
        leaves=what_leaves(sampled),
        notes=tuple(_notes(sampled, looking, planning, needs)),
    )


def _notes(sampled: Sampled, looking: Part, planning: Part, needs: Sequence[SceneNeed]) -> Iterator[str]:
    """Say where the figures come from, and what nobody knows and why."""
    language = sampled.language
    for part in (looking, planning):
        if part.requests and part.cost_usd is None and part.backend != "own" and part.price_read_on is None:
            yield say(language, "no_price", model=part.model)
        elif part.price_read_on is not None and part.requests:
            told = {"model": part.model, "source": part.price_source, "day": part.price_read_on}
            yield say(language, "priced", **told)
    if looking.requests and looking.seconds is None and looking.backend != "own":
        yield say(language, "no_pace", model=looking.model, video=sampled.request.video)
    elif looking.requests and needs and needs[0].pace is not None:
        yield say(language, "paced", pace=needs[0].pace, day=needs[0].measured_on)
    if looking.requests and looking.backend not in {"own", "builtin"} and not _measured(needs):
        sentence = "no_picture_tokens" if looking.input_tokens is None else "estimated"
        yield say(language, sentence, model=looking.model)
    if "own" in {looking.backend, planning.backend}:
        yield say(language, "own_is_not_known")


def bound_warnings(bounds: BoundsAccount | None, language: Language) -> tuple[str, ...]:
    """Say how many scenes the bounds left out; loudly, where those are all."""
    if bounds is None or not bounds.left_out:
        return ()
    given = [f"--max-cost {bounds.max_cost:g}"] if bounds.max_cost is not None else []
    given += [f"--max-minutes {bounds.max_minutes:g}"] if bounds.max_minutes is not None else []
    told = {"bound": ", ".join(given), "count": bounds.left_out, "total": bounds.left_out + bounds.looked_at}
    sentence = "bound_left_out" if bounds.looked_at else "bound_left_out_all"
    return (say(language, sentence, **told),)
