"""A pass over a film: its scenes with their stills, in order, each as soon as it is whole.

The first pass finds the scenes and takes their stills at once, so that nothing is decoded twice. While a scene is open
nobody knows where its stills will lie: a picture is held at every place of its grid, and the grid widens as the scene
grows. So it is never more than a few dozen pictures, however long the film. Later passes know the scenes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from autocut_director.tools.cuts.finding import delay_frames
from autocut_director.tools.frames import (
    Frame,
    SceneFrames,
    Still,
    finest_step,
    frames_of,
    keep_still,
    motion_between,
    sample_positions,
    step_of,
)
from autocut_director.tools.pictures import Picture, walk
from autocut_director.tools.probe import Footage
from autocut_director.tools.scenes import MIN_SCENE_SECONDS, Progress, Tally, cuts_in, document_of, numbered
from autocut_director.tools.store import NO_STORE, Store
from autocut_director.tools.timeline import Scene, ScenesDocument


class ScenePass(Protocol):
    """The scenes of a film, in order, each with its stills; iterated once."""

    def __iter__(self) -> Iterator[SceneFrames]: ...

    @property
    def document(self) -> ScenesDocument:
        """The scenes; all of them when the pass has ended."""
        ...

    @property
    def span(self) -> tuple[int, int]:
        """The frames that the scenes cover, from the first to the one after the last."""
        ...


@dataclass(frozen=True)
class LaterPass:
    """Scenes that are known: only their stills are taken. `progress` is told scenes."""

    footage: Footage
    document: ScenesDocument
    per_scene: int = 3
    progress: Progress | None = None
    store: Store = NO_STORE

    @property
    def span(self) -> tuple[int, int]:
        """From the first scene's start to the last one's end."""
        scenes = self.document.scenes
        return (scenes[0].start_frame, scenes[-1].end_frame) if scenes else (0, 1)

    def __iter__(self) -> Iterator[SceneFrames]:
        scenes = self.document.scenes
        return frames_of(self.footage, scenes, per_scene=self.per_scene, progress=self.progress, store=self.store)


class FirstPass:
    """Scenes that are found, and their stills taken, as the film goes by.

    What is yielded is what `detect_scenes` finds and `sample_frames` takes. `progress` is told grid frames.
    """

    def __init__(
        self,
        footage: Footage,
        *,
        per_scene: int = 3,
        min_scene_seconds: float = MIN_SCENE_SECONDS,
        progress: Progress | None = None,
        store: Store = NO_STORE,
    ) -> None:
        self.footage, self.store = footage, store
        self._min_scene_seconds = min_scene_seconds
        self._tally = Tally(footage, progress)
        self._held = _Held(footage, per_scene)
        self._scenes: list[Scene] = []

    def __iter__(self) -> Iterator[SceneFrames]:
        footage, start = self.footage, 0
        pictures = self._held.passing(self._tally.counted(walk(footage)))
        cuts = cuts_in(pictures, footage, min_scene_seconds=self._min_scene_seconds)
        for number, end in enumerate(chain(cuts, [footage.duration_frames]), start=1):
            scene = numbered(number, start, end, footage.media, footage.rate)
            self._scenes.append(scene)
            yield SceneFrames(scene, tuple(self._frames(scene)))
            start = end

    @property
    def document(self) -> ScenesDocument:
        """The scenes so far; all of them, and how many pictures are damaged, when the pass has ended."""
        return document_of(tuple(self._scenes), self._tally.media, self.footage.rate, source="detect")

    @property
    def span(self) -> tuple[int, int]:
        """The whole film."""
        return 0, self.footage.duration_frames

    def _frames(self, scene: Scene) -> Iterator[Frame]:
        for index, held in self._held.closed(scene):
            still = Still.of_picture(held.picture, self.footage, held.motion)
            keep_still(self.store, self.footage, index, still)
            yield still.of(scene.scene_id, index)


@dataclass(frozen=True)
class _Place:
    """What is shown at a place of the grid, and how much of it moves."""

    picture: Picture
    motion: float | None


class _Held:
    """The pictures of the open scene that may become its stills."""

    def __init__(self, footage: Footage, per_scene: int) -> None:
        self._footage, self._per_scene = footage, per_scene
        self._every, self._delay = finest_step(footage.rate), delay_frames(footage.rate)
        self._places: dict[int, _Place] = {}
        self._start = 0  # of the open scene
        self._next = 0  # the first frame of which it is not known what is shown
        self._shown: Picture | None = None

    def passing(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """Yield `pictures`, all those of the film; each is held for as long as it may be needed."""
        for picture in pictures:
            if self._shown is not None:
                self._hold(self._shown, picture.index, picture)
            self._shown = picture
            yield picture
        if self._shown is not None:
            self._hold(self._shown, self._footage.duration_frames, None)

    def closed(self, scene: Scene) -> Iterator[tuple[int, _Place]]:
        """Close the open scene: yield its stills' places, and let go of it."""
        for index in sample_positions(scene, self._per_scene, self._footage.rate):
            yield index, self._places[index]
        self._start = scene.end_frame
        self._places = {index: place for index, place in self._places.items() if index >= scene.end_frame}

    def _hold(self, shown: Picture, until: int, following: Picture | None) -> None:
        """Hold what is `shown` from the next frame `until` another, at the places that lie there."""
        first = -(-self._next // self._every) * self._every
        places = [*range(first, until, self._every)]
        if following is None and until > self._next:
            places.append(until - 1)  # the film's end: a scene without a place has its last frame
        if places:
            self._let_go()
            motion = motion_between(shown.look, None if following is None else following.look)
            self._places |= dict.fromkeys(places, _Place(shown, motion))
        self._next = max(self._next, until)

    def _let_go(self) -> None:
        """Let go of places that the open scene has outgrown. A scene may still begin within the detector's delay."""
        settled = self._next - self._delay - 1
        step = step_of(settled - self._start, self._per_scene, self._footage.rate)
        gone = [index for index in self._places if index < settled and index % step]
        for index in gone:
            del self._places[index]
