"""What was found out about a film before, from the store; found out now, and kept, where it is not there.

Each recipe has a name here, which stands in the keys. Whoever changes what a recipe gives changes its name, so that
what was kept by the old one is not taken for it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from autocut_director.tools.frames import Frame, SceneFrames
from autocut_director.tools.probe import Footage, digest_of, probe_video, readable
from autocut_director.tools.scene_pass import FirstPass, LaterPass, ScenePass
from autocut_director.tools.scenes import MIN_SCENE_SECONDS, Progress, detect_scenes, scenes_document
from autocut_director.tools.signals import measure_scene
from autocut_director.tools.store import Entry, Key, Store, found
from autocut_director.tools.timeline import ScenesDocument, Signals
from autocut_director.tools.words.hearing import Heard, build_of, transcribe
from autocut_director.tools.words.screen_text import ScreenText

PROBE = "probe.1"
DETECTION = "looks.1"
SIGNALS = "signals.2"
READING = "rapidocr.1"
HEARING = "whisper.1"

ReadStills = Callable[[Sequence[Frame]], ScreenText]


@dataclass(frozen=True)
class _Cuts:
    """Where a film is cut: the first frame of every scene but the first; and how many pictures did not decode whole."""

    cuts: tuple[int, ...]
    damaged_frames: int


_FOOTAGE, _CUTS, _SIGNALS = TypeAdapter(Footage), TypeAdapter(_Cuts), TypeAdapter(Signals)
_TEXT, _HEARD = TypeAdapter(ScreenText), TypeAdapter(Heard)


def probed(path: Path, store: Store) -> Footage:
    """Do as `probe_video`; of a film that is known, only the digest is taken.

    Raises:
        VideoError: As `probe_video`.
    """
    path = readable(path)
    digest = digest_of(path)
    key = Key.of("film", film=digest, recipe=PROBE, suffix=path.suffix.lower())
    footage = found(store, key, _FOOTAGE, path=path)
    if footage is None:
        footage = probe_video(path, digest=digest)
        store.keep(key, Entry(footage.model_dump(mode="json", exclude={"path"})))
    return footage


def detected(
    footage: Footage,
    store: Store,
    *,
    min_scene_seconds: float = MIN_SCENE_SECONDS,
    progress: Progress | None = None,
) -> ScenesDocument:
    """Do as `detect_scenes`."""
    document = _known_scenes(footage, store, min_scene_seconds)
    if document is None:
        document = detect_scenes(footage, min_scene_seconds=min_scene_seconds, progress=progress)
        _keep_scenes(footage, store, min_scene_seconds, document)
    return document


def scene_pass(footage: Footage, store: Store, *, per_scene: int, progress: Progress | None = None) -> ScenePass:
    """Return a pass over a film: the first, unless its scenes are known."""
    known = _known_scenes(footage, store, MIN_SCENE_SECONDS)
    if known is not None:
        return LaterPass(footage, known, per_scene, progress, store)
    return _KeptPass(footage, per_scene=per_scene, progress=progress, store=store)


class _KeptPass(FirstPass):
    """A first pass that keeps which scenes it found."""

    def __iter__(self) -> Iterator[SceneFrames]:
        yield from super().__iter__()
        _keep_scenes(self.footage, self.store, MIN_SCENE_SECONDS, self.document)


def _known_scenes(footage: Footage, store: Store, min_scene_seconds: float) -> ScenesDocument | None:
    known = found(store, _scenes_key(footage, min_scene_seconds), _CUTS)
    if known is None:
        return None
    media = footage.media.model_copy(update={"damaged_frames": known.damaged_frames})
    return scenes_document(known.cuts, media, footage.rate, source="detect")


def _keep_scenes(footage: Footage, store: Store, min_scene_seconds: float, document: ScenesDocument) -> None:
    cuts = tuple(scene.start_frame for scene in document.scenes[1:])
    store.keep(_scenes_key(footage, min_scene_seconds), Entry(asdict(_Cuts(cuts, document.media.damaged_frames))))


def _scenes_key(footage: Footage, min_scene_seconds: float) -> Key:
    recipe = [DETECTION, min_scene_seconds]
    return Key.of("scenes", film=footage.digest, grid=footage.grid, recipe=recipe)


def measured(shot: SceneFrames, store: Store) -> SceneFrames:
    """Return a scene with its stills, and with what was measured of them."""
    motions = [frame.motion for frame in shot.frames]
    key = Key.of("signals", recipe=SIGNALS, stills=_digests(shot.frames), motions=motions)
    signals = found(store, key, _SIGNALS)
    if signals is None:
        signals = measure_scene(shot.frames)
        if signals is not None:
            store.keep(key, Entry(signals.model_dump(mode="json")))
    return SceneFrames(shot.scene.model_copy(update={"signals": signals}), shot.frames)


def text_in(frames: Sequence[Frame], store: Store, read: ReadStills) -> ScreenText:
    """Return what is written in a scene's stills; `read` reads them where nobody has."""
    key = Key.of("text", recipe=READING, stills=_digests(frames))
    text = found(store, key, _TEXT)
    if text is None:
        text = read(frames)
        store.keep(key, Entry(asdict(text)))
    return text


def heard(footage: Footage, store: Store, *, model: str, progress: Progress | None = None) -> Heard:
    """Do as `transcribe`, with a model that is here.

    Raises:
        InputError: As `transcribe`.
        VideoError: As `transcribe`.
    """
    key = Key.of("speech", film=footage.digest, grid=footage.grid, recipe=HEARING, model=build_of(model))
    known = found(store, key, _HEARD)
    if known is None:
        known = transcribe(footage.path, footage.rate, model=model, progress=progress)
        store.keep(key, Entry(_HEARD.dump_python(known, mode="json")))
    return known


def _digests(frames: Sequence[Frame]) -> list[str]:
    return [frame.digest for frame in frames]
