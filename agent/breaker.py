"""A breaker: after a few failures in a row a backend is left alone for a while, then tried again by one scene.

closed → (`failures` in a row, or one that is decisive) → open → (`cool_down` seconds) → half open: one try →
closed if it succeeds, else open for twice as long.
"""

import threading
import time
from collections.abc import Callable

_LONGEST_COOL_DOWN = 600.0  # seconds


class Breaker:
    """Counts one backend's failures. Safe to share between threads."""

    def __init__(
        self, *, failures: int = 3, cool_down: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed, self._cool_down, self._clock = failures, cool_down, clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._open_until: float | None = None
        self._next_cool_down = cool_down

    def admits(self) -> bool:
        """Tell whether the backend may be asked now. When half open, only the first who asks is let through."""
        with self._lock:
            if self._open_until is None:
                return True
            if self._clock() < self._open_until:
                return False
            self._open_until = self._clock() + self._next_cool_down  # for everybody else
            return True

    @property
    def closed(self) -> bool:
        """Tell whether it may be asked without a second thought."""
        with self._lock:
            return self._open_until is None

    def succeeded(self) -> None:
        """Note an answer: closes the breaker."""
        with self._lock:
            self._in_a_row, self._open_until, self._next_cool_down = 0, None, self._cool_down

    def failed(self, *, decisive: bool = False, at_least: float = 0.0) -> None:
        """Note a failure; a `decisive` one opens the breaker at once. It stays open for `at_least` so many seconds."""
        with self._lock:
            self._in_a_row += 1
            if decisive or self._open_until is not None or self._in_a_row >= self._allowed:
                self._open_until = self._clock() + max(self._next_cool_down, at_least)
                self._next_cool_down = min(2 * self._next_cool_down, _LONGEST_COOL_DOWN)
