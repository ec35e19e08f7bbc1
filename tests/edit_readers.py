"""Readers of edits that share nothing with the writers: plain XML and fractions, plain timecode, and OpenTimelineIO's
adapters. Each gives `Use`s: which frames of the film stand where in the edit."""

import re
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree as ET

import opentimelineio as otio

from autocut_director.tools.timeline import Clip, EditPlan, Media, PlannedBy, Target

RATES = [Fraction(text) for text in ("24", "25", "30", "24000/1001", "30000/1001", "60000/1001", "25/2")]
STARTS = ["00:00:00:00", "01:00:00:00", "10:11:12;13"]
ODD = Fraction(25, 2)
NOT_ODD = [rate for rate in RATES if rate != ODD]


@dataclass(frozen=True)
class Use:
    """Frames from `source` on of the film's own timecode, `length` of them, from `record` on in the edit."""

    source: int
    length: int
    record: int


def frames_before(text: str, rate: Fraction) -> int:
    """Frames before a timecode, counted minute by minute."""
    hours, minutes, seconds, frames = (int(part) for part in re.split("[:;]", text))
    nominal = 12 if rate == ODD else -(-rate.numerator // rate.denominator)
    skipped = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}.get(rate, 0) if ";" in text else 0
    total = 0
    for minute in range(hours * 60 + minutes):
        total += 60 * nominal - (skipped if (minute + 1) % 10 else 0)
    return total + seconds * nominal + frames


def planned(plan: EditPlan) -> list[Use]:
    """What every reader should find."""
    start, record, uses = frames_before(plan.media.start_tc, plan.rate), 0, []
    for clip in plan.clips:
        uses.append(Use(start + clip.in_frame, clip.out_frame - clip.in_frame, record))
        record += clip.out_frame - clip.in_frame
    return uses


def shown(uses: list[Use]) -> dict[int, int]:
    """The frame of the film's timecode that stands at each frame of the edit."""
    return {use.record + n: use.source + n for use in uses for n in range(use.length)}


def edit(
    rate: Fraction = Fraction(25),
    ranges: tuple[tuple[int, int], ...] = ((1790, 1810), (0, 50), (17_970, 18_010), (39_900, 40_000)),
    *,
    title: str = "A holiday",
    reason: str = "the sea",
    overlay: str | None = None,
    **media: object,
) -> EditPlan:
    """A plan whose clips lie where drop-frame timecode skips numbers: before and after a minute, and after ten."""
    film = {"primary_clip_path": "/films/holiday.mp4", "duration_frames": 40_000, "width": 1920, "height": 1080}
    clips = [
        Clip(
            order=n,
            scene_id=f"S{n:04}",
            in_frame=start,
            out_frame=end,
            purpose="body",
            overlay_text=overlay,
            reason=reason,
        )
        for n, (start, end) in enumerate(ranges, start=1)
    ]
    return EditPlan(
        title=title,
        target=Target(duration_seconds=8),
        fps_fraction=rate,
        media=Media(**{**film, "has_audio": True, **media}),
        clips=tuple(clips),
        planned_by=PlannedBy(planner="test"),
    )


def parsed(text: str) -> ET.Element:
    """The root of an XML document."""
    return ET.fromstring(text)  # noqa: S314  we wrote it ourselves


def rational(text: str) -> Fraction:
    """A time of FCPXML: seconds."""
    assert re.fullmatch(r"\d+(/\d+)?s", text), text
    return Fraction(text[:-1])


def fcpxml_uses(text: str) -> list[Use]:
    """By Apple's rules: a clip's start counts on its asset's clock, its offset on the spine's; all on whole frames."""
    root = parsed(text)
    form = root.find(f"resources/format[@id='{root.find('.//sequence').get('format')}']")
    frame = rational(form.get("frameDuration"))
    uses = []
    for clip in root.findall("event/project/sequence/spine/asset-clip"):
        times = [rational(clip.get(name)) / frame for name in ("start", "duration", "offset")]
        assert all(time.denominator == 1 for time in times)
        uses.append(Use(*(int(time) for time in times)))
    return uses


def xmeml_uses(text: str, kind: str) -> list[Use]:
    """`in` counts from the film's first frame, whose timecode stands at the file; all in frames of the clip's rate."""
    root = parsed(text)
    start = int(root.find(".//file/timecode/frame").text)
    uses = []
    for item in root.findall(f"sequence/media/{kind}/track/clipitem"):
        first, last, record, record_end = (int(item.find(tag).text) for tag in ("in", "out", "start", "end"))
        assert record_end - record == last - first
        uses.append(Use(start + first, last - first, record))
    return uses


def xmeml_rates(text: str) -> set[Fraction]:
    """All rates that the file names."""
    found = parsed(text).iter("rate")
    slowed = {"TRUE": Fraction(1000, 1001), "FALSE": Fraction(1)}
    return {int(rate.find("timebase").text) * slowed[rate.find("ntsc").text] for rate in found}


def edl_uses(text: str, rate: Fraction) -> list[Use]:
    """Each numbered line is an event."""
    uses = []
    for line in text.split("\n"):
        if line[:3].isdigit():
            source, source_out, record, record_out = (frames_before(code, rate) for code in line.split()[-4:])
            assert source_out - source == record_out - record
            uses.append(Use(source, source_out - source, record))
    return uses


def adapter_uses(text: str, adapter: str, kind: str = "Video", **options: object) -> list[Use]:
    """As an adapter of OpenTimelineIO reads it."""
    read = otio.adapters.read_from_string(text, adapter_name=adapter, **options)
    timeline = read if isinstance(read, otio.schema.Timeline) else next(iter(read.find_children(otio.schema.Timeline)))
    track = next(track for track in timeline.tracks if track.kind == kind)
    uses = []
    for clip in track.find_clips():
        used, place = clip.source_range, clip.range_in_parent()
        values = (used.start_time.value, used.duration.value, place.start_time.value)
        assert all(value == int(value) for value in values)
        uses.append(Use(*(int(value) for value in values)))
    return uses
