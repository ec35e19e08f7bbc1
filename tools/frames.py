"""Still frames of scenes for a model to look at: small JPEGs, upright, never the first picture after a cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from autocut_director.tools.pictures import Image, Shown, pictures_at, upright
from autocut_director.tools.probe import Footage
from autocut_director.tools.scenes import Progress
from autocut_director.tools.timeline import Scene

LONG_EDGE = 512  # pixels: the least that model servers agree on, and the cheapest
_JPEG_QUALITY = 85
_MOTION_EDGE = 160  # pixels: enough to see movement, too few to see noise


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


@dataclass(frozen=True)
class SceneFrames:
    """A scene and the stills that stand for it."""

    scene: Scene
    frames: tuple[Frame, ...]


def sample_frames(
    footage: Footage, scenes: Sequence[Scene], *, per_scene: int = 3, progress: Progress | None = None
) -> tuple[SceneFrames, ...]:
    """Take `per_scene` stills (fewer from very short scenes) from each of `scenes`, evenly spread.

    Returns:
        One entry a scene, in the order given; JPEG, longer edge at most 512 pixels.
    """
    wanted = {scene.scene_id: sample_positions(scene, per_scene) for scene in scenes}
    indexes = sorted({index for positions in wanted.values() for index in positions})
    shown: dict[int, _Still] = {}
    for done, at in enumerate(pictures_at(footage, indexes), start=1):
        shown[at.index] = _still(at, footage)
        if progress is not None:
            progress(done, len(indexes))
    return tuple(
        SceneFrames(scene, tuple(shown[index].of(scene.scene_id, index) for index in wanted[scene.scene_id]))
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
