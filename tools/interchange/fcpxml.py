"""The edit as FCPXML 1.9, for Final Cut Pro and DaVinci Resolve.

Times are rational numbers of seconds that are whole multiples of the frame's duration, so any rate is exact. A clip's
`start` and its markers count on the film's own clock, from its start timecode; `offset` counts on the edit's.
"""

from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element

from autocut_director.errors import InputError
from autocut_director.tools.interchange.events import NOBODY_LOOKED, Event, Seen, events, is_drop_frame, media_start
from autocut_director.tools.interchange.media_urls import file_name, media_url
from autocut_director.tools.interchange.xml_files import child, xml_text
from autocut_director.tools.timeline import EditPlan

_KEY = "autocut-director"
_LARGEST_DENOMINATOR = 2**31 - 1  # a time has a 64-bit numerator and a 32-bit denominator


def fcpxml_text(plan: EditPlan, *, relative_to: Path | None = None, seen: Seen = NOBODY_LOOKED) -> str:
    """Return the plan as FCPXML: an event that holds the project, one clip after the other.

    Raises:
        InputError: The rate is too fine a fraction.
    """
    if plan.rate.numerator > _LARGEST_DENOMINATOR:
        raise InputError(f"FCPXML holds no frame of 1/({plan.rate}) s: choose --to otio, which holds any rate.")
    root, title = Element("fcpxml", version="1.9"), plan.title or "AutoCut"
    _add_resources(child(root, "resources"), plan, media_url(plan.media.primary_clip_path, relative_to=relative_to))
    project = child(child(root, "event", name=title), "project", name=title)
    _add_sequence(project, plan, seen)
    return xml_text(root, doctype="fcpxml")


def seconds(frames: int, rate: Fraction) -> str:
    """Return `frames` as FCPXML writes a time: "1001/30000s"."""
    return f"{frames * rate.denominator}/{rate.numerator}s" if frames else "0s"


def _add_resources(resources: Element, plan: EditPlan, url: str) -> None:
    media, rate = plan.media, plan.rate
    frame = seconds(1, rate)
    child(resources, "format", id="r1", frameDuration=frame, width=media.width, height=media.height)
    sound = {"hasAudio": 1, "audioSources": 1} if media.has_audio else {}
    asset = child(
        resources,
        "asset",
        id="r2",
        name=file_name(media.primary_clip_path),
        start=seconds(media_start(plan), rate),
        duration=seconds(media.duration_frames, rate),
        hasVideo=1,
        format="r1",
        **sound,
    )
    child(asset, "media-rep", kind="original-media", src=url)


def _add_sequence(project: Element, plan: EditPlan, seen: Seen) -> None:
    length = seconds(plan.duration_frames, plan.rate)
    sequence = child(project, "sequence", format="r1", duration=length, tcStart="0s", tcFormat=_counting(plan))
    if plan.logline:
        child(sequence, "note", plan.logline)
    spine = child(sequence, "spine")
    for event in events(plan, seen):
        _add_clip(spine, event, plan)


def _add_clip(spine: Element, event: Event, plan: EditPlan) -> None:
    clip, rate = event.clip, plan.rate
    start = seconds(media_start(plan) + clip.in_frame, rate)
    times = {"offset": seconds(event.record_in, rate), "start": start, "duration": seconds(clip.length, rate)}
    made = child(spine, "asset-clip", ref="r2", name=event.name, **times, format="r1", tcFormat=_counting(plan))
    if clip.reason:
        child(made, "note", clip.reason)
    child(made, "marker", start=start, duration=seconds(1, rate), value=clip.purpose, note=clip.reason)
    facts = {"sceneId": clip.scene_id, "purpose": clip.purpose, "overlayText": clip.overlay_text or ""}
    if event.seen is not None:
        facts |= {"description": event.seen.summary, "shotType": event.seen.shot_type}
    metadata = child(made, "metadata")
    for key, value in facts.items():
        if value:
            child(metadata, "md", key=f"{_KEY}.{key}", value=value)


def _counting(plan: EditPlan) -> str:
    return "DF" if is_drop_frame(plan) else "NDF"
