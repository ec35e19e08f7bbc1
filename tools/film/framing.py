"""Where a window must stand in each clip so that its subject is seen, and moves only where it must.

stills of the clip → what is on a plain ground, else faces, else what stands out (`subjects`) → where the window stands

A title that is wider than the window is not cut: its clip is shown whole, on its own ground. Faces are followed by the
shortest way that keeps them in the window: it stands still wherever one place shows them all the time, and else moves
evenly and no farther than it must, as a calm operator does. What merely stands out gets a window that stands still, or
one even move where that shows much more.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from autocut_director.tools.film.shapes import Axis, Size, Window, cut_axis
from autocut_director.tools.film.subjects import Span, Weights, face_spans, faces_in, on_plain_ground, standing_out
from autocut_director.tools.pictures import pictures_at, upright
from autocut_director.tools.probe import Footage
from autocut_director.tools.timeline import Clip

_STILLS_A_SECOND = 2
_MOST_STILLS = 40  # a clip: a longer one is looked at less often
_LONG_EDGE = 384  # pixels: of the stills
_MARGIN = 0.08  # of the window: the room that a subject is given at each side, where there is room
_SWEEPS = 4000  # of relaxation; 40 stills settle in a quarter of them
_STANDS = 0.02  # of the window: a way that moves less is not worth moving for
_WORTH_MOVING = 1.15  # an even move must show this many times what the best standing window shows

Range = tuple[float, float]
"""The positions (pixels) of a window's edge at which it shows the subject."""


def windows(footage: Footage, clips: Sequence[Clip], source: Size, size: Size) -> tuple[Window, ...]:
    """Find, for each of `clips`, where a window of `size` stands in pictures of the size `source`.

    Returns:
        One a clip; none where the window holds the pictures whole.
    """
    axis = cut_axis(source, size)
    if axis is None:
        return ()
    side = 0 if axis == "x" else 1
    return tuple(_window(footage, clip, axis, source[side], size[side]) for clip in clips)


def _window(footage: Footage, clip: Clip, axis: Axis, length: int, window: int) -> Window:
    frames = _looked_at(clip, footage)
    images = [upright(at.picture, footage, long_edge=_LONG_EDGE) for at in pictures_at(footage, frames)]
    share = window / length
    title = on_plain_ground(images, axis)
    if title is not None and title[1] - title[0] > share:
        return Window(axis, (), "title")
    if title is not None:
        return Window(axis, ((0, _middle_of(_range(title, length, window))),), "title")
    seen = [faces_in(image) for image in images]
    faces = face_spans(seen, axis, share=share)
    if faces is not None:
        path = path_through([_range(face, length, window) for face in faces], limit=length - window, window=window)
        knots = [(frame - clip.in_frame, at) for frame, at in zip(frames, path, strict=True)]
        return Window(axis, straightened(knots), "faces")
    return _calm(standing_out(images, seen, axis), axis, length, window, clip.length)


def _looked_at(clip: Clip, footage: Footage) -> list[int]:
    """Return frames of the clip, evenly spread, its first and its last among them."""
    wanted = round(clip.length / footage.rate * _STILLS_A_SECOND) + 1
    count = max(2, min(_MOST_STILLS, wanted))
    return sorted({clip.in_frame + round(step * (clip.length - 1) / (count - 1)) for step in range(count)})


# ---------------------------------------------------------------- what must be seen


def _range(span: Span | None, length: int, window: int) -> Range:
    """Return where the window may stand to show `span` of the pictures' `length`, with some room beside it."""
    limit = float(length - window)
    if span is None:
        return 0.0, limit
    start, end = span[0] * length, span[1] * length
    room = min(_MARGIN * window, max(0.0, (window - (end - start)) / 2))
    lowest, highest = end + room - window, start - room
    if lowest > highest:  # it is wider than the window: its middle is shown
        lowest = highest = (start + end - window) / 2
    return min(max(0.0, lowest), limit), max(0.0, min(highest, limit))


def _middle_of(positions: Range) -> float:
    return (positions[0] + positions[1]) / 2


def path_through(ranges: Sequence[Range], *, limit: float, window: float) -> list[float]:
    """Return a position in each of `ranges`, so that the way from each to the next is as short as can be.

    Where all ranges have a place in common it is one position, that nearest the middle of what they ask for. The way
    of least squares through bounds is the way of least length through them; it is found by relaxation.

    Args:
        ranges: Lowest and highest position (pixels), one a still.
        limit: The highest position that there is.
        window: Its length, by which is judged what is worth moving for.
    """
    slack = _STANDS * window
    low, high = max(lowest for lowest, _ in ranges), min(highest for _, highest in ranges)
    if low <= high + slack:
        asked = [each for each in ranges if each != (0.0, limit)] or list(ranges)
        middle = sum(map(_middle_of, asked)) / len(asked)
        return [min(max(middle, min(low, high)), max(low, high))] * len(ranges)
    path = [_middle_of(each) for each in ranges]
    for _ in range(_SWEEPS):
        if _relax(path, ranges) < slack / 100:
            break
    return path


def _relax(path: list[float], ranges: Sequence[Range]) -> float:
    """Move each position between its neighbours, as far as its range lets it; return the farthest move."""
    farthest, last = 0.0, len(path) - 1
    for place, (lowest, highest) in enumerate(ranges):
        before, after = path[max(0, place - 1)], path[min(last, place + 1)]
        wanted = after if place == 0 else before if place == last else (before + after) / 2
        new = min(max(wanted, lowest), highest)
        farthest, path[place] = max(farthest, abs(new - path[place])), new
    return farthest


def straightened(knots: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """Return `knots` without those that lie on the line between their neighbours (to half a pixel)."""
    kept = [knots[0]]
    for knot, (after, there) in pairwise(knots[1:]):
        start, at = kept[-1]
        line = at + (there - at) * (knot[0] - start) / (after - start)
        if abs(line - knot[1]) > 0.5:  # noqa: PLR2004  # pixels
            kept.append(knot)
    moves = len(kept) > 1 or abs(knots[-1][1] - knots[0][1]) > 0.5  # noqa: PLR2004
    return (*kept, knots[-1]) if moves else tuple(kept)


# ---------------------------------------------------------------- what stands out


def _calm(weights: Weights, axis: Axis, length: int, window: int, frames: int) -> Window:
    """Return a window that stands where it shows most, or moves evenly once where that shows much more."""
    if not weights.any():
        return Window(axis, ((0, (length - window) / 2),), "centre")
    start, end = best_move(weights, window / length)
    limit = length - window
    knots = ((0, start * limit), (max(1, frames - 1), end * limit))
    return Window(axis, knots[:1] if start == end else knots, "saliency")


def best_move(weights: Weights, share: float) -> tuple[float, float]:
    """Return where a window that shows `share` of the length begins and ends: 0 at the one edge, 1 at the other.

    Both are the same where moving does not show much more than standing.
    """
    stills, cells = weights.shape
    wide = max(1, min(cells - 1, round(share * cells)))
    total = np.concatenate([np.zeros((stills, 1)), np.cumsum(weights, axis=1)], axis=1)
    shown = total[:, wide:] - total[:, :-wide]  # (stills, places)
    places = shown.shape[1]
    standing = shown.sum(axis=0)
    moves = np.zeros((places, places))
    ends = np.arange(places)
    for still in range(stills):
        at = still / max(1, stills - 1)
        moves += shown[still][np.rint(ends[:, None] * (1 - at) + ends[None] * at).astype(int)]
    start, end = np.unravel_index(int(moves.argmax()), moves.shape)
    if moves.max() < _WORTH_MOVING * standing.max():
        start = end = standing.argmax()
    return float(start) / (places - 1 or 1), float(end) / (places - 1 or 1)
