"""Where one scene ends and the next begins. Cuts by PySceneDetect's detectors, on our own grid.

Scenes touch one another and cover the film; a film without a cut is one scene.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from autocut_director.tools.pictures import Picture, shrunk, walk
from autocut_director.tools.probe import Footage
from autocut_director.tools.timeline import Media, Scene, ScenesDocument, ScenesMeta, timecode

Progress = Callable[[int, int], None]
"""Called with (frames done, frames in all)."""

MIN_SCENE_SECONDS = 0.25
"""Shorter than this is a flash, not a scene: viewers need about a quarter of a second to take in a picture."""

_WIDTH = 256  # pixels; PySceneDetect shrinks to about this width itself, and without smoothing, as we do
_RATIO = 3.0  # times the change around it: AdaptiveDetector's default
_CHANGE = 27.0  # of 255: ContentDetector's default; AdaptiveDetector's 15 takes fades and swift pans for cuts
_BLACK = 12.0  # mean level of 255, ThresholdDetector's default: darker than this is a fade's middle


def detect_scenes(
    footage: Footage, *, min_scene_seconds: float = MIN_SCENE_SECONDS, progress: Progress | None = None
) -> ScenesDocument:
    """Find the scenes of a film. Decodes it once.

    Args:
        footage: The film.
        min_scene_seconds: A cut that would make a scene shorter than this is left out.
        progress: Told how far it is.

    Returns:
        The scenes, S0001 on, not yet described. `media.damaged_frames` counts pictures that did not decode whole.
    """
    shortest = max(1, round(min_scene_seconds * footage.rate))
    tally = _Tally(footage, progress)
    cuts = _spaced(_cuts(tally.counted(walk(footage)), footage), shortest, footage.duration_frames)
    media = footage.media.model_copy(update={"damaged_frames": tally.damaged_frames})
    return scenes_document(cuts, media, footage.rate, source="detect")


def scenes_document(cuts: Iterable[int], media: Media, rate: Fraction, *, source: str) -> ScenesDocument:
    """Return touching scenes that cover the film, cut at the frames `cuts`: each the first of a scene."""
    bounds = [0, *sorted(cuts), media.duration_frames]
    scenes = [
        Scene(
            scene_id=f"S{number:04}",
            start_frame=start,
            end_frame=end,
            start_tc=timecode(start, rate, start=media.start_tc),
            end_tc=timecode(end, rate, start=media.start_tc),
        )
        for number, (start, end) in enumerate(pairwise(bounds), start=1)
    ]
    meta = ScenesMeta(schema_="scenes.v1", fps=round(float(rate), 3), fps_fraction=rate, source=source)
    return ScenesDocument(meta=meta, media=media, scenes=tuple(scenes))


class _Tally:
    """Counts pictures as they pass, and tells how far the walk is."""

    def __init__(self, footage: Footage, progress: Progress | None) -> None:
        self._footage = footage
        self._progress = progress
        self._whole = 0

    def counted(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        for picture in pictures:
            self._whole += not picture.damaged
            if self._progress is not None:
                self._progress(picture.index + 1, self._footage.duration_frames)
            yield picture

    @property
    def damaged_frames(self) -> int:
        return max(0, self._footage.picture_count - self._whole)


def _cuts(pictures: Iterable[Picture], footage: Footage) -> list[int]:
    """Return the first frames of new scenes: hard cuts, and the middles of fades through black."""
    from scenedetect import AdaptiveDetector, FrameTimecode, ThresholdDetector

    hard = AdaptiveDetector(adaptive_threshold=_RATIO, min_content_val=_CHANGE, min_scene_len=1)
    fades = ThresholdDetector(threshold=_BLACK, min_scene_len=1)
    found: set[int] = set()
    size: tuple[int, int] | None = None
    at = FrameTimecode(0, fps=footage.rate)
    for picture in pictures:
        at = FrameTimecode(picture.index, fps=footage.rate)
        size = size or _small_size(picture)
        image = shrunk(picture.frame, *size, interpolation="FAST_BILINEAR")
        for detector in (hard, fades):
            found.update(cut.frame_num for cut in detector.process_frame(at, image))
    found.update(cut.frame_num for detector in (hard, fades) for cut in detector.post_process(at))
    return sorted(found)


def _small_size(picture: Picture) -> tuple[int, int]:
    """Width and height to detect at, the same for the whole film, whatever size later pictures have."""
    return _WIDTH, max(2, round(picture.frame.height * _WIDTH / picture.frame.width))


def _spaced(cuts: Sequence[int], shortest: int, duration: int) -> list[int]:
    """Keep the cuts that leave every scene at least `shortest` frames, the film's two ends included."""
    kept: list[int] = []
    for cut in cuts:
        if cut - (kept[-1] if kept else 0) >= shortest and duration - cut >= shortest:
            kept.append(cut)
    return kept
