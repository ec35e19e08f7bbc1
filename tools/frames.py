"""Still frames of scenes for a model to look at: small JPEGs, upright, never the first picture after a cut.

Stills lie on a grid, which is the wider the longer the scene is: so they can be taken while a film goes by and nobody
knows yet where the scene will end (`scene_pass`), and are the same as those that are taken afterwards.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Self

import cv2

from autocut_director.tools.cuts.looks import Look
from autocut_director.tools.pictures import Image, Picture, PictureReader, upright
from autocut_director.tools.probe import Footage
from autocut_director.tools.scenes import Progress
from autocut_director.tools.store import NO_STORE, Entry, Key, Store
from autocut_director.tools.timeline import Scene

LONG_EDGE = 512  # pixels: the least that model servers agree on, and the cheapest
_JPEG_QUALITY = 85
_GRID_SECONDS = 0.08  # between pictures that may become stills of the shortest scenes: three in a quarter of a second
_PLACES = 4  # of the grid in a scene, for each of its stills: at most; half as many at least
_STILLS = "stills.2"  # how a still is made of a picture, besides the numbers above; another name makes them anew


@dataclass(frozen=True)
class Frame:
    """One still of a scene.

    `motion` is the mean change of the luma to the film's next picture, 0 to 1; None on the film's last.
    """

    scene_id: str
    index: int
    jpeg: bytes
    width: int
    height: int
    motion: float | None

    @property
    def digest(self) -> str:
        """By which the picture is known, whatever film it is of."""
        return hashlib.sha256(self.jpeg).hexdigest()


@dataclass(frozen=True)
class SceneFrames:
    """A scene and the stills that stand for it."""

    scene: Scene
    frames: tuple[Frame, ...]

    @property
    def outline(self) -> Self:
        """The scene and its stills without their pictures."""
        return replace(self, frames=tuple(replace(frame, jpeg=b"") for frame in self.frames))


def sample_frames(
    footage: Footage,
    scenes: Sequence[Scene],
    *,
    per_scene: int = 3,
    progress: Progress | None = None,
    store: Store = NO_STORE,
) -> tuple[SceneFrames, ...]:
    """Take `per_scene` stills (fewer from very short scenes) from each of `scenes`, evenly spread.

    Those that `store` has are not taken again: the film is not even opened when it has all.

    Returns:
        One entry a scene, in the order given; JPEG, longer edge at most 512 pixels.
    """
    return tuple(frames_of(footage, scenes, per_scene=per_scene, progress=progress, store=store))


def frames_of(
    footage: Footage,
    scenes: Sequence[Scene],
    *,
    per_scene: int = 3,
    progress: Progress | None = None,
    store: Store = NO_STORE,
) -> Iterator[SceneFrames]:
    """Do as `sample_frames`, and yield each scene as soon as it has its stills. `progress`: scenes done, and in all."""
    with closing(StillTaker(footage, store)) as taker:
        for done, scene in enumerate(scenes, start=1):
            indexes = sample_positions(scene, per_scene, footage.rate)
            yield SceneFrames(scene, tuple(taker.still_at(index).of(scene.scene_id, index) for index in indexes))
            if progress is not None:
                progress(done, len(scenes))


def sample_positions(scene: Scene, count: int, rate: Fraction) -> tuple[int, ...]:
    """Return up to `count` grid frames of `scene`, each near the middle of an equal share, never its first frame.

    They are multiples of the scene's step. The first frame is the cut itself; a scene without a multiple has its last
    frame, and only a scene of one frame has no other than its first.
    """
    step = step_of(scene.length, count, rate)
    places = range(scene.start_frame // step * step + step, scene.end_frame, step)
    if not places:
        return (scene.end_frame - 1,)
    middles = (scene.start_frame + (2 * share + 1) * scene.length // (2 * count) for share in range(count))
    return tuple(sorted({min(places, key=lambda place: (abs(place - middle), place)) for middle in middles}))


def step_of(length: int, count: int, rate: Fraction) -> int:
    """Return how many frames apart the places are at which `count` stills of a scene of `length` frames may be taken.

    It only grows with the length, and each is a multiple of those below: what was left out is never missed.
    """
    step = finest_step(rate)
    while length > _PLACES * count * step:
        step *= 2
    return step


def finest_step(rate: Fraction) -> int:
    """Return how many frames apart the places are in the shortest scenes, where `rate` frames are shown a second."""
    return max(1, round(_GRID_SECONDS * rate))


@dataclass(frozen=True)
class Still:
    """One picture as a model is shown it; `motion` as in `Frame`."""

    jpeg: bytes
    width: int
    height: int
    motion: float | None

    @classmethod
    def of_picture(cls, picture: Picture, footage: Footage, motion: float | None) -> Self:
        """Make the still of a decoded picture."""
        image = upright(picture, footage, long_edge=LONG_EDGE)
        height, width = image.shape[:2]
        return cls(to_jpeg(image), width, height, motion)

    def of(self, scene_id: str, index: int) -> Frame:
        """Return the still as one of a scene."""
        return Frame(scene_id, index, self.jpeg, self.width, self.height, self.motion)


class StillTaker:
    """Takes the still of one grid frame after another, from the store where it is there; reads forward where it can."""

    def __init__(self, footage: Footage, store: Store) -> None:
        self._footage, self._store = footage, store
        self._reader: PictureReader | None = None

    def still_at(self, index: int) -> Still:
        """Return the still of what is shown at grid frame `index`."""
        entry = self._store.find(_still_key(self._footage, index))
        return Still(entry.picture, **entry.values) if entry is not None else self._taken(index)

    def close(self) -> None:
        """Close the film, if it was opened."""
        if self._reader is not None:
            self._reader.close()

    def _taken(self, index: int) -> Still:
        if self._reader is None:
            self._reader = PictureReader(self._footage)
        shown = self._reader.shown_at(index)
        following = None if shown.following is None else shown.following.look
        still = Still.of_picture(shown.picture, self._footage, motion_between(shown.picture.look, following))
        keep_still(self._store, self._footage, index, still)
        return still


def keep_still(store: Store, footage: Footage, index: int, still: Still) -> None:
    """Keep the still of what is shown at grid frame `index`."""
    values = asdict(still)
    store.keep(_still_key(footage, index), Entry(values, values.pop("jpeg")))


def _still_key(footage: Footage, index: int) -> Key:
    made = [_STILLS, LONG_EDGE, _JPEG_QUALITY]
    return Key.of("still", film=footage.digest, grid=footage.grid, index=index, made=made)


def motion_between(look: Look, following: Look | None) -> float | None:
    """Return the mean change of the luma from one picture to the next, 0 to 1; None where there is no next."""
    if following is None:
        return None
    return cv2.mean(cv2.absdiff(look.points, following.points))[0] / 255


def to_jpeg(image: Image) -> bytes:
    """Return `image` as a JPEG file."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
