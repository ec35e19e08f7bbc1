"""OpenTimelineIO: what stands on each clip, beside its frames (those are in test_export)."""

import opentimelineio as otio
from edit_readers import adapter_uses, edit

from autocut_director.tools.interchange.otio import otio_text
from autocut_director.tools.timeline import EditPlan


def timeline(plan: EditPlan) -> otio.schema.Timeline:
    return otio.adapters.read_from_string(otio_text(plan), adapter_name="otio_json")


def test_each_clip_says_what_it_is_and_why() -> None:
    read = timeline(edit(overlay="The sea"))
    clip = read.tracks[0][1]
    assert clip.name == "S0002 body"
    assert dict(clip.metadata["autocut_director"]) == {
        "order": 2,
        "scene_id": "S0002",
        "purpose": "body",
        "reason": "the sea",
        "overlay_text": "The sea",
    }
    marker = clip.markers[0]
    assert (marker.name, marker.comment, marker.color) == ("body", "the sea", "GREEN")
    assert marker.marked_range == clip.source_range


def test_the_whole_film_is_named() -> None:
    read = timeline(edit(start_tc="01:00:00:00"))
    reference = read.tracks[0][0].media_reference
    assert reference.target_url == "file:///films/holiday.mp4"
    assert (reference.available_range.start_time.value, reference.available_range.duration.value) == (90_000, 40_000)


def test_sound_lies_under_the_pictures_where_there_is_any() -> None:
    plan = edit()
    assert adapter_uses(otio_text(plan), "otio_json", "Audio") == adapter_uses(otio_text(plan), "otio_json")
    silent = timeline(edit(has_audio=False))
    assert [track.kind for track in silent.tracks] == ["Video"]


def test_a_rate_is_kept_exactly_beside_the_float() -> None:
    read = timeline(edit("24000/1001"))
    assert read.metadata["autocut_director"]["fps_fraction"] == "24000/1001"
