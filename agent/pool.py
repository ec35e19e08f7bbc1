"""A pool: several servers of one kind that share the scenes, and which of them gets the next.

A scene waits until a server has a free place, so that none idles while another has a queue. Among those that have one
it goes to one that was not measured yet, else to the shortest expected delay: (scenes under way + 1) × seconds of an
answer ÷ places. That is the rule `sed` of the Linux Virtual Server (ipvsadm(8)), with a weight that is measured. So one
that answers twice as fast gets twice as many. One whose model is not loaded gets none while another's is.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Member(Protocol):
    """A server as its pool sees it. `seconds`: of one answer, None before the first."""

    @property
    def places(self) -> int:
        """How many scenes it takes at once."""

    @property
    def cold(self) -> bool:
        """Whether its model must be loaded first."""

    @property
    def seconds(self) -> float | None:
        """What one answer takes, as measured so far."""

    @property
    def closed(self) -> bool:
        """Whether it may be asked without a second thought: its breaker is closed."""

    def admits(self) -> bool:
        """Tell whether it may be asked now; one that failed lets one scene through to try."""


MemberT = TypeVar("MemberT", bound=Member)


@dataclass
class _Load(Generic[MemberT]):
    member: MemberT
    under_way: int = 0

    @property
    def free(self) -> bool:
        return self.under_way < self.member.places

    @property
    def order(self) -> tuple[bool, float]:
        """The lower, the sooner it is given a scene."""
        seconds = self.member.seconds
        known = 1.0 if seconds is None else seconds
        return seconds is not None, (self.under_way + 1) * known / self.member.places


class Pool(Generic[MemberT]):
    """Gives the members of a pool their scenes. Safe to share between threads; a pool of one is one server."""

    def __init__(self, members: Sequence[MemberT]) -> None:
        self.members = tuple(members)
        self._loads = [_Load(member) for member in members]
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, *, besides: Collection[MemberT] = ()) -> Iterator[MemberT | None]:
        """Hold a place at the member that is to be asked, waiting for one; None where no other may be asked now.

        Args:
            besides: The members that failed at this scene.
        """
        load = self._taken(besides)
        try:
            yield None if load is None else load.member
        finally:
            if load is not None:
                self._give_back(load)

    def told(self) -> None:
        """Look again who may be asked: something about a member is different."""
        with self._changed:
            self._changed.notify_all()

    def _taken(self, besides: Collection[MemberT]) -> _Load[MemberT] | None:
        left = [load for load in self._loads if load.member not in besides]
        with self._changed:
            while True:
                load = _chosen(left)
                if load is not None:
                    load.under_way += 1
                    return load
                if not any(load.member.closed for load in left):
                    return None
                self._changed.wait()

    def _give_back(self, load: _Load[MemberT]) -> None:
        with self._changed:
            load.under_way -= 1
            self._changed.notify_all()


def _chosen(loads: Sequence[_Load[MemberT]]) -> _Load[MemberT] | None:
    """Return the member that gets a scene; None where all have to be waited for, or are left alone."""
    closed = [load for load in loads if load.member.closed]
    ready = [load for load in closed if not load.member.cold] or closed
    free = [load for load in ready if load.free]
    if free:
        return min(free, key=lambda load: load.order)
    failed = [load for load in loads if load.free and not load.member.closed]
    return next((load for load in failed if load.member.admits()), None)
