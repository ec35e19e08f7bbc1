"""What a run may still spend, in money and in time: asked before each scene, told of each that is done."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from autocut_director.tools.describe import Look
from autocut_director.tools.frames import SceneFrames

_ENOUGH = 3  # scenes that have cost something are believed rather than what was expected
_HAIR = 1e-9  # US dollars: sums of binary fractions


@dataclass(frozen=True)
class Limits:
    """What may be spent, in US dollars and in seconds. None: as much as it takes."""

    usd: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class SceneCost:
    """What one scene is expected to take at most, and whether that was `measured`. Seconds None: nobody knows."""

    usd: float = 0.0
    seconds: float | None = None
    measured: bool = False


class Budget:
    """Admits scenes while the bounds hold, those under way counted as if each became as dear as any may.

    A scene counts as what is expected, or as the dearest so far where that was more; once enough have cost something,
    as the dearest alone. Where nothing was measured, the first is waited for before others are asked, so that a wrong
    expectation costs one scene. Time counts from the first scene.
    """

    def __init__(
        self,
        limits: Limits,
        scene: SceneCost,
        *,
        is_known: Callable[[SceneFrames], bool] = lambda _: False,
        cost_of: Callable[[Look], float | None] = lambda _: 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._paid: list[float] = []
        self._limits, self._scene = limits, scene
        self._is_known, self._cost_of, self._clock = is_known, cost_of, clock
        self._under_way: set[str] = set()
        self._started: float | None = None
        self._lock = threading.Lock()

    def admits(self, shot: SceneFrames) -> bool:
        """Tell whether a scene may be looked at now; then it counts as under way. One that is known takes nothing."""
        if self._is_known(shot):
            return True
        with self._lock:
            if self._started is None:
                self._started = self._clock()
            if not (self._costs_fit() and self._time_is_left()):
                return False
            self._under_way.add(shot.scene.scene_id)
            return True

    def note(self, look: Look) -> None:
        """Take in what a scene really took."""
        with self._lock:
            self._under_way.discard(look.scene_id)
            if look.cached and not look.tokens:
                return
            cost = self._cost_of(look)
            self._paid += [self._scene.usd if cost is None else cost] if cost != 0 else []
            # of seconds the latest: those of the first may hold the loading of the model
            self._scene = replace(self._scene, seconds=look.seconds, measured=True)

    @property
    def spent_usd(self) -> float:
        """What looking has cost."""
        return sum(self._paid)

    def _costs_fit(self) -> bool:
        each = max([self._scene.usd] * (len(self._paid) < _ENOUGH) + self._paid)
        if self._limits.usd is None or not each:
            return True
        if self._under_way and not self._scene.measured:
            return False
        return self.spent_usd + (len(self._under_way) + 1) * each <= self._limits.usd + _HAIR

    def _time_is_left(self) -> bool:
        if self._limits.seconds is None or self._started is None:
            return True
        return self._clock() - self._started + (self._scene.seconds or 0.0) <= self._limits.seconds
