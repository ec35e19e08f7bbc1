"""The places of model servers: how many questions each gets at once, from all who share the count.

A director shares it between its films, so that two of them at once ask a server no more than one would.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from autocut_director.agent.policy.routes import Route


class Places(Protocol):
    """Hands out places at model servers."""

    def hold(self, route: Route, most: int) -> AbstractContextManager[None]:
        """Hold one of the `most` places of a route's model while the block runs, waiting until one is free."""
        ...


class LocalPlaces:
    """The places as this process counts them. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[tuple[str, str, str, int], threading.BoundedSemaphore] = {}

    @contextmanager
    def hold(self, route: Route, most: int) -> Iterator[None]:
        """Hold one of the `most` places of a route's model while the block runs, waiting until one is free."""
        with self._of(route, most):
            yield

    def _of(self, route: Route, most: int) -> threading.BoundedSemaphore:
        """Return the places of a server's model: a server loads each model with places of its own."""
        key = route.backend, route.url, route.model, most
        with self._lock:
            if key not in self._free:
                self._free[key] = threading.BoundedSemaphore(most)
            return self._free[key]
