"""Which scenes are looked at when not all are: those that cover the film, in time and in what is to be seen.

`near_duplicates` (scenes that look the same → the one that stands for them) → `cover` (of those, the most different
one in each equal share of the film's time).

A scene's fingerprint is, of each still, its colours and its detail. Colours: 8 × 8 cells of L*a*b*, where equal steps
look about equally far apart (CIE 1976); distances are in that unit, of which 2.3 is the least that people notice (Mahy
et al. 1994). Detail: the luma less its surroundings, which tells one title on white from another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.pictures import Image
from autocut_director.tools.signals import decode_picture
from autocut_director.tools.timeline import Scene, equal_shares

_CELLS = 8
_SAME_MEAN, _SAME_CELL = 4.0, 16.0  # the pictures' colours as a whole, and their most different cell
_DETAIL = (64, 36)  # pixels: a line of text is still a line of text
_SURROUNDINGS = 4.0  # pixels: standard deviation of the blur that is taken off
_SAME_DETAIL = 0.7  # correlation; seen: shots of one set-up 0.84 and more, unlike titles on white 0.53 and less
_NOISE = 4.0  # 8-bit levels squared: less detail than this is none


@dataclass(frozen=True)
class Fingerprint:
    """How a scene's stills look. `colours`: (stills, cells, 3), L*, a*, b*. `detail`: (stills, pixels), luma levels."""

    colours: NDArray[np.float32]
    detail: NDArray[np.float32]

    @property
    def mean(self) -> NDArray[np.float32]:
        """The mean colours of the stills, (cells, 3)."""
        return self.colours.mean(axis=0) if len(self.colours) else np.zeros((_CELLS * _CELLS, 3), np.float32)


@dataclass(frozen=True)
class Selection:
    """The scenes to look at, and for each near-duplicate the scene whose description it shares."""

    chosen: tuple[SceneFrames, ...]
    same_as: Mapping[str, str]


def select(shots: Sequence[SceneFrames], limit: int) -> Selection:
    """Choose at most `limit` of `shots` (0: all) to look at, in the film's order."""
    if not limit or len(shots) <= limit:
        return Selection(tuple(shots), {})
    prints = {shot.scene.scene_id: fingerprint(shot) for shot in shots}
    scenes = [shot.scene for shot in shots]
    same_as = near_duplicates(scenes, prints)
    originals = [scene for scene in scenes if scene.scene_id not in same_as]
    chosen = {scene.scene_id for scene in cover(originals, prints, limit)}
    shared = {twin: original for twin, original in same_as.items() if original in chosen}
    return Selection(tuple(shot for shot in shots if shot.scene.scene_id in chosen), shared)


def fingerprint(shot: SceneFrames) -> Fingerprint:
    """Return a scene's fingerprint; one of no stills where none can be decoded."""
    images = [image for frame in shot.frames if (image := decode_picture(frame.jpeg)) is not None]
    colours = np.array([_colours(image) for image in images], np.float32).reshape(len(images), _CELLS * _CELLS, 3)
    detail = np.array([_detail(image) for image in images], np.float32).reshape(len(images), _DETAIL[0] * _DETAIL[1])
    return Fingerprint(colours, detail)


def _colours(image: Image) -> NDArray[np.float32]:
    small = cv2.resize(image, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32, copy=False)


def _detail(image: Image) -> NDArray[np.float32]:
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    small = cv2.resize(luma, _DETAIL, interpolation=cv2.INTER_AREA)
    return np.asarray(small - cv2.GaussianBlur(small, (0, 0), _SURROUNDINGS), np.float32)


def near_duplicates(scenes: Sequence[Scene], prints: Mapping[str, Fingerprint]) -> dict[str, str]:
    """Return, for each scene that looks like a longer one, that one's id. The longest of a kind stands for it."""
    originals = _Originals([prints[scene.scene_id] for scene in scenes])
    same_as: dict[str, str] = {}
    for place in sorted(range(len(scenes)), key=lambda place: (-scenes[place].length, place)):
        twin = originals.twin_of(place)
        if twin is None:
            originals.add(place)
        else:
            same_as[scenes[place].scene_id] = scenes[twin].scene_id
    return same_as


class _Originals:
    """The scenes that look like none before them. A scene is named by its place."""

    def __init__(self, prints: Sequence[Fingerprint]) -> None:
        self._prints = prints
        self._owners = np.repeat(np.arange(len(prints)), [len(each.colours) for each in prints])
        self._stills = np.concatenate([each.colours for each in prints])
        self._means = self._stills.mean(axis=1)
        self._known = np.zeros(len(self._owners), bool)

    def add(self, place: int) -> None:
        self._known[self._owners == place] = True

    def twin_of(self, place: int) -> int | None:
        """Return the first original that looks like the scene at `place`."""
        mine = self._prints[place]
        return next((one for one in self._near(mine.colours[:1]) if _alike(mine, self._prints[one])), None)

    def _near(self, first: NDArray[np.float32]) -> list[int]:
        """Return the originals with a still like a scene's first, (1, cells, 3): few pairs are compared whole.

        Colours that are `_SAME_MEAN` apart in the mean of their cells are no farther apart in their mean colour, so
        that is compared before the cells are.
        """
        if not len(first):
            return []
        near = np.linalg.norm(self._means - first.mean(axis=1), axis=1) <= _SAME_MEAN
        close = np.flatnonzero(self._known & near)
        apart = np.linalg.norm(self._stills[close] - first, axis=2)
        return list(dict.fromkeys(self._owners[close[_same_colours(apart)]].tolist()))


def cover(scenes: Sequence[Scene], prints: Mapping[str, Fingerprint], limit: int) -> tuple[Scene, ...]:
    """Choose at most `limit` scenes: in each equal share of the film's time the one least like those chosen so far.

    Where shares are empty, the least like the others of the rest make up the number. In the film's order.
    """
    field, places = _Field(scenes, prints), {scene.scene_id: place for place, scene in enumerate(scenes)}
    for share in equal_shares(scenes, limit):
        field.choose([places[scene.scene_id] for scene in share])
    while len(field.chosen) < min(limit, len(scenes)):
        field.choose([place for place in range(len(scenes)) if place not in field.chosen])
    return tuple(scenes[place] for place in sorted(field.chosen))


class _Field:
    """Scenes, and how far each is from the chosen one that is most like it. A scene is named by its place."""

    def __init__(self, scenes: Sequence[Scene], prints: Mapping[str, Fingerprint]) -> None:
        self._lengths = [scene.length for scene in scenes]
        self._means = np.array([prints[scene.scene_id].mean for scene in scenes])
        self._apart = np.full(len(scenes), np.inf)
        self.chosen: set[int] = set()

    def choose(self, among: Sequence[int]) -> None:
        """Choose the one of `among` that is least like those chosen; of equals the longest, then the first."""
        place = max(among, key=lambda one: (round(float(self._apart[one]), 1), self._lengths[one], -one))
        self.chosen.add(place)
        self._apart = np.minimum(self._apart, np.abs(self._means - self._means[place]).mean(axis=(1, 2)))


def _alike(a: Fingerprint, b: Fingerprint) -> bool:
    """Tell whether each still of `a` has one in `b` that looks the same, and the other way about."""
    apart = np.linalg.norm(a.colours[:, None] - b.colours[None], axis=3)  # (stills of a, of b, cells)
    same = _same_colours(apart) & (_same_detail(a.detail, b.detail) >= _SAME_DETAIL)
    return bool(same.size and same.any(axis=1).all() and same.any(axis=0).all())


def _same_colours(apart: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which distances, (..., cells), are those of pictures with the same colours."""
    return np.asarray((apart.mean(axis=-1) <= _SAME_MEAN) & (apart.max(axis=-1) <= _SAME_CELL), bool)


def _same_detail(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far the detail of each still of `a` is that of each of `b`, (stills of a, stills of b).

    The correlation over the larger of both energies, so that detail which only one has counts against it.
    """
    noise = _NOISE * a.shape[1]
    energy = np.maximum((a**2).sum(axis=1)[:, None], (b**2).sum(axis=1)[None])
    return np.asarray((a @ b.T + noise) / (energy + noise), np.float32)
