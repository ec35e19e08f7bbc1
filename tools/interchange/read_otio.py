"""The parts of films that an OpenTimelineIO document uses."""

import json
from collections.abc import Iterator
from fractions import Fraction
from math import isfinite
from pathlib import Path

import opentimelineio as otio

from autocut_director.errors import DocumentError
from autocut_director.tools.files import read_json
from autocut_director.tools.interchange.source_clips import SourceClip, wrong_rate, wrong_start
from autocut_director.tools.timeline import Media, frame_count


def otio_clips(path: Path, media: Media, rate: Fraction) -> Iterator[SourceClip]:
    """Give each clip on a track of pictures in `path`.

    Raises:
        DocumentError: No such file, or not OpenTimelineIO.
    """
    start = frame_count(media.start_tc, rate)
    timeline = _timeline(path)  # held, or the clips lose their tracks
    for clip in timeline.find_clips():
        tracks = list(_tracks(clip))
        if all(track.kind != otio.schema.TrackKind.Audio for track in tracks):
            yield _source_clip(clip, start, rate, nested=len(tracks) > 1)


def _timeline(path: Path) -> otio.schema.Timeline | otio.schema.SerializableCollection:
    text = json.dumps(read_json(path))  # so that broken JSON, and JSON nested without end, never reach the library
    try:
        read = otio.adapters.read_from_string(text, adapter_name="otio_json")
    except (otio.exceptions.OTIOError, LookupError, RuntimeError, TypeError, ValueError) as exc:
        raise DocumentError(f"{path} is no OpenTimelineIO file: {exc}.") from exc
    if not isinstance(read, otio.schema.Timeline | otio.schema.SerializableCollection):
        raise DocumentError(f"{path} is no OpenTimelineIO timeline: it holds a {type(read).__name__}.")
    return read


def _tracks(clip: otio.schema.Clip) -> Iterator[otio.schema.Track]:
    parent = clip.parent()
    while parent is not None:
        if isinstance(parent, otio.schema.Track):
            yield parent
        parent = parent.parent()


def _source_clip(clip: otio.schema.Clip, start: int, rate: Fraction, *, nested: bool) -> SourceClip:
    reference = clip.media_reference
    whole = reference.available_range if reference else None
    used = clip.source_range or whole
    if used is None:
        return _unusable(clip, "it has no range")
    if not all(map(isfinite, (used.start_time.value, used.duration.value, whole.start_time.value if whole else 0))):
        return _unusable(clip, "its range is no number")
    declared = Fraction(whole.start_time.value) if whole else Fraction(start)
    return SourceClip(
        name=clip.name,
        media=_names(clip),
        start=Fraction(used.start_time.value) - declared,
        length=Fraction(used.duration.value),
        problem=_problem(clip, nested=nested) or wrong_rate(used.start_time.rate, rate) or wrong_start(declared, start),
    )


def _unusable(clip: otio.schema.Clip, problem: str) -> SourceClip:
    return SourceClip(name=clip.name, media=_names(clip), start=Fraction(0), length=Fraction(0), problem=problem)


def _names(clip: otio.schema.Clip) -> tuple[str, ...]:
    url = getattr(clip.media_reference, "target_url", "")
    return (url,) if url else tuple(filter(None, (getattr(clip.media_reference, "name", ""), clip.name)))


def _problem(clip: otio.schema.Clip, *, nested: bool) -> str:
    if any(isinstance(effect, otio.schema.TimeEffect) for effect in clip.effects):
        return "it is retimed"
    return "it lies in a compound clip: flatten that first" if nested else ""
