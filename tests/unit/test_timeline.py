"""Time and documents: what is written is what was meant, and what is wrong is named."""

from fractions import Fraction

import opentimelineio as otio
import pytest
from pydantic import ValidationError

from autocut_director.tools.timeline import (
    Clip,
    SceneDescription,
    ScenesDocument,
    frame_count,
    nearest_standard,
    timecode,
)

DOCUMENT = {
    "meta": {"schema": "scenes.v1", "fps": 29.97, "fps_fraction": "30000/1001", "source": "json", "tool": "mine"},
    "media": {
        "primary_clip_path": "a.mp4",
        "duration_frames": 300,
        "width": 640,
        "height": 360,
        "has_audio": True,
        "start_tc": "00:00:00:00",
        "camera": "A7",
    },
    "scenes": [
        {"scene_id": "S0001", "start_frame": 0, "end_frame": 100, "note": "keep"},
        {"scene_id": "S0002", "start_frame": 120, "end_frame": 300, "visual": {"summary": "x", "lens": "35 mm"}},
    ],
    "project": {"id": 7},
}


@pytest.mark.parametrize("rate", ["24", "25", "30", "50", "60", "24000/1001", "30000/1001", "60000/1001"])
@pytest.mark.parametrize("frame", [0, 1, 1799, 1800, 17981, 17982, 107891, 2_000_000])
def test_timecode_agrees_with_opentimelineio(rate: str, frame: int) -> None:
    exact = Fraction(rate)
    time = otio.opentime.RationalTime(frame, float(exact))
    expected = otio.opentime.to_timecode(time, float(exact), drop_frame=False)
    assert timecode(frame, exact) == expected


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(60000, 1001)])
@pytest.mark.parametrize("frame", [0, 1, 1799, 1800, 1801, 3597, 17981, 17982, 17983, 107891, 107892, 2_000_000])
def test_drop_frame_timecode_agrees_with_opentimelineio_and_reads_back(rate: Fraction, frame: int) -> None:
    time = otio.opentime.RationalTime(frame, float(rate))
    expected = otio.opentime.to_timecode(time, float(rate), drop_frame=True)
    text = timecode(frame, rate, start="00:00:00;00")
    assert text == expected
    assert frame_count(text, rate) == frame


def test_timecode_counts_on_from_the_start_and_wraps_at_midnight() -> None:
    assert timecode(25, Fraction(25), start="01:00:00:00") == "01:00:01:00"
    assert timecode(50, Fraction(25), start="23:59:59:00") == "00:00:01:00"


def test_what_is_no_timecode_is_refused() -> None:
    with pytest.raises(ValueError, match="'10:00' is no timecode; write HH:MM:SS:FF"):
        frame_count("10:00", Fraction(25))


@pytest.mark.parametrize(
    ("rate", "standard"), [("29.5", "30000/1001"), ("24.8", "25"), ("58", "60000/1001"), ("14", "15")]
)
def test_nearest_standard_rate(rate: str, standard: str) -> None:
    assert nearest_standard(Fraction(rate)) == Fraction(standard)


def test_unknown_fields_survive_a_round_trip() -> None:
    again = ScenesDocument.model_validate(DOCUMENT).model_dump(mode="json", by_alias=True)
    assert again["project"] == {"id": 7}
    assert again["meta"]["tool"] == "mine"
    assert again["media"]["camera"] == "A7"
    assert again["scenes"][0]["note"] == "keep"
    assert again["scenes"][1]["visual"]["lens"] == "35 mm"
    assert again["meta"]["fps_fraction"] == "30000/1001"


def test_a_file_that_says_only_fps_is_read() -> None:
    meta = {"schema": "scenes.v1", "fps": 29.97}
    assert ScenesDocument.model_validate({**DOCUMENT, "meta": meta}).rate == Fraction(30000, 1001)


def test_a_file_without_status_is_read_by_its_visuals() -> None:
    scenes = ScenesDocument.model_validate(DOCUMENT).scenes
    assert [scene.status for scene in scenes] == ["not_selected", "described"]


@pytest.mark.parametrize(
    ("scenes", "said"),
    [
        ([("A", 0, 60), ("B", 50, 90)], "scenes A and B overlap: A ends at frame 60, B starts at 50"),
        ([("A", 60, 20)], "scene A is reversed or empty: start 60, end 20"),
        ([("A", 20, 20)], "scene A is reversed or empty"),
        ([("A", 0, 20), ("A", 20, 40)], "scene id A is used twice"),
        ([("A", 0, 301)], "scene A ends at frame 301, the film has 300"),
        ([("A", -5, 20)], "start_frame"),
    ],
)
def test_scenes_that_cannot_be_are_refused_by_name(scenes: list[tuple[str, int, int]], said: str) -> None:
    wrong = [{"scene_id": name, "start_frame": start, "end_frame": end} for name, start, end in scenes]
    with pytest.raises(ValidationError, match=said):
        ScenesDocument.model_validate({**DOCUMENT, "scenes": wrong})


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("特写", "extreme_close_up"),
        ("远景", "extreme_wide"),
        ("Close-Up", "close_up"),
        ("extreme wide", "extreme_wide"),
    ],
)
def test_shot_types_are_understood(name: str, means: str) -> None:
    assert SceneDescription(summary="", shot_type=name).shot_type == means


@pytest.mark.parametrize("score", [0, 11, -3])
def test_a_score_out_of_range_is_refused(score: int) -> None:
    with pytest.raises(ValidationError, match="quality_score"):
        SceneDescription(summary="", quality_score=score)


def test_values_are_frozen() -> None:
    clip = Clip(order=1, scene_id="S", in_frame=0, out_frame=5, purpose="hook")
    with pytest.raises(ValidationError, match="frozen"):
        clip.in_frame = 3  # type: ignore[misc]
