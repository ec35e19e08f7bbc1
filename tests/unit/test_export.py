"""Every format from one plan: the frames of each are the plan's frames, and what a format cannot hold is said."""

from fractions import Fraction
from pathlib import Path

import films
import opentimelineio as otio
import pytest
from documents import described
from edit_readers import (
    ODD,
    RATES,
    STARTS,
    adapter_uses,
    edit,
    edl_uses,
    fcpxml_uses,
    parsed,
    planned,
    shown,
    xmeml_uses,
)

from autocut_director.agent.planner import build_planner
from autocut_director.errors import InputError, OutputError, PlanError
from autocut_director.tools.export import WRITERS, export_timeline, in_every_format
from autocut_director.tools.probe import probe_video
from autocut_director.tools.scenes import scenes_document
from autocut_director.tools.timeline import EditPlan, Line, PlanRequest, SceneDescription

READERS = {
    "otio": lambda text, _: adapter_uses(text, "otio_json"),
    "fcpxml": lambda text, _: fcpxml_uses(text),
    "xml": lambda text, _: xmeml_uses(text, "video"),
    "edl": edl_uses,
}


def test_the_formats_are_those_that_the_command_offers() -> None:
    assert set(WRITERS) == set(READERS)


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("start_tc", STARTS)
def test_each_frame_of_the_edit_is_the_plans(tmp_path: Path, to: str, rate: Fraction, start_tc: str) -> None:
    plan = edit(rate, start_tc=start_tc)
    if rate == ODD and to in {"edl", "xml"}:
        with pytest.raises(InputError, match=r"25/2.* choose --to otio or --to fcpxml"):
            export_timeline(plan, tmp_path / f"cut.{to}", to=to)
        assert not list(tmp_path.iterdir())
    else:
        text = export_timeline(plan, tmp_path / f"cut.{to}", to=to).read_text(encoding="utf-8")
        assert shown(READERS[to](text, rate)) == shown(planned(plan))


@pytest.mark.parametrize(
    ("rate", "left_out"), [(Fraction(24000, 1001), []), (Fraction(12), ["edl"]), (ODD, ["xml", "edl"])]
)
def test_what_can_hold_a_rate_is_known_beforehand(rate: Fraction, left_out: list[str]) -> None:
    texts, reasons = in_every_format(edit(rate))
    assert list(reasons) == left_out
    assert {name: READERS[name](text, rate) for name, text in texts.items()} == dict.fromkeys(
        texts, planned(edit(rate))
    )
    assert all(f"{rate} frames a second" in reason for reason in reasons.values())


def test_a_planners_edit_of_a_film_whose_rate_varies(tmp_path: Path) -> None:
    film = films.make_film(tmp_path / "varying.mp4", shots=[40, 40, 40], times=films.varying(120))
    footage = probe_video(film)
    assert footage.variable_rate
    cuts = [footage.duration_frames // 3, 2 * footage.duration_frames // 3]
    request = PlanRequest(
        document=scenes_document(cuts, footage.media, footage.rate, source="detect"), duration_seconds=2
    )
    plan = build_planner().invoke(request)
    for to, read in READERS.items():
        text = export_timeline(plan, tmp_path / f"cut.{to}", to=to).read_text(encoding="utf-8")
        assert shown(read(text, footage.rate)) == shown(planned(plan))


HEARD = Line(text="Good morning.", start_frame=10, end_frame=45)


def test_what_is_said_in_the_edit_is_written_as_subtitles(tmp_path: Path) -> None:
    plan = edit(Fraction(25), ((500, 550), (0, 50)))
    text = export_timeline(plan, tmp_path / "cut.srt", to="srt", lines=[HEARD]).read_text(encoding="utf-8")
    assert text == "1\n00:00:02,400 --> 00:00:03,800\nGood morning.\n"
    behind_a_card = export_timeline(plan, tmp_path / "card.srt", to="srt", lines=[HEARD], lead_frames=50)
    assert behind_a_card.read_text(encoding="utf-8").splitlines()[1] == "00:00:04,400 --> 00:00:05,800"
    texts, left_out = in_every_format(plan, [HEARD])
    assert (texts["srt"], left_out) == (text, {})
    texts, left_out = in_every_format(edit(Fraction(25), ((500, 550),)), [HEARD])
    assert "srt" not in texts
    assert left_out == {"srt": "Nothing that is said in the film is heard in the edit, so it has no subtitles."}
    with pytest.raises(InputError, match="name its SRT or VTT file: --transcript FILE"):
        export_timeline(plan, tmp_path / "none.srt", to="srt")


def made() -> EditPlan:
    return build_planner().invoke(PlanRequest(document=described([50, 60, 70, 80]), duration_seconds=5))


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No timeline format 'aaf'\. Known: edl, fcpxml, otio, srt, xml"):
        export_timeline(made(), tmp_path / "cut.aaf", to="aaf")


def test_a_plan_that_is_not_of_its_film_is_refused(tmp_path: Path) -> None:
    plan = made()
    short = plan.model_copy(update={"media": plan.media.model_copy(update={"duration_frames": 60})})
    with pytest.raises(PlanError, match="inside_scene"):
        export_timeline(short, tmp_path / "cut.edl", to="edl")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        export_timeline(made(), tmp_path / "nowhere" / "cut.edl", to="edl")


@pytest.mark.parametrize("to", ["otio", "fcpxml", "xml"])
def test_the_film_can_be_named_from_the_files_own_folder(tmp_path: Path, to: str) -> None:
    plan = edit(primary_clip_path=str(tmp_path / "raw" / "假期 1.mp4"))
    out = tmp_path / "cut" / f"cut.{to}"
    out.parent.mkdir()
    text = export_timeline(plan, out, to=to, relative_to=out.parent).read_text(encoding="utf-8")
    assert "../raw/%E5%81%87%E6%9C%9F%201.mp4" in text
    assert str(tmp_path) not in text


SAID = SceneDescription(summary='The "sea" <b>& more\x00', shot_type="wide", subjects=("a boat",), mood="calm")


def test_each_clip_of_a_timeline_tells_what_is_to_be_seen() -> None:
    """Beside its reason; and the frames are the same as without."""
    plan = edit(Fraction(25), ((500, 550), (0, 50)))
    seen = {plan.clips[0].scene_id: SAID}
    for name, write in WRITERS.items():
        text = write(plan, seen=seen)
        assert READERS[name](text, plan.rate) == planned(plan), name
        assert text != write(plan)
        assert write(plan, seen={"S9": SAID}) == write(plan)
    made = otio.adapters.read_from_string(WRITERS["otio"](plan, seen=seen), adapter_name="otio_json")
    told = next(iter(made.find_clips())).metadata["autocut_director"]["description"]
    assert (told["summary"], told["shot_type"], list(told["subjects"])) == ('The "sea" <b>& more', "wide", ["a boat"])
    facts = {md.get("key"): md.get("value") for md in parsed(WRITERS["fcpxml"](plan, seen=seen)).iter("md")}
    assert facts["autocut-director.description"] == 'The "sea" <b>& more'
    logs = [log.findtext("description") for log in parsed(WRITERS["xml"](plan, seen=seen)).iter("logginginfo")]
    assert logs[0] == 'The "sea" <b>& more'
    assert '* COMMENT: SEEN The "sea" <b>& more\n' in WRITERS["edl"](plan, seen=seen)
