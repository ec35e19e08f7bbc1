"""The page of a comparison in a real browser, from the file system, offline."""

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from boards import EVIL, stills
from documents import described
from playwright.sync_api import expect

from autocut_director.tools.comparison import Comparison, comparison_html
from autocut_director.tools.comparison.agreement import agreements
from autocut_director.tools.comparison.document import Absent, Answer, ComparedScene, Contender
from autocut_director.tools.comparison.figures import claims_of, figures_of
from autocut_director.tools.timeline import SceneDescription

Open = Callable[..., Any]
LONG = "LM Studio · a-publisher/a-very-long-model-name-with-many-parts-and-no-end-8b-instruct-q4_k_m"


def contender(name: str, text: str, seconds: float, scores: list[int | None], usd: float | None = 0.0) -> Contender:
    """A model that says `text` of every scene; where its score is None it failed."""
    answers = [
        Answer(
            scene_id=f"S{n:04d}",
            visual=SceneDescription(summary=text, shot_type="wide", subjects=(text,), mood=text, quality_score=score)
            if score
            else None,
            error=None if score else text,
            seconds=seconds * (5 if n == 1 else 1),
            first_try=bool(score),
            rung="schema" if score else None,
            input_tokens=900,
            output_tokens=80,
            cost_usd=usd,
        )
        for n, score in enumerate(scores, start=1)
    ]
    figures = figures_of(answers[0], answers[1:], others_seconds=seconds * (len(answers) - 1))
    claims = claims_of(answers, {answer.scene_id: n / 10 for n, answer in enumerate(answers)})
    route = {"backend": "lmstudio", "model": name, "frames": 3, "parallel": 1}
    return Contender(**route, name=name, figures=figures, claims=claims, answers=tuple(answers))


def comparison(language: str = "en", text: str = "a dog runs on the beach") -> Comparison:
    document = described([50] * 4)
    models = (
        contender(LONG, text, 1.2, [3, 5, 8, 9]),
        contender("OpenAI · gpt-4o", "a dog on sand", 0.7, [4, 5, 6, 7], 0.003),
        contender("Ollama · broken", "the server hung up", 2.0, [None] * 4, None),
    )
    return Comparison(
        made_on=datetime(2026, 11, 26, tzinfo=UTC),
        version="0",
        language=language,
        media=document.media.model_copy(update={"primary_clip_path": f"/films/{text}.mp4"}),
        fps_fraction=Fraction(25),
        machine={"cpu_threads": 8, "ram_total_gib": 31.8, "gpus": [{"name": text}]},
        found=9,
        scenes=tuple(
            ComparedScene(**scene.model_dump(include=set(ComparedScene.model_fields)), measured_quality=0.5)
            for scene in document.scenes
        ),
        models=models,
        absent=(Absent(backend="embedded", bound=text, mend=text),),
        agreement=agreements(models[:2]),
        warnings=(text,),
    )


@pytest.fixture
def page(tmp_path: Path) -> Callable[[Comparison], Path]:
    def written(shown: Comparison) -> Path:
        pictures = {scene.scene_id: stills(scene.scene_id, 3) for scene in shown.scenes[1:]}
        path = tmp_path / "对比 bench.html"
        path.write_text(comparison_html(shown, pictures), encoding="utf-8")
        return path

    return written


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)])
def test_nothing_bars_the_way(opened: Open, page: Any, language: str, width: int, dark: bool) -> None:
    """No violation that axe knows of, and on a phone no scrolling sideways; with and without figures."""
    with opened(page(comparison(language)), width=width, dark=dark) as shown:
        found = Axe().run(shown.page)
        assert found.violations_count == 0, found.generate_report()
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.complaints == []


def test_the_pictures_stand_beside_the_answers(opened: Open, page: Any) -> None:
    with opened(page(comparison())) as shown:
        scenes = shown.page.locator("article.scene")
        expect(scenes).to_have_count(4)
        expect(scenes.nth(0)).to_contain_text("no frame")
        second = scenes.nth(1)
        expect(second.locator("img")).to_have_count(4)  # the middle one, and each once more small
        assert all(second.locator("img").evaluate_all("found => found.map(each => each.naturalWidth > 0)"))
        expect(second.locator("li")).to_have_count(3)
        expect(second.locator("li").nth(0)).to_contain_text("a dog runs on the beach")
        expect(second.locator("li").nth(0)).to_contain_text("quality 5/10")
        expect(second.locator("li").nth(2)).to_contain_text("not described the server hung up")
        left, right = second.locator(".shot").bounding_box(), second.locator("li").nth(0).bounding_box()
        assert left["x"] + left["width"] <= right["x"]


def test_the_charts_are_to_scale_and_can_be_read_without_seeing(opened: Open, page: Any) -> None:
    with opened(page(comparison())) as shown:
        charts = shown.page.get_by_role("figure")
        expect(charts).to_have_count(3)
        seconds = shown.page.get_by_role("figure", name="Seconds a scene")
        expect(seconds.get_by_role("row", name="OpenAI · gpt-4o")).to_contain_text("0.70 s")
        expect(seconds.get_by_role("columnheader", name="each after it")).to_have_count(1)
        drawn = seconds.locator("rect").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
        whole = drawn[0]  # 6.00 s, the longest: first scenes and others are on one scale
        shares = [width / whole for width in drawn]
        assert shares == pytest.approx([1, 1.2 / 6, 3.5 / 6, 0.7 / 6, 0, 0], abs=0.01)
        cost = shown.page.get_by_role("figure", name="US dollars for 100 scenes")
        assert cost.locator(".value").all_inner_texts() == ["$0", "$0.30", "not known"]


def test_every_table_that_scrolls_is_reached_by_keyboard(opened: Open, page: Any) -> None:
    with opened(page(comparison()), width=390) as shown:
        shown.page.keyboard.press("Tab")
        expect(shown.page.get_by_role("link", name="Skip to the scenes")).to_be_focused()
        for name in ("Results", "Who agrees with whom"):
            shown.page.keyboard.press("Tab")
            expect(shown.page.get_by_role("group", name=name)).to_be_focused()
        shown.page.keyboard.press("ArrowRight")
        shown.page.wait_for_timeout(200)
        assert shown.page.get_by_role("group", name="Who agrees with whom").evaluate("it => it.scrollLeft") > 0


def test_what_models_say_is_text_and_nothing_is_asked_for(opened: Open, page: Any) -> None:
    path = page(comparison(text=EVIL))
    assert "<script" not in path.read_text(encoding="utf-8")
    with opened(path) as shown:
        expect(shown.page.locator("li p[dir=auto]").first).to_have_text(EVIL)
        assert shown.page.locator("img[src=x]").count() == 0
        assert Axe().run(shown.page).violations_count == 0
        requests = [url for url in shown.requests if not url.startswith("data:")]
    assert [Path(url).name for url in requests] == [path.as_uri().rpartition("/")[2]]
    assert shown.complaints == []
