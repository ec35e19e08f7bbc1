"""Where each clip of an edit lies, in whole frames: the one timeline that all formats are written from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autocut_director.tools.timeline import Clip, EditPlan, SceneDescription, frame_count, timecode

MARKER_COLOURS = {"hook": "RED", "body": "GREEN", "cta": "BLUE"}
"""By what a marker's clip is for; the names that EDL and OpenTimelineIO share."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One clip at its place. `record_in`, `record_out`: frames from the edit's start; `clip` counts from the film's.

    `seen`: what is to be seen in its scene, where that is known.
    """

    number: int
    clip: Clip
    record_in: int
    seen: SceneDescription | None = None

    @property
    def record_out(self) -> int:
        """Frames."""
        return self.record_in + self.clip.length

    @property
    def name(self) -> str:
        """What an editor sees on the clip: the scene and what it is for."""
        return f"{self.clip.scene_id} {self.clip.purpose}"


Seen = Mapping[str, SceneDescription]
"""What is to be seen in scenes, by their ids."""
NOBODY_LOOKED: Seen = {}


def events(plan: EditPlan, seen: Seen = NOBODY_LOOKED) -> Iterator[Event]:
    """Give the clips of `plan` one after the other, without gaps."""
    at = 0
    for number, clip in enumerate(plan.clips, start=1):
        yield Event(number=number, clip=clip, record_in=at, seen=seen.get(clip.scene_id))
        at += clip.length


def edit_start(plan: EditPlan) -> str:
    """Return the timecode at which the edit begins: zero, counted as the film's is."""
    return "00:00:00;00" if is_drop_frame(plan) else "00:00:00:00"


def media_start(plan: EditPlan) -> int:
    """Return the film's start timecode in frames: source times count from there, as editors relink by."""
    return frame_count(plan.media.start_tc, plan.rate)


def is_drop_frame(plan: EditPlan) -> bool:
    """Tell whether the film's timecode skips numbers."""
    return ";" in timecode(0, plan.rate, start=plan.media.start_tc)
