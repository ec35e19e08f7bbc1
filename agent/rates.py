"""What one scene took of a model on this machine, as it was measured: kept between runs, in the store.

A rate is found again by what it depends on: who is asked and where, with which model, and how many stills a scene has.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from statistics import mean

from pydantic import NonNegativeFloat, PositiveInt, TypeAdapter

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import VisionRoute
from autocut_director.agent.values import Value
from autocut_director.tools.describe import Look
from autocut_director.tools.store import Entry, Key, Store, found


class Rate(Value):
    """Means over `scenes` scenes of one request each, `parallel` at once. `seconds`: from asking to the answer.

    The first requests to a cold model, which have it loaded or wait for that, are not among them.
    """

    seconds: NonNegativeFloat
    input_tokens: NonNegativeFloat
    output_tokens: NonNegativeFloat
    scenes: PositiveInt
    parallel: PositiveInt
    measured_on: date

    @property
    def pace(self) -> float:
        """Seconds a scene, with as many at once as were measured."""
        return self.seconds / self.parallel


_RATE = TypeAdapter(Rate)
_ENOUGH = 3  # scenes: fewer do not take the place of what more of them measured


def known_rate(store: Store, route: VisionRoute) -> Rate | None:
    """Return what was measured of `route` last; None where nobody has measured it."""
    return found(store, _key(route), _RATE)


def keep_rate(store: Store, route: VisionRoute, rate: Rate) -> None:
    """Keep what was measured of `route`, in place of what was measured before."""
    store.keep(_key(route), Entry(rate.model_dump(mode="json")))


def keep_measured(store: Store, routes: Iterable[VisionRoute], looks: Sequence[Look]) -> dict[str, Rate]:
    """Keep what `looks`, in the order in which they were asked for, measured of each of `routes`.

    Returns:
        What was measured of each backend that answered.
    """
    rates = {route.backend: (route, rate) for route in routes if (rate := measured_rate(route, looks)) is not None}
    for route, rate in rates.values():
        known = known_rate(store, route)
        if known is None or rate.scenes >= min(_ENOUGH, known.scenes):
            keep_rate(store, route, rate)
    return {backend: rate for backend, (_, rate) in rates.items()}


def measured_rate(route: VisionRoute, looks: Sequence[Look]) -> Rate | None:
    """Return what `looks` measured of `route`: those that it answered at once; None where there are none."""
    answered = [look for look in looks if _answered_at_once(route, look)]
    warm = answered[route.parallel :] if route.cold else answered
    if not warm:
        return None
    return Rate(
        seconds=round(mean(look.attempts[0].seconds for look in warm), 3),
        input_tokens=round(mean(look.input_tokens for look in warm), 1),
        output_tokens=round(mean(look.output_tokens for look in warm), 1),
        scenes=len(warm),
        parallel=min(route.parallel, len(warm)),
        measured_on=datetime.now(UTC).date(),
    )


def _answered_at_once(route: VisionRoute, look: Look) -> bool:
    """Tell whether `route` was the only one asked, and once; a repair or another rung is a part of its answer."""
    if len(look.attempts) != 1 or look.description is None:
        return False
    (attempt,) = look.attempts
    return (attempt.backend, attempt.model, attempt.outcome) == (route.backend, route.model, "answered")


def paced(policy: ExecutionPolicy, store: Store) -> ExecutionPolicy:
    """Return `policy` with what is known of the pace of the model that it asks first."""
    rate = known_rate(store, policy.vision[0]) if policy.vision and policy.may_be_paced else None
    return policy if rate is None else policy.paced(rate.pace)


def _key(route: VisionRoute) -> Key:
    who = [route.backend, route.model, route.build, route.url, route.frames]
    return Key.of("rate", who=who)
