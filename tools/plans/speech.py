"""Where a film may be cut without cutting into what is said: spans of words and of sentences, and an edit's way out.

`Speech(transcript)` → `Layout` (an edit's clips, each in its scene) → `Layout.better`: a kinder span for one clip

Frames are cuts here: a cut at frame f parts frame f - 1 from frame f. A cut at a word's first frame or at its end does
not cut it. Where one clip goes on where the clip before it ended, the film runs on and nothing is cut.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autocut_director.tools.timeline import Line, Scene

Span = tuple[int, int]
"""Frames [in, out)."""
Cost = tuple[int, int]
"""What cuts do to words, then to sentences: 2 for each that is cut into, 1 where the film itself cuts there."""

_EDITED, _FILMED = 2, 1


class Spans:
    """Spans of frames, joined where they overlap. `frame in spans`: a cut there would cut into one."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, frame: int) -> bool:
        return self.before(frame) != frame

    def before(self, frame: int) -> int:
        """Return `frame`, or, if it lies in a span, where that begins."""
        at = bisect_right(self._starts, frame) - 1
        return self._starts[at] if at >= 0 and frame < self._ends[at] else frame

    def after(self, frame: int) -> int:
        """Return `frame`, or, if it lies in a span, where that ends."""
        at = bisect_right(self._starts, frame) - 1
        return self._ends[at] if at >= 0 and self._starts[at] < frame < self._ends[at] else frame


class Speech:
    """What is said in a film. `sentences` hold the words as well."""

    def __init__(self, transcript: Iterable[Line]) -> None:
        lines = list(transcript)
        words = [(word.start_frame, word.end_frame) for line in lines for word in line.words]
        self.words = Spans(words)
        self.sentences = Spans([*words, *((line.start_frame, line.end_frame) for line in lines)])
        self._near: dict[int, frozenset[int]] = {}  # a mender asks again and again

    def cost(self, frame: int, *, film_cuts: bool) -> Cost:
        """Return what a cut at `frame` costs; `film_cuts`: the scene itself begins or ends there."""
        weight = _FILMED if film_cuts else _EDITED
        return weight * (frame in self.words), weight * (frame in self.sentences)

    def near(self, frame: int) -> frozenset[int]:
        """Return the nearest frames on both sides of `frame` at which no word, and no sentence, is cut."""
        if frame not in self._near:
            ways = (way for spans in (self.words, self.sentences) for way in (spans.before, spans.after))
            self._near[frame] = frozenset(way(frame) for way in ways)
        return self._near[frame]


@dataclass(frozen=True)
class Totals:
    """How many frames an edit should have, and how far off it may be."""

    target: int
    tolerance: float

    def off(self, total: int) -> int:
        """Return by how many frames `total` misses the target."""
        return abs(total - self.target)

    def hold(self, total: int) -> bool:
        """Tell whether `total` frames are near enough."""
        return self.off(total) <= self.tolerance

    def allow(self, total: int, now: int) -> bool:
        """Tell whether an edit of `now` frames may become one of `total`: near enough, or no worse than it is."""
        return self.hold(total) or self.off(total) <= self.off(now)


class Layout:
    """The clips of an edit as spans of their scenes, in the edit's order: what lies beside each, and what may move.

    Clips lie in their scenes and share no frame. A clip's two ends move only into frames that no clip uses; an end that
    the next clip goes on from does not move.
    """

    def __init__(self, scenes: Sequence[Scene], spans: Sequence[Span], least: Sequence[int], speech: Speech) -> None:
        self.spans = list(spans)
        self.total = sum(end - start for start, end in spans)
        self._scenes, self._least, self._speech = scenes, least, speech
        self._film = sorted(range(len(spans)), key=lambda clip: spans[clip][0])
        self._place = {clip: place for place, clip in enumerate(self._film)}
        self._runs_on = [False, *(a[1] == b[0] for a, b in pairwise(spans)), False]

    def fixed(self, clip: int) -> tuple[bool, bool]:
        """Tell which ends of the clip numbered `clip` (from 0) do not move, since the film runs on there."""
        return self._runs_on[clip], self._runs_on[clip + 1]

    def room(self, clip: int) -> Span:
        """Return the span that the clip could fill: its scene, up to the clips before and after it in the film."""
        scene, place = self._scenes[clip], self._place[clip]
        low = self.spans[self._film[place - 1]][1] if place else 0
        high = self.spans[self._film[place + 1]][0] if place + 1 < len(self._film) else scene.end_frame
        return max(low, scene.start_frame), min(high, scene.end_frame)

    def least(self, clip: int) -> int:
        """Return the fewest frames that the clip may have."""
        return self._least[clip]

    def cost(self, clip: int, span: Span | None = None) -> Cost:
        """Return what the clip's ends cut into, now or if it were `span`."""
        scene, words, sentences = self._scenes[clip], 0, 0
        own = scene.start_frame, scene.end_frame
        for frame, film, fixed in zip(span or self.spans[clip], own, self.fixed(clip), strict=True):
            cost = (0, 0) if fixed else self._speech.cost(frame, film_cuts=frame == film)
            words, sentences = words + cost[0], sentences + cost[1]
        return words, sentences

    def costs(self) -> Cost:
        """Return what the whole edit cuts into."""
        each = [self.cost(clip) for clip in range(len(self.spans))]
        return sum(words for words, _ in each), sum(sentences for _, sentences in each)

    def better(self, clip: int, totals: Totals) -> Span | None:
        """Return the span nearest to the clip's own that cuts into less, and still lets the edit have its length."""
        now = self.cost(clip)
        if now == (0, 0):
            return None
        ways = [way for way in self._ways(clip) if totals.allow(self.total_with(clip, way), self.total)]
        kinder = [(cost, self._move(clip, way, totals), way) for way in ways if (cost := self.cost(clip, way)) < now]
        return min(kinder)[-1] if kinder else None

    def put(self, clip: int, span: Span) -> None:
        """Let the clip be `span`."""
        self.total = self.total_with(clip, span)
        self.spans[clip] = span

    def total_with(self, clip: int, span: Span) -> int:
        """Return how many frames the edit would have if the clip were `span`."""
        start, end = self.spans[clip]
        return self.total + (span[1] - span[0]) - (end - start)

    def fits(self, clip: int, span: Span) -> bool:
        """Tell whether the clip may be `span`: in its room, and not too short."""
        low, high = self.room(clip)
        return low <= span[0] and span[1] <= high and span[1] - span[0] >= self._least[clip]

    def _move(self, clip: int, span: Span, totals: Totals) -> int:
        """Return how far the ends move, in half frames, and how far off that leaves the edit's length, in frames."""
        start, end = self.spans[clip]
        return 2 * (abs(span[0] - start) + abs(span[1] - end)) + totals.off(self.total_with(clip, span))

    def _ways(self, clip: int) -> set[Span]:
        """Return spans that the clip could be: each end moved out of what it cuts into, or the whole clip moved."""
        (start, end), (low, high), scene = self.spans[clip], self.room(clip), self._scenes[clip]
        start_fixed, end_fixed = self.fixed(clip)
        ins, outs, near = {start}, {end}, self._speech.near
        if not start_fixed:
            ins |= {frame for frame in (scene.start_frame, *near(start)) if frame >= low}
        if not end_fixed:
            outs |= {frame for frame in (scene.end_frame, *near(end)) if frame <= high}
        ways = {(a, b) for a in ins for b in outs}
        if not start_fixed and not end_fixed:
            ways |= {(a, b) for a in (ins - {start}) | near(end) for b in near(a + end - start)}
            ways |= {(a, b) for b in (outs - {end}) | near(start) for a in near(b - end + start)}
        return {(a, b) for a, b in ways if low <= a and b <= high and b - a >= self._least[clip]}
