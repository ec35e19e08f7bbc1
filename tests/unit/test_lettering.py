"""Texts in the picture: they fit, they can be read over anything, and nothing in them is a command."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import films
import numpy as np
import pytest
from documents import plan_of

from autocut_director.tools.film import lettering
from autocut_director.tools.film.drawing import covered, letters
from autocut_director.tools.film.finish import Finish
from autocut_director.tools.film.fonts import remedy, scripts_of
from autocut_director.tools.film.lettering import Caption, lettered, wrapped
from autocut_director.tools.film.render import make_film
from autocut_director.tools.film.script import escaped, script
from autocut_director.tools.pictures import upright, walk
from autocut_director.tools.probe import probe_video
from autocut_director.tools.timeline import EditPlan
from autocut_director.tools.words.subtitles import Subtitle

WIDE, TALL, SQUARE = (640, 360), (360, 640), (400, 400)
LONG = "A long overlay, as a model writes it: the golden light over the harbour, and everyone whom we met there. " * 3
TEXTS = {
    "English": "Sunrise over the sea",
    "Chinese": "海边的日出,城市的夜晚,以及我们一整天的旅行回忆与故事",
    "mixed": "今天在 Hamburg 的 Elbphilharmonie 听音乐会",
    "long": LONG[:300],
    "one word": "Donaudampfschifffahrtsgesellschaftskapitän",
    "no spaces": "x" * 300,
    "Chinese, long": "一二三四五六七八九十" * 30,
    "Hebrew": "שלום עולם",
    "Arabic": "مرحبا بالعالم",
}
HOSTILE = {
    "braces": r"{\b1}not bold{\pos(0,0)}",
    "commands": r"C:\new\Name \N \h \n",
    "quotes": "it's \"50 %\": a,b;c [v] 'x' = y",
    "two lines": "one\ntwo\r\nthree\tfour",
    "event": "x\nDialogue: 0,0:00:00.00,9:00:00.00,s0,,0,0,0,,SECOND",
    "section": "[Events]\n[Script Info]",
    "bidi": "\u202eevil\u2066 text\u2069",
    "percent": "%{pts} %d %s $(touch x) `touch y`",
    "ends": "a backslash at the end\\",
}


def caption(text: str, kind: str = "overlay", place: str = "lower") -> Caption:
    return Caption(text, kind, place, 0, 10)


def ink(text: str, size: tuple[int, int], folder: Path, kind: str = "overlay", place: str = "lower") -> np.ndarray:
    """Where a text and its box cover the picture; passed over where there are no fonts for it, but not in CI."""
    made = lettered([caption(text, kind, place)], size, folder)
    if made.missing and not os.environ.get("CI"):
        pytest.skip(f"no font here for {scripts_of(made.missing)}: {remedy(made.missing)}")
    return covered(made.settings, size, folder)[0] > 0


@pytest.mark.parametrize("size", [WIDE, TALL, SQUARE])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_fits(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    shown = ink(TEXTS[name], size, tmp_path)
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    assert len(rows) > 5
    assert columns[0] >= 0.03 * size[0]
    assert columns[-1] <= 0.97 * size[0]
    assert abs(columns[0] + columns[-1] - size[0]) < 4  # in the middle
    assert rows[0] > 0.4 * size[1]
    assert rows[-1] < 0.95 * size[1]


@pytest.mark.parametrize(("kind", "place"), [("title", "middle"), ("logline", "below"), ("subtitle", "lower")])
@pytest.mark.parametrize("text", ["speech-zh-en-10s", "日出 & sea", "The first light, and the last tower of the city"])
def test_titles_and_subtitles_fit_too(tmp_path: Path, kind: str, place: str, text: str) -> None:
    columns = np.flatnonzero(ink(text, TALL, tmp_path, kind, place).any(axis=0))
    assert columns[0] > 0.03 * TALL[0]
    assert columns[-1] < 0.97 * TALL[0]


def grounds(size: tuple[int, int]) -> Iterator[tuple[str, np.ndarray]]:
    width, height = size
    yield "white", np.full((height, width, 3), 255, np.uint8)
    yield "black", np.zeros((height, width, 3), np.uint8)
    yield "busy", np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8).astype(np.uint8)
    yield (
        "stripes",
        np.where(np.arange(width)[None, :, None] % 6 < 3, 0, 255).repeat(height, 0).repeat(3, 2).astype("u1"),
    )


def luminance(level: float) -> float:
    """Relative luminance of a grey, WCAG 2."""
    share = level / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


@pytest.mark.parametrize("text", ["Sunrise over the sea", "海边的日出"])
@pytest.mark.parametrize("ground", ["white", "black", "busy", "stripes"])
def test_a_text_can_be_read_over_any_picture(tmp_path: Path, ground: str, text: str) -> None:
    """In the film itself: letters and the box behind them differ by 4.5 to 1 (WCAG 2, AA)."""
    picture = dict(grounds(WIDE))[ground]
    footage = probe_video(films.paint_film(tmp_path / "film.mp4", [picture] * 6))
    plan = overlaid(plan_of(footage, [(0, 6)]), [text])
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage)
    images = [upright(shown, footage, long_edge=999).mean(axis=2) for shown in walk(probe_video(made.path))]
    settings = lettered([caption(text)], WIDE, tmp_path).settings
    drawn = letters(settings, WIDE, tmp_path)
    around = cv2.dilate(drawn, np.ones((5, 5), np.uint8)) < 5  # coding blurs the letters' edges
    box = cv2.erode(covered(settings, WIDE, tmp_path)[0], np.ones((7, 7), np.uint8)) > 0
    dark, bright = np.percentile(images[3][box & around], 90), np.median(images[3][drawn > 250])
    assert (luminance(bright) + 0.05) / (luminance(dark) + 0.05) > 4.5


def overlaid(plan: EditPlan, texts: list[str | None]) -> EditPlan:
    clips = [clip.model_copy(update={"overlay_text": text}) for clip, text in zip(plan.clips, texts, strict=True)]
    return plan.model_copy(update={"clips": tuple(clips)})


@pytest.mark.parametrize("rate", ["25", "24000/1001", "30000/1001", "60000/1001", "120", "25/2"])
def test_a_text_stands_in_its_own_clips_frames_and_in_no_other(tmp_path: Path, rate: str) -> None:
    black = np.zeros((360, 640, 3), np.uint8)
    footage = probe_video(films.paint_film(tmp_path / "film.mp4", [black] * 150, rate=films.Fraction(rate)))
    spans = [(n * 5, n * 5 + 5) for n in range(29)]  # two pieces
    plan = overlaid(plan_of(footage, spans), [None if n % 3 else f"clip {n}" for n in range(29)])
    said = (Subtitle(("below",), 7, 9), Subtitle(("below",), 131, 132))
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(subtitles=said))
    images = [upright(shown, footage, long_edge=999).mean(axis=2) for shown in walk(probe_video(made.path))]
    above = [bool(image[:180].max() > 128) for image in images]
    below = [n for n, image in enumerate(images) if image[180:].max() > 128]
    assert above == [frame // 5 % 3 == 0 for frame in range(145)]
    assert below == [7, 8, 131]


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_a_text_is_a_command(tmp_path: Path, name: str) -> None:
    """One event, of one style; the film is made, and nothing else stands in the picture."""
    settings = lettered([caption(HOSTILE[name])], WIDE, tmp_path).settings
    written = script(settings, WIDE)
    assert written.count("\nDialogue:") == written.count("\nStyle:") == 1
    assert written.count("\n[") == 2
    shown = covered(settings, WIDE, tmp_path)[0]
    assert shown[240:].any()
    assert not shown[:200].any()
    black = np.zeros((360, 640, 3), np.uint8)
    footage = probe_video(films.paint_film(tmp_path / "film.mp4", [black] * 6))
    make_film(overlaid(plan_of(footage, [(0, 6)]), [HOSTILE[name]]), tmp_path / "cut.mp4", footage=footage)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.mp4", "film.mp4", "text.ass"]


def test_braces_and_backslashes_are_drawn_as_they_are(tmp_path: Path) -> None:
    """As wide as the same number of other letters: no part of it was taken for a command."""
    assert ink(r"{\b1}x", WIDE, tmp_path).sum() > 1.6 * ink("x", WIDE, tmp_path).sum()
    assert escaped(r"a\N{b}") == "a\\\u2060N\\{b\\}"


def test_a_text_with_control_characters_takes_no_other_with_it(tmp_path: Path) -> None:
    """A NUL would end the script, and with it every text after it."""
    texts = ["before \x00 after", "\x00", "\x1b[31mred", "the last"]  # of the second, nothing is left
    made = lettered([caption(text) for text in texts], WIDE, tmp_path)
    assert [bool(mask.any()) for mask in covered(made.settings, WIDE, tmp_path)] == [True, True, True]
    assert escaped("a\x00b\x1bc") == "abc"


def test_many_texts_are_drawn_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a picture in memory."""
    drawn: list[int] = []

    def counted(settings: list, size: tuple[int, int], folder: Path) -> np.ndarray:
        drawn.append(len(settings))
        return covered(settings, size, folder)

    monkeypatch.setattr(lettering, "covered", counted)
    made = lettered(
        [caption(f"{number} and a line that is too long to fit {LONG}") for number in range(230)], WIDE, tmp_path
    )
    assert len(made.settings) == 230
    assert max(drawn) <= 100
    assert sum(drawn) > 230


def test_without_overlays_the_picture_is_bare(tmp_path: Path) -> None:
    black = np.zeros((360, 640, 3), np.uint8)
    footage = probe_video(films.paint_film(tmp_path / "film.mp4", [black] * 6))
    plan = overlaid(plan_of(footage, [(0, 6)]), ["text"])
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage, finish=Finish(overlays=False))
    assert max(upright(shown, footage, long_edge=999).max() for shown in walk(probe_video(made.path))) < 20


def test_what_no_font_has_is_left_out_and_named(tmp_path: Path) -> None:
    """U+10FFFD is nobody's: for private use, in the last plane."""
    nobodys = "\U0010fffd"
    made = lettered([caption(f"before {nobodys} after"), caption(nobodys)], WIDE, tmp_path)
    assert made.missing == nobodys
    assert [setting.lines for setting in made.settings] == [("before after",)]
    assert scripts_of("\U0001f389ไ字") == "emoji and symbols, Thai, Chinese, Japanese or Korean"


def test_what_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert remedy("字ไ\U0001f389") == "sudo apt install fonts-noto-cjk fonts-noto-core fonts-symbola"
    monkeypatch.setattr("sys.platform", "darwin")
    assert remedy("ไ") == "install a font for Thai, such as the one of the Noto family"


@pytest.mark.parametrize(
    ("text", "limit", "lines"),
    [
        ("The quick brown fox jumps", 14, ("The quick", "brown fox", "jumps")),
        ("The quick brown fox jumps", 16, ("The quick brown", "fox jumps")),
        ("海边的日出,城市的夜晚", 12, ("海边的日出,", "城市的夜晚")),
        ("他说:「你好」", 8, ("他说:", "「你好」")),
        ("word", 2, ("word",)),
        ("  spaced \n out  ", 40, ("spaced out",)),
    ],
)
def test_lines_are_filled_evenly(text: str, limit: int, lines: tuple[str, ...]) -> None:
    assert wrapped(text, limit) == lines
