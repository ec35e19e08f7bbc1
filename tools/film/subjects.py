"""Where the subject is in a clip's stills, along one axis: on a plain ground, its faces, or what stands out.

A title on a plain ground is all that differs from the ground. Faces are Viola and Jones's (2001), from the front, and
must be seen near the same place in two stills that follow one another: one seen once is chance. What stands out is the
spectral residual of Hou and Zhang (2007), with what moves, and a little for the middle, where operators put things.
"""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from autocut_director.tools import faces
from autocut_director.tools.film.shapes import Axis
from autocut_director.tools.pictures import Image

Span = tuple[float, float]
"""Where something begins and ends along the axis, as shares of the pictures' length."""
Weights = NDArray[np.float32]
"""(stills, cells): how much each place along the axis draws the eye; each still sums to 1, or to 0."""
Box = tuple[float, float, float, float]
"""Left, top, width and height of a face, as shares of the picture."""
_Map = NDArray[np.float32]

_NEIGHBOURS = 4  # overlapping hits wanted for one face; few, since it must be seen twice
_NEAR = 1.5  # face widths from one still to the next
_SHARED = 0.25  # of the stills must show a face, or the clip is not about faces

_EDGE = 0.04  # of the picture: its border, by which a ground is judged
_PLAIN = 6.0  # 8-bit levels: the border's standard deviation on a plain ground
_DIFFERS = 24  # 8-bit levels from the ground: enough to be seen, more than what coding leaves around letters
_BLACK = 16  # 8-bit levels: a picture that is black all over shows nothing

_SMALL = 64  # pixels: spectral residual sees what stands out at this size
_MOVING = 1.5  # what moves counts this much more than what stands out
_FACES = 1.5  # and a face, though it was seen but once
_CENTRE = 0.35  # share of the length: standard deviation of the bell that favours the middle


# ---------------------------------------------------------------- on a plain ground


def on_plain_ground(images: Sequence[Image], axis: Axis) -> Span | None:
    """Return the part of the pictures that holds all that is on their plain ground.

    None where some picture has no such ground, or none has anything on it. Pictures all black are passed over.
    """
    spans: list[Span] = []
    for image in images:
        luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        if luma.max() <= _BLACK:
            continue
        border = _border(luma)
        if border.std() > _PLAIN:
            return None
        differs = np.abs(luma.astype(np.int16) - int(np.median(border))) > _DIFFERS
        at = np.flatnonzero(differs.any(axis=0 if axis == "x" else 1))
        length = luma.shape[1 if axis == "x" else 0]
        spans += [(int(at[0]) / length, (int(at[-1]) + 1) / length)] if len(at) else []
    return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None


def _border(luma: "cv2.typing.MatLike") -> NDArray[np.uint8]:
    height, width = luma.shape
    rows, columns = max(1, round(_EDGE * height)), max(1, round(_EDGE * width))
    sides = luma[:rows], luma[-rows:], luma[:, :columns], luma[:, -columns:]
    return np.concatenate([np.asarray(side, np.uint8).ravel() for side in sides])


# ---------------------------------------------------------------- faces


def face_spans(seen: Sequence[Sequence[Box]], axis: Axis, *, share: float) -> list[Span | None] | None:
    """Return, for each still, the span of the faces that a window shows together; None where there is no face.

    None altogether where too few stills show any. `seen`: the faces in each still; `share`: how much of the pictures'
    length a window shows.
    """
    steady = steady_faces(seen)
    if sum(map(bool, steady)) < max(1, _SHARED * len(seen)):
        return None
    return [_group(boxes, axis, share) for boxes in steady]


def faces_in(image: Image) -> list[Box]:
    """Return the upright, frontal faces in one picture."""
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    height, width = luma.shape
    found = faces.faces_in(luma, neighbours=_NEIGHBOURS)
    return [(x / width, y / height, w / width, h / height) for x, y, w, h in found]


def steady_faces(found: Sequence[Sequence[Box]]) -> list[list[Box]]:
    """Return the faces, still by still, that are seen near the same place in the still before or after."""
    if len(found) == 1:
        return [list(found[0])]
    steady: list[list[Box]] = []
    for place, boxes in enumerate(found):
        beside = [*found[max(0, place - 1) : place], *found[place + 1 : place + 2]]
        steady.append([box for box in boxes if any(_near(box, other) for still in beside for other in still)])
    return steady


def _near(a: Box, b: Box) -> bool:
    alike = 0.5 < a[2] / b[2] < 2  # noqa: PLR2004  # as large, more or less
    across = abs(a[0] + a[2] / 2 - b[0] - b[2] / 2) < _NEAR * max(a[2], b[2])
    down = abs(a[1] + a[3] / 2 - b[1] - b[3] / 2) < _NEAR * max(a[3], b[3])
    return alike and across and down


def _group(boxes: Sequence[Box], axis: Axis, share: float) -> Span | None:
    """Return the span of the largest face, and of whichever others fit into a window with it."""
    start, length = (0, 2) if axis == "x" else (1, 3)
    span: Span | None = None
    for box in sorted(boxes, key=lambda box: -box[2] * box[3]):
        here = (box[start], box[start] + box[length])
        both = here if span is None else (min(span[0], here[0]), max(span[1], here[1]))
        if span is None or both[1] - both[0] <= share:
            span = both
    return span


# ---------------------------------------------------------------- what stands out


def standing_out(images: Sequence[Image], seen: Sequence[Sequence[Box]], axis: Axis) -> Weights:
    """Return how much each place along the axis draws the eye, still by still. `seen`: the faces in each."""
    lumas = [_small(image) for image in images]
    maps = [
        _residual(luma) + _MOVING * motion + _FACES * _faces_map(boxes, luma)
        for luma, motion, boxes in zip(lumas, _movement(lumas), seen, strict=True)
    ]
    lines = np.array([weight.sum(axis=0 if axis == "x" else 1) for weight in maps], np.float32)
    at = (np.arange(lines.shape[1]) + 0.5) / lines.shape[1]
    lines *= np.exp(-(((at - 0.5) / _CENTRE) ** 2) / 2).astype(np.float32)
    totals = lines.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(lines, totals, out=np.zeros_like(lines), where=totals > 0), np.float32)


def _small(image: Image) -> _Map:
    height, width = image.shape[:2]
    scale = _SMALL / max(height, width)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    luma = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA)
    return np.asarray(luma / np.float32(255), np.float32)


def _faces_map(boxes: Sequence[Box], luma: _Map) -> _Map:
    weight = np.zeros_like(luma)
    height, width = luma.shape
    for x, y, w, h in boxes:
        weight[round(y * height) : round((y + h) * height), round(x * width) : round((x + w) * width)] = 1
    return _normal(weight)


def _residual(luma: _Map) -> _Map:
    """Return the spectral residual of a picture: what its spectrum has beyond the usual, as a map that sums to 1."""
    if luma.std() < 1 / 255:
        return np.zeros_like(luma)
    spectrum = np.fft.fft2(luma)
    amplitude = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = amplitude - cv2.blur(amplitude, (3, 3))
    back = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    return _normal(cv2.GaussianBlur(back.astype(np.float32), (0, 0), 2.5))


def _movement(lumas: Sequence[_Map]) -> list[_Map]:
    """Return what changes about each still, less what changes everywhere (the camera): maps that sum to 1, or to 0."""
    steps = [np.abs(a - b) for a, b in pairwise(lumas)] or [np.zeros_like(lumas[0])]
    around = [steps[max(0, n - 1) : n + 1] for n in range(len(lumas))]
    changes = [np.mean(each, axis=0) for each in around]
    return [_normal(np.maximum(0, change - 2 * np.median(change) - 0.02).astype(np.float32)) for change in changes]


def _normal(weight: "cv2.typing.MatLike") -> _Map:
    total = float(np.sum(weight))
    return np.asarray(weight / total if total > 0 else weight, np.float32)
