"""The edit as Final Cut Pro 7 XML (xmeml 4), which Premiere Pro reads.

Everything is counted in whole frames of a timebase: a whole number of frames a second, slowed down by a thousandth
where `ntsc` is TRUE. A clip's in and out count from the film's first frame; its start timecode stands at the file.
"""

from collections.abc import Iterable
from fractions import Fraction
from itertools import count
from pathlib import Path
from xml.etree.ElementTree import Element

from autocut_director.errors import InputError
from autocut_director.tools.interchange.events import (
    NOBODY_LOOKED,
    Event,
    Seen,
    edit_start,
    events,
    is_drop_frame,
    media_start,
)
from autocut_director.tools.interchange.media_urls import file_name, media_url
from autocut_director.tools.interchange.xml_files import child, xml_text
from autocut_director.tools.timeline import EditPlan, timecode

_NTSC = Fraction(1000, 1001)
_NO_END = -1  # of a marker that stands on one frame


def fcp7xml_text(plan: EditPlan, *, relative_to: Path | None = None, seen: Seen = NOBODY_LOOKED) -> str:
    """Return the plan as FCP 7 XML: a track of pictures and, where the film has sound, a track linked with it.

    Raises:
        InputError: The rate is neither whole nor a whole one slowed down by a thousandth.
    """
    _timebase(plan.rate)
    root = Element("xmeml", version="4")
    sequence = child(root, "sequence", id="sequence-1")
    child(sequence, "name", plan.title or "AutoCut")
    child(sequence, "duration", plan.duration_frames)
    _add_rate(sequence, plan.rate)
    _add_timecode(sequence, plan, edit_start(plan), frame=0)
    media = child(sequence, "media")
    url = media_url(plan.media.primary_clip_path, relative_to=relative_to)
    _add_pictures(child(media, "video"), events(plan, seen), plan, url)
    if plan.media.has_audio:
        _add_sound(child(media, "audio"), plan)
    return xml_text(root, doctype="xmeml")


def _timebase(rate: Fraction) -> tuple[int, bool]:
    """Return the whole rate, and whether it is slowed down by a thousandth."""
    for whole, slowed in ((rate, False), (rate / _NTSC, True)):
        if whole.denominator == 1:
            return whole.numerator, slowed
    raise InputError(
        f"FCP 7 XML holds no rate of {rate} frames a second (only whole ones, and whole ones times 1000/1001): "
        "choose --to otio or --to fcpxml, which hold any rate."
    )


def _add_rate(parent: Element, rate: Fraction) -> None:
    timebase, slowed = _timebase(rate)
    made = child(parent, "rate")
    child(made, "timebase", timebase)
    child(made, "ntsc", "TRUE" if slowed else "FALSE")


def _add_timecode(parent: Element, plan: EditPlan, start: str, *, frame: int) -> None:
    made = child(parent, "timecode")
    _add_rate(made, plan.rate)
    child(made, "string", timecode(0, plan.rate, start=start))
    child(made, "frame", frame)
    child(made, "displayformat", "DF" if is_drop_frame(plan) else "NDF")


def _add_pictures(video: Element, clips: Iterable[Event], plan: EditPlan, url: str) -> None:
    _add_picture_size(child(video, "format"), plan)
    track = child(video, "track")
    for event in clips:
        made = _clip_item(track, event, plan, kind="video")
        _add_file(made, event, plan, url)
        _add_reasons(made, event)
        _add_links(made, event, plan)


def _add_sound(audio: Element, plan: EditPlan) -> None:
    track = child(audio, "track")
    for event in events(plan):
        made = _clip_item(track, event, plan, kind="audio")
        child(made, "file", id="file-1")
        source = child(made, "sourcetrack")
        child(source, "mediatype", "audio")
        child(source, "trackindex", 1)
        _add_links(made, event, plan)


def _clip_item(track: Element, event: Event, plan: EditPlan, *, kind: str) -> Element:
    made = child(track, "clipitem", id=f"{kind}-{event.number}")
    child(made, "name", event.name)
    child(made, "duration", plan.media.duration_frames)
    _add_rate(made, plan.rate)
    frames = {"in": event.clip.in_frame, "out": event.clip.out_frame}
    for tag, frame in ({"start": event.record_in, "end": event.record_out} | frames).items():
        child(made, tag, frame)
    return made


def _add_file(item: Element, event: Event, plan: EditPlan, url: str) -> None:
    """Say all of the film at the first clip; the others point there."""
    file = child(item, "file", id="file-1")
    if event.number > 1:
        return
    child(file, "name", file_name(plan.media.primary_clip_path))
    child(file, "pathurl", url.replace("file:///", "file://localhost/", 1))
    _add_rate(file, plan.rate)
    child(file, "duration", plan.media.duration_frames)
    _add_timecode(file, plan, plan.media.start_tc, frame=media_start(plan))
    media = child(file, "media")
    _add_picture_size(child(media, "video"), plan)
    if plan.media.has_audio:
        child(media, "audio")


def _add_picture_size(parent: Element, plan: EditPlan) -> None:
    made = child(parent, "samplecharacteristics")
    _add_rate(made, plan.rate)
    child(made, "width", plan.media.width)
    child(made, "height", plan.media.height)
    child(made, "pixelaspectratio", "square")


def _add_reasons(item: Element, event: Event) -> None:
    clip = event.clip
    marker = child(item, "marker")
    child(marker, "comment", clip.reason)
    child(marker, "name", clip.purpose)
    child(marker, "in", clip.in_frame)
    child(marker, "out", _NO_END)
    comments = child(item, "comments")
    for number, text in zip(count(1), filter(None, [clip.reason, clip.overlay_text]), strict=False):
        child(comments, f"mastercomment{number}", text)
    log = child(item, "logginginfo")
    if event.seen is not None and event.seen.summary:
        child(log, "description", event.seen.summary)
    child(log, "scene", clip.scene_id)


def _add_links(item: Element, event: Event, plan: EditPlan) -> None:
    if not plan.media.has_audio:
        return
    for kind in ("video", "audio"):
        link = child(item, "link")
        child(link, "linkclipref", f"{kind}-{event.number}")
        child(link, "mediatype", kind)
        child(link, "trackindex", 1)
        child(link, "clipindex", event.number)
