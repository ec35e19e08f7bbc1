"""The page shows every scene, kept or not and why; hostile text stays text."""

from html.parser import HTMLParser

import pytest
from documents import described

from autocut_director.agent.planner import build_planner
from autocut_director.tools.plans.compiler import compile_plan
from autocut_director.tools.storyboard import Storyboard, storyboard_html
from autocut_director.tools.timeline import PlannedBy, PlanRequest, SceneDescription

EVIL = "</style><script>alert(1)</script><img src=x onerror=alert(2)>\"' {{ 7*7 }} & <b>"


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


def board(language: str = "en", **changes: object) -> Storyboard:
    document = described([50] * 6)
    plan = build_planner().invoke(PlanRequest(document=document, duration_seconds=5, language=language))
    pictures = {scene.scene_id: b"\xff\xd8jpeg" for scene in document.scenes[1:]}
    return Storyboard(**{"document": document, "plan": plan, "pictures": pictures, "language": language, **changes})


def test_every_scene_has_a_card_with_its_reason() -> None:
    shown = board()
    parsed = page(shown)
    cards = [attrs for tag, attrs in parsed.tags if tag == "article"]
    assert [card["id"] for card in cards] == [scene.scene_id for scene in shown.document.scenes]
    kept = {clip.scene_id for clip in shown.plan.clips}
    assert {card["id"] for card in cards if "kept" in str(card["class"])} == kept
    for reason in [*(clip.reason for clip in shown.plan.clips), *(drop.reason for drop in shown.plan.dropped)]:
        assert reason in parsed.text
    assert parsed.text.count("no frame") == 1


def test_the_page_is_one_offline_file() -> None:
    parsed = page(board())
    assert all(str(attrs["src"]).startswith("data:image/jpeg;base64,") for tag, attrs in parsed.tags if "src" in attrs)
    assert not [tag for tag, _ in parsed.tags if tag in {"script", "link", "iframe", "object"}]
    policy = next(attrs["content"] for _, attrs in parsed.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'")


def test_hostile_text_stays_text() -> None:
    shown = board()
    evil = SceneDescription(summary=EVIL, action=EVIL, mood=EVIL, analyzed_by=EVIL, model=EVIL)
    scenes = tuple(scene.model_copy(update={"visual": evil}) for scene in shown.document.scenes)
    media = shown.document.media.model_copy(update={"primary_clip_path": f"/films/{EVIL}"})
    document = shown.document.model_copy(update={"scenes": scenes, "media": media})
    clips = tuple(clip.model_copy(update={"reason": EVIL, "overlay_text": EVIL}) for clip in shown.plan.clips)
    plan = shown.plan.model_copy(
        update={
            "title": EVIL,
            "logline": EVIL,
            "clips": clips,
            "assumptions": (EVIL,),
            "planned_by": PlannedBy(planner=EVIL),
        }
    )
    parsed = page(Storyboard(document, plan, shown.pictures, warnings=[EVIL], causes={"S0001": EVIL}))
    harmless = page(shown)
    assert {tag for tag, _ in parsed.tags} - {tag for tag, _ in harmless.tags} <= {"section", "p", "h2"}
    assert "script" not in [tag for tag, _ in parsed.tags]
    assert [tag for tag, _ in parsed.tags].count("img") == len(shown.pictures)
    assert not [attrs for _, attrs in parsed.tags if any(name.startswith("on") for name in attrs)]
    assert parsed.text.count(EVIL) >= 12
    assert "{{ 7*7 }}" in parsed.text


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
