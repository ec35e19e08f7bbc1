"""The page shows every scene, kept or not and why; hostile text stays text, and nothing but its own runs."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from boards import EVIL, board, hostile
from documents import described

from autocut_director import Settings, build_director, revise
from autocut_director.agent.run.boards import storyboard_again
from autocut_director.errors import DocumentError
from autocut_director.tools.plans.compiler import compile_plan
from autocut_director.tools.storyboard import Earlier, Storyboard, storyboard_html
from autocut_director.tools.storyboard.places import marks
from autocut_director.tools.timeline import PlannedBy, PlanRequest

NOWHERE = "http://127.0.0.1:9"
TURNED = "\u202egnp.exe"


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(board: Storyboard) -> Page:
    parsed = Page()
    parsed.feed(storyboard_html(board))
    return parsed


def test_every_scene_has_a_card_with_its_reason() -> None:
    shown = board()
    parsed = page(shown)
    cards = [attrs for tag, attrs in parsed.tags if tag == "article"]
    assert [card["id"] for card in cards] == [f"scene-{n}" for n in range(1, len(shown.document.scenes) + 1)]
    kept = {clip.scene_id for clip in shown.plan.clips}
    ids = dict(zip((card["id"] for card in cards), (scene.scene_id for scene in shown.document.scenes), strict=True))
    assert {ids[card["id"]] for card in cards if "kept" in str(card["class"])} == kept
    for reason in [*(clip.reason for clip in shown.plan.clips), *(drop.reason for drop in shown.plan.dropped)]:
        assert reason in parsed.text
    assert parsed.text.count("no frame") == 1


def test_the_page_is_one_offline_file() -> None:
    parsed = page(board(film="cut.mp4"))
    sources = [str(attrs["src"]) for tag, attrs in parsed.tags if "src" in attrs]
    assert {source for source in sources if not source.startswith("data:image/jpeg;base64,")} == {"./cut.mp4"}
    assert not [tag for tag, _ in parsed.tags if tag in {"link", "iframe", "object"}]


def test_the_policy_lets_in_the_page_s_own_style_and_script_alone() -> None:
    html = storyboard_html(board())
    policy = next(attrs["content"] for _, attrs in page(board()).tags if "http-equiv" in attrs)
    assert str(policy).startswith("default-src 'none'; img-src data:; media-src 'self' file:; style-src 'sha256-")
    assert "unsafe" not in str(policy)
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in str(policy)
    assert not [attrs for _, attrs in page(board()).tags if "style" in attrs]


def test_all_stills_are_there_the_others_small() -> None:
    shown = [str(attrs["src"]) for tag, attrs in page(board()).tags if tag == "img" and "src" in attrs]
    widths = [cv2.imdecode(np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8), 1).shape for url in shown]
    assert widths.count((288, 512, 3)) == 5
    assert widths.count((108, 192, 3)) == 15


def test_clips_lie_in_the_film_after_what_leads_it_in() -> None:
    shown = board(film="a b#c.mp4", lead_frames=50)
    bars = [attrs for _, attrs in page(shown).tags if str(attrs.get("class")).startswith("bar")]
    assert (bars[0]["data-start"], bars[0]["data-end"]) == ("50", str(50 + shown.plan.clips[0].length))
    assert bars[-1]["data-end"] == str(50 + shown.plan.duration_frames)
    assert next(attrs for tag, attrs in page(shown).tags if tag == "video")["src"] == "./a%20b%23c.mp4"


def test_an_edit_without_a_film_says_how_to_render_it() -> None:
    assert "autocut-director render plan.json --out cut.mp4" in page(board()).text
    assert "hidden" in next(attrs for tag, attrs in page(board()).tags if tag == "video")


def test_a_revision_stands_under_the_edit_that_it_changes() -> None:
    plan = board().plan
    trimmed = plan.clips[1].model_copy(update={"order": 1, "out_frame": plan.clips[1].out_frame - 5})
    fewer = (trimmed, *(clip.model_copy(update={"order": clip.order - 1}) for clip in plan.clips[2:]))
    earlier = Earlier(plan, "without the first", page="../storyboard.html", film="../cut.mp4")
    parsed = page(replace(board(), plan=plan.model_copy(update={"clips": fewer}), earlier=earlier))
    kinds = [str(attrs["class"]).split()[2] for _, attrs in parsed.tags if str(attrs.get("class")).startswith("bar")]
    same = ["trimmed", *["kept"] * (len(plan.clips) - 2)]
    assert kinds == ["removed", *same, *same]
    assert "without the first" in parsed.text
    rows = {attrs["data-reel"]: attrs.get("data-film") for _, attrs in parsed.tags if "data-reel" in attrs}
    assert rows == {"earlier": "./../cut.mp4", "now": None}
    assert "./../storyboard.html" in [attrs.get("href") for tag, attrs in parsed.tags if tag == "a"]


@pytest.mark.parametrize(("seconds", "count", "last"), [(8, 9, "0:08"), (3, 7, "0:03"), (5400, 10, "90:00")])
def test_a_ruler_has_few_round_marks(seconds: float, count: int, last: str) -> None:
    said = marks(seconds)
    assert (len(said), said[-1]) == (count, (last, 100.0))


def test_hostile_text_stays_text() -> None:
    parsed, harmless = page(hostile(EVIL)), page(hostile("harmless"))
    assert [tag for tag, _ in parsed.tags] == [tag for tag, _ in harmless.tags]
    assert not [attrs for _, attrs in parsed.tags if any(name.startswith("on") for name in attrs)]
    assert parsed.text.count(EVIL) == harmless.text.count("harmless")
    assert "{{ 7*7 }}" in parsed.text


def test_a_name_cannot_lead_to_another_host() -> None:
    parsed = page(hostile("//evil.example/javascript:alert(1)"))
    addresses = [str(attrs[name]) for _, attrs in parsed.tags for name in ("href", "src", "data-film") if name in attrs]
    assert {address[:2] for address in addresses} <= {"./", "#s", "da"}


def test_turned_text_does_not_spill_over() -> None:
    """Each text from outside stands alone in an element that isolates its direction, or is freed of such marks."""
    html = storyboard_html(hostile(TURNED))
    outside = re.sub(r'<(bdi|(?:p|h1|q)\b[^>]*dir="auto")[^>]*>.*?</(?:bdi|p|h1|q)>', "", html, flags=re.DOTALL)
    assert "\u202e" not in outside


def test_adjustments_are_listed() -> None:
    document = described([50] * 4)
    proposal = {"clips": [{"scene_id": "S0001", "in_frame": 0.5, "out_frame": 60}]}
    request = PlanRequest(document=document, duration_seconds=2)
    plan = compile_plan(proposal, request, planned_by=PlannedBy(planner="test"))
    text = page(Storyboard(document, plan, {})).text
    assert "whole_frames" in text
    assert "inside_scene" in text


@pytest.mark.parametrize(("language", "word"), [("en", "The cut"), ("zh", "成片")])
def test_it_speaks_both_languages(language: str, word: str) -> None:
    assert word in page(board(language)).text


@pytest.fixture
def revised(film: Path, tmp_path: Path) -> Path:
    """The folder of a run, with a revision and a revision of that one."""
    director = build_director(Settings(LMSTUDIO_HOST=NOWHERE, OLLAMA_HOST=NOWHERE))
    asked = {"video": film, "out": tmp_path / "o", "duration": 6, "vision": "builtin", "planner": "builtin"}
    first = director.invoke({**asked, "no_render": True})
    second = revise(first, "5 seconds", director=director, out=tmp_path / "o/rev-1").result
    revise(second, "4 seconds", director=director, out=tmp_path / "o/rev-2")
    return tmp_path / "o"


def leads(folder: Path) -> set[str]:
    """Where the page of a run leads to, besides itself."""
    parsed = Page()
    parsed.feed((folder / "storyboard.html").read_text(encoding="utf-8"))
    addresses = {str(attrs[name]) for _, attrs in parsed.tags for name in ("href", "data-film") if name in attrs}
    return {address for address in addresses if not address.startswith("#")}


def test_a_revision_s_page_finds_the_run_that_it_changed(revised: Path) -> None:
    assert leads(revised) == set()
    assert leads(revised / "rev-1") == {"./../storyboard.html"}
    assert leads(revised / "rev-2") == {"./../rev-1/storyboard.html"}
    written = (revised / "rev-2/storyboard.html").read_text(encoding="utf-8")
    assert storyboard_again(revised / "rev-2").read_text(encoding="utf-8") == written


def test_a_film_rendered_later_is_found_when_the_page_is_made_again(revised: Path) -> None:
    for folder in (revised, revised / "rev-1"):
        (folder / "cut.mp4").write_bytes(b"a film")
        storyboard_again(folder)
    assert leads(revised) == {"./cut.mp4"}
    assert leads(revised / "rev-1") == {"./../storyboard.html", "./../cut.mp4", "./cut.mp4"}


def test_a_run_that_was_made_anew_since_is_not_taken_for_the_earlier_one(revised: Path) -> None:
    (revised / "plan.json").write_text((revised / "rev-1/plan.json").read_text(encoding="utf-8"), encoding="utf-8")
    storyboard_again(revised / "rev-1")
    assert leads(revised / "rev-1") == set()
    assert "What changed" in (revised / "rev-1/storyboard.html").read_text(encoding="utf-8")


def test_an_earlier_edit_of_another_film_is_refused(revised: Path) -> None:
    earlier = json.loads((revised / "rev-1/earlier.json").read_text(encoding="utf-8"))
    earlier["clips"][0]["scene_id"] = "S0099"
    (revised / "rev-1/earlier.json").write_text(json.dumps(earlier), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"earlier\.json does not belong to scenes\.json: it uses S0099"):
        storyboard_again(revised / "rev-1")
