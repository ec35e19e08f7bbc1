"""Everybody who can look, not only whoever is preferred: for a comparison.

Pure, as `vision_seats`, by which each model is judged. Consent is the same: what may not be sent frames has no seat.
"""

from collections.abc import Iterable, Sequence

from autocut_director.agent.policy.fitting import no_room
from autocut_director.agent.policy.models import rank_of
from autocut_director.agent.policy.routes import BACKENDS, Backend, Case, PassedOver, VisionRoute
from autocut_director.agent.policy.server_seats import may_see
from autocut_director.agent.policy.vision_seats import BUILTIN_MODEL, vision_seats
from autocut_director.agent.servers.probing import Runtime, ServedModel
from autocut_director.agent.values import Value

_Seat = VisionRoute | PassedOver


class AllSeats(Value):
    """The models that can be asked, in the order in which they should be; and the bounds of those that cannot."""

    routes: tuple[VisionRoute, ...]
    passed_over: tuple[PassedOver, ...]


def all_seats(case: Case, names: Sequence[str] = ()) -> AllSeats:
    """Judge every model of every backend; only those called `names`, or of the backend that was forced, where given.

    The models of one server stand one after the other, those in its memory first: the next one may put them out.
    """
    backends = BACKENDS if case.forced.vision is None else (case.forced.vision,)
    if names:
        return _sorted_out(seat for name in names for seat in _called(name, backends, case))
    return _sorted_out(seat for backend in backends for seat in _every(backend, case))


def _sorted_out(seats: Iterable[_Seat]) -> AllSeats:
    """Part routes from bounds, each once, the routes by backend and server."""
    routes: dict[tuple[str, str, str], VisionRoute] = {}
    bounds: dict[str, PassedOver] = {}
    for seat in seats:
        if isinstance(seat, VisionRoute):
            routes.setdefault((seat.backend, seat.url, seat.model), seat)
        else:
            bounds.setdefault(str(seat), seat)
    urls = list(dict.fromkeys(route.url for route in routes.values()))
    ordered = sorted(
        routes.values(), key=lambda route: (BACKENDS.index(route.backend), urls.index(route.url), route.cold)
    )
    return AllSeats(routes=tuple(ordered), passed_over=tuple(bounds.values()))


def _called(name: str, backends: Sequence[Backend], case: Case) -> list[_Seat]:
    """Return whoever has a model of that name; where nobody has, why not."""
    cases = [(backend, alone) for backend in backends for alone in _servers(backend, _naming(name, case))]
    seats = [seat for backend, alone in cases for seat in vision_seats(backend, alone)]
    seats = [seat for seat in seats if seat.backend != "builtin" or name == BUILTIN_MODEL]
    routes: list[_Seat] = [seat for seat in seats if isinstance(seat, VisionRoute)]
    return routes or seats


def _every(backend: Backend, case: Case) -> list[_Seat]:
    """Return, of each server, the one that the policy would take if it were alone, and its other models."""
    return [seat for alone in _servers(backend, case) for seat in _of_one(backend, alone)]


def _servers(backend: Backend, case: Case) -> list[Case]:
    """Return the case of each server of `backend` alone: none takes part in a pool."""
    servers = case.profile.servers(backend) if backend in {"lmstudio", "ollama"} else ()
    return [_alone(server, case) for server in servers] or [case]


def _alone(server: Runtime, case: Case) -> Case:
    others = [runtime for runtime in case.profile.runtimes if runtime.name != server.name]
    profile = case.profile.model_copy(update={"runtimes": (*others, server)})
    return case.model_copy(update={"profile": profile})


def _of_one(backend: Backend, case: Case) -> list[_Seat]:
    runtime = case.profile.runtime(backend) if backend in {"lmstudio", "ollama"} else None
    preferred = vision_seats(backend, case)
    if runtime is None or not runtime.answers:
        return [*preferred]
    seeing = [model for model in runtime.models if may_see(model)]
    seeing.sort(key=lambda model: (not model.loaded, rank_of(model.id), model.id))
    return [*preferred, *(seat for model in seeing for seat in _one(backend, model, runtime, case))]


def _one(backend: Backend, model: ServedModel, runtime: Runtime, case: Case) -> list[_Seat]:
    crowded = no_room(backend, model, runtime.url, case)
    return [crowded] if crowded is not None else [*vision_seats(backend, _naming(model.id, case))]


def _naming(model: str, case: Case) -> Case:
    return case.model_copy(update={"forced": case.forced.model_copy(update={"model": model})})
