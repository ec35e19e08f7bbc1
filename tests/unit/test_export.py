"""The timeline, read back by OpenTimelineIO, is the plan."""

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from documents import described

from autocut_director.agent.planner import build_planner
from autocut_director.errors import InputError
from autocut_director.tools.export import export_timeline
from autocut_director.tools.timeline import EditPlan, PlanRequest


def plan(rate: str = "25", **media: object) -> EditPlan:
    document = described([50, 60, 70, 80], Fraction(rate), **media)
    return build_planner().invoke(PlanRequest(document=document, duration_seconds=5))


@pytest.mark.parametrize("rate", ["24", "25", "30000/1001", "24000/1001", "60000/1001"])
@pytest.mark.parametrize("start_tc", ["00:00:00:00", "01:00:00:00"])
def test_every_clip_is_where_the_plan_says(tmp_path: Path, rate: str, start_tc: str) -> None:
    made = plan(rate, start_tc=start_tc)
    timeline = otio.adapters.read_from_file(str(export_timeline(made, tmp_path / "cut.otio")))
    start = 3600 * round(Fraction(rate)) if start_tc.startswith("01") else 0
    for track in timeline.tracks:
        clips = list(track)
        assert [clip.name for clip in clips] == [clip.scene_id for clip in made.clips]
        for clip, planned in zip(clips, made.clips, strict=True):
            assert clip.source_range.start_time.value == start + planned.in_frame
            assert clip.source_range.duration.value == planned.length
            assert clip.source_range.start_time.rate == float(Fraction(rate))
            assert clip.media_reference.available_range.duration.value == made.media.duration_frames
            assert clip.markers[0].comment == planned.reason
    assert [track.kind for track in timeline.tracks] == ["Video", "Audio"]


def test_the_media_is_named_as_a_url(tmp_path: Path) -> None:
    made = plan()
    film = str(tmp_path / "假期 1.mp4")
    made = made.model_copy(update={"media": made.media.model_copy(update={"primary_clip_path": film})})
    timeline = otio.adapters.read_from_file(str(export_timeline(made, tmp_path / "cut.otio")))
    url = timeline.tracks[0][0].media_reference.target_url
    assert url.startswith("file:///")
    assert url.endswith("%E5%81%87%E6%9C%9F%201.mp4")


def test_a_silent_film_has_no_sound_track(tmp_path: Path) -> None:
    made = plan()
    silent = made.model_copy(update={"media": made.media.model_copy(update={"has_audio": False})})
    timeline = otio.adapters.read_from_file(str(export_timeline(silent, tmp_path / "cut.otio")))
    assert [track.kind for track in timeline.tracks] == ["Video"]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No timeline format 'edl'\. Known: otio"):
        export_timeline(plan(), tmp_path / "cut.edl", to="edl")
