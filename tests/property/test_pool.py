"""A pool on a made clock: whatever its servers are, none is asked beyond its places, and together they are quick."""

import heapq
from contextlib import ExitStack
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from autocut_director.agent.breaker import Breaker
from autocut_director.agent.pool import Pool


@dataclass(eq=False)
class Machine:
    """A server that takes `takes` seconds for every scene."""

    takes: float
    places: int
    cold: bool = False
    seconds: float | None = None
    breaker: Breaker = field(default_factory=Breaker)
    given: int = 0

    @property
    def closed(self) -> bool:
        return self.breaker.closed

    def admits(self) -> bool:
        return self.breaker.admits()

    @property
    def rate(self) -> float:
        return self.places / self.takes


def worked_off(machines: list[Machine], scenes: int) -> float:
    """Give out `scenes`, as many at once as there are places; return when the last is done."""
    pool, now, places = Pool(machines), 0.0, sum(machine.places for machine in machines)
    under_way: list[tuple[float, int, Machine, ExitStack]] = []
    for number in range(scenes):
        if len(under_way) == places:
            now, *done = heapq.heappop(under_way)
            _finished(*done)
        stack = ExitStack()
        machine = stack.enter_context(pool.turn())
        assert machine is not None
        machine.given += 1
        heapq.heappush(under_way, (now + machine.takes, number, machine, stack))
        for each in machines:
            assert sum(one is each for _, _, one, _ in under_way) <= each.places
    while under_way:
        now, *done = heapq.heappop(under_way)
        _finished(*done)
    return now


def _finished(_: int, machine: Machine, stack: ExitStack) -> None:
    machine.seconds = machine.takes
    stack.close()


machines = st.builds(Machine, takes=st.floats(0.05, 20), places=st.integers(1, 8))


@given(st.lists(machines, min_size=1, max_size=5), st.integers(1, 200))
def test_the_last_scene_is_done_at_most_one_answer_later_than_the_best_that_is_possible(
    pool: list[Machine], scenes: int
) -> None:
    """Graham's bound for a list that is worked off by machines of different speeds (1966)."""
    took = worked_off(pool, scenes)
    assert took <= scenes / sum(machine.rate for machine in pool) + max(machine.takes for machine in pool) + 1e-9


@given(st.lists(machines, min_size=2, max_size=5), st.integers(1, 300))
def test_each_gets_as_many_as_it_answers(pool: list[Machine], scenes: int) -> None:
    took = worked_off(pool, scenes)
    assert sum(machine.given for machine in pool) == scenes
    for machine in pool:
        assert machine.given <= (took / machine.takes + 1) * machine.places
        idle = max(other.takes for other in pool)  # at the end, when nothing is left to be given
        assert machine.given >= ((took - idle) / machine.takes - 1) * machine.places


@given(st.lists(machines, min_size=1, max_size=5), st.data())
def test_who_is_given_a_scene(pool: list[Machine], data: st.DataObject) -> None:
    """Never one that failed at it, nor one that is left alone; a loaded model before a cold one."""
    for machine in pool:
        machine.seconds = machine.takes
        machine.cold = data.draw(st.booleans())
        if data.draw(st.booleans()):
            machine.breaker.failed(decisive=True)
    failed = [machine for machine in pool if data.draw(st.booleans())]
    with Pool(pool).turn(besides=failed) as chosen:
        left = [machine for machine in pool if machine.closed and machine not in failed]
        assert (chosen is None) == (not left)
        if chosen is not None:
            ready = [machine for machine in left if not machine.cold] or left
            assert chosen in ready
            assert chosen.takes / chosen.places == min(machine.takes / machine.places for machine in ready)
