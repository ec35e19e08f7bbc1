"""The vocabulary: time, scenes, descriptions and edit plans as frozen values.

`Rate` → `Media` → `Scene` (with `Signals` and a `SceneDescription`) → `ScenesDocument` → `PlanRequest` → `EditPlan`

Time is counted in whole frames of one constant grid per film: frame n is the picture shown at n / rate seconds
after the first picture. Starts and ins are inclusive, ends and outs exclusive. Seconds and timecode are only shown.

Every model keeps the fields it does not know, so that a file survives a round trip. No I/O here, no LangChain.
"""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PlainSerializer,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

# ---------------------------------------------------------------- time

_NTSC = 1001  # the denominator of the rates that television in America slowed down by a thousandth
STANDARD_RATES = (
    *(Fraction(rate) for rate in (12, 15, 24, 25, 30, 48, 50, 60, 100, 120)),
    *(Fraction(rate, _NTSC) for rate in (24_000, 30_000, 60_000, 120_000)),
    Fraction(25, 2),
)
"""Frame rates that cameras and editors name, in frames a second."""

_RATES = Fraction(1, 100), Fraction(10_000)  # what any camera or slide show has
# Frame numbers that drop-frame timecode skips each minute, SMPTE ST 12-1.
_DROP_FRAME_RATES = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}
_TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;])(\d\d)")


def nearest_standard(rate: Fraction) -> Fraction:
    """Return the standard rate nearest to `rate`, both in frames a second."""
    return min(STANDARD_RATES, key=lambda standard: abs(standard - rate))


def _fraction(value: Any) -> Fraction:
    try:
        return Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as exc:
        msg = f"{str(value)[:40]!r} is no number; write a fraction such as '30000/1001'"
        raise ValueError(msg) from exc


def _frame_rate(value: Any) -> Fraction:
    rate = _fraction(value)
    if not _RATES[0] <= rate <= _RATES[1]:
        msg = f"{str(value)[:40]} is no frame rate; it must lie between {_RATES[0]} and {_RATES[1]} frames a second"
        raise ValueError(msg)
    return rate


_AS_TEXT = PlainSerializer(lambda fraction: f"{fraction.numerator}/{fraction.denominator}", return_type=str)
ExactFraction = Annotated[Fraction, BeforeValidator(_fraction), _AS_TEXT]
"""Any exact fraction; written as "1/90000"."""
Rate = Annotated[Fraction, BeforeValidator(_frame_rate), _AS_TEXT]
"""Frames a second as an exact fraction; written as "30000/1001"."""


def timecode(frame: int, rate: Fraction, *, start: str = "00:00:00:00") -> str:
    """Return the timecode of `frame` (0 is the film's first), counted on from `start`.

    Counts at the rounded nominal rate; drop-frame (`;`, SMPTE ST 12-1) where `start` is and the rate has it.
    """
    drop = _dropped_numbers(start, rate)
    nominal = max(1, round(rate))
    count = frame_count(start, rate) + frame
    count = _with_dropped_numbers(count, nominal, drop) % (24 * 3600 * nominal)
    seconds, frames = divmod(count, nominal)
    separator = ";" if drop else ":"
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{frames:02}"


def frame_count(text: str, rate: Fraction) -> int:
    """Return how many frames lie before the timecode `text` on a clock that starts at zero.

    Raises:
        ValueError: `text` is no timecode.
    """
    match = _TIMECODE.fullmatch(text)
    if match is None:
        msg = f"{text!r} is no timecode; write HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame"
        raise ValueError(msg)
    hours, minutes, seconds, _, frames = match.groups()
    total_minutes = int(hours) * 60 + int(minutes)
    count = (total_minutes * 60 + int(seconds)) * max(1, round(rate)) + int(frames)
    return count - _dropped_numbers(text, rate) * (total_minutes - total_minutes // 10)


def _dropped_numbers(text: str, rate: Fraction) -> int:
    return _DROP_FRAME_RATES.get(rate, 0) if ";" in text else 0


def _with_dropped_numbers(count: int, nominal: int, drop: int) -> int:
    """Add the frame numbers that drop-frame skips: `drop` a minute, but not in every tenth minute."""
    if not drop:
        return count
    ten_minutes, rest = divmod(count, 600 * nominal - 9 * drop)
    minutes = max(0, (rest - drop) // (60 * nominal - drop))
    return count + drop * (9 * ten_minutes + minutes)


# ---------------------------------------------------------------- what is known of a film


FrameNumber = Annotated[int, Field(ge=0, le=10**9)]
FrameCount = Annotated[int, Field(ge=1, le=10**9)]


class Record(BaseModel):
    """A frozen value that keeps the fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, allow_inf_nan=False)


class Media(Record):
    """The film that scenes and plans refer to."""

    primary_clip_path: Annotated[
        str, Field(pattern=r"^[^\x00]+$", description="Absolute, or relative to the JSON file.")
    ]
    duration_frames: FrameCount
    width: PositiveInt = Field(description="Pixels as shown: upright, square.")
    height: PositiveInt
    has_audio: bool
    start_tc: str = "00:00:00:00"
    digest: str = Field("", description="Of the whole file, such as sha256:…; empty where nobody took it.")
    damaged_frames: NonNegativeInt = Field(0, description="Pictures that did not decode whole.")

    @field_validator("start_tc")
    @classmethod
    def _is_timecode(cls, text: str) -> str:
        frame_count(text, Fraction(25))
        return text


class Signals(Record):
    """What was measured of a scene's pictures, whoever describes it. Medians over the sampled frames."""

    sharpness: float = Field(description="Variance of the Laplacian of the luma, 8-bit levels squared.")
    exposure: float = Field(description="Mean luma, 0 black to 1 white.")
    contrast: float = Field(description="Standard deviation of the luma, 0 to 0.5 of full scale.")
    colourfulness: float = Field(description="Hasler and Süsstrunk's M, 0 grey to about 110 vivid.")
    motion: float | None = Field(None, description="Mean change of the luma to the next picture, 0 to 1.")
    face_count: NonNegativeInt = 0
    largest_face: float = Field(0.0, description="Largest face's share of the frame's area, 0 to 1.")
    text_share: float | None = Field(None, description="Text's share of the frame's area; null without OCR.")
    text: str = Field("", description="What is written in the pictures; empty without OCR.")


ShotType = Literal["extreme_close_up", "close_up", "medium", "wide", "extreme_wide", "insert", "title", "unknown"]
SHOT_TYPES: tuple[ShotType, ...] = get_args(ShotType)
_SHOT_TYPE_NAMES: dict[str, ShotType] = {
    "特写": "extreme_close_up",
    "近景": "close_up",
    "中景": "medium",
    "全景": "wide",
    "远景": "extreme_wide",
}


def _shot_type(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    name = re.sub(r"[\s-]+", "_", value.strip().lower())
    return _SHOT_TYPE_NAMES.get(name, name) or "unknown"


class SceneDescription(Record):
    """What a model says of one scene. What it cannot know stays empty."""

    summary: str = Field(description="One sentence.")
    shot_type: Annotated[ShotType, BeforeValidator(_shot_type)] = "unknown"
    subjects: tuple[str, ...] = ()
    action: str = ""
    mood: str = ""
    lighting: str = ""
    quality_score: Annotated[int, Field(ge=1, le=10)] | None = None
    analyzed_by: str = ""
    model: str = ""


Status = Literal["described", "not_selected", "failed"]


class Scene(Record):
    """One scene of the film: frames [start_frame, end_frame)."""

    scene_id: Annotated[str, Field(min_length=1)]
    start_frame: FrameNumber
    end_frame: FrameNumber
    start_tc: str = ""
    end_tc: str = ""
    status: Status = "not_selected"
    same_as: str | None = None
    signals: Signals | None = None
    visual: SceneDescription | None = None

    @property
    def length(self) -> int:
        """Frames."""
        return self.end_frame - self.start_frame

    @model_validator(mode="before")
    @classmethod
    def _status_from_visual(cls, data: Any) -> Any:
        """Read files from before `status` existed."""
        if isinstance(data, dict) and "status" not in data and data.get("visual"):
            return {**data, "status": "described"}
        return data

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.start_frame >= self.end_frame:
            msg = f"scene {self.scene_id} is reversed or empty: start {self.start_frame}, end {self.end_frame}"
            raise ValueError(msg)
        return self


class ScenesMeta(Record):
    """How to read a `scenes.json`."""

    schema_: Literal["scenes.v1"] = Field(alias="schema")
    fps: float
    fps_fraction: Rate
    source: str = "json"

    @model_validator(mode="before")
    @classmethod
    def _fraction_from_fps(cls, data: Any) -> Any:
        """Read files that say only `fps`: 29.97 means 30000/1001."""
        if isinstance(data, dict) and "fps_fraction" not in data and "fps" in data:
            rate = _frame_rate(data["fps"])
            standard = nearest_standard(rate)
            close = abs(standard - rate) < Fraction(1, 100)
            return {**data, "fps_fraction": standard if close else rate}
        return data


class ScenesDocument(Record):
    """`scenes.json`: a film and its scenes. Scenes may leave gaps, never overlap."""

    meta: ScenesMeta
    media: Media
    scenes: tuple[Scene, ...]

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return self.meta.fps_fraction

    @property
    def descriptions(self) -> dict[str, SceneDescription]:
        """What is to be seen in the scenes that were described, by their ids."""
        return {scene.scene_id: scene.visual for scene in self.scenes if scene.visual is not None}

    @model_validator(mode="after")
    def _scenes_fit_the_film(self) -> Self:
        problems = [*_doubled_ids(self.scenes), *_overlaps(self.scenes), *_beyond(self.scenes, self.media)]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _doubled_ids(scenes: Iterable[Scene]) -> list[str]:
    seen: set[str] = set()
    doubled = [s.scene_id for s in scenes if s.scene_id in seen or seen.add(s.scene_id)]  # type: ignore[func-returns-value]
    return [f"scene id {scene_id} is used twice" for scene_id in doubled]


def _overlaps(scenes: Iterable[Scene]) -> list[str]:
    ordered = sorted(scenes, key=lambda scene: scene.start_frame)
    return [
        f"scenes {a.scene_id} and {b.scene_id} overlap: {a.scene_id} ends at frame {a.end_frame}, "
        f"{b.scene_id} starts at {b.start_frame}"
        for a, b in pairwise(ordered)
        if b.start_frame < a.end_frame
    ]


def _beyond(scenes: Iterable[Scene], media: Media) -> list[str]:
    return [
        f"scene {s.scene_id} ends at frame {s.end_frame}, the film has {media.duration_frames}"
        for s in scenes
        if s.end_frame > media.duration_frames
    ]


def equal_shares(scenes: Sequence[Scene], count: int) -> list[list[Scene]]:
    """Sort `scenes` (in the film's order) into `count` equal shares of its time, by their middles.

    Shares without a scene are left out.
    """
    if not scenes or count < 1:
        return []
    start, end = scenes[0].start_frame, scenes[-1].end_frame
    shares: dict[int, list[Scene]] = {}
    for scene in scenes:
        middle = (scene.start_frame + scene.end_frame) // 2
        shares.setdefault((middle - start) * count // (end - start), []).append(scene)
    return [shares[share] for share in sorted(shares)]


# ---------------------------------------------------------------- what is planned

Language = Literal["en", "zh"]
Purpose = Literal["hook", "body", "cta"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


Seconds = Annotated[float, Field(gt=0, le=360_000, allow_inf_nan=False)]
"""How long an edit may be asked to be: up to 100 hours."""


Aspect = Literal["source", "16:9", "9:16", "1:1"]


class Word(Record):
    """One spoken word: frames [start_frame, end_frame) of the film."""

    text: str
    start_frame: FrameNumber
    end_frame: FrameNumber


class Line(Record):
    """One line of what is said, usually a sentence: frames [start_frame, end_frame). `words`: where known."""

    text: str
    start_frame: FrameNumber
    end_frame: FrameNumber
    words: tuple[Word, ...] = ()


class PlanRequest(Record):
    """What a planner is given: the described scenes and what is wanted of them.

    `brief` is what the person wrote; `style` the name of a style and `style_text` what it says. `transcript`: what is
    said in the film, in its order. `earlier` and `change`: the edit that is there, and how it is to be changed;
    `length_is_asked`: the change says how long it is to be.
    """

    document: ScenesDocument
    duration_seconds: Seconds | None = None
    brief: str = ""
    style: str = ""
    style_text: str = ""
    aspect: Aspect = "source"
    language: Language = "en"
    transcript: tuple[Line, ...] = ()
    earlier: "EditPlan | None" = None
    change: str = ""
    length_is_asked: bool = False

    @property
    def available_frames(self) -> int:
        """Frames in all scenes together."""
        return sum(scene.length for scene in self.document.scenes)


class Clip(Record):
    """Frames [in_frame, out_frame) of one scene, at a place in the edit."""

    order: PositiveInt
    scene_id: str
    in_frame: FrameNumber
    out_frame: FrameNumber
    purpose: Purpose
    overlay_text: str | None = None
    reason: str = ""

    @property
    def length(self) -> int:
        """Frames."""
        return self.out_frame - self.in_frame


class Adjustment(Record):
    """One change that the compiler made to what a planner proposed. `clip` is the proposal's order, from 1."""

    clip: int | None
    rule: str
    before: tuple[Any, ...]
    after: tuple[Any, ...]


class DroppedScene(Record):
    """Why a scene is not in the edit."""

    scene_id: str
    reason: str


class Target(Record):
    """What the edit was asked to be."""

    duration_seconds: float
    aspect: str = "source"


class PlannedBy(Record):
    """Who planned."""

    planner: str
    model: str = ""
    degraded: bool = False


class EditPlan(Record):
    """`plan.json`: an edit that was proven to be one that can be cut."""

    schema_: Literal["edit_plan.v1"] = Field("edit_plan.v1", alias="schema")
    title: str
    logline: str = ""
    target: Target
    fps_fraction: Rate
    media: Media
    clips: Annotated[tuple[Clip, ...], Field(min_length=1)]
    dropped: tuple[DroppedScene, ...] = ()
    assumptions: tuple[str, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    planned_by: PlannedBy

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return self.fps_fraction

    @property
    def duration_frames(self) -> int:
        """Frames of the whole edit."""
        return sum(clip.length for clip in self.clips)

    def shaped(self, aspect: str) -> "EditPlan":
        """Return the plan for a film of another shape."""
        return self.model_copy(update={"target": self.target.model_copy(update={"aspect": aspect})})


def media_path(media: Media, *, beside: Path) -> Media:
    """Return `media` with an absolute path; a relative one is taken from the folder `beside`."""
    return media.model_copy(update={"primary_clip_path": str((beside / media.primary_clip_path).absolute())})


def first_problem(error: ValidationError) -> str:
    """Return a validation error as one line: where, what, and how many more."""
    first, *rest = problems(error)
    return f"{first} (and {len(rest)} more)" if rest else first


def problems(error: ValidationError) -> list[str]:
    """Return a line for each problem that a validation found: where and what."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        where = ".".join(str(step) for step in problem["loc"])
        what = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{where}: {what}" if where else what)
    return lines


def wrong_value(error: ValidationError) -> str:
    """Return the first problem of a validation as a sentence: which name, which value, what would be right."""
    problem = error.errors(include_url=False)[0]
    name = ".".join(str(step) for step in problem["loc"]) or "the request"
    return f"{name} = {problem['input']!r}: {problem['msg'].lower()}."
