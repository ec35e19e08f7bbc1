"""What one scene took of a model on this machine, as it was measured: kept between runs, in the store.

A rate is found again by what it depends on: who is asked and where, with which model, and how many stills a scene has.
"""

from datetime import date

from pydantic import NonNegativeFloat, PositiveInt, TypeAdapter

from autocut_director.agent.policy.routes import VisionRoute
from autocut_director.agent.values import Value
from autocut_director.tools.store import Entry, Key, Store, found


class Rate(Value):
    """Means over `scenes` scenes of one request each, `parallel` at once. `seconds`: from asking to the answer.

    A first request, which may load the model, is not among them.
    """

    seconds: NonNegativeFloat
    input_tokens: NonNegativeFloat
    output_tokens: NonNegativeFloat
    scenes: PositiveInt
    parallel: PositiveInt
    measured_on: date


_RATE = TypeAdapter(Rate)


def known_rate(store: Store, route: VisionRoute) -> Rate | None:
    """Return what was measured of `route` last; None where nobody has measured it."""
    return found(store, _key(route), _RATE)


def keep_rate(store: Store, route: VisionRoute, rate: Rate) -> None:
    """Keep what was measured of `route`, in place of what was measured before."""
    store.keep(_key(route), Entry(rate.model_dump(mode="json")))


def _key(route: VisionRoute) -> Key:
    who = [route.backend, route.model, route.build, route.url, route.frames]
    return Key.of("rate", who=who)
