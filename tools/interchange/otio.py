"""The edit as an OpenTimelineIO document."""

from pathlib import Path

import opentimelineio as otio

from autocut_director.tools.interchange.characters import for_xml
from autocut_director.tools.interchange.events import MARKER_COLOURS, NOBODY_LOOKED, Event, Seen, events, media_start
from autocut_director.tools.interchange.media_urls import media_url
from autocut_director.tools.timeline import EditPlan


def otio_text(plan: EditPlan, *, relative_to: Path | None = None, seen: Seen = NOBODY_LOOKED) -> str:
    """Return the plan as an OpenTimelineIO document: one track of pictures, one of sound where the film has any."""
    timeline = otio.schema.Timeline(name=for_xml(plan.title) or "AutoCut", metadata={"autocut_director": _about(plan)})
    url = media_url(plan.media.primary_clip_path, relative_to=relative_to)
    kinds = [otio.schema.TrackKind.Video] + [otio.schema.TrackKind.Audio] * plan.media.has_audio
    for kind in kinds:
        track = otio.schema.Track(name=str(kind), kind=kind)
        track.extend([_clip(event, plan, url) for event in events(plan, seen)])
        timeline.tracks.append(track)
    return str(timeline.to_json_string(indent=2))


def _about(plan: EditPlan) -> dict[str, str]:
    return {"logline": for_xml(plan.logline), "fps_fraction": f"{plan.rate.numerator}/{plan.rate.denominator}"}


def _clip(event: Event, plan: EditPlan, url: str) -> otio.schema.Clip:
    start, clip = media_start(plan), event.clip
    reference = otio.schema.ExternalReference(
        target_url=url, available_range=_range(start, plan.media.duration_frames, plan)
    )
    made = otio.schema.Clip(
        name=for_xml(event.name),
        media_reference=reference,
        source_range=_range(start + clip.in_frame, clip.length, plan),
        metadata={"autocut_director": {**_why(event), **_seen(event)}},
    )
    made.markers.append(
        otio.schema.Marker(
            name=clip.purpose,
            marked_range=made.source_range,
            color=MARKER_COLOURS[clip.purpose],
            comment=for_xml(clip.reason),
        )
    )
    return made


def _why(event: Event) -> dict[str, str | int]:
    clip = event.clip
    texts = {"scene_id": clip.scene_id, "reason": clip.reason, "overlay_text": clip.overlay_text or ""}
    return {"order": clip.order, "purpose": clip.purpose, **{key: for_xml(text) for key, text in texts.items()}}


def _seen(event: Event) -> dict[str, dict[str, str | list[str]]]:
    if event.seen is None:
        return {}
    told = event.seen.model_dump(include={"summary", "shot_type", "action", "mood", "lighting", "analyzed_by", "model"})
    texts: dict[str, str | list[str]] = {key: for_xml(text) for key, text in told.items() if text}
    return {"description": {**texts, "subjects": [for_xml(subject) for subject in event.seen.subjects]}}


def _range(start: int, length: int, plan: EditPlan) -> otio.opentime.TimeRange:
    rate = float(plan.rate)
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(length, rate))
