"""CMX 3600: read by OpenTimelineIO's adapter, and line by line."""

from fractions import Fraction

import pytest
from edit_readers import NOT_ODD, STARTS, adapter_uses, edit, edl_uses, planned

from autocut_director.errors import InputError
from autocut_director.tools.interchange.edl import edl_text, reel_name
from autocut_director.tools.timeline import frame_count

LONG = ((0, 1), (1798, 1801), (2000, 3797))


@pytest.mark.parametrize("rate", [*NOT_ODD, Fraction(50), Fraction(60), Fraction(48000, 1001)], ids=str)
@pytest.mark.parametrize("start_tc", STARTS)
def test_the_adapter_reads_the_plans_frames(rate: Fraction, start_tc: str) -> None:
    plan = edit(rate, start_tc=start_tc)
    for kind in ("Video", "Audio"):
        assert adapter_uses(edl_text(plan), "cmx_3600", kind, rate=float(rate)) == planned(plan)


@pytest.mark.parametrize("start_tc", ["00:59:50;02", "00:08:59;29", "23:57:00;04"])
def test_drop_frame_numbers_are_dropped_on_both_sides(start_tc: str) -> None:
    plan = edit(Fraction(30000, 1001), LONG, start_tc=start_tc, duration_frames=3800)
    text = edl_text(plan)
    assert "FCM: DROP FRAME" in text
    assert edl_uses(text, plan.rate) == planned(plan)
    assert "00:01:00;02" in edl_text(edit(Fraction(30000, 1001), ((0, 1800), (1800, 1900)), start_tc="00:00:00;00"))


def test_an_event_is_written_as_editors_know_it() -> None:
    plan = edit(Fraction(24000, 1001), ((24, 72),), start_tc="01:00:00:00", overlay="The sea")
    assert edl_text(plan) == (
        "TITLE: A holiday\n"
        "FCM: NON-DROP FRAME\n"
        "\n"
        "001  HOLIDAY  B     C        01:00:01:00 01:00:03:00 00:00:00:00 00:00:02:00\n"
        "* FROM CLIP NAME: holiday.mp4\n"
        "* SOURCE FILE: /films/holiday.mp4\n"
        "* LOC: 00:00:00:00 GREEN   S0001 body: the sea\n"
        "* COMMENT: OVERLAY The sea\n"
        "* COMMENT: 24000/1001 FRAMES A SECOND, TIMECODE COUNTS 24\n"
    )


def test_a_silent_film_has_pictures_only() -> None:
    assert "  V     C  " in edl_text(edit(has_audio=False))


@pytest.mark.parametrize("rate", ["25/2", "12", "15", "100", "120", "120000/1001", "2997/100"])
def test_a_rate_without_timecode_is_refused(rate: str) -> None:
    with pytest.raises(
        InputError, match=rf"there is none for {rate} .*only for 24000/1001, 24, 25.*--to otio or --to fcpxml"
    ):
        edl_text(edit(Fraction(rate)))


def test_more_events_than_three_digits_count_are_refused() -> None:
    ranges = tuple((n, n + 1) for n in range(1000))
    assert len(edl_uses(edl_text(edit(ranges=ranges[:999])), Fraction(25))) == 999
    with pytest.raises(InputError, match="999 events, the plan has 1000 clips"):
        edl_text(edit(ranges=ranges))


@pytest.mark.parametrize(("rate", "late"), [("25", "23:59:50:00"), ("30000/1001", "23:59:50;00")])
def test_a_clip_over_midnight_is_refused_and_one_beside_it_is_not(rate: str, late: str) -> None:
    midnight = 10 * round(Fraction(rate))
    fine = edit(Fraction(rate), ((0, midnight), (midnight, midnight + 25)), start_tc=late)
    before, after = (line.split()[-4:-2] for line in edl_text(fine).split("\n") if line[:3].isdigit())
    assert before[1] == after[0] == f"00:00:00{late[8]}00"
    with pytest.raises(InputError, match=r"Clip 1 \(S0001\) runs over midnight"):
        edl_text(edit(Fraction(rate), ((0, midnight + 1),), start_tc=late))


def test_no_text_starts_a_line() -> None:
    evil = "x\n002  EVIL     V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\u2028003\x85004\x0b005\r006"
    plan = edit(title=evil, reason=evil, overlay=evil, primary_clip_path=f"/films/{evil}.mp4", ranges=((0, 25),))
    assert [line[:3] for line in edl_text(plan).splitlines() if not line.startswith("* ")] == ["TIT", "FCM", "", "001"]


def test_texts_of_any_script_are_kept() -> None:
    said = '"50 %": 中文 שלום 🎬 <&>'
    assert f"* LOC: 00:00:00:00 GREEN   S0001 body: {said}\n" in edl_text(edit(reason=said))


@pytest.mark.parametrize(
    ("path", "reel"),
    [
        ("/films/holiday in rome.mp4", "HOLIDAYI"),
        (r"C:\films\clip_01.mov", "CLIP01"),
        ("/films/été.mp4", "ETE"),
        ("/films/假期.mp4", "AX"),
        ("/films/noend", "NOEND"),
    ],
)
def test_a_reel_is_eight_plain_letters(path: str, reel: str) -> None:
    assert reel_name(path) == reel


def test_the_vocabularys_own_count_agrees_with_the_readers() -> None:
    assert frame_count("10:11:12;13", Fraction(30000, 1001)) == 1_099_073
