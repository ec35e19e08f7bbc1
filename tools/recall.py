"""What was found out about a film before, from the store; found out now, and kept, where it is not there.

Each recipe has a name here, which stands in the keys. Whoever changes what a recipe gives changes its name, so that
what was kept by the old one is not taken for it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from autocut_director.tools.frames import Frame, SceneFrames
from autocut_director.tools.probe import Footage, digest_of, probe_video, readable
from autocut_director.tools.scenes import MIN_SCENE_SECONDS, Progress, detect_scenes, scenes_document
from autocut_director.tools.signals import measure_scene
from autocut_director.tools.store import Entry, Key, Store
from autocut_director.tools.timeline import ScenesDocument, Signals
from autocut_director.tools.words.screen_text import ScreenText

PROBE = "probe.1"
DETECTION = "adaptive.1"
SIGNALS = "signals.1"
READING = "rapidocr.1"

ReadStills = Callable[[Sequence[Frame]], ScreenText]


def probed(path: Path, store: Store) -> Footage:
    """Do as `probe_video`; of a film that is known, only the digest is taken.

    Raises:
        VideoError: As `probe_video`.
    """
    path = readable(path)
    digest = digest_of(path)
    key = Key.of("film", film=digest, recipe=PROBE, suffix=path.suffix.lower())
    entry = store.find(key)
    if entry is not None:
        return Footage.model_validate({**entry.values, "path": path})
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
    recipe = [DETECTION, min_scene_seconds]
    key = Key.of("scenes", film=footage.digest, grid=footage.grid, recipe=recipe)
    entry = store.find(key)
    if entry is not None:
        media = footage.media.model_copy(update={"damaged_frames": entry.values["damaged_frames"]})
        return scenes_document(entry.values["cuts"], media, footage.rate, source="detect")
    document = detect_scenes(footage, min_scene_seconds=min_scene_seconds, progress=progress)
    cuts = [scene.start_frame for scene in document.scenes[1:]]
    store.keep(key, Entry({"cuts": cuts, "damaged_frames": document.media.damaged_frames}))
    return document


def measured(shot: SceneFrames, store: Store) -> SceneFrames:
    """Return a scene with its stills, and with what was measured of them."""
    motions = [frame.motion for frame in shot.frames]
    key = Key.of("signals", recipe=SIGNALS, stills=_digests(shot.frames), motions=motions)
    entry = store.find(key)
    if entry is not None:
        return _with_signals(shot, Signals.model_validate(entry.values))
    signals = measure_scene(shot.frames)
    if signals is not None:
        store.keep(key, Entry(signals.model_dump(mode="json")))
    return _with_signals(shot, signals)


def text_in(frames: Sequence[Frame], store: Store, read: ReadStills) -> ScreenText:
    """Return what is written in a scene's stills; `read` reads them where nobody has."""
    key = Key.of("text", recipe=READING, stills=_digests(frames))
    entry = store.find(key)
    if entry is not None:
        return ScreenText(**entry.values)
    text = read(frames)
    store.keep(key, Entry({"text": text.text, "share": text.share}))
    return text


def _digests(frames: Sequence[Frame]) -> list[str]:
    return [frame.digest for frame in frames]


def _with_signals(shot: SceneFrames, signals: Signals | None) -> SceneFrames:
    return SceneFrames(shot.scene.model_copy(update={"signals": signals}), shot.frames)
