"""FCP 7 XML: read by OpenTimelineIO's adapter, and element by element."""

from fractions import Fraction

import opentimelineio as otio
import pytest
from edit_readers import NOT_ODD, STARTS, adapter_uses, edit, parsed, planned, xmeml_rates, xmeml_uses

from autocut_director.errors import InputError
from autocut_director.tools.interchange.fcp7xml import fcp7xml_text


@pytest.mark.parametrize("rate", [*NOT_ODD, Fraction(12), Fraction(50), Fraction(120000, 1001)], ids=str)
@pytest.mark.parametrize("start_tc", STARTS)
def test_both_readers_find_the_plans_frames(rate: Fraction, start_tc: str) -> None:
    plan = edit(rate, start_tc=start_tc)
    text = fcp7xml_text(plan)
    assert xmeml_rates(text) == {rate}
    for kind in ("Video", "Audio"):
        assert xmeml_uses(text, kind.lower()) == planned(plan)
        assert adapter_uses(text, "fcp_xml", kind) == planned(plan)


@pytest.mark.parametrize("rate", ["25/2", "2997/100", "47952/1000"])
def test_a_rate_without_a_timebase_is_refused(rate: str) -> None:
    with pytest.raises(InputError, match=r"FCP 7 XML holds no rate of .*only whole ones.*--to otio or --to fcpxml"):
        fcp7xml_text(edit(Fraction(rate)))


def test_each_clip_says_what_it_is_and_why() -> None:
    text = fcp7xml_text(edit(overlay="The sea"))
    item = parsed(text).find("sequence/media/video/track/clipitem")
    assert item.find("name").text == "S0001 body"
    assert [item.find(f"marker/{tag}").text for tag in ("name", "comment", "in", "out")] == [
        "body",
        "the sea",
        "1790",
        "-1",
    ]
    assert [comment.text for comment in item.find("comments")] == ["the sea", "The sea"]
    assert item.find("logginginfo/scene").text == "S0001"
    read = otio.adapters.read_from_string(text, adapter_name="fcp_xml")
    marker = read.tracks[0][0].markers[0]
    assert (marker.name, marker.metadata["fcp_xml"]["comment"]) == ("body", "the sea")


@pytest.mark.parametrize(
    ("start_tc", "said"),
    [("10:11:12;13", ("10:11:12;13", "1099073", "DF")), ("01:00:00:00", ("01:00:00:00", "108000", "NDF"))],
)
def test_the_film_is_said_once_with_its_timecode(start_tc: str, said: tuple[str, str, str]) -> None:
    root = parsed(fcp7xml_text(edit(Fraction(30000, 1001), start_tc=start_tc)))
    files = list(root.iter("file"))
    assert {file.get("id") for file in files} == {"file-1"}
    assert [len(file) > 0 for file in files] == [True] + [False] * 7
    assert tuple(files[0].find(f"timecode/{tag}").text for tag in ("string", "frame", "displayformat")) == said
    assert files[0].find("pathurl").text == "file://localhost/films/holiday.mp4"
    assert files[0].find("duration").text == "40000"


def test_pictures_and_sound_are_linked() -> None:
    root = parsed(fcp7xml_text(edit()))
    items = {item.get("id"): item for item in root.iter("clipitem")}
    assert len(items) == 8
    for name, item in items.items():
        pair = [link.find("linkclipref").text for link in item.findall("link")]
        assert pair == [f"video-{name[6:]}", f"audio-{name[6:]}"]
        assert set(pair) <= set(items)


def test_a_silent_film_has_no_track_of_sound() -> None:
    root = parsed(fcp7xml_text(edit(has_audio=False)))
    assert [medium.tag for medium in root.find("sequence/media")] == ["video"]
    assert not list(root.iter("link"))
    assert root.find(".//file/media/audio") is None


def test_texts_come_back_unharmed_but_for_what_xml_forbids() -> None:
    said = 'He said "50 %":\n<b>&amp;</b> ]]> 中文 שלום 🎬'
    root = parsed(fcp7xml_text(edit(title=said, reason=f"\x00{said}\x1b", overlay=f"{said}\uffff")))
    assert root.find("sequence/name").text == said
    assert root.find(".//marker/comment").text == said
    assert [comment.text for comment in root.find(".//comments")] == [said, said]
