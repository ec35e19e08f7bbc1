"""FCPXML: its structure by the rules of Apple's DTD, its times on whole frames, its texts unharmed."""

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from edit_readers import RATES, STARTS, adapter_uses, edit, fcpxml_uses, parsed, planned, rational

from autocut_director.errors import InputError
from autocut_director.tools.interchange.fcpxml import fcpxml_text

# Which children an element may have, in order, and which attributes (those with ! it must have).
CONTENT = {
    "fcpxml": ("resources event ", "version!"),
    "resources": ("(format )+(asset )+", ""),
    "format": ("", "id! frameDuration width height"),
    "asset": ("media-rep ", "id! name start duration hasVideo format hasAudio audioSources"),
    "media-rep": ("", "kind src!"),
    "event": ("project ", "name"),
    "project": ("sequence ", "name"),
    "sequence": ("(note )?spine ", "format! duration tcStart tcFormat"),
    "spine": ("(asset-clip )*", ""),
    "asset-clip": ("(note )?(marker )*(metadata )?", "ref! offset name start duration format tcFormat"),
    "note": ("", ""),
    "marker": ("", "start! duration value! note"),
    "metadata": ("(md )*", ""),
    "md": ("", "key! value"),
}


def check_structure(root: ET.Element) -> None:
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    for element in root.iter():
        children, attributes = CONTENT[element.tag]
        order = "".join(f"{child.tag} " for child in element)
        assert re.fullmatch(children, order), order
        assert set(element.attrib) <= set(attributes.replace("!", "").split())
        assert {name[:-1] for name in attributes.split() if name.endswith("!")} <= set(element.attrib)
        assert {element.get(name) for name in ("ref", "format") if element.get(name)} <= ids
        assert element.get("tcFormat", "DF") in {"DF", "NDF"}
        assert element.tag == "note" or not (element.text or "").strip()


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("has_audio", [True, False])
def test_the_structure_is_apples(rate: Fraction, has_audio: bool) -> None:
    text = fcpxml_text(edit(rate, overlay="The sea", has_audio=has_audio))
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n<fcpxml version="1.9">')
    root = parsed(text)
    check_structure(root)
    assert root.find("resources/asset").get("hasAudio") == ("1" if has_audio else None)


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("start_tc", STARTS)
def test_every_time_is_a_whole_frame(rate: Fraction, start_tc: str) -> None:
    plan = edit(rate, start_tc=start_tc)
    root = parsed(fcpxml_text(plan))
    assert rational(root.find("resources/format").get("frameDuration")) == 1 / rate
    times = [element.get(name) for element in root.iter() for name in ("start", "offset", "duration", "tcStart")]
    assert all((rational(time) * rate).denominator == 1 for time in times if time)
    asset, sequence = root.find("resources/asset"), root.find(".//sequence")
    film, whole = planned(plan)[0].source - plan.clips[0].in_frame, plan.duration_frames
    assert rational(asset.get("start")) * rate == film
    assert rational(asset.get("duration")) * rate == 40_000
    assert rational(sequence.get("duration")) * rate == whole


@pytest.mark.parametrize("rate", [24, 25, 30])
@pytest.mark.parametrize("start_tc", ["00:00:00:00", "01:00:00:00"])
def test_the_adapter_reads_the_plans_frames(rate: int, start_tc: str) -> None:
    """The adapter (1.0) takes 30000/1001 for 29 and floors floats: it can judge whole seconds of whole rates."""
    plan = edit(Fraction(rate), ((2 * rate, 3 * rate), (0, rate), (70 * rate, 77 * rate)), start_tc=start_tc)
    assert adapter_uses(fcpxml_text(plan), "fcpx_xml") == planned(plan)


@pytest.mark.parametrize(
    ("rate", "start_tc", "counting"),
    [("30000/1001", "00:00:00;00", "DF"), ("30000/1001", "00:00:00:00", "NDF"), ("25", "00:00:00;00", "NDF")],
)
def test_drop_frame_is_said_where_the_film_has_it(rate: str, start_tc: str, counting: str) -> None:
    root = parsed(fcpxml_text(edit(Fraction(rate), start_tc=start_tc)))
    assert {element.get("tcFormat") for element in root.iter() if element.get("tcFormat")} == {counting}


def test_each_clip_says_what_it_is_and_why() -> None:
    clip = parsed(fcpxml_text(edit(overlay="The sea"))).find(".//asset-clip")
    marker = clip.find("marker")
    assert clip.get("name") == "S0001 body"
    assert clip.find("note").text == "the sea"
    assert (marker.get("value"), marker.get("note"), marker.get("start")) == ("body", "the sea", clip.get("start"))
    facts = {md.get("key").rpartition(".")[2]: md.get("value") for md in clip.iter("md")}
    assert facts == {"sceneId": "S0001", "purpose": "body", "overlayText": "The sea"}


def test_texts_come_back_unharmed_but_for_what_xml_forbids() -> None:
    said = "He said \"50 %\":\n\t<b>&amp;</b> ]]> '中文' שלום 🎬"
    plan = edit(title=said, reason=f"{said}\x00\x08\x1f\ufffe", overlay=f"\ud800{said}")
    root = parsed(fcpxml_text(plan))
    clip = root.find(".//asset-clip")
    assert root.find(".//project").get("name") == said
    assert clip.find("note").text == clip.find("marker").get("note") == said
    assert said in {md.get("value") for md in clip.iter("md")}


def test_the_film_is_named_as_a_url() -> None:
    root = parsed(fcpxml_text(edit(primary_clip_path="/films/假期 #1 100%/a & b.mp4")))
    assert root.find(".//media-rep").get("src") == "file:///films/%E5%81%87%E6%9C%9F%20%231%20100%25/a%20%26%20b.mp4"
    assert root.find(".//asset").get("name") == "a & b.mp4"


def test_a_rate_that_no_time_can_hold_is_refused() -> None:
    fine = Fraction(2**31 + 11, 2**26)
    with pytest.raises(InputError, match="choose --to otio"):
        fcpxml_text(edit(fine))
    assert fcpxml_uses(fcpxml_text(edit(Fraction(2**31 - 1, 2**26)))) == planned(edit(Fraction(2**31 - 1, 2**26)))
