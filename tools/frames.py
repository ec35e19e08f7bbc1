"""Still frames of scenes for a model to look at: small JPEGs, upright, never the first picture after a cut."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from autocut_director.tools.pictures import Image, Shown, pictures_at, upright
from autocut_director.tools.probe import Footage
from autocut_director.tools.scenes import Progress
from autocut_director.tools.store import NO_STORE, Entry, Key, Store
from autocut_director.tools.timeline import Scene

LONG_EDGE = 512  # pixels: the least that model servers agree on, and the cheapest
_JPEG_QUALITY = 85
_MOTION_EDGE = 160  # pixels: enough to see movement, too few to see noise
_STILLS = "stills.1"  # how a still is made of a picture, besides the numbers above; another name makes them anew


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
    wanted = {scene.scene_id: sample_positions(scene, per_scene) for scene in scenes}
    indexes = sorted({index for positions in wanted.values() for index in positions})
    stills: dict[int, _Still] = {}
    for index, still in _stills(footage, indexes, store):
        stills[index] = still
        if progress is not None:
            progress(len(stills), len(indexes))
    return tuple(
        SceneFrames(scene, tuple(stills[index].of(scene.scene_id, index) for index in wanted[scene.scene_id]))
        for scene in scenes
    )


def sample_positions(scene: Scene, count: int) -> tuple[int, ...]:
    """Return up to `count` grid frames of `scene`, each in the middle of an equal share, never its first frame.

    The first frame is the cut itself; only a scene of one frame has no other.
    """
    middles = (scene.start_frame + (2 * share + 1) * scene.length // (2 * count) for share in range(count))
    earliest = min(scene.start_frame + 1, scene.end_frame - 1)
    return tuple(sorted({max(earliest, index) for index in middles}))


@dataclass(frozen=True)
class _Still:
    jpeg: bytes
    width: int
    height: int
    motion: float | None

    def of(self, scene_id: str, index: int) -> Frame:
        return Frame(scene_id, index, self.jpeg, self.width, self.height, self.motion)


def _stills(footage: Footage, indexes: Sequence[int], store: Store) -> Iterator[tuple[int, _Still]]:
    """Yield the still of each of the grid frames `indexes`: those that are kept first, then those that must be made."""
    missing: list[int] = []
    for index in indexes:
        entry = store.find(_still_key(footage, index))
        if entry is None:
            missing.append(index)
        else:
            yield index, _Still(entry.picture, **entry.values)
    for at in pictures_at(footage, missing) if missing else ():
        still = _still(at, footage)
        values = asdict(still)
        store.keep(_still_key(footage, at.index), Entry(values, values.pop("jpeg")))
        yield at.index, still


def _still_key(footage: Footage, index: int) -> Key:
    made = [_STILLS, LONG_EDGE, _JPEG_QUALITY, _MOTION_EDGE]
    return Key.of("still", film=footage.digest, grid=footage.grid, index=index, made=made)


def _still(at: Shown, footage: Footage) -> _Still:
    image = upright(at.picture, footage, long_edge=LONG_EDGE)
    height, width = image.shape[:2]
    return _Still(to_jpeg(image), width, height, _motion(at, footage))


def to_jpeg(image: Image) -> bytes:
    """Return `image` as a JPEG file."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def _motion(at: Shown, footage: Footage) -> float | None:
    if at.following is None:
        return None
    now, then = (
        cv2.cvtColor(upright(picture, footage, long_edge=_MOTION_EDGE), cv2.COLOR_BGR2GRAY)
        for picture in (at.picture, at.following)
    )
    return float(np.mean(cv2.absdiff(now, then))) / 255
