"""The storyboard as a person uses it, in a real browser, from the file system, offline."""

import json
import re
import shutil
from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import films
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from boards import EVIL, board, hostile, long_board
from playwright.sync_api import Page, expect

from autocut_director.tools.storyboard import write_storyboard

PAGE = "storyboard.html"
Open = Callable[..., Any]


def clips_of(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "plan.json").read_text(encoding="utf-8"))["clips"]


def current(page: Page, reel: str = "now") -> int:
    """The number of the clip that is marked as the current one in the time line."""
    said = page.locator(f"#row-{reel} .bar[aria-current=true] b").inner_text()
    return int(said)


def until(page: Page, holds: str) -> None:
    """Wait until an expression is true: asked from here, since the page's policy forbids it to evaluate text."""
    for _ in range(250):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(20)
    pytest.fail(f"never came true: {holds}")


def settled(page: Page) -> None:
    until(
        page, "(() => { const film = document.querySelector('#film'); return film.readyState > 1 && !film.seeking })()"
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def number_shown(page: Page) -> int:
    """The number that the picture on the screen carries."""
    page.evaluate("document.querySelector('#film').removeAttribute('controls')")
    settled(page)
    shot = cv2.imdecode(np.frombuffer(page.locator("#film").screenshot(), np.uint8), cv2.IMREAD_COLOR)
    height, width = shot.shape[:2]
    scale = min(width / films.SIZE[0], height / films.SIZE[1])  # the picture stands in the middle of a black screen
    inner = round(films.SIZE[0] * scale), round(films.SIZE[1] * scale)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    return films.number_of(cv2.resize(shot[top : top + inner[1], left : left + inner[0]], films.SIZE))


def test_it_plays_and_marks_the_clip_that_plays(opened: Open, home: Path) -> None:
    with opened(home / PAGE) as shown:
        page = shown.page
        assert current(page) == 1
        page.get_by_role("button", name="Play", exact=True).click()
        until(page, "document.querySelector('#film').currentTime > 0.4")
        expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
        end = float(page.locator("#row-now .bar").first.get_attribute("data-end") or 0) / 25
        page.evaluate(f"document.querySelector('#film').currentTime = {end - 0.2}")
        expect(page.locator("#row-now .bar[aria-current=true] b")).to_have_text("2")
        expect(page.locator("#clips-now li.now b")).to_have_text("2")
    assert shown.complaints == []
    assert {Path(url).suffix for url in shown.requests if not url.startswith("data:")} == {".html", ".mp4"}


def test_a_click_on_a_clip_shows_its_very_first_frame_and_plays(opened: Open, home: Path) -> None:
    with opened(home / PAGE) as shown:
        page = shown.page
        for place, clip in reversed(list(enumerate(clips_of(home)))):
            page.evaluate(
                "HTMLMediaElement.prototype.play = function () { window.asked = true; return Promise.resolve() }"
            )
            page.locator("#row-now .bar").nth(place).click()
            assert number_shown(page) == clip["in_frame"]
            assert current(page) == place + 1
            assert page.evaluate("window.asked")
            assert clip["reason"] in page.locator("#clips-now li.now").inner_text()
            expect(page.locator("#said")).to_contain_text(clip["scene_id"])
    assert shown.complaints == []


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60)], ids=float)
def test_frames_are_hit_at_every_rate_and_after_a_title_card(opened: Open, tmp_path: Path, rate: Fraction) -> None:
    films.make_film(tmp_path / "film.mp4", shots=[50] * 6, rate=rate)
    shown_board = board(rate=rate, film="film.mp4", lead_frames=37)
    starts = list(accumulate((clip.length for clip in shown_board.plan.clips), initial=37))
    with opened(write_storyboard(shown_board, tmp_path / PAGE)) as shown:
        page = shown.page
        settled(page)
        assert page.locator("#row-now .bar[aria-current]").count() == 0
        for place, start in enumerate(starts[:-1]):
            page.keyboard.press("ArrowRight")
            assert number_shown(page) == start
            assert current(page) == place + 1
        for back in (1, 2, 3):
            page.keyboard.press(",")
            assert number_shown(page) == starts[-2] - back
            assert current(page) == len(starts) - 2


def test_the_keyboard_alone_goes_everywhere(opened: Open, home: Path) -> None:
    clips = clips_of(home)
    with opened(home / PAGE) as shown:
        page = shown.page
        page.keyboard.press("ArrowRight")
        assert current(page) == 2
        assert number_shown(page) == clips[1]["in_frame"]
        page.keyboard.press(".")
        assert number_shown(page) == clips[1]["in_frame"] + 1
        page.keyboard.press(",")
        page.keyboard.press(",")
        assert number_shown(page) == clips[0]["out_frame"] - 1
        assert current(page) == 1
        page.keyboard.press("k")
        until(page, "!document.querySelector('#film').paused")
        page.keyboard.press(" ")
        until(page, "document.querySelector('#film').paused")
        page.keyboard.press("/")
        page.keyboard.type("k. ,c")
        assert page.locator("#find").input_value() == "k. ,c"
        page.locator("#find").blur()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
        page.evaluate("document.querySelector('#use-keys').checked = false")
        before = current(page)
        page.keyboard.press("ArrowRight")
        assert current(page) == before
    assert shown.complaints == []


def test_tab_reaches_each_part_in_the_order_seen(opened: Open, home: Path) -> None:
    with opened(home / PAGE) as shown:
        page, seen = shown.page, []
        for _ in range(60):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("(({ id, className, name }) => id || name || className)(document.activeElement)"))
        parts = [
            "",
            "film",
            "previous",
            "play",
            "next",
            "show-keys",
            "pick",
            "now-1",
            "film-1",
            "show",
            "find",
            "go live",
        ]
        places = [seen.index(part) for part in parts if part]
        assert places == sorted(places)
        page.locator("#film-1").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#scene-2"


def test_enter_on_a_focused_clip_jumps(opened: Open, home: Path) -> None:
    with opened(home / PAGE) as shown:
        page = shown.page
        page.locator("#now-1").focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == "now-2"
        page.keyboard.press("ArrowRight")
        page.locator("#film").evaluate("(film) => { film.currentTime = 0 }")
        page.keyboard.press("Enter")
        until(page, "!document.querySelector('#film').paused")
        assert current(page) == 3


def test_scenes_are_sifted_and_found(opened: Open, home: Path) -> None:
    kept = {clip["scene_id"] for clip in clips_of(home)}
    with opened(home / PAGE) as shown:
        page, cards = shown.page, shown.page.locator(".card:visible")
        total = cards.count()
        page.get_by_role("radio", name="kept").check(force=True)
        expect(cards).to_have_count(len(kept))
        expect(page.locator("#found")).to_have_text(f"{len(kept)} of {total} scenes are shown")
        page.get_by_role("radio", name="dropped").check(force=True)
        expect(cards).to_have_count(total - len(kept))
        page.get_by_role("radio", name="all").check(force=True)
        page.get_by_role("searchbox").fill("s0002")
        expect(cards).to_have_count(1)
        page.get_by_role("searchbox").fill("no such words")
        expect(page.locator("#found")).to_have_text("No scene has these words.")
        page.locator(".film a").first.click()
        expect(cards).to_have_count(total)
    assert shown.complaints == []


def test_a_small_still_is_shown_large_and_a_kept_scene_plays(opened: Open, home: Path) -> None:
    with opened(home / PAGE) as shown:
        page = shown.page
        card = page.locator(".card.kept").last
        small = card.locator(".stills button").first
        middle = card.locator("img.shot").get_attribute("src")
        small.click()
        assert card.locator("img.shot").get_attribute("src") == small.locator("img").get_attribute("src")
        expect(small).to_have_attribute("aria-pressed", "true")
        card.locator(".stills button[data-middle]").click()
        assert card.locator("img.shot").get_attribute("src") == middle
        wanted = int(card.locator(".go").first.get_attribute("data-go") or 0) + 1
        card.locator(".go").first.click()
        until(page, "!document.querySelector('#film').paused")
        assert current(page) == wanted
        expect(page.locator("#film")).to_be_in_viewport()


def test_a_revision_is_compared_with_the_edit_that_it_changed(opened: Open, home: Path) -> None:
    before, after = clips_of(home), clips_of(home / "rev-1")
    with opened(home / "rev-1" / PAGE) as shown:
        page = shown.page
        assert (page.locator("#row-earlier .bar").count(), page.locator("#row-now .bar").count()) == (
            len(before),
            len(after),
        )
        assert "4 seconds" in page.locator(".changes").inner_text()
        widths = [page.locator(f"#{name}-1").bounding_box()["width"] for name in ("earlier", "now")]
        lengths = [clips[0]["out_frame"] - clips[0]["in_frame"] for clips in (before, after)]
        assert widths[0] / widths[1] == pytest.approx(lengths[0] / lengths[1], rel=0.02)
        page.keyboard.press("ArrowRight")
        assert number_shown(page) == after[1]["in_frame"]
        page.keyboard.press("c")
        expect(page.get_by_role("button", name="Earlier edit")).to_have_attribute("aria-pressed", "true")
        assert page.locator("#film").get_attribute("src") == "./../cut.mp4"
        assert current(page, "earlier") == 2
        assert number_shown(page) == before[1]["in_frame"]
        page.get_by_role("button", name="This edit").click()
        assert number_shown(page) == after[1]["in_frame"]
        page.get_by_role("link", name="The earlier page").click()
        page.wait_for_url(re.compile(r"1/storyboard\.html$"))
    assert shown.complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_bars_the_way(
    opened: Open, home: Path, request: pytest.FixtureRequest, language: str, width: int, dark: bool
) -> None:
    """No violation that axe knows of, and on a phone no scrolling sideways."""
    path = home / "rev-1" / PAGE if language == "en" else request.getfixturevalue("chinese")
    with opened(path, width=width, dark=dark) as shown:
        settled(shown.page)
        found = Axe().run(shown.page)
        assert found.violations_count == 0, found.generate_report()
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.complaints == []


def test_a_film_that_is_gone_is_said_and_the_rest_works(opened: Open, home: Path, tmp_path: Path) -> None:
    shutil.copy(home / PAGE, tmp_path)
    with opened(tmp_path / PAGE) as shown:
        expect(shown.page.get_by_role("alert")).to_contain_text("The film cut.mp4 cannot be played")
        shown.page.locator("#row-now .bar").nth(2).click()
        assert current(shown.page) == 3
        expect(shown.page.locator("#stand-in")).to_be_visible()
        assert shown.page.locator("#stand-in").evaluate("(image) => image.naturalWidth") > 0


def test_without_a_script_the_page_reads(opened: Open, home: Path) -> None:
    with opened(home / PAGE, script=False) as shown:
        page = shown.page
        expect(page.locator(".card")).to_have_count(5)
        for clip in clips_of(home):
            assert clip["reason"] in page.locator("#clips-now").inner_text()
        expect(page.locator("#play")).to_be_hidden()
        page.locator("#row-now .bar").first.click()
        assert "#scene-" in page.url
    assert shown.complaints == []


def test_hostile_text_runs_nothing_and_asks_for_nothing(opened: Open, tmp_path: Path) -> None:
    path = write_storyboard(hostile(EVIL), tmp_path / PAGE)
    with opened(path) as shown:
        shown.page.on("dialog", lambda _: shown.complaints.append("a script ran"))
        for press in ("ArrowRight", "c", "ArrowRight", "?", "Escape"):
            shown.page.keyboard.press(press)
        for place in range(shown.page.locator(".stills button").count()):
            shown.page.locator(".stills button").nth(place).click(force=True)
        shown.page.wait_for_timeout(300)
        assert EVIL in shown.page.locator("#clips-earlier li.now").inner_text()
        film = re.escape(quote(EVIL))
        asked = [url for url in shown.requests if not url.startswith("data:") and not re.search(film, url)]
    assert asked == [path.as_uri()]
    assert {re.sub(r".*(ERR_[A-Z_]+).*", r"\1", said) for said in shown.complaints} <= {"ERR_FILE_NOT_FOUND"}


def test_a_whole_evening_s_film_stays_usable(opened: Open, tmp_path: Path) -> None:
    """2,000 scenes and 300 clips: the page opens, jumps and sifts without being waited for."""
    path = write_storyboard(long_board(scenes=2000, clips=300), tmp_path / PAGE)
    with opened(path) as shown:
        page = shown.page
        assert current(page) == 1
        seconds = page.evaluate(
            """() => {
              const began = performance.now();
              document.querySelectorAll("#row-now .bar")[250].click();
              const find = document.querySelector("#find");
              for (const words of ["s", "s1", "s19", "s1999"]) {
                find.value = words;
                find.dispatchEvent(new Event("input"));
              }
              document.body.offsetHeight;
              return (performance.now() - began) / 1000;
            }"""
        )
        assert current(page) == 251
        expect(page.locator(".card:visible")).to_have_count(1)
    assert seconds < 3
