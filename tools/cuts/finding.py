"""Cuts as the film goes by: each frame is judged as soon as enough frames after it are known."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from autocut_director.tools.cuts.gradual import is_dissolve, strange_patterns
from autocut_director.tools.cuts.hard import is_hard_cut
from autocut_director.tools.cuts.looks import Look
from autocut_director.tools.cuts.window import Window
from autocut_director.tools.pictures import Picture

_SIDE_SECONDS = 0.21  # what is back after this was never gone: longer than a flash, shorter than the shortest scene
_NEAR_SECONDS = 0.12  # motion is measured in this time before and after a cut: three frames of film
_REACH_SECONDS = 0.5  # from the middle of a dissolve to its ends: most take from half a second to a whole one
_EVERY_SECONDS = 0.08  # as often is asked for dissolves: two frames of film; the shortest last six


def delay_frames(rate: Fraction) -> int:
    """Return how many frames after one are known when it is told whether a shot begins there."""
    return _frames(_SIDE_SECONDS, rate) + _frames(_REACH_SECONDS, rate)


def _frames(seconds: float, rate: Fraction) -> int:
    return max(2, round(seconds * rate))


def find_cuts(pictures: Iterable[Picture], rate: Fraction) -> Iterator[int]:
    """Yield the first frame of every new shot, in order, each when 0.7 s of film after it are known.

    Args:
        pictures: The film's pictures, in order. A damaged one counts as the one before it.
        rate: Grid frames a second.
    """
    finder = _Finder(rate)
    for look in _each_frame(pictures):
        yield from finder.see(look)
    yield from finder.finish()


def _each_frame(pictures: Iterable[Picture]) -> Iterator[Look]:
    """Yield a look for every grid frame: a picture is seen until the next one is shown."""
    shown: Look | None = None
    frame = 0
    for picture in pictures:
        if shown is not None and picture.damaged:
            continue
        look = picture.look
        for _ in range(frame, picture.index):
            yield shown or look
        frame, shown = max(frame, picture.index), look
    if shown is not None:
        yield shown


class _Finder:
    """Is given a look for every grid frame, and says 0.7 s later whether a shot begins there. Keeps 1.2 s of looks.

    What is blank belongs to the scene before it: a scene begins where there is something to see.
    """

    def __init__(self, rate: Fraction) -> None:
        self._side, self._near, self._reach = (
            _frames(seconds, rate) for seconds in (_SIDE_SECONDS, _NEAR_SECONDS, _REACH_SECONDS)
        )
        self._every = max(1, round(_EVERY_SECONDS * rate))
        self._lag = delay_frames(rate)
        self._window = Window(self._lag + self._reach + 1)
        self._hard: set[int] = set()  # found, and not yet told
        self._settled = 0  # the transitions before this frame have been told
        self._last_seen: int | None = None  # the last frame that was not blank
        self._faded: Look | None = None  # what was to be seen before the blank, if the film is in one

    def see(self, look: Look) -> Iterator[int]:
        """Take the look of the next frame; yield the frame that is now known to begin a shot, if it does."""
        self._window.append(look)
        ahead, frame = self._window.end - 1 - self._side, self._window.end - 1 - self._lag
        if ahead > 0 and is_hard_cut(self._window, ahead, side=self._side, near=self._near):
            self._hard.add(ahead)
        if frame < 0:
            return
        if not self._window[frame].blank:
            if self._begins(frame):
                yield frame
            self._last_seen = frame
        elif self._last_seen == frame - 1:
            self._faded = self._window[frame - self._side]
        self._hard.discard(frame)

    def finish(self) -> Iterator[int]:
        """Yield what is left when the film has ended: its last picture is held."""
        for _ in range(self._lag if self._window.end else 0):
            yield from self.see(self._window[self._window.end])

    def _begins(self, frame: int) -> bool:
        """Tell whether a shot begins at `frame`, which is not blank, and note up to where that settles the film."""
        if self._last_seen is None:
            return False
        if frame in self._hard or (frame - self._last_seen > 1 and self._is_fade(self._last_seen + 1, frame)):
            self._settled = frame
            return True
        if frame - self._last_seen == 1 and self._is_dissolve(frame):
            self._settled = frame + self._reach
            return True
        return False

    def _is_fade(self, blank: int, frame: int) -> bool:
        """Tell whether the blank from `blank` to `frame` parts two shots; one within a shot is a blink."""
        if self._faded is None or self._settled > blank - self._side:
            return False
        return frame - blank >= self._side or strange_patterns(self._faded, self._window[frame + self._side])

    def _is_dissolve(self, frame: int) -> bool:
        """Tell whether `frame` is the middle of a dissolve, with no other transition in reach."""
        first, last = frame - self._reach, frame + self._reach
        if frame % self._every or self._settled > first or any(cut <= last for cut in self._hard):
            return False
        if not is_dissolve(self._window, frame, reach=self._reach):
            return False
        return not any(self._window[other].blank for other in self._window.span(frame, last + 1))
