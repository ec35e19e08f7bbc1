"""Where things stand on a time line.

The page's policy allows no style attribute, so each place is a rule of the one style sheet, found by the element's id.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # seconds between the marks of a ruler
_MARKS = 12


@dataclass(frozen=True)
class Place:
    """A stretch of a time line, in percent of it. `name` is the id of what stands there."""

    name: str
    left: float
    width: float

    @property
    def middle(self) -> float:
        """Percent."""
        return self.left + self.width / 2

    @property
    def rule(self) -> str:
        """The style rule that puts it there."""
        return f"#{self.name}{{left:{self.left:.4f}%;width:{self.width:.4f}%}}"


def place(name: str, start: int, length: int, total: int) -> Place:
    """Return where `length` frames from frame `start` stand on a line of `total` frames."""
    return Place(name, 100 * start / total, 100 * length / total)


def marks(seconds: float) -> list[tuple[str, float]]:
    """Return the marks of a ruler for so many seconds: what each says, and where it stands in percent."""
    step = next((step for step in _STEPS if seconds / step <= _MARKS), seconds)
    return [(_clock(n * step), 100 * n * step / seconds) for n in range(int(seconds / step) + 1)]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}" if rest % 1 else f"{int(minutes)}:{int(rest):02}"


def rules(places: Iterable[Place]) -> str:
    """Return the style rules of all `places`."""
    return "\n".join(each.rule for each in places)
