"""Scenes from an edit that was made in another program: what it uses of our film."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from autocut_director.errors import DocumentError
from autocut_director.tools.interchange.media_urls import file_name, names_film, path_of
from autocut_director.tools.interchange.read_edl import edl_clips
from autocut_director.tools.interchange.read_fcpxml import fcpxml_clips
from autocut_director.tools.interchange.read_otio import otio_clips
from autocut_director.tools.interchange.source_clips import SourceClip, whole_frame
from autocut_director.tools.timeline import Media, Scene, ScenesDocument, ScenesMeta, first_problem, timecode

Reader = Callable[[Path, Media, Fraction], Iterator[SourceClip]]

READERS: dict[str, tuple[str, Reader]] = {
    ".edl": ("edl", edl_clips),
    ".fcpxml": ("fcpxml", fcpxml_clips),
    ".fcpxmld": ("fcpxml", fcpxml_clips),
    ".otio": ("otio", otio_clips),
}
"""By a file's suffix: what `meta.source` calls the format, and what reads it."""

_NAMED = 5  # films that a message lists


@dataclass(frozen=True)
class _Range:
    """Frames [start, end) of the film, and what the clip that uses them is called."""

    start: int
    end: int
    name: str


@dataclass(frozen=True)
class ImportedScenes:
    """Scenes of the film, in its order.

    `ignored`: the names of the clips that are of other media. `repeated`: how many clips use exactly the frames of an
    earlier one.
    """

    document: ScenesDocument
    ignored: tuple[str, ...]
    repeated: int


def read_scenes_from(path: Path, *, media: Media, rate: Fraction) -> ImportedScenes:
    """Return the parts of a film that the edit in `path` (EDL, FCPXML, OTIO) uses, as its scenes.

    A clip is of the film if it names its path, or its file name where the whole file names no such path, or in an EDL
    its reel. Clips that use exactly the same frames are one scene.

    Raises:
        DocumentError: Not such a file, another rate, no clip of the film, or clips of it that cannot be scenes:
            retimed, between two frames, past the film's end, or overlapping.
    """
    if path.suffix.lower() not in READERS:
        raise DocumentError(f"{path} is no edit that can be read: its name must end in {', '.join(READERS)}.")
    source, reader = READERS[path.suffix.lower()]
    clips = list(reader(path, media, rate))
    ours = _of_film(clips, media.primary_clip_path)
    if not ours:
        raise DocumentError(_no_clip(path, clips, media))
    ranges = _ranges(path, ours)
    _refuse_overlaps(path, ranges, lambda frame: timecode(frame, rate, start=media.start_tc))
    meta = ScenesMeta(schema_="scenes.v1", fps=round(float(rate), 3), fps_fraction=rate, source=source)
    known = {id(clip) for clip in ours}
    return ImportedScenes(
        document=_document(path, ranges, media, meta),
        ignored=tuple(clip.name for clip in clips if id(clip) not in known),
        repeated=len(ours) - len(ranges),
    )


def _document(path: Path, ranges: Sequence[_Range], media: Media, meta: ScenesMeta) -> ScenesDocument:
    try:
        scenes = [_scene(number, used, media, meta.fps_fraction) for number, used in enumerate(ranges, start=1)]
        return ScenesDocument(meta=meta, media=media, scenes=tuple(scenes))
    except ValidationError as exc:
        raise DocumentError(f"{path}: {first_problem(exc)}.") from exc


def _of_film(clips: Sequence[SourceClip], film: str) -> list[SourceClip]:
    """Return the clips that are called as the film is; where one names its very path, none that names another."""
    named = [clip for clip in clips if any(names_film(name, film) for name in clip.media)]
    paths = {path_of(name) for clip in named for name in clip.media}
    if path_of(film) not in paths:
        return named
    return [clip for clip in named if not _lies_elsewhere(clip, film)]


def _lies_elsewhere(clip: SourceClip, film: str) -> bool:
    paths = [path_of(name) for name in clip.media]
    return path_of(film) not in paths and any(file_name(path) != path for path in paths)


def _no_clip(path: Path, clips: Sequence[SourceClip], media: Media) -> str:
    names = list(dict.fromkeys(name for clip in clips for name in clip.media))
    said = f"it uses {', '.join(names[:_NAMED])}" if names else "it holds no clips"
    return f"No clip in {path} is of {media.primary_clip_path}: {said}. Give the film that it was cut from."


def _ranges(path: Path, clips: Sequence[SourceClip]) -> list[_Range]:
    """Return the different ranges, in the film's order; each has the name of the first clip that uses it."""
    found: dict[tuple[int, int], _Range] = {}
    for clip in clips:
        used = _range(path, clip)
        found.setdefault((used.start, used.end), used)
    return [found[key] for key in sorted(found)]


def _range(path: Path, clip: SourceClip) -> _Range:
    if clip.problem:
        raise DocumentError(f"{path}: clip {clip.name!r} cannot be a scene: {clip.problem}.")
    start, length = whole_frame(clip.start), whole_frame(clip.length)
    if start is None or length is None:
        raise DocumentError(
            f"{path}: clip {clip.name!r} is off the film's frames: it starts at frame {float(clip.start):.6g} and "
            f"lasts {float(clip.length):.6g}. Is the edit of the film's own rate?"
        )
    if start < 0 or length < 1:
        raise DocumentError(f"{path}: clip {clip.name!r} is not in the film: frames {start} to {start + length}.")
    return _Range(start, start + length, clip.name)


def _refuse_overlaps(path: Path, ranges: Sequence[_Range], shown: Callable[[int], str]) -> None:
    for first, second in pairwise(ranges):
        if second.start < first.end:
            named = [f"{used.name!r} ({shown(used.start)} to {shown(used.end)})" for used in (first, second)]
            raise DocumentError(
                f"{path}: clips {' and '.join(named)} use the same part of the film, and scenes may not overlap: "
                "shorten one of them."
            )


def _scene(number: int, used: _Range, media: Media, rate: Fraction) -> Scene:
    start_tc, end_tc = (timecode(frame, rate, start=media.start_tc) for frame in (used.start, used.end))
    scene = Scene(
        scene_id=f"S{number:04}", start_frame=used.start, end_frame=used.end, start_tc=start_tc, end_tc=end_tc
    )
    return scene.model_copy(update={"name": used.name})
