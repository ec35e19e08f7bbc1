"""A breaker opens after a few failures, lets one through after a while, and closes on an answer."""

from dataclasses import dataclass

import pytest

from autocut_director.agent.breaker import Breaker


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, cool_down=30, clock=clock)


def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row_only(breaker: Breaker) -> None:
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.admits()
    assert not opened(breaker).admits()
    assert not breaker.closed


def test_a_decisive_failure_opens_it_at_once(breaker: Breaker) -> None:
    breaker.failed(decisive=True)
    assert not breaker.admits()


def test_after_the_cool_down_exactly_one_is_let_through(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 29.9
    assert not breaker.admits()
    clock.now = 30.0
    assert [breaker.admits() for _ in range(4)] == [True, False, False, False]


def test_an_answer_closes_it_and_a_failure_doubles_the_wait(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 30.0
    assert breaker.admits()
    breaker.failed()
    clock.now = 89.9
    assert not breaker.admits()
    clock.now = 90.0
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.closed
    assert breaker.admits()
    opened(breaker)
    clock.now = 120.0
    assert breaker.admits()  # the wait is the first one again


def test_one_who_was_let_through_and_never_came_back_does_not_shut_it_for_ever(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now = 30.0
    assert breaker.admits()
    clock.now = 1000.0
    assert breaker.admits()


def test_a_wish_for_a_longer_pause_is_kept(breaker: Breaker, clock: Clock) -> None:
    breaker.failed(decisive=True, at_least=120)
    clock.now = 119.0
    assert not breaker.admits()
    clock.now = 120.0
    assert breaker.admits()


def test_the_wait_does_not_grow_without_end(breaker: Breaker, clock: Clock) -> None:
    for _ in range(20):
        breaker.failed(decisive=True)
    clock.now = 600.0
    assert breaker.admits()
