"""Scenes from an edit that somebody cut elsewhere: our own files come back, other programs' files are understood, and
what cannot be a scene is refused by name."""

import json
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from edit_readers import ODD, RATES, STARTS, edit

from autocut_director.errors import DocumentError
from autocut_director.tools.export import export_timeline
from autocut_director.tools.files import read_scenes, to_json
from autocut_director.tools.interchange.scenes_from import ImportedScenes, read_scenes_from
from autocut_director.tools.timeline import Media

MEDIA = edit().media


def media(**changes: object) -> Media:
    return MEDIA.model_copy(update=changes)


def ranges(found: ImportedScenes) -> list[tuple[int, int]]:
    return [(scene.start_frame, scene.end_frame) for scene in found.document.scenes]


@pytest.mark.parametrize("kind", ["otio", "fcpxml", "edl"])
@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("start_tc", STARTS)
def test_our_own_edits_come_back_as_scenes(tmp_path: Path, kind: str, rate: Fraction, start_tc: str) -> None:
    if kind == "edl" and rate == ODD:
        return
    plan = edit(rate, start_tc=start_tc)
    path = export_timeline(plan, tmp_path / f"cut.{kind}", to=kind)
    found = read_scenes_from(path, media=plan.media, rate=rate)
    assert ranges(found) == sorted((clip.in_frame, clip.out_frame) for clip in plan.clips)
    assert (found.ignored, found.repeated) == ((), 0)
    assert (found.document.meta.source, found.document.rate) == (kind, rate)
    assert [scene.scene_id for scene in found.document.scenes] == ["S0001", "S0002", "S0003", "S0004"]


def test_what_was_imported_is_a_scenes_file(tmp_path: Path) -> None:
    found = read_scenes_from(
        export_timeline(edit(), tmp_path / "cut.fcpxml", to="fcpxml"), media=MEDIA, rate=Fraction(25)
    )
    (tmp_path / "scenes.json").write_text(to_json(found.document), encoding="utf-8")
    again = read_scenes(tmp_path / "scenes.json")
    assert again.scenes == found.document.scenes
    assert (again.scenes[1].start_tc, again.scenes[1].end_tc) == ("00:01:11:15", "00:01:12:10")
    assert again.scenes[1].model_dump()["name"] == "S0001 body"


# ---------------------------------------------------------------- EDL

EVENT = "001  {reel}  V  C  {times} \n* FROM CLIP NAME: {name}\n"
TIMES = "01:00:01:00 01:00:02:00 00:00:00:00 00:00:01:00"


def edl(tmp_path: Path, text: str, rate: str = "25", **changes: object) -> ImportedScenes:
    path = tmp_path / "edit.EDL"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_scenes_from(path, media=media(**{"start_tc": "01:00:00:00", **changes}), rate=Fraction(rate))


@pytest.mark.parametrize(
    ("reel", "name"),
    [
        ("AX", "holiday.mp4"),
        ("AX", "Holiday.MP4"),
        ("AX", "holiday"),
        ("HOLIDAY", "the sea"),
        ("holiday.mp4", "the sea"),
        ("MY REEL", "holiday.mp4"),
    ],
)
def test_an_event_is_of_the_film_by_file_by_name_or_by_reel(tmp_path: Path, reel: str, name: str) -> None:
    assert ranges(edl(tmp_path, EVENT.format(reel=reel, name=name, times=TIMES))) == [(25, 50)]


def test_other_films_sound_and_black_are_not_scenes(tmp_path: Path) -> None:
    text = (
        "TITLE: x\n\n001 AX V C 01:00:01:00 01:00:02:00 00:00:00:00 00:00:01:00\n* FROM CLIP NAME: holiday.mp4\n"
        "002 AX V C 01:00:03:00 01:00:04:00 00:00:01:00 00:00:02:00\n* FROM CLIP NAME: holiday.mov\n"
        "003 HOLIDAY V C 01:00:03:00 01:00:04:00 00:00:02:00 00:00:03:00\n* SOURCE FILE: D:\\raw\\holidays 2.mp4\n"
        "004 HOLIDAY AA C 01:00:03:00 01:00:04:00 00:00:02:00 00:00:03:00\n"
        "005 BL V C 00:00:00:00 00:00:01:00 00:00:03:00 00:00:04:00\n"
        "006 HOLIDAY B C 01:00:05:00 01:00:06:00 00:00:04:00 00:00:05:00\n>>> a remark\n"
    )
    found = edl(tmp_path, text)
    assert ranges(found) == [(25, 50), (125, 150)]
    assert found.ignored == ("holiday.mov", "event 003")


def test_both_sides_of_a_dissolve_are_known_by_their_own_names(tmp_path: Path) -> None:
    text = (
        "001 AX V C     01:00:01:00 01:00:02:00 00:00:00:00 00:00:01:00\n* FROM CLIP NAME: other.mp4\n"
        "002 AX V C     01:00:02:00 01:00:02:00 00:00:01:00 00:00:01:00\n"
        "002 AX V D 025 01:00:09:00 01:00:11:00 00:00:01:00 00:00:03:00\n"
        "* FROM CLIP NAME: other.mp4\n* TO CLIP NAME: holiday.mp4\n"
    )
    found = edl(tmp_path, text)
    assert ranges(found) == [(225, 275)]
    assert found.ignored == ("other.mp4",)


def test_events_that_all_have_one_number_keep_their_own_comments(tmp_path: Path) -> None:
    second = TIMES.replace("01:00:01:00", "01:00:05:00").replace("01:00:02:00", "01:00:06:00")
    text = EVENT.format(reel="AX", name="other.mp4", times=TIMES) + EVENT.format(
        reel="AX", name="holiday.mp4", times=second
    )
    assert ranges(edl(tmp_path, text)) == [(125, 150)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_an_edl_may_be_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    text = EVENT.format(reel="AX", name="我们的暑假旅行视频.mp4", times=TIMES)
    found = edl(tmp_path, text.encode(encoding), primary_clip_path="/films/我们的暑假旅行视频.mp4")
    assert ranges(found) == [(25, 50)]


def test_the_drop_frame_flag_counts_where_the_timecode_does_not_say(tmp_path: Path) -> None:
    times = "00:01:00:02 00:01:01:02 00:00:00:00 00:00:01:00"
    text = "FCM: DROP FRAME\n" + EVENT.format(reel="AX", name="holiday.mp4", times=times)
    assert ranges(edl(tmp_path, text, "30000/1001", start_tc="00:00:00;00")) == [(1800, 1830)]
    plain = "FCM: NON-DROP FRAME\n" + EVENT.format(reel="AX", name="holiday.mp4", times=times)
    assert ranges(edl(tmp_path, plain, "30000/1001", start_tc="00:00:00:00")) == [(1802, 1832)]


@pytest.mark.parametrize(
    ("times", "rate", "why"),
    [
        (
            "01:00:01:00 01:00:02:25 00:00:00:00 00:00:01:25",
            "25",
            r"01:00:02:25, and there is none such at .* 25 frames",
        ),
        ("01:00:01:00 01:00:62:00 00:00:00:00 00:01:01:00", "25", "none such"),
        ("01:00:01;00 01:00:02;00 00:00:00;00 00:00:01;00", "25", "none such"),
        ("01:01:00;01 01:01:02;00 00:00:00;00 00:00:01;29", "30000/1001", "none such"),
        (
            "01:00:01;00 01:00:02;00 00:00:00;00 00:00:01;00",
            "30000/1001",
            "counts drop-frame, the film starts at",
        ),
        ("01:00:01:00 01:00:03:00 00:00:00:00 00:00:01:00", "25", r"retimed, or of another rate: 50 frames .* last 25"),
        ("01:00:01:00 01:30:01:00 00:00:00:00 00:30:00:00", "25", "ends at frame 45025, the film has 40000"),
        ("00:59:59:00 01:00:00:12 00:00:00:00 00:00:01:12", "25", "the film has 40000"),
    ],
)
def test_an_event_that_cannot_be_a_scene_is_refused(tmp_path: Path, times: str, rate: str, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        edl(tmp_path, EVENT.format(reel="AX", name="holiday.mp4", times=times), rate)


def test_a_motion_effect_is_refused_unless_it_changes_nothing(tmp_path: Path) -> None:
    text = (
        EVENT.format(reel="AX", name="holiday.mp4", times=TIMES) + "M2   HOLIDAY       {}                01:00:01:00\n"
    )
    assert ranges(edl(tmp_path, text.format("025.0"))) == [(25, 50)]
    with pytest.raises(DocumentError, match=r"clip 'holiday\.mp4' cannot be a scene: it is retimed"):
        edl(tmp_path, text.format("012.5"))


@pytest.mark.parametrize(
    "line", ["001 AX V C 01:00:01:00 01:00:02:00 00:00:00:00", "001", "001 a b c d e f g h", "7 days"]
)
def test_a_line_that_should_be_an_event_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(DocumentError, match=r"edit\.EDL, line 2, is no event"):
        edl(tmp_path, f"TITLE: x\n{line}\n")


def test_a_film_whose_rate_has_no_timecode_takes_no_edl(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"there is none for the film's 25/2 frames"):
        edl(tmp_path, EVENT.format(reel="AX", name="holiday.mp4", times=TIMES), "25/2")


# ---------------------------------------------------------------- FCPXML


def fcpxml(
    tmp_path: Path, spine: str, *, rate: Fraction = Fraction(25), frame: str = "1/25s", **changes: object
) -> ImportedScenes:
    path = tmp_path / "edit.fcpxml"
    path.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE fcpxml><fcpxml version="1.11"><resources>
        <format id="r1" frameDuration="{frame}"/>
        <asset id="r2" name="holiday" start="3600s" duration="1600s">
          <media-rep kind="original-media" src="file:///Volumes/X/holiday.mp4"/></asset>
        <asset id="r3" name="other" src="file:///Volumes/X/other.mov" start="0s" duration="9s"/>
        <effect id="r4" name="Basic Title" uid="x.moti"/></resources><library><event><project name="p">
        <sequence format="r1"><spine>{spine}</spine></sequence></project></event></library></fcpxml>""",
        encoding="utf-8",
    )
    return read_scenes_from(path, media=media(**{"start_tc": "01:00:00:00", **changes}), rate=Fraction(25))


def test_what_final_cut_writes_is_understood(tmp_path: Path) -> None:
    found = fcpxml(
        tmp_path,
        """<asset-clip ref="r2" name="whole start" offset="0s" duration="2s"/>
        <gap duration="1s"/>
        <clip name="window" offset="3s" start="3610s" duration="50/25s">
          <video ref="r2" offset="3600s" start="3600s" duration="1600s"/></clip>
        <video name="picture" ref="r2" offset="5s" start="90600/25s" duration="1s">
          <asset-clip ref="r2" name="above" lane="1" offset="3624s" start="3700s" duration="1s"/>
          <asset-clip ref="r2" name="sound" lane="-1" offset="3624s" start="3705s" duration="1s" srcEnable="audio"/>
        </video>
        <asset-clip ref="r2" name="switched off" start="3800s" duration="1s" enabled="0"/>
        <title ref="r4" name="words" duration="1s"/>
        <asset-clip ref="r3" name="elsewhere" duration="1s"/>""",
    )
    assert ranges(found) == [(0, 50), (250, 300), (600, 625), (2500, 2525)]
    assert [scene.name for scene in found.document.scenes] == ["whole start", "window", "picture", "above"]
    assert found.ignored == ("elsewhere",)


def test_an_asset_that_starts_at_zero_is_the_same_film(tmp_path: Path) -> None:
    path = export_timeline(edit(start_tc="00:00:00:00"), tmp_path / "cut.fcpxml", to="fcpxml")
    found = read_scenes_from(path, media=media(start_tc="01:00:00:00"), rate=Fraction(25))
    assert ranges(found)[0] == (0, 50)


def test_a_bundle_is_read(tmp_path: Path) -> None:
    bundle = tmp_path / "edit.fcpxmld"
    bundle.mkdir()
    export_timeline(edit(), bundle / "Info.fcpxml", to="fcpxml")
    assert len(read_scenes_from(bundle, media=MEDIA, rate=Fraction(25)).document.scenes) == 4


CLIP = '<asset-clip ref="r2" name="sea" start="{start}" duration="{duration}">{inside}</asset-clip>'


@pytest.mark.parametrize(
    ("spine", "why"),
    [
        (CLIP.format(start="3601s", duration="50/24s", inside=""), "'sea' is off the film's frames: .* lasts 52.0833"),
        (
            CLIP.format(start="108015/30s", duration="1s", inside=""),
            "'sea' is off the film's frames: .* frame 12.5",
        ),
        (CLIP.format(start="3601s", duration="1s", inside="<timeMap/>"), "'sea' cannot be a scene: it is retimed"),
        (f"<sync-clip>{CLIP.format(start='3601s', duration='1s', inside='')}</sync-clip>", "'sea' .* compound clip"),
        (CLIP.format(start="3599s", duration="2s", inside=""), "'sea' is not in the film: frames -25 to 25"),
        (CLIP.format(start="5199s", duration="2s", inside=""), "ends at frame 40025, the film has 40000"),
        (CLIP.format(start="3601s", duration="0s", inside="").replace("0s", "-1s"), "not in the film"),
        (
            CLIP.format(start="soon", duration="1s", inside=""),
            "start of asset-clip 'sea' is 'soon'; a time is a rational",
        ),
        (CLIP.format(start="1/0s", duration="1s", inside=""), "is '1/0s'"),
        ('<ref-clip ref="r9" name="nest" duration="9s"/>', "No clip in .* is of /films/holiday.mp4: it uses nest"),
        ("", "No clip in .*: it holds no clips"),
    ],
)
def test_a_clip_that_cannot_be_a_scene_is_refused(tmp_path: Path, spine: str, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        fcpxml(tmp_path, spine)


def test_a_sequence_of_another_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="it counts 24 frames a second, the film has 25"):
        fcpxml(tmp_path, CLIP.format(start="3601s", duration="1s", inside=""), frame="100/2400s")


def test_a_film_of_the_same_name_that_starts_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="start at frame 90000 of its timecode, the film starts at 900000"):
        fcpxml(tmp_path, CLIP.format(start="3601s", duration="1s", inside=""), start_tc="10:00:00:00")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not XML"),
        ("<fcpxml>", "is not XML"),
        ('<?xml version="1.0" encoding="nonsense"?><fcpxml/>', "is not XML"),
        ("<fcpxml/>", "holds no project"),
        ("<xmeml><project><sequence/></project></xmeml>", "holds no project"),
        ('<!DOCTYPE fcpxml [<!ENTITY a "b">]><fcpxml>&a;</fcpxml>', "declares XML entities"),
    ],
)
def test_xml_that_is_no_edit_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "edit.fcpxml").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=why):
        read_scenes_from(tmp_path / "edit.fcpxml", media=MEDIA, rate=Fraction(25))


# ---------------------------------------------------------------- OpenTimelineIO


def timed(start: float, length: float, rate: float = 25) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(length, rate))


def otio_clip(
    name: str, used: otio.opentime.TimeRange | None, url: str = "holiday.mp4", whole: object = None
) -> otio.schema.Clip:
    return otio.schema.Clip(name, otio.schema.ExternalReference(url, whole), used)


def otio_file(tmp_path: Path, *items: object, rate: Fraction = Fraction(25), **changes: object) -> ImportedScenes:
    timeline = otio.schema.Timeline("t")
    timeline.tracks.append(otio.schema.Track("V1", items, kind="Video"))
    sound = otio_clip("music", timed(0, 900), "music.wav")
    timeline.tracks.append(otio.schema.Track("A1", [sound], kind="Audio"))
    (tmp_path / "edit.otio").write_text(timeline.to_json_string(), encoding="utf-8")
    return read_scenes_from(tmp_path / "edit.otio", media=media(**changes), rate=rate)


def test_clips_of_the_film_are_scenes_and_others_are_counted(tmp_path: Path) -> None:
    found = otio_file(
        tmp_path,
        otio_clip("b", timed(500, 25)),
        otio.schema.Gap(source_range=timed(0, 5)),
        otio_clip("other", timed(0, 25), "holiday 2.mp4"),
        otio_clip("a", timed(100, 25), "file:///D:/raw/HOLIDAY.mp4"),
        otio.schema.Clip("holiday", None, timed(900, 25)),
        otio_clip("b again", timed(500, 25)),
    )
    assert ranges(found) == [(100, 125), (500, 525), (900, 925)]
    assert [scene.name for scene in found.document.scenes] == ["a", "b", "holiday"]
    assert (found.ignored, found.repeated) == (("other",), 1)


def test_where_one_clip_names_the_films_own_path_only_such_clips_count(tmp_path: Path) -> None:
    found = otio_file(
        tmp_path,
        otio_clip("ours", timed(100, 25), "file:///films/holiday.mp4"),
        otio_clip("another holiday", timed(110, 25), "file:///else/holiday.mp4"),
    )
    assert ranges(found) == [(100, 125)]
    assert found.ignored == ("another holiday",)


def test_times_count_from_the_films_timecode_or_from_where_the_file_says(tmp_path: Path) -> None:
    start = {"start_tc": "01:00:00:00"}
    assert ranges(otio_file(tmp_path, otio_clip("a", timed(90_100, 25)), **start)) == [(100, 125)]
    assert ranges(otio_file(tmp_path, otio_clip("a", timed(90_100, 25), whole=timed(90_000, 40_000)), **start)) == [
        (100, 125)
    ]
    assert ranges(otio_file(tmp_path, otio_clip("a", timed(100, 25), whole=timed(0, 40_000)), **start)) == [(100, 125)]
    assert ranges(otio_file(tmp_path, otio_clip("a", None, whole=timed(0, 40_000)))) == [(0, 40_000)]


def test_a_rate_as_programs_round_it_is_the_films(tmp_path: Path) -> None:
    rate = Fraction(24000, 1001)
    assert ranges(otio_file(tmp_path, otio_clip("a", timed(100.0000001, 25, 23.976)), rate=rate)) == [(100, 125)]


@pytest.mark.parametrize(
    ("clip", "why"),
    [
        (
            otio_clip("sea", timed(100, 25, 24)),
            "'sea' cannot be a scene: it counts 24 frames a second, the film has 25",
        ),
        (otio_clip("sea", timed(100.5, 25)), "'sea' is off the film's frames: it starts at frame 100.5"),
        (otio_clip("sea", timed(100, 25.25)), "off the film's frames"),
        (otio_clip("sea", timed(39_990, 25)), "ends at frame 40015, the film has 40000"),
        (otio_clip("sea", timed(1e300, 25)), "less than or equal to 1000000000"),
        (otio_clip("sea", None), "'sea' cannot be a scene: it has no range"),
        (otio_clip("sea", timed(float("nan"), 25)), "its range is no number"),
        (
            otio_clip("sea", timed(100, 25), whole=timed(50, 900)),
            "start at frame 50 of its timecode",
        ),
        (otio.schema.Track("inner", [otio_clip("sea", timed(100, 25))]), "compound clip: flatten"),
    ],
)
def test_a_timeline_clip_that_cannot_be_a_scene_is_refused(tmp_path: Path, clip: otio.core.Item, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        otio_file(tmp_path, clip.deepcopy())


def test_a_retimed_clip_is_refused(tmp_path: Path) -> None:
    clip = otio_clip("sea", timed(100, 25))
    clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=2))
    with pytest.raises(DocumentError, match="it is retimed"):
        otio_file(tmp_path, clip)


def test_overlapping_clips_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(
        DocumentError,
        match=r"clips 'a' \(00:00:04:00 to 00:00:05:00\) and 'b' \(00:00:04:24 to 00:00:05:24\) use the same part",
    ):
        otio_file(tmp_path, otio_clip("b", timed(124, 25)), otio_clip("a", timed(100, 25)))
    assert len(otio_file(tmp_path, otio_clip("b", timed(125, 25)), otio_clip("a", timed(100, 25))).document.scenes) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"a": 1}', "is no OpenTimelineIO"),
        ("[1]", "is no OpenTimelineIO"),
        ('{"OTIO_SCHEMA": "Timeline.99"}', "is no OpenTimelineIO"),
        ('{"OTIO_SCHEMA": "Timeline.1", "name": "no tracks"}', "is no OpenTimelineIO"),
        (json.dumps({"OTIO_SCHEMA": "Clip.1", "name": "x"}), "it holds a Clip"),
    ],
)
def test_json_that_is_no_timeline_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "edit.otio").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=why):
        read_scenes_from(tmp_path / "edit.otio", media=MEDIA, rate=Fraction(25))


@pytest.mark.parametrize("name", ["edit.edl", "edit.fcpxml", "edit.otio"])
def test_a_file_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError, match=f"Cannot read .*{name}"):
        read_scenes_from(tmp_path / name, media=MEDIA, rate=Fraction(25))


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"must end in \.edl, \.fcpxml, \.fcpxmld, \.otio"):
        read_scenes_from(tmp_path / "edit.aaf", media=MEDIA, rate=Fraction(25))
