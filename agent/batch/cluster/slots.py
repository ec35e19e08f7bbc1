"""The places of model servers, counted in one place for a whole cluster: an actor hands them out as leases.

A lease is renewed as long as its holder lives, and that of one who dies runs out: the server may be at work on his
question for a while yet, so his place is not free at once.
"""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Self
from uuid import uuid4

from autocut_director.agent.hosts import here_at
from autocut_director.agent.places import LocalPlaces
from autocut_director.agent.policy.routes import Route

LEASE_SECONDS = 15.0
"""How long a place stays taken after its holder was last heard of."""
_RENEWALS = 3  # in the time of a lease: one may be late

Lease = tuple[str, str]
"""A server and the number of one of its places."""


class SlotKeeper:
    """Hands out the places of each server, first come first served. Runs as an actor, on one event loop."""

    def __init__(self, lease_seconds: float = LEASE_SECONDS) -> None:
        self._lease_seconds = lease_seconds
        self._until: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._freed = asyncio.Condition()

    async def acquire(self, server: str, most: int) -> Lease:
        """Take one of the `most` places of `server`, waiting until one is free."""
        lease = server, uuid4().hex
        async with self._freed:
            while self._taken(server) >= most:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._freed.wait(), self._first_end(server))
            self._until[server][lease[1]] = time.monotonic() + self._lease_seconds
        return lease

    async def renew(self, leases: Sequence[Lease]) -> None:
        """Note that the holder of `leases` lives. A keeper that was itself begun anew learns of them by this."""
        for server, number in leases:
            self._until[server][number] = time.monotonic() + self._lease_seconds

    async def release(self, lease: Lease) -> None:
        """Take a place back."""
        async with self._freed:
            self._until[lease[0]].pop(lease[1], None)
            self._freed.notify_all()

    def _taken(self, server: str) -> int:
        now = time.monotonic()
        self._until[server] = {number: end for number, end in self._until[server].items() if end > now}
        return len(self._until[server])

    def _first_end(self, server: str) -> float:
        """Return in how many seconds the first lease runs out, if it is not renewed."""
        return max(0.0, min(self._until[server].values()) - time.monotonic())


class ClusterPlaces:
    """The places as the whole cluster counts them, for one film; `keeper`: the actor. Renews its leases while open."""

    def __init__(self, keeper: Any, machine: str, lease_seconds: float = LEASE_SECONDS) -> None:
        self._keeper, self._machine = keeper, machine
        self._own = LocalPlaces()
        self._lock, self._held = threading.Lock(), set[Lease]()
        self._closed = threading.Event()
        self._renewing = threading.Thread(target=self._renew, args=(lease_seconds / _RENEWALS,), daemon=True)

    @contextmanager
    def hold(self, route: Route, most: int) -> Iterator[None]:
        """Hold one of the `most` places of a route's model while the block runs, waiting until one is free."""
        if not route.url:  # it works in this process, and no other can ask it
            with self._own.hold(route, most):
                yield
            return
        lease = self._leased(route, most)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(lease)
            self._keeper.release.remote(lease)

    def __enter__(self) -> Self:
        self._renewing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()

    def _leased(self, route: Route, most: int) -> Lease:
        import ray

        server = f"{here_at(route.url, self._machine)} {route.model}"  # a server loads each model with its own places
        lease: Lease = ray.get(self._keeper.acquire.remote(server, most))
        with self._lock:
            self._held.add(lease)
        return lease

    def _renew(self, seconds: float) -> None:
        while not self._closed.wait(seconds):
            with self._lock:
                held = list(self._held)
            self._keeper.renew.remote(held)
