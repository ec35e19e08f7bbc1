"""Whatever the plan, the names and the path: every format holds its frames, and no text breaks a file or gets lost."""

import contextlib
import re
import tempfile
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote

from edit_readers import (
    NOT_ODD,
    RATES,
    adapter_uses,
    edit,
    edl_uses,
    fcpxml_uses,
    parsed,
    planned,
    xmeml_uses,
)
from hypothesis import given
from hypothesis import strategies as st

from autocut_director.errors import DocumentError
from autocut_director.tools.interchange.edl import edl_text
from autocut_director.tools.interchange.fcp7xml import fcp7xml_text
from autocut_director.tools.interchange.fcpxml import fcpxml_text
from autocut_director.tools.interchange.media_urls import media_url, names_film, path_of
from autocut_director.tools.interchange.otio import otio_text
from autocut_director.tools.interchange.scenes_from import read_scenes_from
from autocut_director.tools.timeline import EditPlan, timecode

FILM = 40_000  # frames
SPECIAL = "\"'&<>\n\r\t\x00\x08\x1f\x7f\x85\u2028\ufeff\ufffe%#?\\:;中文שלום\u202e🎬"
texts = st.text(st.sampled_from(SPECIAL) | st.characters(), max_size=30)
names = st.text(st.sampled_from(SPECIAL + " ") | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(
    lambda name: re.sub(r"[/\\\x00]", "_", name)
)


@st.composite
def plans(draw: st.DrawFn, rates: list[Fraction] = RATES) -> EditPlan:
    rate = draw(st.sampled_from(rates))
    separator = draw(st.sampled_from([":", ";"]))
    start = draw(st.integers(0, 20 * 3600 * int(rate)))
    points = st.tuples(st.integers(0, FILM - 1), st.integers(1, 2000)).map(lambda pair: (pair[0], min(FILM, sum(pair))))
    return edit(
        rate,
        tuple(draw(st.lists(points, min_size=1, max_size=8))),
        title=draw(texts),
        reason=draw(texts),
        overlay=draw(st.none() | texts),
        primary_clip_path=f"/films/{draw(names)}/{draw(names)}.mp4",
        has_audio=draw(st.booleans()),
        start_tc=timecode(start, rate, start=f"00:00:00{separator}00"),
    )


def allowed(text: str) -> str:
    """`text` as an XML reader must give it back."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    ordinary = [(0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF)]
    return "".join(c for c in lines if c in "\t\n" or any(low <= ord(c) <= high for low, high in ordinary))


@given(plans())
def test_fcpxml_holds_frames_and_texts(plan: EditPlan) -> None:
    text = fcpxml_text(plan)
    assert fcpxml_uses(text) == planned(plan)
    root = parsed(text)
    assert root.find(".//project").get("name") == (allowed(plan.title) if plan.title else "AutoCut")
    for marker in root.iter("marker"):
        assert marker.get("note") == allowed(plan.clips[0].reason)
    url = root.find(".//media-rep").get("src")
    assert url.isascii()
    assert unquote(url.removeprefix("file://")) == plan.media.primary_clip_path


@given(plans(NOT_ODD))
def test_fcp_7_xml_holds_frames_and_texts(plan: EditPlan) -> None:
    text = fcp7xml_text(plan)
    for kind in ("video", "audio")[: 1 + plan.media.has_audio]:
        assert xmeml_uses(text, kind) == planned(plan)
    assert {comment.text or "" for comment in parsed(text).iter("comment")} == {allowed(plan.clips[0].reason)}


@given(plans(NOT_ODD))
def test_an_edl_holds_frames_and_no_text_makes_an_event(plan: EditPlan) -> None:
    text = edl_text(plan)
    assert edl_uses(text, plan.rate) == planned(plan)
    assert adapter_uses(text, "cmx_3600", rate=float(plan.rate)) == planned(plan)
    assert len([line for line in text.splitlines() if not line.startswith("* ")]) == 3 + len(plan.clips)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


@given(plans())
def test_otio_holds_frames(plan: EditPlan) -> None:
    assert adapter_uses(otio_text(plan), "otio_json") == planned(plan)


@given(plans(NOT_ODD), st.sampled_from(["otio", "fcpxml", "edl"]), st.data())
def test_a_damaged_edit_is_refused_or_read(plan: EditPlan, kind: str, data: st.DataObject) -> None:
    text = {"otio": otio_text, "fcpxml": fcpxml_text, "edl": edl_text}[kind](plan).encode()
    at = data.draw(st.integers(0, len(text)))
    damage = data.draw(st.binary(max_size=4) | st.sampled_from([b"9", b"-", b"null", b"[", b"<", b"0/0s", b"\n", b";"]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"cut.{kind}"
        path.write_bytes(text[:at] + damage + text[at + data.draw(st.integers(0, 4)) :])
        with contextlib.suppress(DocumentError):
            found = read_scenes_from(path, media=plan.media, rate=plan.rate)
            assert found.document.scenes


@given(names, names)
def test_a_film_is_found_again_by_the_url_that_was_written(folder: str, name: str) -> None:
    for path in (f"/films/{folder}/{name}.mp4", f"C:\\films\\{name}.mp4"):
        assert names_film(media_url(path), path)
    assert names_film(media_url(f"/films/{name}.mp4"), path_of(f"/else/{name}.mp4"))
