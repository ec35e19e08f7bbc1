"""The edit as a CMX 3600 edit decision list.

An EDL has no rate in it: it holds timecode, and whoever reads it must know what the timecode counts. So it is written
only at rates that SMPTE timecode has: at 24000/1001 it counts 24 numbers a "second", as every editing program does,
and a comment at the first event says so.
"""

import re
import unicodedata
from fractions import Fraction
from pathlib import Path

from autocut_director.errors import InputError
from autocut_director.tools.interchange.characters import one_line
from autocut_director.tools.interchange.events import (
    MARKER_COLOURS,
    NOBODY_LOOKED,
    Event,
    Seen,
    edit_start,
    events,
    is_drop_frame,
    media_start,
)
from autocut_director.tools.interchange.media_urls import file_name, media_name
from autocut_director.tools.timeline import EditPlan, frame_count, timecode

_NOMINAL_RATES = (24, 25, 30, 48, 50, 60)
RATES = frozenset(
    [Fraction(rate) for rate in _NOMINAL_RATES] + [Fraction(1000 * rate, 1001) for rate in _NOMINAL_RATES if rate % 25]
)
"""The rates that SMPTE ST 12 has timecode for, in frames a second."""

_MOST_EVENTS = 999  # the event number has three digits
_REEL_LENGTH = 8
_DAY_HOURS = 24


def edl_text(plan: EditPlan, *, relative_to: Path | None = None, seen: Seen = NOBODY_LOOKED) -> str:
    """Return the plan as an EDL: one event a clip, `B` (picture and sound) or `V`; the record side starts at zero.

    Raises:
        InputError: The rate has no timecode, there are more than 999 clips, or timecode runs over midnight in one.
    """
    _check(plan)
    mode = "DROP FRAME" if is_drop_frame(plan) else "NON-DROP FRAME"
    lines = [f"TITLE: {one_line(plan.title) or 'AutoCut'}", f"FCM: {mode}", ""]
    for event in events(plan, seen):
        lines += [_edit(event, plan), *_comments(event, plan, relative_to)]
    return "\n".join(lines) + "\n"


def reel_name(path: str) -> str:
    """Return the film's reel: the first eight letters and digits of its name, or AX where it has none."""
    plain = unicodedata.normalize("NFKD", file_name(path).rpartition(".")[0] or file_name(path)).upper()
    return re.sub("[^A-Z0-9]", "", plain)[:_REEL_LENGTH] or "AX"


def _check(plan: EditPlan) -> None:
    if plan.rate not in RATES:
        known = ", ".join(str(rate) for rate in sorted(RATES))
        raise InputError(
            f"An EDL holds timecode, and there is none for {plan.rate} frames a second (only for {known}): "
            "choose --to otio or --to fcpxml, which hold any rate."
        )
    if len(plan.clips) > _MOST_EVENTS:
        raise InputError(
            f"An EDL holds {_MOST_EVENTS} events, the plan has {len(plan.clips)} clips: "
            "choose --to otio, fcpxml or xml."
        )
    day = _day(plan)
    for clip in plan.clips:
        first = (media_start(plan) + clip.in_frame) % day
        if first + clip.length > day:
            raise InputError(
                f"Clip {clip.order} ({clip.scene_id}) runs over midnight in the film's timecode, which an EDL cannot "
                "say: choose --to otio, fcpxml or xml."
            )


def _day(plan: EditPlan) -> int:
    """Return the frames from one midnight of the film's timecode to the next."""
    return frame_count(f"{_DAY_HOURS}:00:00{';' if is_drop_frame(plan) else ':'}00", plan.rate)


def _edit(event: Event, plan: EditPlan) -> str:
    clip = event.clip
    source = [timecode(frame, plan.rate, start=plan.media.start_tc) for frame in (clip.in_frame, clip.out_frame)]
    record = [timecode(frame, plan.rate, start=edit_start(plan)) for frame in (event.record_in, event.record_out)]
    channels = "B" if plan.media.has_audio else "V"
    reel = reel_name(plan.media.primary_clip_path)
    return f"{event.number:03}  {reel:<{_REEL_LENGTH}} {channels:<5} C        {' '.join(source + record)}"


def _comments(event: Event, plan: EditPlan, relative_to: Path | None) -> list[str]:
    """Return the lines that say what an event cannot: the film by its name, and why the clip is there."""
    clip, path = event.clip, plan.media.primary_clip_path
    at = timecode(event.record_in, plan.rate, start=edit_start(plan))
    said = [
        ("FROM CLIP NAME:", file_name(path)),
        ("SOURCE FILE:", media_name(path, relative_to=relative_to)),
        (f"LOC: {at} {MARKER_COLOURS[clip.purpose]:<7}", f"{event.name}: {clip.reason}"),
    ]
    if clip.overlay_text:
        said.append(("COMMENT: OVERLAY", clip.overlay_text))
    if event.seen is not None and event.seen.summary:
        said.append(("COMMENT: SEEN", event.seen.summary))
    if event.number == 1:
        said.append(("COMMENT:", f"{plan.rate} FRAMES A SECOND, TIMECODE COUNTS {round(plan.rate)}"))
    return [f"* {key} {one_line(text)}" for key, text in said]
