"""Where things stand on the contact sheet, in pixels: equal cells in rows, each a still over lines of text."""

from dataclasses import dataclass

from autocut_director.tools.film.labels import line_height
from autocut_director.tools.film.script import Box

WIDTH, MARGIN = 1440, 48
"""Of the sheet: what chat programs show without making it smaller."""
_FLATTEST, _TALLEST = 3.0, 0.4  # a still's width to its height: beyond that it stands between bars
_SMALLEST, _LARGEST = 18, 26  # letters


@dataclass(frozen=True)
class Grid:
    """Cells from `top` on, `gap` apart; `aspect` is a still's width to its height, `lines` are those of its texts."""

    top: int
    columns: int
    gap: int
    aspect: float
    lines: int

    @property
    def width(self) -> int:
        """Of a cell."""
        return (WIDTH - 2 * MARGIN - (self.columns - 1) * self.gap) // self.columns

    @property
    def height(self) -> int:
        """Of a still."""
        return round(self.width / min(_FLATTEST, max(_TALLEST, self.aspect)))

    @property
    def points(self) -> int:
        """Size of letters: smaller ones under a smaller still."""
        return max(_SMALLEST, min(_LARGEST, self.width // 16))

    def still(self, number: int) -> Box:
        """Return where the still of a cell stands; cells are numbered from 0."""
        row, column = divmod(number, self.columns)
        return Box(MARGIN + column * (self.width + self.gap), self.top + row * self._step, self.width, self.height)

    def line(self, number: int, line: int, lines: int = 1) -> Box:
        """Return where some lines of text under a still stand, from the `line`th on, from 0."""
        still, high = self.still(number), line_height(self.points)
        top = still.top + still.height + self._padding + line * high
        return Box(still.left, top, still.width, lines * high)

    def bottom(self, count: int) -> int:
        """Return where `count` cells end."""
        return self.top + -(-count // self.columns) * self._step

    def room(self, bottom: int) -> int:
        """Return how many cells end above `bottom`, at least one row."""
        return max(1, (bottom - self.top) // self._step) * self.columns

    @property
    def _step(self) -> int:
        return self.height + self._padding + self.lines * line_height(self.points) + self.gap

    @property
    def _padding(self) -> int:
        """Between a still and its texts."""
        return self.points // 2
