"""The few looks that the tests may see: one for every grid frame of the latest second and a half."""

from collections import deque

from autocut_director.tools.cuts.looks import Look, change


class Window:
    """The latest looks, by grid frame. Asked for a frame before or after them, it gives the first or the last."""

    def __init__(self, length: int) -> None:
        self._looks: deque[Look] = deque(maxlen=length)
        self._changes: deque[float] = deque(maxlen=length)
        self.end = 0

    def append(self, look: Look) -> None:
        """Add the look of grid frame `end`."""
        self._changes.append(change(self._looks[-1], look) if self._looks else 0.0)
        self._looks.append(look)
        self.end += 1

    def __getitem__(self, frame: int) -> Look:
        return self._looks[self._place(frame)]

    def change_at(self, frame: int) -> float:
        """Return the change from the look before `frame` to its own, in levels."""
        return self._changes[self._place(frame)]

    def span(self, start: int, stop: int) -> range:
        """Return the frames from `start` up to `stop`, as far as their looks are here."""
        return range(max(start, self.end - len(self._looks)), min(stop, self.end))

    def _place(self, frame: int) -> int:
        return min(max(frame - self.end + len(self._looks), 0), len(self._looks) - 1)
