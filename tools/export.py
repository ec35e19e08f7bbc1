"""The edit as a timeline for an editor's own program. OpenTimelineIO is the one format so far."""

from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio

from autocut_director.errors import InputError
from autocut_director.tools.files import write_text
from autocut_director.tools.rules import check_against_film
from autocut_director.tools.timeline import Clip, EditPlan, frame_count


def export_timeline(plan: EditPlan, out: Path, *, to: str = "otio") -> Path:
    """Write `plan` to `out` in the format `to`.

    Raises:
        InputError: No such format.
        PlanError: The plan's clips do not fit its film.
        OutputError: The file cannot be written there.
    """
    if to not in WRITERS:
        raise InputError(f"No timeline format {to!r}. Known: {', '.join(sorted(WRITERS))}.")
    check_against_film(plan)
    write_text(out, WRITERS[to](plan))
    return out


def otio_text(plan: EditPlan) -> str:
    """Return the plan as an OpenTimelineIO document: one track of pictures, one of sound where the film has any."""
    timeline = otio.schema.Timeline(name=plan.title or "AutoCut", metadata={"autocut_director": _about(plan)})
    kinds = [otio.schema.TrackKind.Video] + [otio.schema.TrackKind.Audio] * plan.media.has_audio
    for kind in kinds:
        track = otio.schema.Track(name=str(kind), kind=kind)
        track.extend([_clip(clip, plan) for clip in plan.clips])
        timeline.tracks.append(track)
    return str(timeline.to_json_string(indent=2))


def _about(plan: EditPlan) -> dict[str, str]:
    return {"logline": plan.logline, "fps_fraction": f"{plan.rate.numerator}/{plan.rate.denominator}"}


def _clip(clip: Clip, plan: EditPlan) -> otio.schema.Clip:
    """Return one clip; times count from the media's own start timecode, as editors relink by."""
    start = frame_count(plan.media.start_tc, plan.rate)
    reference = otio.schema.ExternalReference(
        target_url=Path(plan.media.primary_clip_path).as_uri(),
        available_range=_range(start, plan.media.duration_frames, plan),
    )
    made = otio.schema.Clip(
        name=clip.scene_id,
        media_reference=reference,
        source_range=_range(start + clip.in_frame, clip.length, plan),
        metadata={"autocut_director": {"purpose": clip.purpose, "reason": clip.reason, "order": clip.order}},
    )
    made.markers.append(otio.schema.Marker(name=clip.purpose, marked_range=made.source_range, comment=clip.reason))
    return made


def _range(start: int, length: int, plan: EditPlan) -> otio.opentime.TimeRange:
    rate = float(plan.rate)
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(length, rate))


WRITERS: dict[str, Callable[[EditPlan], str]] = {"otio": otio_text}
"""Formats by the name that `--to` takes."""
