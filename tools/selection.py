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
    originals: list[Scene] = []
    same_as: dict[str, str] = {}
    for scene in sorted(scenes, key=lambda scene: (-scene.length, scene.start_frame)):
        mine = prints[scene.scene_id]
        twin = next((one for one in originals if _alike(mine, prints[one.scene_id])), None)
        if twin is None:
            originals.append(scene)
        else:
            same_as[scene.scene_id] = twin.scene_id
    return same_as


def cover(scenes: Sequence[Scene], prints: Mapping[str, Fingerprint], limit: int) -> tuple[Scene, ...]:
    """Choose at most `limit` scenes: in each equal share of the film's time the one least like those chosen so far.

    Where shares are empty, the least like the others of the rest make up the number. In the film's order.
    """
    chosen: list[Scene] = []
    for share in equal_shares(scenes, limit):
        chosen.append(_most_different(share, chosen, prints))
    rest = [scene for scene in scenes if scene not in chosen]
    while rest and len(chosen) < limit:
        chosen.append(_most_different(rest, chosen, prints))
        rest.remove(chosen[-1])
    return tuple(sorted(chosen, key=lambda scene: scene.start_frame))


def _most_different(scenes: Sequence[Scene], chosen: Sequence[Scene], prints: Mapping[str, Fingerprint]) -> Scene:
    """Return the scene farthest from its nearest chosen one; the longest while nothing is chosen."""
    if not chosen:
        return max(scenes, key=lambda scene: (scene.length, -scene.start_frame))
    means = np.array([prints[scene.scene_id].mean for scene in chosen])

    def apart(scene: Scene) -> float:
        return float(np.abs(means - prints[scene.scene_id].mean).mean(axis=(1, 2)).min())

    return max(scenes, key=lambda scene: (round(apart(scene), 1), scene.length, -scene.start_frame))


def _alike(a: Fingerprint, b: Fingerprint) -> bool:
    """Tell whether each still of `a` has one in `b` that looks the same, and the other way about."""
    if not len(a.colours) or not len(b.colours) or np.abs(a.mean - b.mean).mean() > _SAME_CELL:
        return False
    distances = np.sqrt(((a.colours[:, None] - b.colours[None]) ** 2).sum(axis=3))  # (stills of a, of b, cells)
    same = (distances.mean(axis=2) <= _SAME_MEAN) & (distances.max(axis=2) <= _SAME_CELL)
    same &= _same_detail(a.detail, b.detail) >= _SAME_DETAIL
    return bool(same.any(axis=1).all() and same.any(axis=0).all())


def _same_detail(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far the detail of each still of `a` is that of each of `b`, (stills of a, stills of b).

    The correlation over the larger of both energies, so that detail which only one has counts against it.
    """
    noise = _NOISE * a.shape[1]
    energy = np.maximum((a**2).sum(axis=1)[:, None], (b**2).sum(axis=1)[None])
    return np.asarray((a @ b.T + noise) / (energy + noise), np.float32)
