"""Where one scene ends and the next begins: the cuts of `tools/cuts/`, on the film's grid, as a document.

Scenes touch one another and cover the film; a film without a cut is one scene.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

from autocut_director.tools.cuts.finding import find_cuts
from autocut_director.tools.pictures import Picture, walk
from autocut_director.tools.probe import Footage
from autocut_director.tools.timeline import Media, Scene, ScenesDocument, ScenesMeta, timecode

Progress = Callable[[int, int], None]
"""Called with (frames done, frames in all)."""

MIN_SCENE_SECONDS = 0.25
"""Shorter than this is a flash, not a scene: viewers need about a quarter of a second to take in a picture."""


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
    tally = Tally(footage, progress)
    cuts = list(cuts_in(tally.counted(walk(footage)), footage, min_scene_seconds=min_scene_seconds))
    return scenes_document(cuts, tally.media, footage.rate, source="detect")


def cuts_in(pictures: Iterable[Picture], footage: Footage, *, min_scene_seconds: float) -> Iterator[int]:
    """Yield the first frame of every scene but the first, as `pictures`, all those of the film, go by."""
    shortest = max(1, round(min_scene_seconds * footage.rate))
    return _spaced(find_cuts(pictures, footage.rate), shortest, footage.duration_frames)


def scenes_document(cuts: Iterable[int], media: Media, rate: Fraction, *, source: str) -> ScenesDocument:
    """Return touching scenes that cover the film, cut at the frames `cuts`: each the first of a scene."""
    bounds = pairwise([0, *sorted(cuts), media.duration_frames])
    scenes = tuple(numbered(number, start, end, media, rate) for number, (start, end) in enumerate(bounds, start=1))
    return document_of(scenes, media, rate, source=source)


def numbered(number: int, start: int, end: int, media: Media, rate: Fraction) -> Scene:
    """Return the `number`th scene of a film, counted from 1, of the frames from `start` to `end`."""
    return Scene(
        scene_id=f"S{number:04}",
        start_frame=start,
        end_frame=end,
        start_tc=timecode(start, rate, start=media.start_tc),
        end_tc=timecode(end, rate, start=media.start_tc),
    )


def document_of(scenes: tuple[Scene, ...], media: Media, rate: Fraction, *, source: str) -> ScenesDocument:
    """Return `scenes` as a document."""
    meta = ScenesMeta(schema_="scenes.v1", fps=round(float(rate), 3), fps_fraction=rate, source=source)
    return ScenesDocument(meta=meta, media=media, scenes=scenes)


class Tally:
    """Counts pictures as they pass, and tells how far the walk is."""

    def __init__(self, footage: Footage, progress: Progress | None) -> None:
        self._footage = footage
        self._progress = progress
        self._whole = 0

    def counted(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """Yield `pictures`, each counted."""
        for picture in pictures:
            self._whole += not picture.damaged
            if self._progress is not None:
                self._progress(picture.index + 1, self._footage.duration_frames)
            yield picture

    @property
    def media(self) -> Media:
        """The film, with how many of its pictures did not decode whole; right when all have passed."""
        damaged = max(0, self._footage.picture_count - self._whole)
        return self._footage.media.model_copy(update={"damaged_frames": damaged})


def _spaced(cuts: Iterable[int], shortest: int, duration: int) -> Iterator[int]:
    """Yield the cuts that leave every scene at least `shortest` frames, the film's two ends included."""
    last = 0
    for cut in cuts:
        if cut - last >= shortest and duration - cut >= shortest:
            last = cut
            yield cut
